#!/usr/bin/env bash
# check_install.sh CMAKE BUILD_DIR SOURCE_DIR GENERATOR CXX: can a project of somebody else use what we install?
# Installs into a place under the build directory, moves that elsewhere, and builds and runs tests/install/consumer.
set -euo pipefail
cmake=$1
build_dir=$2
source_dir=$3
generator=$4
cxx=$5
work=$build_dir/install_check
prefix=$work/moved

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build_dir" --prefix "$work/installed" >"$work/install.log"
mv "$work/installed" "$prefix"

if grep --recursive --files-with-matches --fixed-strings -e "$source_dir" -e "$build_dir" \
  --include='*.cmake' --include='*.h' "$prefix"; then
  echo "these installed files name the checkout they came from" >&2
  exit 1
fi

"$cmake" -S "$source_dir/tests/install/consumer" -B "$work/consumer" -G "$generator" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$prefix"
"$cmake" --build "$work/consumer"
"$work/consumer/schedule_only"
"$work/consumer/simulator"
"$prefix/bin/crossweave" --version
# From its own data, wherever it is called.
(cd / && "$prefix/bin/crossweave" reproduce table1 --quiet --out "$work/reproduced")
