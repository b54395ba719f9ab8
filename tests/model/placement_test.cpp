// Do chips of any size, topology and placement compute the same, and move what the plan says?
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/record/activity_recorder.h"
#include "frontend/record/subscription.h"
#include "models/packet_transport.h"
#include "models/simulation.h"
#include "scheduler/place.h"
#include "scheduler/traffic.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

struct Measured {
  Duration latency;
  Bytes forwarded;  ///< by all routers
  std::int64_t byte_hops{0};
};

Measured simulate(const ExecutionPlan& plan, const Architecture& architecture,
                  const ReservationOrder* order = nullptr) {
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, order};
  ActivityRecorder recorder{plan.placement};
  const Subscription<SetStarted, ActivityRecorder> started{simulation.probes().set_started, recorder};
  const Subscription<SetFinished, ActivityRecorder> finished{simulation.probes().set_finished, recorder};
  const Subscription<DramAccess, ActivityRecorder> accessed{simulation.probes().dram_access, recorder};
  const Subscription<TransferDelivered, ActivityRecorder> delivered{simulation.probes().transfer_delivered, recorder};
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  Measured measured{recorder.latency(), {}, recorder.byte_hops()};
  for (int y = 0; y < plan.placement.mesh_rows; ++y) {
    for (int x = 0; x < plan.placement.mesh_columns; ++x) {
      measured.forwarded += simulation.chip().noc().router({x, y}).bytes();
    }
  }
  CHECK(measured.byte_hops == measured.forwarded.count());
  return measured;
}

/// Every crossbar anywhere: legal, but what no method would do.
Placement scattered(const ScheduledNetwork& network, const Architecture& architecture, test::Random& random) {
  Placement placement = place_random(network, architecture, random.next());
  std::vector<PeId> pes;
  for (const PeId pe : ids(placement.tile_of)) {
    pes.push_back(pe);
  }
  for (std::size_t i = pes.size(); i > 1; --i) {
    std::swap(pes[i - 1], pes[random.next() % i]);
  }
  for (auto& layer : placement.pes) {
    for (std::vector<PeId>& copy : layer) {
      for (PeId& pe : copy) {
        pe = pes.back();
        pes.pop_back();
      }
    }
  }
  return placement;
}

Placement any_placement(const ScheduledNetwork& network, const Architecture& architecture, test::Random& random) {
  const int method = random.between(0, 3);
  return method == 3 ? scattered(network, architecture, random)
                     : place(network, architecture, static_cast<PlacementMethod>(method), random.next());
}

}  // namespace

TEST_CASE("where nothing takes time every chip and placement has the peak latency", "[placement]") {
  for (std::uint64_t seed = 300; seed < 360; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    test::Random random{seed};
    test::draw_chip(random, drawn.network.pes, drawn.architecture);
    drawn.architecture.tile.reduction = random.one_in(2) ? Reduction::chain : Reduction::tree;
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture,
                                                   any_placement(drawn.network, drawn.architecture, random));
    const Measured measured = simulate(plan, drawn.architecture);
    CHECK(measured.latency == drawn.network.schedule.latency() * drawn.architecture.crossbar.mvm_latency);
    CHECK(measured.forwarded.count() == byte_hops(traffic_of(plan), plan.placement, drawn.architecture.noc));
  }
}

TEST_CASE("either network carries any placement on every topology", "[placement]") {
  for (std::uint64_t seed = 500; seed < 540; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    test::Random random{seed};
    test::draw_chip(random, drawn.network.pes, drawn.architecture);
    drawn.architecture.noc.model = NocModel::packet;
    if (random.one_in(2)) {
      test::draw_flit_network(random, drawn.architecture.noc);
    }
    drawn.architecture.crossbar.adc_bits = random.between(8, 12);
    drawn.architecture.precision.psum_bits.reset();
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture,
                                             any_placement(drawn.network, drawn.architecture, random));
    plan.images = static_cast<std::uint32_t>(random.between(1, 2));
    const Measured measured = simulate(plan, drawn.architecture);
    CHECK(measured.latency > drawn.network.schedule.latency() * drawn.architecture.crossbar.mvm_latency);
    CHECK(measured.forwarded.count() == byte_hops(traffic_of(plan), plan.placement, drawn.architecture.noc));
    // Fast beyond measure, nothing is left of it but rounding.
    drawn.architecture.noc.clock = Frequency::hertz(1'000'000'000'000);
    drawn.architecture.noc.flit = Bytes{4096};
    CHECK(simulate(plan, drawn.architecture).latency < measured.latency);
  }
}

TEST_CASE("limited buffers have nothing else travel, unless it spills", "[placement]") {
  int spilled = 0;
  int together = 0;
  for (std::uint64_t seed = 400; seed < 440; ++seed) {
    CAPTURE(seed);
    const test::LeastCase drawn{seed};
    const std::int64_t planned = byte_hops(traffic_of(drawn.plan), drawn.plan.placement, drawn.architecture.noc);
    const Bytes forwarded = simulate(drawn.plan, drawn.architecture, &drawn.limits.order).forwarded;
    if (drawn.architecture.noc.multicast) {
      together += forwarded.count() < planned ? 1 : 0;
    } else if (drawn.architecture.tile.buffer.spill == Spill::none) {
      CHECK(forwarded.count() == planned);
    } else {
      spilled += forwarded.count() > planned ? 1 : 0;
    }
  }
  CHECK(spilled >= 5);
  CHECK(together >= 5);
}

/// When each transfer arrived, by its number.
class Arrivals final : public TransferListener {
 public:
  void transfer_left(std::uint64_t /*number*/) override {}
  void transfer_arrived(std::uint64_t number, std::size_t /*which*/) override { at[number] = time; }
  std::map<std::uint64_t, Duration> at;
  Duration time;
};

TEST_CASE("the DRAM shares a router with a tile, but no channel", "[placement]") {
  Placement placement;
  placement.mesh_columns = placement.mesh_rows = 2;
  placement.position = {{0, 0}, {1, 0}, {0, 1}};
  NocSpec spec;
  spec.model = GENERATE(NocModel::packet, NocModel::flit);
  PacketTransport transport{spec, placement};
  Arrivals arrivals;
  const EndpointId dram{3};
  // Out of the router at once and into it at once: a header and 7 flits of data each, on their ways alone.
  for (const auto& [number, transfer] :
       std::map<std::uint64_t, Transfer>{{0, {dram, EndpointId{1}, Bytes{7 * 32}, MessageClass::memory_response}},
                                         {1, {EndpointId{0}, EndpointId{2}, Bytes{7 * 32}, MessageClass::data}},
                                         {2, {EndpointId{1}, EndpointId{0}, Bytes{7 * 32}, MessageClass::data}},
                                         {3, {EndpointId{2}, dram, Bytes{7 * 32}, MessageClass::memory_request}}}) {
    REQUIRE_FALSE(transport.send(number, transfer, Duration{}));
  }
  while (const std::optional<Duration> next = transport.next_event()) {
    arrivals.time = *next;
    transport.advance(*next, arrivals);
  }
  for (std::uint64_t number = 0; number < 4; ++number) {
    CHECK(arrivals.at[number] == Duration::nanoseconds(1 + 2 * 3 + 1 + 8 - 1));
  }
}

TEST_CASE("a transfer takes the zero-load law of its topology", "[placement]") {
  // DRAM -> tile 0, tile 0 -> tile 1, tile 1 -> DRAM: a header and a flit of data each.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({1, 1, 3}), {4, {1, 1}, {}, {}, {}, 1, false}), {2, {1, 1}, {}, {}, {}, 1, false});
  const ScheduledNetwork network = test::schedule_of(net.graph(), {});
  Architecture architecture;
  architecture.tile.pes = 1;
  architecture.noc.model = GENERATE(NocModel::packet, NocModel::flit);
  Placement placement = place_snake(network, architecture);
  placement.mesh_columns = 4;
  placement.mesh_rows = 4;
  const auto excess = [&] {
    const ExecutionPlan plan = make_execution_plan(network, architecture, placement);
    return (simulate(plan, architecture).latency - Duration::nanoseconds(2 * 1400)).count_ps() / 1000;
  };
  const auto law = [](int routers) { return 1 + 3 * routers + 1 + 1; };
  placement.position = {{0, 3}, {3, 3}};
  CHECK(excess() == law(4) + law(4) + law(7));
  architecture.noc.topology = NocTopology::torus;
  architecture.noc.virtual_channels = 2;
  CHECK(excess() == law(2) + law(2) + law(3));
  architecture.noc.topology = NocTopology::cmesh;
  architecture.noc.concentration = 2;
  architecture.noc.virtual_channels = 1;
  placement.position = {{1, 1}, {1, 1}};
  CHECK(excess() == law(3) + law(1) + law(3));
}

}  // namespace crossweave
