#!/usr/bin/env bash
# ./run.sh [RUN.yaml] [options]: installs missing Debian packages, builds, and runs `crossweave run` on the file.
# Without a file (or with options only) it runs configs/runs/paper.yaml. `./run.sh --help` lists the options.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
source "$root/.ci/setup.sh"

if [[ $# -eq 0 || $1 == -* ]]; then
  set -- "$root/configs/runs/paper.yaml" "$@"
fi
set_up
say "running crossweave run $*"
exec "$build_dir/crossweave" run "$@"
