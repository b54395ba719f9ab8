#!/usr/bin/env bash
# format.sh SOURCE_DIR: fails where clang-format would change a file. To change them: format.sh SOURCE_DIR --fix
set -euo pipefail
cd "$1"
if ! command -v clang-format >/dev/null; then
  echo "clang-format is not installed (Debian package clang-format; ./test.sh installs it)" >&2
  exit 1
fi
mapfile -d '' -t files < <(find arch scheduler models frontend benches tests -type f \( -name '*.h' -o -name '*.cpp' \) -print0 | sort -z)
if [[ ${2-} == --fix ]]; then
  exec clang-format -i "${files[@]}"
fi
clang-format --dry-run -Werror "${files[@]}"
echo "${#files[@]} files are formatted"
