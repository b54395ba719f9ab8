// Do copies of a region that go to several tiles travel as one, to the right places, and cost what the tree costs?
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/record/activity_recorder.h"
#include "frontend/record/subscription.h"
#include "models/packet_transport.h"
#include "models/simulation.h"
#include "scheduler/place.h"
#include "scheduler/result_copies.h"
#include "scheduler/traffic.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

Duration ns(std::int64_t count) { return Duration::nanoseconds(count); }

struct Transfers final : tlm::tlm_analysis_if<TransferDelivered> {
  void write(const TransferDelivered& event) override { events.push_back(event); }
  std::vector<TransferDelivered> events;
};

struct Measured {
  Duration latency;
  Bytes forwarded;  ///< by all routers
  std::vector<TransferDelivered> transfers;

  [[nodiscard]] std::vector<TransferDelivered> of(TransactionKind kind) const {
    std::vector<TransferDelivered> some;
    std::ranges::copy_if(transfers, std::back_inserter(some),
                         [kind](const TransferDelivered& transfer) { return transfer.kind == kind; });
    return some;
  }
};

Measured simulate(const ExecutionPlan& plan, const Architecture& architecture) {
  const bool limited = architecture.tile.buffer.model == BufferModel::limited;
  const test::Limits limits = limited ? test::limits_of(plan, architecture) : test::Limits{};
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, limited ? &limits.order : nullptr};
  ActivityRecorder recorder{plan.placement};
  Transfers transfers;
  const Subscription<SetStarted, ActivityRecorder> started{simulation.probes().set_started, recorder};
  const Subscription<SetFinished, ActivityRecorder> finished{simulation.probes().set_finished, recorder};
  const Subscription<DramAccess, ActivityRecorder> accessed{simulation.probes().dram_access, recorder};
  const Subscription<TransferDelivered, ActivityRecorder> delivered{simulation.probes().transfer_delivered, recorder};
  simulation.probes().transfer_delivered.bind(transfers);
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  Measured measured{recorder.latency(), {}, std::move(transfers.events)};
  for (int y = 0; y < plan.placement.mesh_rows; ++y) {
    for (int x = 0; x < plan.placement.mesh_columns; ++x) {
      measured.forwarded += simulation.chip().noc().router({x, y}).bytes();
    }
  }
  CHECK(recorder.byte_hops() == measured.forwarded.count());
  return measured;
}

NocSpec packets(std::int64_t clock_hz) {
  NocSpec spec;
  spec.model = NocModel::packet;
  spec.clock = Frequency::hertz(clock_hz);
  return spec;
}

constexpr std::int64_t kGiga = 1'000'000'000;

// --- a fan-out by hand ---

/// A layer on tile 0 whose result four tiles read, each for another quarter of the channels of the layer behind it, in
/// lockstep. Tiles 0 to 4 stand at (0, 0), (1, 0), (2, 0), (2, 1), (1, 1).
struct FanOut {
  explicit FanOut(Shape input) {
    test::NetworkBuilder net;
    const Conv2d layer{4 * kColumns, {1, 1}, {}, {}, {}, 1, false};
    net.conv(net.conv(net.input(input), layer), layer);
    architecture.crossbar.columns = kColumns;
    architecture.chip.tiles = 5;
    architecture.tile.pes = 4;
    architecture.noc = packets(kGiga);
    MappingOptions options;
    options.set = {1, 1};
    const ScheduledNetwork network = test::schedule_of(net.graph(), options, architecture.crossbar);
    const CrossbarTiles tiles{{{std::vector<TileId>(4, TileId{0})}}, {{{TileId{1}, TileId{2}, TileId{3}, TileId{4}}}}};
    plan = make_execution_plan(network, architecture,
                               place_on_tiles(network, architecture, tiles, {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {1, 1}}));
  }
  static constexpr int kColumns = 5;

  [[nodiscard]] Measured run(bool multicast) {
    architecture.noc.multicast = multicast;
    return simulate(plan, architecture);
  }
  Architecture architecture;
  ExecutionPlan plan;
};

Duration law(int routers, int flits) { return ns(1 + 3 * routers + 1 + flits - 1); }

TEST_CASE("a result for four tiles leaves once and passes each router of the tree once", "[multicast]") {
  // A pixel of 20 B: a header and a flit of data.
  FanOut fan_out{{1, 1, 3}};
  const Measured unicast = fan_out.run(false);
  const Measured multicast = fan_out.run(true);
  const std::vector<TransferDelivered> alone = unicast.of(TransactionKind::ofm);
  const std::vector<TransferDelivered> together = multicast.of(TransactionKind::ofm);
  REQUIRE(alone.size() == 4);
  REQUIRE(together.size() == 4);
  const Duration made = law(1, 2) + ns(1400);
  const std::map<EndpointId, int> routers{
      {EndpointId{1}, 2}, {EndpointId{2}, 3}, {EndpointId{3}, 4}, {EndpointId{4}, 3}};
  for (const TransferDelivered& transfer : alone) {
    // One behind the other: two flits each.
    const auto before = static_cast<int>(transfer.destination.value()) - 1;
    CHECK(transfer.routers == routers.at(transfer.destination));
    CHECK(transfer.at == made + law(transfer.routers, 2) + ns(2 * before));
    CHECK(transfer.shared_routers == 0);
  }
  std::map<EndpointId, int> shared;
  for (const TransferDelivered& transfer : together) {
    CHECK(transfer.source == EndpointId{0});
    CHECK(transfer.sent == made);
    CHECK(transfer.size == Bytes{20});
    CHECK(transfer.routers == routers.at(transfer.destination));
    CHECK(transfer.at == made + law(transfer.routers, 2));
    shared[transfer.destination] = transfer.shared_routers;
  }
  CHECK(shared ==
        std::map<EndpointId, int>{{EndpointId{1}, 0}, {EndpointId{2}, 2}, {EndpointId{3}, 3}, {EndpointId{4}, 2}});
  // 2 + 3 + 4 + 3 routers, or the five of the tree.
  CHECK(unicast.forwarded - multicast.forwarded == Bytes{20 * (12 - 5)});
  // The set behind starts when the last tile has its input: tile 3.
  CHECK(unicast.latency - multicast.latency == ns(2 * 2));
}

TEST_CASE("where the way out of a tile is what all wait for, a multicast frees it", "[multicast]") {
  // A result of 20 B is a header and 7 flits, 100 ns each: four copies take 3.2 us, one takes 0.8 us, and a set 1.4 us.
  // What the four tiles send to the DRAM, 3 flits each, takes 1.2 us.
  FanOut fan_out{{4, 4, 3}};
  fan_out.architecture.noc.clock = Frequency::hertz(10'000'000);
  fan_out.architecture.noc.flit = Bytes{3};
  const auto at_last_tile = [&](bool multicast) {
    std::vector<Duration> times;
    for (const TransferDelivered& transfer : fan_out.run(multicast).of(TransactionKind::ofm)) {
      if (transfer.destination == EndpointId{4}) {
        times.push_back(transfer.at);
      }
    }
    REQUIRE(times.size() == 16);
    return times;
  };
  const std::vector<Duration> alone = at_last_tile(false);
  CHECK(alone.back() - alone.front() == ns(15 * 3200));
  const std::vector<Duration> together = at_last_tile(true);
  CHECK(together.back() - together.front() == ns(15 * 1400));
  CHECK(alone.front() - together.front() == ns(3 * 800));
}

TEST_CASE("a multicast passes the output buffer's port once", "[multicast]") {
  // 20 B take 20 us to pass a port in or out.
  FanOut fan_out{{1, 1, 3}};
  fan_out.architecture.tile.buffer.model = BufferModel::limited;
  fan_out.architecture.tile.buffer.bandwidth = Rate::bytes_per_second(1'000'000);
  const auto sent = [&](bool multicast) {
    std::map<EndpointId, Duration> times;
    for (const TransferDelivered& transfer : fan_out.run(multicast).of(TransactionKind::ofm)) {
      times[transfer.destination] = transfer.sent;
    }
    return times;
  };
  const std::map<EndpointId, Duration> alone = sent(false);
  const std::map<EndpointId, Duration> together = sent(true);
  REQUIRE(alone.size() == 4);
  REQUIRE(together.size() == 4);
  for (const auto& [destination, time] : together) {
    CHECK(time == alone.at(EndpointId{1}));
    CHECK(alone.at(destination) - time == ns(20'000 * (static_cast<std::int64_t>(destination.value()) - 1)));
  }
}

TEST_CASE("only copies that have room where they go leave together", "[multicast]") {
  // Two pixels, room for the input of one of them on each tile. The second result waits for the first to be used, and
  // then goes to each tile by itself.
  FanOut fan_out{{1, 2, 3}};
  fan_out.architecture.tile.buffer = {BufferModel::limited, Bytes{20}, Bytes{1024}, std::nullopt, Spill::none};
  fan_out.architecture.crossbar.mvm_latency = ns(10);
  const Measured measured = fan_out.run(true);
  std::map<Duration, int> copies;  // by the time of sending
  int shared = 0;
  for (const TransferDelivered& transfer : measured.of(TransactionKind::ofm)) {
    ++copies[transfer.sent];
    shared += transfer.shared_routers > 0 ? 1 : 0;
  }
  REQUIRE(copies.size() == 2);
  CHECK(copies.begin()->second == 4);
  CHECK(copies.rbegin()->second == 4);
  CHECK(shared == 3);
}

// --- any chip ---

/// What routers forward when each region of a result that several tiles need leaves for all of them at once: each
/// router of the ways to them once.
std::int64_t multicast_byte_hops(const ExecutionPlan& plan, const NocSpec& noc) {
  const NocGeometry geometry = geometry_of(plan.placement, noc);
  std::int64_t sum = 0;
  for (const Station& station : plan.stations) {
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      for (const ResultSlice& slice : station.duplicates[station.duplicate_of[SetId{s}]].slices) {
        using Region = std::array<int, 7>;
        std::map<Region, std::set<std::pair<int, int>>> passed;  // routers
        for_each_copy(station, SetId{s}, slice, [&](const Delivery& delivery, Interval channels) {
          const auto& [rows, columns] = delivery.rect;
          const MeshPosition end = position_of(delivery.destination, plan.placement);
          std::set<std::pair<int, int>>& routers =
              passed[{rows.begin, rows.end, columns.begin, columns.end, channels.begin, channels.end,
                      delivery.destination == plan.dram() ? 1 : 0}];
          if (delivery.destination == slice.home()) {
            return;
          }
          MeshPosition at = position_of(slice.home(), plan.placement);
          routers.emplace(at.x, at.y);
          while (at != end) {
            at = geometry.next_router(at, end);
            routers.emplace(at.x, at.y);
          }
        });
        for (const auto& [region, routers] : passed) {
          const std::int64_t elements =
              std::int64_t{region[1] - region[0]} * (region[3] - region[2]) * (region[5] - region[4]);
          sum += packed_size(elements, station.bits_per_element).count() * static_cast<std::int64_t>(routers.size());
        }
        for (std::size_t node = 1; node < slice.nodes.size(); ++node) {
          const Bytes psum = packed_size(station.set_rect(SetId{s}).area() * slice.channels.size(), station.psum_bits);
          sum += psum.count() * geometry.routers_between(
                                    position_of(slice.nodes[node], plan.placement),
                                    position_of(slice.nodes[reduction_parent(plan.reduction, node)], plan.placement));
        }
      }
    }
  }
  return sum * plan.images;
}

TEST_CASE("a multicast passes each router of its tree once, on every topology", "[multicast]") {
  int fewer = 0;
  for (std::uint64_t seed = 540; seed < 580; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    test::Random random{seed};
    test::draw_chip(random, drawn.network.pes, drawn.architecture);
    drawn.architecture.noc.model = NocModel::packet;
    drawn.architecture.noc.multicast = true;
    ExecutionPlan plan = make_execution_plan(
        drawn.network, drawn.architecture,
        place(drawn.network, drawn.architecture, static_cast<PlacementMethod>(random.between(0, 2)), seed));
    plan.images = static_cast<std::uint32_t>(random.between(1, 2));
    const Measured measured = simulate(plan, drawn.architecture);
    CHECK(measured.forwarded.count() == multicast_byte_hops(plan, drawn.architecture.noc));
    const std::int64_t unicast = byte_hops(traffic_of(plan), plan.placement, drawn.architecture.noc);
    CHECK(measured.forwarded.count() <= unicast);
    fewer += measured.forwarded.count() < unicast ? 1 : 0;
  }
  CHECK(fewer >= 20);
}

// --- the network's side ---

/// When and where each transfer arrived.
class Arrivals final : public TransferListener {
 public:
  void transfer_left(std::uint64_t number) override { left.push_back(number); }
  void transfer_arrived(std::uint64_t number, std::size_t which) override { at[{number, which}] = time; }
  std::vector<std::uint64_t> left;
  std::map<std::pair<std::uint64_t, std::size_t>, Duration> at;
  Duration time;
};

TEST_CASE("flits of a multicast cross each channel of the tree once, and all of them arrive", "[multicast]") {
  Placement placement;
  placement.mesh_columns = 3;
  placement.mesh_rows = 2;
  placement.position = {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {1, 1}};
  NocSpec spec = packets(kGiga);
  spec.multicast = true;
  PacketTransport transport{spec, placement};
  Arrivals arrivals;
  // 300 B: packets of 8 and 4 flits.
  const Transfer transfer{EndpointId{0}, EndpointId{}, Bytes{300}, MessageClass::data};
  const std::vector<EndpointId> destinations{EndpointId{3}, EndpointId{1}, EndpointId{4}, EndpointId{2}};
  transport.send_multicast(5, transfer, destinations, Duration{});
  CHECK_THROWS_AS(transport.send_multicast(5, transfer, destinations, Duration{}), InternalError);
  while (const std::optional<Duration> next = transport.next_event()) {
    CHECK_NOTHROW(transport.check_conservation(false));
    arrivals.time = *next;
    transport.advance(*next, arrivals);
  }
  CHECK_NOTHROW(transport.check_conservation(true));
  CHECK(arrivals.left == std::vector<std::uint64_t>{5});
  REQUIRE(arrivals.at.size() == 4);
  const std::vector<int> routers{4, 2, 3, 3};
  for (std::size_t which = 0; which < routers.size(); ++which) {
    CHECK(arrivals.at.at({5, which}) == law(routers[which], 12));
  }
  // To (1, 0), (2, 0), (2, 1) and (1, 1), and four ejections.
  std::int64_t crossed = 0;
  for (const NocLink& link : transport.network().links()) {
    crossed += link.flits;
  }
  CHECK(crossed == 12 * (4 + 4));
  CHECK(transport.network().flits().replicas == 3 * 12);
}

}  // namespace
}  // namespace crossweave
