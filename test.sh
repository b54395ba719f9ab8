#!/usr/bin/env bash
# ./test.sh [--slow] [ctest options]: installs missing Debian packages, builds everything, and runs the test suite.
# Tests labelled `slow` run only with --slow. `./test.sh -L unit` or `./test.sh -R NAME` run a part of it.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
source "$root/.ci/setup.sh"

selection=(--label-exclude '^slow$')
options=()
slow=
for argument in "$@"; do
  if [[ $argument == --slow ]]; then
    selection=()
    slow=slow
  else
    options+=("$argument")
  fi
done
set_up tests $slow
say "testing"
exec ctest --test-dir "$build_dir" --output-on-failure --no-tests=error -j 2 "${selection[@]}" "${options[@]}"
