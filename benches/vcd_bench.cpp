// What does a change of a VCD cost, and does it depend on how many variables there are?
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "frontend/record/vcd_writer.h"

// The library of SystemC asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

/// One change an instant, of a variable chosen at random: the worst case, since each change has a time stamp of its
/// own.
void change_one_variable(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::ofstream out{"/dev/null"};
  VcdWriter vcd{out};
  vcd.open_scope("bench");
  std::vector<VcdVariable> variables;
  for (std::size_t i = 0; i < count; ++i) {
    variables.push_back(vcd.add_integer("v" + std::to_string(i)));
  }
  vcd.close_scope();
  std::int64_t nanoseconds = 1;
  std::uint32_t random = 1;
  vcd.change(Duration::nanoseconds(nanoseconds), variables.front(), 0);  // the header is no part of the measurement
  for (auto _ : state) {
    random = random * 1664525U + 1013904223U;
    const std::size_t index = (static_cast<std::uint64_t>(random) * count) >> 32U;
    vcd.change(Duration::nanoseconds(++nanoseconds), variables[index], random & 0xFFFFU);
  }
  vcd.finish(Duration::nanoseconds(nanoseconds));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(change_one_variable)->Arg(10)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
