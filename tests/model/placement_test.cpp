// Do chips of any size, topology and placement compute the same, and move what the plan says?
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/record/activity_recorder.h"
#include "frontend/record/subscription.h"
#include "models/simulation.h"
#include "scheduler/place.h"
#include "scheduler/traffic.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

struct Measured {
  Duration latency;
  Bytes forwarded;  ///< by all routers
};

Measured simulate(const ExecutionPlan& plan, const Architecture& architecture) {
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture};
  ActivityRecorder recorder{plan.placement};
  const Subscription<SetStarted, ActivityRecorder> started{simulation.probes().set_started, recorder};
  const Subscription<SetFinished, ActivityRecorder> finished{simulation.probes().set_finished, recorder};
  const Subscription<DramAccess, ActivityRecorder> accessed{simulation.probes().dram_access, recorder};
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  Measured measured{recorder.latency(), {}};
  for (int y = 0; y < plan.placement.mesh_rows; ++y) {
    for (int x = 0; x < plan.placement.mesh_columns; ++x) {
      measured.forwarded += simulation.chip().noc().router({x, y}).bytes();
    }
  }
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
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture,
                                                   any_placement(drawn.network, drawn.architecture, random));
    const Measured measured = simulate(plan, drawn.architecture);
    CHECK(measured.latency == drawn.network.schedule.latency() * drawn.architecture.crossbar.mvm_latency);
    CHECK(measured.forwarded.count() == byte_hops(traffic_of(plan), plan.placement, drawn.architecture.noc));
  }
}

TEST_CASE("the packet network carries any placement on every topology", "[placement]") {
  for (std::uint64_t seed = 500; seed < 540; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    test::Random random{seed};
    test::draw_chip(random, drawn.network.pes, drawn.architecture);
    drawn.architecture.noc.model = NocModel::packet;
    drawn.architecture.crossbar.adc_bits = random.between(8, 12);
    drawn.architecture.precision.psum_bits.reset();
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture,
                                                   any_placement(drawn.network, drawn.architecture, random));
    const Measured measured = simulate(plan, drawn.architecture);
    CHECK(measured.latency > drawn.network.schedule.latency() * drawn.architecture.crossbar.mvm_latency);
    CHECK(measured.forwarded.count() == byte_hops(traffic_of(plan), plan.placement, drawn.architecture.noc));
    // Fast beyond measure, nothing is left of it but rounding.
    drawn.architecture.noc.clock = Frequency::hertz(1'000'000'000'000);
    drawn.architecture.noc.flit = Bytes{4096};
    CHECK(simulate(plan, drawn.architecture).latency < measured.latency);
  }
}

TEST_CASE("a transfer takes the zero-load law of its topology", "[placement]") {
  // DRAM -> tile 0, tile 0 -> tile 1, tile 1 -> DRAM: a header and a flit of data each.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({1, 1, 3}), {4, {1, 1}, {}, {}, {}, 1, false}), {2, {1, 1}, {}, {}, {}, 1, false});
  const ScheduledNetwork network = test::schedule_of(net.graph(), {});
  Architecture architecture;
  architecture.tile.pes = 1;
  architecture.noc.model = NocModel::packet;
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
  CHECK(excess() == law(2) + law(2) + law(3));
  architecture.noc.topology = NocTopology::cmesh;
  architecture.noc.concentration = 2;
  placement.position = {{1, 1}, {1, 1}};
  CHECK(excess() == law(3) + law(1) + law(3));
}

}  // namespace crossweave
