// What does a hop on the network on chip cost, credits included? The bars: under 150 ns of CPU time for a packet's hop
// with `packet`, under 200 ns for a flit's with `flit`.
#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/noc_traffic.h"
#include "models/routed_network.h"

// Where SystemC is linked its library asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

constexpr int kFlits = 8;

/// Uniform traffic of 8-flit packets on a 16x16 mesh; the argument is the offered load in hundredths of a flit per node
/// and cycle. Injection and the noting of times are part of it, drawing the traffic is not.
void noc_16x16_uniform(benchmark::State& state, NocModel model) {
  NocConfig config;
  config.model = model;
  config.columns = 16;
  config.rows = 16;
  SyntheticTraffic traffic;
  traffic.rate = static_cast<double>(state.range(0)) / 100;
  traffic.flits = kFlits;
  traffic.cycles = 20000;
  const std::vector<OfferedPacket> packets = generate(traffic, config);
  std::int64_t hops = 0;
  double latency = 0;
  for (auto _ : state) {
    const std::unique_ptr<RoutedNetwork> network = make_routed_network(config);
    const std::vector<PacketTimes> times = send_all(*network, packets);
    hops = network->packet_hops();
    latency = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      latency += static_cast<double>(times[i].tail_ejected - packets[i].created);
    }
  }
  state.counters["packet_hops"] = static_cast<double>(hops);
  state.counters["mean_latency_cycles"] = latency / static_cast<double>(packets.size());
  // Rates, inverted: CPU seconds a hop, which the console prints as "n".
  const auto each = [](double count) {
    return benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  };
  state.counters["cpu_s_per_packet_hop"] = each(static_cast<double>(hops));
  state.counters["cpu_s_per_flit_hop"] = each(static_cast<double>(hops * kFlits));
}
BENCHMARK_CAPTURE(noc_16x16_uniform, packet, NocModel::packet)->Arg(2)->Arg(10)->Arg(20)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(noc_16x16_uniform, flit, NocModel::flit)->Arg(2)->Arg(10)->Arg(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
