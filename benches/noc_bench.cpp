// What does a packet-hop of the `packet` NoC cost, credits included? The bar: under 150 ns of CPU time.
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/noc_traffic.h"
#include "models/packet_network.h"

// Where SystemC is linked its library asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

/// Uniform traffic of 8-flit packets on a 16x16 mesh; the argument is the offered load in hundredths of a flit per node
/// and cycle. Injection and the noting of times are part of it, drawing the traffic is not.
void packet_noc_16x16_uniform(benchmark::State& state) {
  NocConfig config;
  config.columns = 16;
  config.rows = 16;
  SyntheticTraffic traffic;
  traffic.rate = static_cast<double>(state.range(0)) / 100;
  traffic.flits = 8;
  traffic.cycles = 20000;
  const std::vector<OfferedPacket> packets = generate(traffic, config);
  std::int64_t hops = 0;
  double latency = 0;
  for (auto _ : state) {
    PacketNetwork network{config};
    const std::vector<PacketTimes> times = send_all(network, packets);
    hops = network.packet_hops();
    latency = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      latency += static_cast<double>(times[i].tail_ejected - packets[i].created);
    }
  }
  state.counters["packet_hops"] = static_cast<double>(hops);
  state.counters["mean_latency_cycles"] = latency / static_cast<double>(packets.size());
  // A rate, inverted: CPU seconds a packet-hop, which the console prints as "n".
  state.counters["cpu_s_per_packet_hop"] = benchmark::Counter(
      static_cast<double>(hops), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(packet_noc_16x16_uniform)->Arg(2)->Arg(10)->Arg(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
