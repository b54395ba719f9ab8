// Does the simulated chip, which knows no times and no dependencies, do exactly what the schedule says, and notice when
// something that it needs does not come?
#include "models/simulation.h"

#include <malloc.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/fresh_kernel.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

using Key = std::pair<LayerId, SetId>;

/// Writes down everything that a chip publishes.
class Recorder final : public tlm::tlm_analysis_if<SetStarted>,
                       public tlm::tlm_analysis_if<SetFinished>,
                       public tlm::tlm_analysis_if<MvmStarted>,
                       public tlm::tlm_analysis_if<MvmFinished>,
                       public tlm::tlm_analysis_if<BufferLevel>,
                       public tlm::tlm_analysis_if<TransferDelivered>,
                       public tlm::tlm_analysis_if<GpeuOperation>,
                       public tlm::tlm_analysis_if<DramAccess> {
 public:
  struct Run {
    DuplicateId duplicate;
    Duration start;
    Duration finish;
    int starts{0};
    int finishes{0};
  };
  struct Pe {
    std::optional<MvmStarted> running;
    Duration active;
  };

  void subscribe(Probes& probes) {
    probes.set_started.bind(*this);
    probes.set_finished.bind(*this);
    probes.mvm_started.bind(*this);
    probes.mvm_finished.bind(*this);
    probes.buffer_level.bind(*this);
    probes.transfer_delivered.bind(*this);
    probes.gpeu_operation.bind(*this);
    probes.dram_access.bind(*this);
  }

  void write(const SetStarted& e) override {
    hash(1, e.at.count_ps(), e.image, e.layer.value(), e.duplicate.value(), e.set.value());
    Run& run = runs[{e.layer, e.set}];
    run.duplicate = e.duplicate;
    run.start = e.at;
    ++run.starts;
  }
  void write(const SetFinished& e) override {
    hash(2, e.at.count_ps(), e.image, e.layer.value(), e.duplicate.value(), e.set.value());
    Run& run = runs[{e.layer, e.set}];
    run.finish = e.at;
    ++run.finishes;
    latency = std::max(latency, e.at);
  }
  void write(const MvmStarted& e) override {
    hash(3, e.at.count_ps(), e.pe.value(), e.layer.value(), e.set.value(), e.mvms, e.rows_driven, e.conversions);
    Pe& pe = pes[e.pe];
    REQUIRE_FALSE(pe.running);
    pe.running = e;
    mvms += e.mvms;
    rows_driven[e.layer] += e.rows_driven;
    conversions[e.layer] += e.conversions;
  }
  void write(const MvmFinished& e) override {
    hash(4, e.at.count_ps(), e.pe.value());
    Pe& pe = pes[e.pe];
    REQUIRE(pe.running);
    pe.active += e.at - pe.running->at;
    pe.running.reset();
  }
  void write(const BufferLevel& e) override {
    hash(5, e.at.count_ps(), e.tile.value(), e.which == BufferLevel::Which::input, e.level.count());
    levels[{e.tile, e.which}] = e.level;
    Bytes& peak = peaks[{e.tile, e.which}];
    peak = std::max(peak, e.level);
  }
  void write(const TransferDelivered& e) override {
    hash(6, e.at.count_ps(), static_cast<int>(e.kind), e.source.value(), e.destination.value(), e.size.count(),
         e.routers, e.sent.count_ps());
    last_delivery = e.at;
    if (e.kind == TransactionKind::psum) {
      ++partial_sums;
    }
  }
  void write(const GpeuOperation& e) override { hash(7, e.at.count_ps(), e.tile.value(), e.work); }
  void write(const DramAccess& e) override {
    hash(8, e.at.count_ps(), e.write, e.size.count());
    if (e.write) {
      written += e.size;
    }
  }

  std::map<Key, Run> runs;
  std::map<PeId, Pe> pes;
  std::map<std::pair<TileId, BufferLevel::Which>, Bytes> levels;
  std::map<std::pair<TileId, BufferLevel::Which>, Bytes> peaks;
  Duration latency;
  Duration last_delivery;
  std::int64_t mvms{0};
  std::map<LayerId, std::int64_t> rows_driven;
  std::map<LayerId, std::int64_t> conversions;
  std::int64_t partial_sums{0};
  Bytes written;
  /// Of all events in their order, with all their fields (FNV-1a).
  std::uint64_t stream{14695981039346656037U};
  std::int64_t events{0};

 private:
  template <class... Values>
  void hash(Values... values) {
    ++events;
    ((stream = (stream ^ static_cast<std::uint64_t>(values)) * 1099511628211U), ...);
  }
};

struct Simulated {
  RunEnd end;
  Recorder record;
};

/// Runs a plan on a chip and a kernel of their own.
std::unique_ptr<Simulated> simulate(const ExecutionPlan& plan, const Architecture& architecture,
                                    std::optional<Duration> time_limit = {}) {
  auto simulated = std::make_unique<Simulated>();
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture};
  simulated->record.subscribe(simulation.probes());
  simulated->end = simulation.run(time_limit);
  return simulated;
}

std::unique_ptr<Simulated> simulate(const ScheduledNetwork& network, const Architecture& architecture,
                                    std::optional<Duration> time_limit = {}) {
  return simulate(make_execution_plan(network, architecture), architecture, time_limit);
}

/// Cycles that the simulation of a hand-made network takes; it must agree with the schedule.
std::int64_t latency_of(const NetworkGraph& graph, const MappingOptions& options,
                        const Architecture& architecture = {}) {
  const ScheduledNetwork network = test::schedule_of(graph, options, architecture.crossbar);
  const auto simulated = simulate(network, architecture);
  CHECK(simulated->end.outcome == Outcome::completed);
  CHECK(simulated->record.latency == network.schedule.latency() * architecture.crossbar.mvm_latency);
  return simulated->record.latency.count_ps() / architecture.crossbar.mvm_latency.count_ps();
}

MappingOptions with_sets(SetSize set, ScheduleMode mode = ScheduleMode::cross_layer) {
  MappingOptions options;
  options.set = set;
  options.mode = mode;
  return options;
}

/// Elements that the DRAM has to receive, from the graph alone. None when a network ends in operations that only
/// rearrange data: what is written then is what they read.
std::optional<std::int64_t> output_elements(const NetworkGraph& canonical) {
  const IdVector<OperationId, std::vector<OperationId>> consumers = canonical.consumers();
  std::int64_t elements = 0;
  for (const OperationId id : ids(canonical.operations())) {
    const OperationKind& kind = canonical[id].kind;
    if (!consumers[id].empty() || std::holds_alternative<Input>(kind)) {
      continue;
    }
    if (!is_base(kind)) {
      return std::nullopt;
    }
    elements += canonical[id].output.elements();
  }
  return elements;
}

/// Everything that the schedule promises, and that nothing is left over.
void check_against_schedule(const ScheduledNetwork& network, const ExecutionPlan& plan,
                            const Architecture& architecture, const Simulated& simulated) {
  const Duration t_mvm = architecture.crossbar.mvm_latency;
  const Recorder& record = simulated.record;
  std::string waiting;
  for (const std::string& line : simulated.end.waiting) {
    waiting += line + "\n";
  }
  CAPTURE(waiting);
  // run() itself makes sure that no payload is left in flight before it says so.
  REQUIRE(simulated.end.outcome == Outcome::completed);
  REQUIRE(simulated.end.waiting.empty());
  REQUIRE(record.latency == network.schedule.latency() * t_mvm);
  REQUIRE(record.last_delivery <= record.latency);

  std::size_t sets = 0;
  for (const LayerId layer : ids(network.grids)) {
    const LayerSchedule& scheduled = network.schedule.layers[layer];
    for (const DuplicateId duplicate : ids(scheduled.sequence)) {
      for (const SetId set : scheduled.sequence[duplicate]) {
        CAPTURE(layer.value(), duplicate.value(), set.value());
        const auto run = record.runs.find({layer, set});
        REQUIRE(run != record.runs.end());
        REQUIRE(run->second.starts == 1);
        REQUIRE(run->second.finishes == 1);
        REQUIRE(run->second.duplicate == duplicate);
        REQUIRE(run->second.start == scheduled.start[set] * t_mvm);
        REQUIRE(run->second.finish == scheduled.finish[set] * t_mvm);
        ++sets;
      }
    }
  }
  REQUIRE(record.runs.size() == sets);

  Duration active;
  for (const auto& [id, pe] : record.pes) {
    REQUIRE(id.value() < static_cast<std::uint32_t>(network.pes));
    REQUIRE_FALSE(pe.running);
    active += pe.active;
  }
  REQUIRE(active == t_mvm * network.active_pe_cycles());
  REQUIRE(record.mvms == network.active_pe_cycles());
  for (const LayerId layer : ids(network.mapped.layers)) {
    const BaseLayer& base = network.mapped.layers[layer];
    const CrossbarGrid& grid = network.mapped.crossbars[layer];
    CAPTURE(base.name, grid.vertical, grid.horizontal, grid.groups_per_crossbar);
    // Every pixel drives every weight's row once a column piece, and converts every channel once a row piece.
    const int column_pieces = grid.groups_per_crossbar > 0 ? 1 : grid.horizontal / base.groups;
    const std::int64_t rows = std::int64_t{base.kernel.height} * base.kernel.width * base.ifm.channels;
    REQUIRE(record.rows_driven.at(layer) == base.ofm.pixels() * rows * column_pieces);
    REQUIRE(record.conversions.at(layer) == base.ofm.pixels() * base.ofm.channels * grid.vertical);
  }

  for (const auto& [buffer, level] : record.levels) {
    CAPTURE(buffer.first.value(), buffer.second == BufferLevel::Which::input);
    REQUIRE(level == Bytes{});
  }
  std::int64_t planned = 0;
  for (const NetworkOutput& output : plan.outputs) {
    planned += output.elements;
  }
  REQUIRE(record.written == Bytes{planned});  // 8 bits an element
  if (const std::optional<std::int64_t> elements = output_elements(network.mapped.graph)) {
    REQUIRE(planned == *elements);
  }
}

// --- by hand ---

/// A convolution without padding and bias.
Conv2d plain(int filters, int kernel) { return {filters, {kernel, kernel}, {}, {}, {}, 1, false}; }

TEST_CASE("one layer takes a cycle a pixel", "[simulation]") {
  test::NetworkBuilder net;
  net.conv(net.input({4, 4, 3}), plain(2, 1));
  CHECK(latency_of(net.graph(), with_sets({1, 1})) == 16);
  CHECK(latency_of(net.graph(), with_sets({4, 4})) == 16);
  CHECK(latency_of(net.graph(), with_sets({1, 1}, ScheduleMode::layer_by_layer)) == 16);
}

TEST_CASE("1x1 layers follow one another a set apart", "[simulation]") {
  test::NetworkBuilder net;
  OperationId last = net.input({4, 4, 3});
  for (int i = 0; i < 3; ++i) {
    last = net.conv(last, plain(2, 1));
  }
  CHECK(latency_of(net.graph(), with_sets({1, 1})) == 16 + 2);
  CHECK(latency_of(net.graph(), with_sets({2, 2})) == 16 + 8);
  CHECK(latency_of(net.graph(), with_sets({1, 0})) == 16 + 8);
  CHECK(latency_of(net.graph(), with_sets({0, 0})) == 48);
  CHECK(latency_of(net.graph(), with_sets({1, 1}, ScheduleMode::layer_by_layer)) == 48);
}

TEST_CASE("a 3x3 layer waits for its windows", "[simulation]") {
  // 6 x 6 -> 4 x 4 -> 2 x 2. Pixel (y, x) of the first is done at 4 y + x + 1. The second's need (2, 2), (2, 3), (3, 2)
  // and (3, 3): done at 11, 12, 15 and 16, so they run from 11, 12, 15 and 16.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({6, 6, 3}), plain(4, 3)), plain(2, 3));
  CHECK(latency_of(net.graph(), with_sets({1, 1})) == 17);
  CHECK(latency_of(net.graph(), with_sets({1, 1}, ScheduleMode::layer_by_layer)) == 20);
  // The whole second map in one set: its four pixels start when the first layer is done.
  CHECK(latency_of(net.graph(), with_sets({0, 0})) == 20);
}

TEST_CASE("padding is there from the start", "[simulation]") {
  // 3 x 3 maps, 3 x 3 kernels, padding 1: pixel (0, 0) needs the first layer's (1, 1), done at 5; (2, 2) needs (2, 2),
  // done at 9; from then on (0, 0) 6, (0, 1) and (0, 2) need (1, 2) at 6: 7, 8; (1, 0) needs (2, 1) at 8: 9; then 10,
  // ...
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({3, 3, 3}), 4), 2);
  CHECK(latency_of(net.graph(), with_sets({1, 1})) == 14);
}

TEST_CASE("pooling waits for its window", "[simulation]") {
  // The windows of 2 x 2 pixels are there at 6, 8, 14 and 16.
  test::NetworkBuilder net;
  net.conv(net.max_pool(net.conv(net.input({4, 4, 3}), plain(4, 1)), 2, 2), plain(2, 1));
  CHECK(latency_of(net.graph(), with_sets({1, 1})) == 17);
  // Sets of 2 x 2 hold a window each: pooled where they are computed, and all four of them in one set behind.
  CHECK(latency_of(net.graph(), with_sets({2, 2})) == 20);
}

TEST_CASE("a sum waits for the later of its inputs", "[simulation]") {
  test::NetworkBuilder net;
  const OperationId a = net.conv(net.input({2, 2, 3}), plain(4, 1));
  const OperationId b = net.conv(a, plain(4, 1));
  net.conv(net.add_maps(a, b), plain(2, 1));
  CHECK(latency_of(net.graph(), with_sets({1, 1})) == 6);
}

TEST_CASE("duplicates share the work", "[simulation]") {
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({4, 4, 3}), plain(4, 1)), plain(2, 1));
  MappingOptions options = with_sets({1, 1});
  options.duplication = Duplication::bottleneck;
  options.extra_pes = 2;
  CHECK(latency_of(net.graph(), options) == 9);
  // The first duplicate of `blocks` computes the upper half, and so does that of the layer behind.
  options.partition = Partition::blocks;
  CHECK(latency_of(net.graph(), options) == 9);
  // A duplicate of the first layer only: 8 cycles, and 16 of the layer behind, which may start after the first.
  options.extra_pes = 1;
  options.partition = Partition::interleaved;
  CHECK(latency_of(net.graph(), options) == 17);
}

TEST_CASE("a layer on many tiles takes no longer", "[simulation]") {
  Architecture architecture;
  architecture.crossbar.rows = 16;
  architecture.crossbar.columns = 8;
  architecture.tile.pes = GENERATE(1, 2, 3, 8);
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({4, 4, 40}), plain(20, 1)), plain(3, 1));
  CHECK(latency_of(net.graph(), with_sets({1, 1}), architecture) == 17);
}

TEST_CASE("partial sums travel between the tiles of a layer", "[simulation]") {
  // 40 channels on 16 rows: three crossbars, whose sums go from the third to the first.
  Architecture architecture;
  architecture.crossbar.rows = 16;
  test::NetworkBuilder net;
  net.conv(net.input({2, 2, 40}), plain(20, 1));
  const ScheduledNetwork network = test::schedule_of(net.graph(), with_sets({1, 1}), architecture.crossbar);
  REQUIRE(network.mapped.crossbars[LayerId{0}] == CrossbarGrid{3, 1, 0});
  const auto sums_with = [&](int pes) {
    architecture.tile.pes = pes;
    return simulate(network, architecture)->record.partial_sums;
  };
  CHECK(sums_with(1) == 4 * 2);
  CHECK(sums_with(2) == 4 * 1);
  CHECK(sums_with(3) == 0);
  // Rows 16, 16 and 8, each with all of the 20 columns, for each of the 4 pixels.
  const auto simulated = simulate(network, architecture);
  CHECK(simulated->record.rows_driven.at(LayerId{0}) == 4 * 40);
  CHECK(simulated->record.conversions.at(LayerId{0}) == 4 * 3 * 20);
}

// --- at random ---

void check_random(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed < last; ++seed) {
    test::RandomCase drawn = test::random_case(seed);
    for (const ScheduleMode mode : {ScheduleMode::cross_layer, ScheduleMode::layer_by_layer}) {
      CAPTURE(seed, static_cast<int>(mode));
      drawn.options.mode = mode;
      const ScheduledNetwork network =
          test::schedule_of(test::random_network(seed), drawn.options, drawn.architecture.crossbar);
      const ExecutionPlan plan = make_execution_plan(network, drawn.architecture);
      const auto simulated = simulate(plan, drawn.architecture);
      check_against_schedule(network, plan, drawn.architecture, *simulated);
    }
  }
}

// In parts, which run side by side.
TEST_CASE("random networks run as scheduled, 1 of 4", "[simulation][random]") { check_random(0, 250); }
TEST_CASE("random networks run as scheduled, 2 of 4", "[simulation][random]") { check_random(250, 500); }
TEST_CASE("random networks run as scheduled, 3 of 4", "[simulation][random]") { check_random(500, 750); }
TEST_CASE("random networks run as scheduled, 4 of 4", "[simulation][random]") { check_random(750, 1000); }

TEST_CASE("networks of each structure run as scheduled", "[simulation]") {
  for (const NetworkGraph& graph : test::small_networks()) {
    for (const ScheduleMode mode : {ScheduleMode::cross_layer, ScheduleMode::layer_by_layer}) {
      for (const int pes : {1, 3, 8}) {
        for (const CrossbarSpec& crossbar : {CrossbarSpec{16, 16}, CrossbarSpec{32, 8}}) {
          CAPTURE(graph.name(), static_cast<int>(mode), pes, crossbar.rows);
          Architecture architecture;
          architecture.crossbar = crossbar;
          architecture.tile.pes = pes;
          MappingOptions options = with_sets({2, 2}, mode);
          options.duplication = Duplication::bottleneck;
          options.extra_pes = 20;
          const ScheduledNetwork network = test::schedule_of(graph, options, crossbar);
          const ExecutionPlan plan = make_execution_plan(network, architecture);
          check_against_schedule(network, plan, architecture, *simulate(plan, architecture));
        }
      }
    }
  }
}

// --- the simulation is a second computation of the latency: mutations ---

/// A delivery, by its place in the lists of a station.
struct Dropped {
  StationId producer;
  SetId set;
  Delivery delivery;
};

/// Removes one delivery at random.
Dropped drop_delivery(ExecutionPlan& plan, test::Random& random) {
  std::vector<StationId> senders;
  for (const StationId id : ids(plan.stations)) {
    if (!plan.stations[id].deliveries.items.empty()) {
      senders.push_back(id);
    }
  }
  const StationId producer = random.pick(senders);
  DeliveryLists& lists = plan.stations[producer].deliveries;
  const auto item = static_cast<std::uint32_t>(random.next() % lists.items.size());
  std::size_t set = 0;
  while (lists.first[set + 1] <= item) {
    ++set;
  }
  const Dropped dropped{producer, SetId{set}, lists.items[item]};
  lists.items.erase(lists.items.begin() + item);
  for (std::size_t behind = set + 1; behind < lists.first.size(); ++behind) {
    --lists.first[behind];
  }
  return dropped;
}

/// Those who read a region of a result at an endpoint.
std::vector<std::string> readers_of(const ExecutionPlan& plan, const Dropped& dropped) {
  std::vector<std::string> names;
  for (const Station& station : plan.stations) {
    for (const StationDuplicate& duplicate : station.duplicates) {
      for (const StationPart& part : duplicate.parts) {
        if (part.tile == dropped.delivery.destination &&
            std::ranges::any_of(part.needs, [&](const InputNeed& need) { return need.producer == dropped.producer; })) {
          names.push_back(station.name);
        }
      }
    }
  }
  return names;
}

TEST_CASE("a dropped delivery ends in a diagnosis", "[simulation][mutation]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const test::RandomCase drawn = test::random_case(seed);
    const ExecutionPlan whole_plan = make_execution_plan(drawn.network, drawn.architecture);
    test::Random random{seed};
    for (int choice = 0; choice < 4; ++choice) {
      ExecutionPlan plan = whole_plan;
      const Dropped dropped = drop_delivery(plan, random);
      const auto simulated = simulate(plan, drawn.architecture);
      std::string waiting;
      for (const std::string& line : simulated->end.waiting) {
        waiting += line + "\n";
      }
      CAPTURE(seed, choice, plan.stations[dropped.producer].name, dropped.set.value(), waiting);
      REQUIRE(simulated->end.outcome == Outcome::deadlock);
      REQUIRE_FALSE(simulated->end.waiting.empty());
      const auto waits = [&](const std::string& what) {
        return std::ranges::any_of(simulated->end.waiting,
                                   [&](const std::string& line) { return line.find(what) != std::string::npos; });
      };
      const std::string& producer = plan.stations[dropped.producer].name;
      if (dropped.delivery.destination == plan.dram()) {
        REQUIRE(waits("dram waits for "));
        REQUIRE(waits("of the output of " + producer));
      } else {
        const std::string tile = "tile " + std::to_string(dropped.delivery.destination.value()) + ": ";
        REQUIRE(std::ranges::any_of(readers_of(plan, dropped), [&](const std::string& reader) {
          return std::ranges::any_of(simulated->end.waiting, [&](const std::string& line) {
            return line.starts_with(tile + reader) && line.find(producer + " rows ") != std::string::npos;
          });
        }));
      }
    }
  }
}

TEST_CASE("the simulation never sees the schedule's times", "[simulation][mutation]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    const auto expected = simulate(drawn.network, drawn.architecture);
    REQUIRE(expected->record.latency == drawn.network.schedule.latency() * drawn.architecture.crossbar.mvm_latency);

    ScheduledNetwork zeroed = drawn.network;
    ScheduledNetwork permuted = drawn.network;
    test::Random random{seed};
    for (const LayerId layer : ids(zeroed.schedule.layers)) {
      for (auto* times : {&zeroed.schedule.layers[layer].start, &zeroed.schedule.layers[layer].finish}) {
        std::fill(times->begin(), times->end(), Cycles{});
      }
      for (auto* times : {&permuted.schedule.layers[layer].start, &permuted.schedule.layers[layer].finish}) {
        for (std::size_t i = times->size(); i > 1; --i) {
          std::swap((*times)[SetId{i - 1}], (*times)[SetId{random.next() % i}]);
        }
      }
    }
    for (const ScheduledNetwork* mutated : {&zeroed, &permuted}) {
      const auto simulated = simulate(*mutated, drawn.architecture);
      REQUIRE(simulated->end.outcome == Outcome::completed);
      REQUIRE(simulated->record.events == expected->record.events);
      REQUIRE(simulated->record.stream == expected->record.stream);
    }
  }
}

TEST_CASE("t_MVM is the unit of a latency", "[simulation][mutation]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    const auto once = simulate(drawn.network, drawn.architecture);
    drawn.architecture.crossbar.mvm_latency = drawn.architecture.crossbar.mvm_latency * 2;
    const auto twice = simulate(drawn.network, drawn.architecture);
    REQUIRE(twice->record.latency == once->record.latency * 2);
    REQUIRE(twice->record.runs.size() == once->record.runs.size());
    for (const auto& [key, run] : once->record.runs) {
      REQUIRE(twice->record.runs.at(key).start == run.start * 2);
      REQUIRE(twice->record.runs.at(key).finish == run.finish * 2);
    }
  }
}

TEST_CASE("the chip keeps the order that it is told", "[simulation][mutation]") {
  // Two layers on one another, the first told to run backwards: the second's set 0 is there at 4, and all four follow.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({2, 2, 3}), plain(4, 1)), plain(2, 1));
  const ScheduledNetwork network = test::schedule_of(net.graph(), with_sets({1, 1}));
  ScheduledNetwork reversed = network;
  std::vector<SetId>& order = reversed.schedule.layers[LayerId{0}].sequence[DuplicateId{0}];
  std::reverse(order.begin(), order.end());
  const auto simulated = simulate(reversed, Architecture{});
  CHECK(simulated->end.outcome == Outcome::completed);
  CHECK(simulated->record.latency == Architecture{}.crossbar.mvm_latency * 8);
}

// --- ends ---

TEST_CASE("a time limit ends a run", "[simulation]") {
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({4, 4, 3}), plain(4, 1)), plain(2, 1));
  const Architecture architecture;
  const Duration t_mvm = architecture.crossbar.mvm_latency;
  const ScheduledNetwork network = test::schedule_of(net.graph(), with_sets({1, 1}));
  REQUIRE(network.schedule.latency() == Cycles{17});

  const auto halfway = simulate(network, architecture, t_mvm * 8 + Duration::picoseconds(1));
  CHECK(halfway->end.outcome == Outcome::time_limit);
  CHECK(halfway->record.latency == t_mvm * 8);

  const auto at_the_last_moment = simulate(network, architecture, t_mvm * 17 - Duration::picoseconds(1));
  CHECK(at_the_last_moment->end.outcome == Outcome::time_limit);
  CHECK(at_the_last_moment->record.latency == t_mvm * 16);

  const auto after = simulate(network, architecture, t_mvm * 17 + Duration::picoseconds(1));
  CHECK(after->end.outcome == Outcome::completed);
  CHECK(after->end.waiting.empty());
  CHECK(after->record.latency == t_mvm * 17);
}

TEST_CASE("a run that hangs before its time limit is a deadlock", "[simulation]") {
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({4, 4, 3}), plain(4, 1)), plain(2, 1));
  const Architecture architecture;
  ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), with_sets({1, 1})), architecture);
  test::Random random{1};
  drop_delivery(plan, random);
  CHECK(simulate(plan, architecture, architecture.crossbar.mvm_latency * 1000)->end.outcome == Outcome::deadlock);
}

TEST_CASE("a diagnosis stays short", "[simulation]") {
  // The network's input never leaves the DRAM: 15 layers wait for it, and the DRAM for their 15 outputs.
  test::NetworkBuilder net;
  const OperationId input = net.input({2, 2, 3});
  for (int i = 0; i < 15; ++i) {
    net.conv(input, plain(4, 1));
  }
  ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), with_sets({1, 1})), Architecture{});
  DeliveryLists& lists = plan.stations[StationId{0}].deliveries;
  lists.items.clear();
  std::fill(lists.first.begin(), lists.first.end(), 0);
  const auto simulated = simulate(plan, Architecture{});
  CHECK(simulated->end.outcome == Outcome::deadlock);
  CHECK(simulated->end.waiting.size() == 20);
}

TEST_CASE("outcomes have names", "[simulation]") {
  CHECK(to_string(Outcome::completed) == "completed");
  CHECK(to_string(Outcome::deadlock) == "deadlock");
  CHECK(to_string(Outcome::time_limit) == "time_limit");
}

// --- determinism ---

/// Changes where the heap puts things and, with glibc, what fresh memory holds.
class DisturbedHeap {
 public:
  explicit DisturbedHeap(std::uint64_t seed) {
    test::Random random{seed};
    for (int i = 0; i < 2000; ++i) {
      kept_.push_back(std::make_unique<std::vector<char>>(static_cast<std::size_t>(random.between(1, 600))));
    }
    for (std::size_t i = 0; i < kept_.size(); i += 2) {
      kept_[i].reset();
    }
#ifdef M_PERTURB
    mallopt(M_PERTURB, random.between(1, 255));
#endif
  }
  ~DisturbedHeap() {
#ifdef M_PERTURB
    mallopt(M_PERTURB, 0);
#endif
  }
  DisturbedHeap(const DisturbedHeap&) = delete;
  DisturbedHeap& operator=(const DisturbedHeap&) = delete;

 private:
  std::vector<std::unique_ptr<std::vector<char>>> kept_;
};

TEST_CASE("results of half the width take half the bytes and no other time", "[simulation]") {
  test::NetworkBuilder net;
  const OperationId conv = net.conv(net.input({4, 4, 3}), plain(2, 1));
  NetworkGraph graph = net.graph();
  const auto run = [&](int bits) {
    graph.set_output_bits(conv, bits);
    return simulate(test::schedule_of(graph, with_sets({1, 0})), Architecture{});
  };
  const auto stated_nowhere = run(0);
  const auto eight = run(8);
  const auto four = run(4);
  CHECK(eight->record.stream == stated_nowhere->record.stream);
  CHECK(four->record.latency == eight->record.latency);
  CHECK(eight->record.written == Bytes{4 * 4 * 2});
  CHECK(four->record.written == Bytes{4 * 4});
  // A set is a row of 4 pixels of 2 channels.
  const std::pair output{TileId{0}, BufferLevel::Which::output};
  CHECK(eight->record.peaks.at(output) == Bytes{8});
  CHECK(four->record.peaks.at(output) == Bytes{4});
}

TEST_CASE("the same run twice is the same stream of events", "[simulation]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    const auto first = simulate(drawn.network, drawn.architecture);
    const auto second = simulate(drawn.network, drawn.architecture);
    const DisturbedHeap disturbed{seed};
    const test::RandomCase again = test::random_case(seed);
    const auto third = simulate(again.network, again.architecture);
    REQUIRE(first->record.events > 0);
    REQUIRE(second->record.events == first->record.events);
    REQUIRE(second->record.stream == first->record.stream);
    REQUIRE(third->record.events == first->record.events);
    REQUIRE(third->record.stream == first->record.stream);
  }
}

/// Processes with a stack of their own below `objects`.
int count_threads(const std::vector<sc_core::sc_object*>& objects) {
  int threads = 0;
  for (const sc_core::sc_object* object : objects) {
    threads += std::string{object->kind()} == "sc_thread_process" ? 1 : 0;
    threads += count_threads(object->get_child_objects());
  }
  return threads;
}

TEST_CASE("no module has a thread, nor do its sockets make one", "[simulation]") {
  const test::FreshKernel kernel;
  const test::RandomCase drawn = test::random_case(7);
  const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
  Simulation simulation{plan, drawn.architecture};
  REQUIRE(simulation.run(std::nullopt).outcome == Outcome::completed);
  CHECK(count_threads(sc_core::sc_get_top_level_objects()) == 0);
}

}  // namespace
}  // namespace crossweave
