#!/usr/bin/env bash
# run.sh SOURCE_DIR BUILD_DIR SECONDS: builds the fuzz targets with clang and runs each for that many seconds, seeded with
# the files of the tests. Fails when one finds something; what it found is left in BUILD_DIR/NAME.
set -euo pipefail
source_dir=$1
build_dir=$2
seconds=$3
if ! command -v clang++ >/dev/null; then
  echo "clang++ is not installed (Debian packages clang and libclang-rt-14-dev; ./test.sh --slow installs them)" >&2
  exit 1
fi
cmake -S "$source_dir/tests/fuzz" -B "$build_dir" -G Ninja -DCMAKE_CXX_COMPILER=clang++ >/dev/null
cmake --build "$build_dir"

declare -A seeds=([darknet]=data/darknet [keras]=data/keras [network_yaml]=../configs/networks [onnx]=data/onnx)
for reader in darknet keras network_yaml onnx; do
  mkdir -p "$build_dir/$reader/corpus"
  echo "fuzzing $reader for $seconds s"
  # Refusing a file is no finding; neither are leaks inside protobuf's static tables.
  (cd "$build_dir/$reader" && ASAN_OPTIONS=detect_leaks=0 ../fuzz_$reader -max_total_time="$seconds" -max_len=65536 \
    -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 corpus "$source_dir/tests/${seeds[$reader]}" \
    "$source_dir/tests/bad_input/network" 2>log || { tail -n 40 log >&2; exit 1; })
  grep -h 'stat::number_of_executed_units' "$build_dir/$reader/log"
done
