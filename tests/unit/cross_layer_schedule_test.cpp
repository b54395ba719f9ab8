// Stages III and IV: does every set start at the earliest instant that its inputs and its crossbars allow?
#include "scheduler/cross_layer_schedule.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/figures_of_merit.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/lower_bounds.h"
#include "scheduler/schedule_checker.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

constexpr SetSize kRows{1, 0};

std::vector<std::int64_t> counts(const IdVector<SetId, Cycles>& times) {
  std::vector<std::int64_t> result;
  for (const Cycles time : times) {
    result.push_back(time.count());
  }
  return result;
}

std::vector<std::int64_t> starts(const ScheduledNetwork& network, std::size_t layer) {
  return counts(network.schedule.layers[LayerId{layer}].start);
}

std::vector<std::uint32_t> order(const ScheduledNetwork& network, std::size_t layer, std::size_t duplicate) {
  std::vector<std::uint32_t> result;
  for (const SetId set : network.schedule.layers[LayerId{layer}].sequence[DuplicateId{duplicate}]) {
    result.push_back(set.value());
  }
  return result;
}

MappingOptions options_of(SetSize set, SetOrder set_order = SetOrder::raster) {
  MappingOptions options;
  options.set = set;
  options.order = set_order;
  return options;
}

/// Two rows of sets that exist early stand below one that exists late.
NetworkGraph late_top() {
  test::NetworkBuilder net;
  const OperationId in = net.input({3, 2, 1});
  const OperationId early = net.conv(net.add(Slice{{0, 0, 0}, {2, 2, 1}}, {in}), 1, 1);
  const OperationId late = net.conv(net.conv(in, 1, 1), Conv2d{1, {3, 1}, {}, {}, {}, 1, false});
  net.conv(net.concat({late, early}, Concat::Along::rows), 1, 1);
  return std::move(net).take();
}

/// Stages II to IV once more, pixel by pixel: no tables, no shared halves.
struct Naive {
  IdVector<LayerId, IdVector<SetId, Cycles>> release;
  IdVector<LayerId, LayerSchedule> layers;
};

/// Which duplicate runs which sets, in order. `order` is Stage III's.
using Sequences = IdVector<DuplicateId, std::vector<SetId>>;

/// List scheduling cycle by cycle: whoever is free, for longest first, takes the first set in the order that is
/// released.
Sequences naive_dispatch(const SetGrid& grid, std::size_t copies, std::vector<SetId> order,
                         const IdVector<SetId, Cycles>& release) {
  Sequences sequences(copies);
  std::vector<std::pair<Cycles, std::size_t>> free;
  for (std::size_t copy = 0; copy < copies; ++copy) {
    free.emplace_back(Cycles{}, copy);
  }
  for (Cycles now; !order.empty(); now += Cycles{1}) {
    std::sort(free.begin(), free.end());
    for (auto& [since, copy] : free) {
      const auto next = std::find_if(order.begin(), order.end(), [&](SetId set) { return release[set] <= now; });
      if (since > now || next == order.end()) {
        break;
      }
      sequences[DuplicateId{copy}].push_back(*next);
      since = now + Cycles{grid.rect(*next).area()};
      order.erase(next);
    }
  }
  return sequences;
}

Sequences naive_sequences(const ScheduledNetwork& network, LayerId layer, SetOrder set_order,
                          const IdVector<SetId, Cycles>& release, bool released_together) {
  if (set_order == SetOrder::lookahead || set_order == SetOrder::automatic) {
    // Whatever they are: tests of their own say what they are good for.
    return network.schedule.layers[layer].sequence;
  }
  const SetGrid& grid = network.grids[layer];
  const auto copies = static_cast<std::size_t>(network.duplicates[layer]);
  std::vector<std::pair<std::int64_t, SetId>> keyed;
  for (const SetId set : ids(release)) {
    keyed.emplace_back(set_order == SetOrder::ready      ? release[set].count()
                       : set_order == SetOrder::diagonal ? grid.row_of(set) + grid.column_of(set)
                                                         : 0,
                       set);
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<SetId> sets;
  sets.reserve(keyed.size());
  for (const auto& [key, set] : keyed) {
    sets.push_back(set);
  }
  if (network.partition == Partition::dispatch) {
    return naive_dispatch(grid, copies, sets, released_together ? IdVector<SetId, Cycles>(release.size()) : release);
  }
  Sequences sequences(copies);
  for (std::size_t k = 0; k < sets.size(); ++k) {
    const std::size_t copy = network.partition == Partition::blocks ? grid.block_of(sets[k]).value() : k % copies;
    sequences[DuplicateId{copy}].push_back(sets[k]);
  }
  return sequences;
}

Naive naive_schedule(const ScheduledNetwork& network, SetOrder set_order, ScheduleMode mode) {
  IdVector<OperationId, LayerId> layer_of(network.mapped.graph.size());
  Naive naive;
  IdVector<LayerId, std::vector<Cycles>> exists;
  Cycles barrier;
  for (const LayerId layer : ids(network.mapped.layers)) {
    const BaseLayer& base = network.mapped.layers[layer];
    layer_of[base.operation] = layer;
    const SetGrid& grid = network.grids[layer];
    IdVector<SetId, Cycles> release(grid.size());
    for (const SetId set : ids(release)) {
      for (const test::NeededRegion& region :
           test::regions_behind(network.mapped.graph, base.operation, grid.rect(set))) {
        const LayerId producer = layer_of[region.producer];
        const int width = network.mapped.layers[producer].ofm.width;
        for (int y = region.rect.rows.begin; y < region.rect.rows.end; ++y) {
          for (int x = region.rect.columns.begin; x < region.rect.columns.end; ++x) {
            release[set] = std::max(release[set], exists[producer][static_cast<std::size_t>(y * width + x)]);
          }
        }
      }
    }

    const bool by_layers = mode == ScheduleMode::layer_by_layer;
    LayerSchedule scheduled;
    scheduled.sequence = naive_sequences(network, layer, set_order, release, by_layers);
    scheduled.start.resize(grid.size());
    scheduled.finish.resize(grid.size());
    std::vector<Cycles> pixels(static_cast<std::size_t>(base.ofm.pixels()));
    const Cycles begin = by_layers ? barrier : Cycles{};
    for (const std::vector<SetId>& sequence : scheduled.sequence) {
      Cycles free = begin;
      for (const SetId set : sequence) {
        scheduled.start[set] = std::max(free, by_layers ? Cycles{} : release[set]);
        free = scheduled.start[set] + Cycles{grid.rect(set).area()};
        scheduled.finish[set] = free;
        barrier = std::max(barrier, free);
        const Rect rect = grid.rect(set);
        for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
          for (int x = rect.columns.begin; x < rect.columns.end; ++x) {
            pixels[static_cast<std::size_t>(y * base.ofm.width + x)] = free;
          }
        }
      }
    }
    exists.push_back(std::move(pixels));
    naive.release.push_back(std::move(release));
    naive.layers.push_back(std::move(scheduled));
  }
  return naive;
}

void check_against_naive(const ScheduledNetwork& network, const MappingOptions& options) {
  const Naive naive = naive_schedule(network, options.order, options.mode);
  REQUIRE(network.schedule.layers.size() == naive.layers.size());
  CHECK(network.schedule.mode == options.mode);
  LayerScheduler scheduler{network.grids, network.dependencies};
  NetworkTimes times;
  for (const LayerSchedule& scheduled : network.schedule.layers) {
    times.push_back({scheduled.finish, {}});
  }
  Cycles latency;
  for (const LayerId layer : ids(naive.layers)) {
    CAPTURE(layer.value());
    const LayerSchedule& scheduled = network.schedule.layers[layer];
    CHECK(scheduled.sequence == naive.layers[layer].sequence);
    CHECK(counts(scheduled.start) == counts(naive.layers[layer].start));
    CHECK(counts(scheduled.finish) == counts(naive.layers[layer].finish));
    CHECK(counts(scheduler.release_times(layer, times)) == counts(naive.release[layer]));
    for (const Cycles finish : naive.layers[layer].finish) {
      latency = std::max(latency, finish);
    }
  }
  CHECK(network.schedule.latency() == latency);
}

/// Figures of merit, counted set by set.
void check_figures(const ScheduledNetwork& network) {
  std::int64_t active = 0;
  for (const LayerId layer : ids(network.mapped.layers)) {
    for (const std::vector<SetId>& sequence : network.schedule.layers[layer].sequence) {
      for (const SetId set : sequence) {
        active += network.grids[layer].rect(set).area() * network.mapped.crossbars[layer].pes();
      }
    }
  }
  CHECK(network.active_pe_cycles() == active);
  const std::int64_t latency = network.schedule.latency().count();
  const std::int64_t reference = layer_by_layer_cycles(network.mapped.layers).count();
  const double u = utilization(active, network.pes, latency);
  const double u_reference = utilization(active, network.mapped.min_pes, reference);
  const double s = speedup(static_cast<double>(reference), static_cast<double>(latency));
  // S = U * (PE_min + x) / (U_layer_by_layer * PE_min)
  CHECK(s ==
        Approx(u * static_cast<double>(network.pes) / (u_reference * static_cast<double>(network.mapped.min_pes))));
  CHECK(u <= 1.0);
  CHECK(network.schedule.latency() >= work_bound(network.mapped.layers, network.duplicates));
}

}  // namespace

TEST_CASE("a layer follows the one before it row by row", "[schedule]") {
  const ScheduledNetwork network = test::schedule_of(test::conv_chain(2, 4, 2), options_of(kRows));
  CHECK(starts(network, 0) == std::vector<std::int64_t>{0, 4, 8, 12});
  // Row 0 needs rows 0 and 1, finished at 8; rows 2 and 3 need row 3, finished at 16.
  CHECK(starts(network, 1) == std::vector<std::int64_t>{8, 12, 16, 20});
  CHECK(network.schedule.latency() == Cycles{24});
  CHECK(network.schedule.layers[LayerId{1}].first_start() == Cycles{8});
  CHECK(network.schedule.layers[LayerId{1}].last_finish() == Cycles{24});
  CHECK(layer_by_layer_cycles(network.mapped.layers) == Cycles{32});
}

TEST_CASE("sets clipped at the edges take fewer cycles", "[schedule]") {
  const ScheduledNetwork network = test::schedule_of(test::conv_chain(1, 5, 2), options_of({2, 3}));
  CHECK(starts(network, 0) == std::vector<std::int64_t>{0, 6, 10, 16, 20, 23});
  CHECK(network.schedule.latency() == Cycles{25});
}

TEST_CASE("raster order waits for the first row, ready order takes what is there", "[schedule]") {
  const ScheduledNetwork raster = test::schedule_of(late_top(), options_of(kRows));
  // The late row exists at 8: its layer needs three rows of two pixels, and takes two cycles itself.
  CHECK(starts(raster, 3) == std::vector<std::int64_t>{8, 10, 12});
  CHECK(order(raster, 3, 0) == std::vector<std::uint32_t>{0, 1, 2});
  const ScheduledNetwork ready = test::schedule_of(late_top(), options_of(kRows, SetOrder::ready));
  CHECK(starts(ready, 3) == std::vector<std::int64_t>{8, 2, 4});
  CHECK(order(ready, 3, 0) == std::vector<std::uint32_t>{1, 2, 0});
  CHECK(ready.schedule.latency() == Cycles{10});
}

TEST_CASE("ready order leaves ties in raster order", "[schedule]") {
  test::NetworkBuilder net;
  const OperationId map = net.conv(net.input({4, 4, 1}), 1);
  net.conv(net.add_maps(map, net.add(Elementwise{"scale"}, {net.global_pool(map)})), 1, 1);
  const ScheduledNetwork network = test::schedule_of(net.graph(), options_of({2, 2}, SetOrder::ready));
  CHECK(order(network, 1, 0) == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(starts(network, 1) == std::vector<std::int64_t>{16, 20, 24, 28});
}

TEST_CASE("interleaved duplicates take turns, blocks keep to themselves", "[schedule]") {
  MappingOptions options = options_of(kRows);
  options.duplication = Duplication::bottleneck;
  options.extra_pes = 1;
  SECTION("interleaved") {
    const ScheduledNetwork network = test::schedule_of(test::conv_chain(1, 5, 2), options);
    CHECK(order(network, 0, 0) == std::vector<std::uint32_t>{0, 2, 4});
    CHECK(order(network, 0, 1) == std::vector<std::uint32_t>{1, 3});
    CHECK(starts(network, 0) == std::vector<std::int64_t>{0, 0, 5, 5, 10});
    CHECK(network.schedule.latency() == Cycles{15});
  }
  SECTION("interleaved in ready order: the k-th set in that order") {
    options.order = SetOrder::ready;
    options.extra_pes = 0;
    options.duplication = Duplication::none;
    ScheduledNetwork network = test::schedule_of(late_top(), options);
    network.duplicates[LayerId{3}] = 2;
    const SchedulingInput input{network.grids, network.dependencies, network.duplicates, Partition::interleaved,
                                network.orders};
    network.schedule = schedule_cross_layer(input);
    CHECK(order(network, 3, 0) == std::vector<std::uint32_t>{1, 0});
    CHECK(order(network, 3, 1) == std::vector<std::uint32_t>{2});
    CHECK(starts(network, 3) == std::vector<std::int64_t>{8, 2, 4});
  }
  SECTION("blocks") {
    options.partition = Partition::blocks;
    const ScheduledNetwork network = test::schedule_of(test::conv_chain(1, 5, 2), options);
    // 1 x 2 blocks: columns 0-2 and 3-4.
    CHECK(order(network, 0, 0) == std::vector<std::uint32_t>{0, 2, 4, 6, 8});
    CHECK(order(network, 0, 1) == std::vector<std::uint32_t>{1, 3, 5, 7, 9});
    CHECK(starts(network, 0) == std::vector<std::int64_t>{0, 0, 3, 2, 6, 4, 9, 6, 12, 8});
  }
}

TEST_CASE("layer by layer, one layer takes the work of its most loaded duplicate", "[schedule]") {
  MappingOptions options = options_of(kRows);
  options.mode = ScheduleMode::layer_by_layer;
  options.duplication = Duplication::bottleneck;
  options.extra_pes = 3;
  const ScheduledNetwork network = test::schedule_of(test::conv_chain(2, 5, 2), options);
  REQUIRE(network.duplicates.raw() == std::vector<int>{3, 2});
  // Five rows on three duplicates: two rows at most; on two: three.
  CHECK(starts(network, 0) == std::vector<std::int64_t>{0, 0, 0, 5, 5});
  CHECK(starts(network, 1) == std::vector<std::int64_t>{10, 10, 15, 15, 20});
  CHECK(network.schedule.latency() == Cycles{25});
  options.duplication = Duplication::none;
  CHECK(test::schedule_of(test::conv_chain(2, 5, 2), options).schedule.latency() == Cycles{50});
}

TEST_CASE("the work bound is the largest ceil(t / d)", "[schedule]") {
  const auto layers = partition_base_layers(test::conv_chain(3, 5, 2));
  CHECK(work_bound(layers, {1, 1, 1}) == Cycles{25});
  CHECK(work_bound(layers, {2, 3, 4}) == Cycles{13});
  CHECK(work_bound(layers, {5, 26, 4}) == Cycles{7});
}

TEST_CASE("figures of merit of an empty run are 0", "[schedule]") {
  CHECK(utilization(0, 0, 0) == 0.0);
  CHECK(utilization(3, 4, 0) == 0.0);
  CHECK(utilization(6, 4, 3) == 0.5);
  CHECK(speedup(10, 0) == 0.0);
  CHECK(speedup(10, 4) == 2.5);
}

TEST_CASE("a network without base layers, or with too few PEs, has no schedule", "[schedule]") {
  test::NetworkBuilder net;
  net.relu(net.input({4, 4, 1}));
  const auto nothing = map_network(net.graph(), true, {});
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().cause == SchedulingFailure::Cause::no_base_layer);

  MappingOptions options;
  options.extra_pes = -1;
  const auto short_of_pes = schedule_network(*map_network(test::conv_chain(2, 4, 2), true, {}), options);
  REQUIRE_FALSE(short_of_pes);
  CHECK(short_of_pes.error().cause == SchedulingFailure::Cause::too_few_pes);
  CHECK(short_of_pes.error().message == "1 PEs (F) cannot hold the network; it needs at least 2 (PE_min)");

  options = options_of({1, 1});
  const auto too_fine = schedule_network(*map_network(test::conv_chain(1, 8000, 2), true, {}), options);
  REQUIRE_FALSE(too_fine);
  CHECK(too_fine.error().cause == SchedulingFailure::Cause::too_many_sets);
}

TEST_CASE("networks with every structure start each set as early as possible", "[schedule]") {
  for (const NetworkGraph& graph : test::small_networks()) {
    for (const ScheduleMode mode : {ScheduleMode::cross_layer, ScheduleMode::layer_by_layer}) {
      for (const Partition partition : {Partition::interleaved, Partition::blocks, Partition::dispatch}) {
        for (const SetOrder set_order : {SetOrder::raster, SetOrder::ready, SetOrder::diagonal}) {
          CAPTURE(graph.name(), mode == ScheduleMode::layer_by_layer,
                  kPartitionNames[static_cast<std::size_t>(partition)],
                  kSetOrderNames[static_cast<std::size_t>(set_order)]);
          MappingOptions options = options_of({2, 2}, set_order);
          options.mode = mode;
          options.partition = partition;
          options.duplication = Duplication::bottleneck;
          options.extra_pes = 9;
          const ScheduledNetwork network = test::schedule_of(graph, options);
          check_against_naive(network, options);
          check_figures(network);
          CHECK(check_schedule(network).empty());
        }
      }
    }
  }
}

TEST_CASE("random networks start each set as early as possible", "[schedule]") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    check_against_naive(drawn.network, drawn.options);
    check_figures(drawn.network);
    CHECK(check_schedule(drawn.network).empty());
    if (drawn.options.mode == ScheduleMode::layer_by_layer && drawn.options.duplication == Duplication::none) {
      CHECK(drawn.network.schedule.latency() == layer_by_layer_cycles(drawn.network.mapped.layers));
    }
  }
}

}  // namespace crossweave
