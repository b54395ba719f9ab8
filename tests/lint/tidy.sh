#!/usr/bin/env bash
# tidy.sh SOURCE_DIR BUILD_DIR: runs clang-tidy over the .cpp files of the four libraries, on all cores.
# A file that passed is not looked at again until something that clang-tidy reads for it changes: the file, a header of
# ours that it includes directly or not, its compile command, .clang-tidy, or clang-tidy itself.
set -euo pipefail
source_dir=$1
build_dir=$2
cd "$source_dir"
if ! command -v clang-tidy >/dev/null; then
  echo "clang-tidy is not installed (Debian package clang-tidy; ./test.sh installs it)" >&2
  exit 1
fi
if [[ ! -f $build_dir/compile_commands.json ]]; then
  echo "$build_dir/compile_commands.json is missing: configure with CMake first" >&2
  exit 1
fi
passed_dir=$build_dir/lint/tidy
mkdir -p "$passed_dir"
clang_tidy_version=$(clang-tidy --version)

# The file and all of our headers that it reaches, one a line.
own_includes() {
  awk -v first="$1" '
    function visit(file,   line, quoted) {
      if (file in seen) return
      seen[file] = 1
      if ((getline line < file) < 0) return
      print file
      do {
        if (match(line, /^[ \t]*#[ \t]*include[ \t]*"[^"]+"/)) {
          quoted = substr(line, RSTART, RLENGTH)
          sub(/^[^"]*"/, "", quoted)
          sub(/"$/, "", quoted)
          queue[++queued] = quoted
        }
      } while ((getline line < file) > 0)
      close(file)
    }
    BEGIN {
      visit(first)
      for (next_one = 1; next_one <= queued; ++next_one) visit(queue[next_one])
    }'
}

# Everything that the verdict on a file depends on, as one hash.
fingerprint() {
  local inputs
  mapfile -t inputs < <(own_includes "$1")
  {
    sha256sum .clang-tidy "${inputs[@]}"
    # Paths in compile_commands.json are absolute, and may be those of another checkout of the same files.
    grep -F "/$1\"" "$build_dir/compile_commands.json" || true
    printf '%s\n' "$clang_tidy_version"
  } | sha256sum | cut -d ' ' -f 1
}

mapfile -t files < <(find arch scheduler models frontend -type f -name '*.cpp' | sort)
stale=()
for file in "${files[@]}"; do
  hash=$(fingerprint "$file")
  mark=$passed_dir/${file//\//__}
  if [[ ! -f $mark || $(<"$mark") != "$hash" ]]; then
    stale+=("$file" "$mark" "$hash")
  fi
done

# Each job prints its findings in one piece and marks the file as passed when there are none.
check_one() {
  local findings
  if findings=$(clang-tidy --quiet -p "$1" "$2" 2>&1); then
    printf '%s\n' "$4" >"$3"
  else
    printf '%s\n' "$findings" | grep --invert-match -e ' generated\.$' -e '^Error while processing '
    return 1
  fi
}
export -f check_one
echo "clang-tidy: ${#files[@]} files, $((${#stale[@]} / 3)) to look at"
if ((${#stale[@]} > 0)); then
  printf '%s\0' "${stale[@]}" |
    xargs --null --max-args=3 --max-procs="$(nproc)" bash -c 'check_one "$0" "$@"' "$build_dir"
fi
