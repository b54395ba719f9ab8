// How many requests does the `banked` DRAM serve in a second of CPU time? The bar: 1 million.
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "arch/banked_dram_yaml.h"
#include "models/dram_traffic.h"
#include "models/memory_model.h"

// Where SystemC is linked its library asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

BankedDramSpec ddr4() {
  const Result<DramDevice> device = load_dram_device(CROSSWEAVE_SOURCE_DIR "/configs/dram/ddr4-2400.yaml");
  if (!device) {
    throw std::runtime_error{to_string(device.error().front())};
  }
  BankedDramSpec spec;
  spec.device = *device;
  return spec;
}

/// 200 000 requests of a burst each through DDR4-2400 with refresh, one as soon as the one before is accepted. Handing
/// them over and the noting of times are part of it, drawing the stream is not.
void banked_dram(benchmark::State& state, DramPattern pattern, int writes_percent) {
  const BankedDramSpec spec = ddr4();
  DramStream stream;
  stream.pattern = pattern;
  stream.requests = 200'000;
  stream.writes_percent = writes_percent;
  const std::vector<DramRequest> requests = generate(stream, spec);
  DramCycle finished = 0;
  for (auto _ : state) {
    BankedDram dram{spec};
    finished = serve_all(dram, requests).back().done;
  }
  state.counters["cycles"] = static_cast<double>(finished);
  state.counters["requests_per_cpu_s"] =
      benchmark::Counter(static_cast<double>(stream.requests), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(banked_dram, sequential, DramPattern::sequential, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(banked_dram, random, DramPattern::random, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(banked_dram, random_one_third_writes, DramPattern::random, 33)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(banked_dram, row_conflict, DramPattern::row_conflict, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(banked_dram, bank_round_robin, DramPattern::bank_round_robin, 0)->Unit(benchmark::kMillisecond);

class Counter final : public MemoryListener {
 public:
  void access_done(std::uint64_t /*number*/) override { ++done; }
  std::int64_t done{0};
};

/// Regions of 4 KiB as a chip asks for them, one after the other, awake at each event.
void banked_memory_regions(benchmark::State& state) {
  DramSpec spec;
  spec.model = DramModel::banked;
  spec.banked = ddr4();
  constexpr std::int64_t kRegions = 2000;
  constexpr std::int64_t kRegion = 4096;
  std::int64_t calls = 0;
  for (auto _ : state) {
    const std::unique_ptr<MemoryModel> memory = make_memory_model(spec);
    Counter counter;
    for (std::int64_t i = 0; i < kRegions; ++i) {
      benchmark::DoNotOptimize(
          memory->submit(static_cast<std::uint64_t>(i), {i % 4 == 3, i * kRegion, Bytes{kRegion}}, Duration{}));
    }
    calls = 0;
    while (const std::optional<Duration> next = memory->next_event()) {
      memory->advance(*next, counter);
      ++calls;
    }
    if (counter.done != kRegions) {
      state.SkipWithError("regions got lost");
    }
  }
  state.counters["calls_per_burst"] = static_cast<double>(calls) / (kRegions * kRegion / 64);
  state.counters["bursts_per_cpu_s"] =
      benchmark::Counter(static_cast<double>(kRegions * kRegion / 64), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(banked_memory_regions)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
