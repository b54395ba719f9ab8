// Does moving and working cost what the laws say, vanish as it gets faster, and lose nothing?
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/packet_transport.h"
#include "models/simulation.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

constexpr std::int64_t kGiga = 1'000'000'000;

Duration ns(std::int64_t count) { return Duration::nanoseconds(count); }

/// Every event as it comes: the time does not go back, and its fields make a hash (FNV-1a).
class Watch final : public tlm::tlm_analysis_if<SetFinished>,
                    public tlm::tlm_analysis_if<MvmStarted>,
                    public tlm::tlm_analysis_if<MvmFinished>,
                    public tlm::tlm_analysis_if<BufferLevel>,
                    public tlm::tlm_analysis_if<TransferDelivered>,
                    public tlm::tlm_analysis_if<GpeuOperation>,
                    public tlm::tlm_analysis_if<DramAccess> {
 public:
  void subscribe(Probes& probes) {
    probes.set_finished.bind(*this);
    probes.mvm_started.bind(*this);
    probes.mvm_finished.bind(*this);
    probes.buffer_level.bind(*this);
    probes.transfer_delivered.bind(*this);
    probes.gpeu_operation.bind(*this);
    probes.dram_access.bind(*this);
  }

  void write(const SetFinished& e) override {
    note(e.at, e.layer.value(), e.duplicate.value(), e.set.value());
    ++small_steps;
    latency = std::max(latency, e.at);
  }
  void write(const MvmStarted& e) override { note(e.at, e.pe.value(), e.set.value()); }
  void write(const MvmFinished& e) override { note(e.at, e.pe.value()); }
  void write(const BufferLevel& e) override {
    note(e.at, e.tile.value(), e.which == BufferLevel::Which::input, e.level.count());
    levels[{e.tile, e.which}] = e.level;
  }
  void write(const TransferDelivered& e) override {
    note(e.at, static_cast<int>(e.kind), e.source.value(), e.destination.value(), e.size.count(), e.sent.count_ps());
    CHECK(e.sent <= e.at);
    transfers.push_back(e);
  }
  void write(const GpeuOperation& e) override {
    note(e.at, e.tile.value(), e.work);
    ++small_steps;
  }
  void write(const DramAccess& e) override {
    note(e.at, e.write, e.size.count());
    ++small_steps;
    if (e.write) {
      latency = std::max(latency, e.at);
      written += e.size;
    }
  }

  Duration latency;  ///< until the last output is written
  Bytes written;
  std::map<std::pair<TileId, BufferLevel::Which>, Bytes> levels;
  std::vector<TransferDelivered> transfers;
  std::int64_t small_steps{0};
  std::uint64_t stream{14695981039346656037U};

 private:
  template <class... Values>
  void note(Duration at, Values... values) {
    if (at < last_) {
      FAIL("the time goes back");
    }
    last_ = at;
    ((stream = (stream ^ static_cast<std::uint64_t>(values)) * 1099511628211U), ...);
    stream = (stream ^ static_cast<std::uint64_t>(at.count_ps())) * 1099511628211U;
  }
  Duration last_;
};

struct Simulated {
  RunEnd end;
  Watch watch;
};

std::unique_ptr<Simulated> simulate(const ExecutionPlan& plan, const Architecture& architecture) {
  auto simulated = std::make_unique<Simulated>();
  const bool limited = architecture.tile.buffer.model == BufferModel::limited;
  const test::Limits limits = limited ? test::limits_of(plan, architecture) : test::Limits{};
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, limited ? &limits.order : nullptr};
  simulated->watch.subscribe(simulation.probes());
  simulated->end = simulation.run({});
  return simulated;
}

std::unique_ptr<Simulated> complete(const ScheduledNetwork& network, const Architecture& architecture) {
  auto simulated = simulate(make_execution_plan(network, architecture), architecture);
  REQUIRE(simulated->end.outcome == Outcome::completed);
  for (const auto& [buffer, level] : simulated->watch.levels) {
    REQUIRE(level == Bytes{});
  }
  return simulated;
}

GpeuSpec lanes(int count, Frequency clock) { return {GpeuModel::lanes, count, clock}; }

NocSpec packets(Frequency clock) {
  NocSpec spec;
  spec.model = NocModel::packet;
  spec.clock = clock;
  return spec;
}

NocSpec flits(NocRouter router, int virtual_channels) {
  NocSpec spec = packets(Frequency::hertz(kGiga));
  spec.model = NocModel::flit;
  spec.router = router;
  spec.virtual_channels = virtual_channels;
  return spec;
}

/// All that may be finite is, `speed` times as fast as on the mesh of the presets. Buffers have room for everything,
/// but ports that take time.
Architecture finite(Architecture architecture, std::int64_t speed) {
  architecture.tile.gpeu = lanes(16, Frequency::hertz(kGiga * speed));
  architecture.noc = packets(Frequency::hertz(kGiga * speed));
  architecture.dram = {DramModel::bandwidth, Rate::bytes_per_second(19'200'000'000 * speed),
                       Duration::picoseconds(45'000 / speed)};
  architecture.tile.buffer = {BufferModel::limited, Bytes{1 << 30}, Bytes{1 << 30},
                              Rate::bytes_per_second(32 * kGiga * speed), Spill::none};
  return architecture;
}

MappingOptions with_sets(SetSize set) {
  MappingOptions options;
  options.set = set;
  return options;
}

Conv2d plain(int filters, int kernel) { return {filters, {kernel, kernel}, {}, {}, {}, 1, false}; }

Duration latency_of(const NetworkGraph& graph, SetSize set, const Architecture& architecture) {
  return complete(test::schedule_of(graph, with_sets(set), architecture.crossbar), architecture)->watch.latency;
}

// --- by hand ---

TEST_CASE("a GPEU adds its time behind each set, or is what all wait for", "[movement]") {
  // 16 sets of a pixel, 2 channels and a ReLU each: 2 lane-operations.
  test::NetworkBuilder net;
  net.relu(net.conv(net.input({4, 4, 3}), plain(2, 1)));
  Architecture architecture;
  architecture.tile.gpeu = lanes(1, Frequency::hertz(kGiga));
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(16 * 1400 + 2));
  architecture.tile.gpeu = lanes(16, Frequency::hertz(kGiga));
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(16 * 1400 + 1));
  // 2 us a set: the first is there after 1.4 us, then one follows the other.
  architecture.tile.gpeu = lanes(1, Frequency::hertz(1'000'000));
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(1400 + 16 * 2000));
}

TEST_CASE("partial sums between tiles are added by the GPEU", "[movement]") {
  // 40 channels on 16 rows: three crossbars on three tiles, so that two additions of 20 elements follow one another.
  test::NetworkBuilder net;
  net.conv(net.input({1, 1, 40}), plain(20, 1));
  Architecture architecture;
  architecture.crossbar.rows = 16;
  architecture.tile.pes = 1;
  architecture.tile.gpeu = lanes(16, Frequency::hertz(kGiga));
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(1400 + 2 * 2));
}

TEST_CASE("what the cost table says is what operations take", "[movement]") {
  Architecture architecture;
  architecture.tile.gpeu = lanes(1, Frequency::hertz(kGiga));
  GpeuCosts& costs = architecture.tile.gpeu.costs;
  SECTION("an activation, behind each of 16 sets of a pixel with 2 channels") {
    test::NetworkBuilder net;
    net.relu(net.conv(net.input({4, 4, 3}), plain(2, 1)));
    costs.activation = 3;
    CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(16 * 1400 + 2 * 3));
    costs.activation = 0;
    CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(16 * 1400));
    costs.activation = 1000;
    // 2 us a set: the first is there after 1.4 us, then one follows the other.
    CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(1400 + 16 * 2000));
  }
  SECTION("additions of partial sums") {
    // As above: two additions of 20 elements, one behind the other.
    test::NetworkBuilder net;
    net.conv(net.input({1, 1, 40}), plain(20, 1));
    architecture.crossbar.rows = 16;
    architecture.tile.pes = 1;
    architecture.tile.gpeu.lanes = 16;
    costs.add = 4;
    CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(1400 + 2 * 5));
  }
  SECTION("pooling, of windows and of a whole map") {
    // A set of 2 x 2 pixels with 2 channels is one window.
    test::NetworkBuilder windows;
    windows.max_pool(windows.conv(windows.input({2, 2, 3}), plain(2, 1)), 2, 2);
    costs.pooling = 3;
    CHECK(latency_of(windows.graph(), {2, 2}, architecture) == ns(4 * 1400 + 4 * 2 * 3));
    // Set by set as they come, a pixel with 2 channels each.
    test::NetworkBuilder whole_map;
    whole_map.global_pool(whole_map.conv(whole_map.input({2, 2, 3}), plain(2, 1)));
    CHECK(latency_of(whole_map.graph(), {1, 1}, architecture) == ns(4 * 1400 + 2 * 3));
  }
}

TEST_CASE("reads and writes share the DRAM's bandwidth", "[movement]") {
  // Four rows of 12 B, 12 us each, are asked for at once: the channel is free at 48 us. Behind them the 16 pixels of
  // 2 B each are written; the last of them is computed at 48.1 + 4 * 1.4 us, when others still wait.
  test::NetworkBuilder net;
  net.conv(net.input({4, 4, 3}), plain(2, 1));
  Architecture architecture;
  architecture.dram = {DramModel::bandwidth, Rate::bytes_per_second(1'000'000), ns(100)};
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(48'000 + 16 * 2000 + 100));
  // Fast enough to leave only its latency, twice, and the bytes of a row and a pixel.
  architecture.dram.bandwidth = Rate::bytes_per_second(kGiga);
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(12 + 100 + 16 * 1400 + 2 + 100));
}

TEST_CASE("a transfer takes the zero-load law of the network", "[movement]") {
  // DRAM -> tile 0 at the same router, tile 0 -> tile 1, tile 1 -> DRAM: a header and a flit of data each.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({1, 1, 3}), plain(4, 1)), plain(2, 1));
  Architecture architecture;
  architecture.tile.pes = 1;
  architecture.noc = packets(Frequency::hertz(kGiga));
  const auto law = [](int routers, int flits) { return ns(1 + 3 * routers + 1 + flits - 1); };
  const auto simulated = complete(test::schedule_of(net.graph(), with_sets({1, 1})), architecture);
  CHECK(simulated->watch.latency == ns(2 * 1400) + law(1, 2) + law(2, 2) + law(2, 2));
  REQUIRE(simulated->watch.transfers.size() == 3);
  CHECK(simulated->watch.transfers[1].sent == ns(1400) + law(1, 2));
  CHECK(simulated->watch.transfers[1].at == ns(1400) + law(1, 2) + law(2, 2));
  CHECK(simulated->watch.transfers[1].routers == 2);
}

TEST_CASE("a transfer over the flit network takes the law of its router", "[movement]") {
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({1, 1, 3}), plain(4, 1)), plain(2, 1));
  Architecture architecture;
  architecture.tile.pes = 1;
  for (const auto& [router, cycles] :
       {std::pair{NocRouter::one_stage, 1}, std::pair{NocRouter::two_stage, 2}, std::pair{NocRouter::four_stage, 4}}) {
    architecture.noc = flits(router, 1);
    const auto law = [hop = cycles + 1](int routers) { return ns(1 + hop * routers + 1 + 2 - 1); };
    CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(2 * 1400) + law(1) + law(2) + law(2));
  }
}

TEST_CASE("a long transfer is packets, one behind the other", "[movement]") {
  // 300 B are 10 flits of data: packets of 1 + 7 and 1 + 3 flits.
  test::NetworkBuilder net;
  net.conv(net.input({1, 1, 300}), plain(2, 1));
  Architecture architecture;
  architecture.crossbar.rows = 512;
  architecture.noc = packets(Frequency::hertz(kGiga));
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(1400 + (1 + 3 + 1 + 11) + (1 + 3 + 1 + 1)));
  architecture.noc.flit = Bytes{4096};
  CHECK(latency_of(net.graph(), {1, 1}, architecture) == ns(1400 + 2 * (1 + 3 + 1 + 1)));
}

// --- limits ---

void check_limits(const ScheduledNetwork& network, const Architecture& architecture) {
  const Duration peak = complete(network, architecture)->watch.latency;
  REQUIRE(peak == network.schedule.latency() * architecture.crossbar.mvm_latency);
  std::int64_t before = 0;
  for (const std::int64_t speed : {1, 10, 100, 1000}) {
    const std::int64_t excess = (complete(network, finite(architecture, speed))->watch.latency - peak).count_ps();
    CAPTURE(speed, before, excess);
    REQUIRE(excess > 0);
    if (before > 0) {
      // The figures below are in picoseconds, to which every step of the way is rounded up.
      CHECK(excess * 5 <= before);
      CHECK(excess * 20 + 1000 >= before);
    }
    before = excess;
  }
}

TEST_CASE("the excess over peak falls tenfold as all gets ten times as fast", "[movement]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    check_limits(drawn.network, drawn.architecture);
  }
}

TEST_CASE("the same on TinyYOLOv4", "[movement]") {
  MappingOptions options;
  options.extra_pes = 32;
  options.duplication = Duplication::sum;
  check_limits(test::schedule_of(test::tinyyolov4(), options), Architecture{});
}

TEST_CASE("on chips that are fast beyond measure the latency is the peak, but for rounding", "[movement]") {
  for (std::uint64_t seed = 100; seed < 160; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    Architecture architecture = finite(drawn.architecture, 1'000'000);
    architecture.noc.flit = Bytes{4096};
    architecture.dram.latency = Duration::picoseconds(1);
    const auto simulated = complete(drawn.network, architecture);
    const Duration peak = drawn.network.schedule.latency() * architecture.crossbar.mvm_latency;
    // A transfer passes two ports and the network.
    const auto steps = 2 * static_cast<std::int64_t>(simulated->watch.transfers.size()) + simulated->watch.small_steps;
    CHECK(simulated->watch.latency >= peak);
    CHECK(simulated->watch.latency <= peak + Duration::picoseconds(2 * steps));
  }
}

TEST_CASE("where nothing takes time, it does not matter where the tiles are", "[movement]") {
  for (std::uint64_t seed = 200; seed < 260; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    test::Random random{seed};
    for (std::size_t tile = plan.tile_count() - 1; tile > 0; --tile) {
      const TileId other{static_cast<std::size_t>(random.between(0, static_cast<int>(tile)))};
      std::swap(plan.placement.position[TileId{tile}], plan.placement.position[other]);
    }
    const auto simulated = simulate(plan, drawn.architecture);
    REQUIRE(simulated->end.outcome == Outcome::completed);
    CHECK(simulated->watch.latency == drawn.network.schedule.latency() * drawn.architecture.crossbar.mvm_latency);
  }
}

// --- determinism, deadlock, conservation ---

TEST_CASE("the same run twice on a finite chip is the same stream of events", "[movement]") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    const Architecture architecture = finite(drawn.architecture, 1);
    CHECK(complete(drawn.network, architecture)->watch.stream == complete(drawn.network, architecture)->watch.stream);
  }
}

TEST_CASE("chips with the flit network complete, always alike, and close to those with packets", "[movement]") {
  for (std::uint64_t seed = 300; seed < 330; ++seed) {
    const test::RandomCase drawn = test::random_case(seed);
    Architecture architecture = finite(drawn.architecture, 1);
    const auto packet_ps = static_cast<double>(complete(drawn.network, architecture)->watch.latency.count_ps());
    test::Random random{seed};
    const auto router = random.pick<NocRouter>({NocRouter::one_stage, NocRouter::two_stage, NocRouter::four_stage});
    for (const NocSpec& noc : {flits(NocRouter::two_stage, 1), flits(router, random.between(2, 8))}) {
      architecture.noc = noc;
      const auto simulated = complete(drawn.network, architecture);
      CAPTURE(seed, static_cast<int>(noc.router), noc.virtual_channels);
      CHECK(complete(drawn.network, architecture)->watch.stream == simulated->watch.stream);
      // Other routers and channels than those of the packet network make more of a difference.
      const double tolerance = noc.virtual_channels == 1 ? 0.01 : 0.1;
      CHECK(static_cast<double>(simulated->watch.latency.count_ps()) == Approx(packet_ps).epsilon(tolerance));
    }
  }
}

TEST_CASE("a dropped delivery ends in a diagnosis on a finite chip, too", "[movement]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    Architecture architecture = finite(drawn.architecture, 1);
    architecture.tile.buffer = {};  // reservations are made for a plan that can be carried out
    ExecutionPlan plan = make_execution_plan(drawn.network, architecture);
    test::Random random{seed};
    const auto sender = std::ranges::find_if(
        plan.stations, [&](const Station& station) { return !station.deliveries.items.empty() && !random.one_in(3); });
    if (sender == plan.stations.end()) {
      continue;
    }
    sender->deliveries.items.pop_back();
    for (std::uint32_t& first : sender->deliveries.first) {
      first = std::min(first, static_cast<std::uint32_t>(sender->deliveries.items.size()));
    }
    const auto simulated = simulate(plan, architecture);
    CHECK(simulated->end.outcome == Outcome::deadlock);
    CHECK_FALSE(simulated->end.waiting.empty());
  }
}

class Arrivals final : public TransferListener {
 public:
  void transfer_left(std::uint64_t number) override { left.push_back(number); }
  void transfer_arrived(std::uint64_t number, std::size_t /*which*/) override { arrived.push_back(number); }
  std::vector<std::uint64_t> left;
  std::vector<std::uint64_t> arrived;
};

TEST_CASE("what is sent over the network arrives, and its flits are counted", "[movement]") {
  Placement placement;
  placement.mesh_columns = 2;
  placement.mesh_rows = 2;
  placement.position = {{0, 0}, {1, 0}, {1, 1}};
  // A cycle of 333.3 ps: times are rounded up.
  PacketTransport transport{packets(Frequency::hertz(3 * kGiga)), placement};
  CHECK(transport.flits_of(Bytes{1}) == 2);
  CHECK(transport.flits_of(Bytes{7 * 32}) == 8);
  CHECK(transport.flits_of(Bytes{7 * 32 + 1}) == 10);
  Arrivals arrivals;
  const EndpointId dram{3};
  CHECK_FALSE(transport.send(7, {EndpointId{2}, dram, Bytes{1000}, MessageClass::memory_request}, Duration{}));
  CHECK_FALSE(transport.send(8, {dram, EndpointId{0}, Bytes{5}, MessageClass::memory_response}, ns(1)));
  CHECK_NOTHROW(transport.check_conservation(false));
  CHECK_THROWS_AS(transport.check_conservation(true), InternalError);
  CHECK_THROWS_AS(transport.send(7, {EndpointId{0}, dram, Bytes{1}, MessageClass::data}, ns(1)), InternalError);
  Duration last;
  while (const std::optional<Duration> next = transport.next_event()) {
    CHECK(*next >= last);
    last = *next;
    transport.advance(last, arrivals);
  }
  CHECK(arrivals.left == std::vector<std::uint64_t>{8, 7});
  CHECK(arrivals.arrived == std::vector<std::uint64_t>{8, 7});
  CHECK_NOTHROW(transport.check_conservation(true));
  CHECK(transport.network().flits().injected == transport.flits_of(Bytes{1000}) + transport.flits_of(Bytes{5}));
  CHECK(transport.network().flits().ejected == transport.network().flits().injected);
  // 3 routers, 32 flits of data and 5 headers.
  CHECK(last == time_of_cycles(1 + 3 * 3 + 1 + 37 - 1, Frequency::hertz(3 * kGiga)));
}

}  // namespace
}  // namespace crossweave
