// How long does it take to read a network file?
#include <string>

#include <benchmark/benchmark.h>

#include "frontend/import/network_file.h"
#include "frontend/import/onnx.h"
#include "frontend/import/onnx_strip.h"
#include "tests/support/onnx_models.h"

// The library of SystemC asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

/// 200 convolutions with 29 MB of weights: one file is to be described in less than 0.3 s.
void read_onnx(benchmark::State& state) {
  const std::string bytes = test::deep_model(static_cast<int>(state.range(0))).SerializeAsString();
  for (auto _ : state) {
    benchmark::DoNotOptimize(import_onnx_bytes(bytes, "deep.onnx", "deep", std::nullopt));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(read_onnx)->Arg(50)->Arg(200)->Unit(benchmark::kMillisecond);

/// The part of it that drops the weights.
void strip_onnx_weights(benchmark::State& state) {
  const std::string bytes = test::deep_model(static_cast<int>(state.range(0))).SerializeAsString();
  for (auto _ : state) {
    benchmark::DoNotOptimize(strip_weights(bytes));
  }
}
BENCHMARK(strip_onnx_weights)->Arg(200)->Unit(benchmark::kMillisecond);

void write_yaml(benchmark::State& state) {
  const std::string bytes = test::deep_model(static_cast<int>(state.range(0))).SerializeAsString();
  const Result<NetworkImport> import = import_onnx_bytes(bytes, "deep.onnx", "deep", std::nullopt);
  for (auto _ : state) {
    benchmark::DoNotOptimize(to_yaml(import->graph));
  }
}
BENCHMARK(write_yaml)->Arg(200)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
