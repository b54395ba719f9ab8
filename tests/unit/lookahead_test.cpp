// Does the reversed network turn every dependency around, and does lookahead keep its promise?
#include "scheduler/lookahead.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/schedule_checker.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// Every pair of a set and a set that it needs, with multiplicity.
std::vector<std::vector<std::uint32_t>> pairs(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& needs,
                                              bool reversed) {
  std::vector<std::vector<std::uint32_t>> found;
  const auto mirror = [&](LayerId layer) {
    return reversed ? static_cast<std::uint32_t>(grids.size() - 1 - layer.value()) : layer.value();
  };
  for (const LayerId layer : ids(needs)) {
    for (const DependencyPath& path : needs[layer]) {
      for (int r = 0; r < grids[layer].rows(); ++r) {
        for (int c = 0; c < grids[layer].columns(); ++c) {
          const Interval rows = path.rows[static_cast<std::size_t>(r)];
          const Interval columns = path.columns[static_cast<std::size_t>(c)];
          for (int pr = rows.begin; pr < rows.end; ++pr) {
            for (int pc = columns.begin; pc < columns.end; ++pc) {
              const std::uint32_t reader = grids[layer].id(r, c).value();
              const std::uint32_t read = grids[path.producer].id(pr, pc).value();
              found.push_back(reversed ? std::vector{mirror(path.producer), read, mirror(layer), reader}
                                       : std::vector{mirror(layer), reader, mirror(path.producer), read});
            }
          }
        }
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

MappingOptions one_pixel_sets(int extra_pes, SetOrder order) {
  MappingOptions options;
  options.extra_pes = extra_pes;
  options.duplication = Duplication::bottleneck;
  options.partition = Partition::dispatch;
  options.set = {1, 1};
  options.order = order;
  return options;
}

}  // namespace

TEST_CASE("the reversed network has the same pairs of sets, the other way round", "[lookahead]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const test::RandomCase drawn = test::random_case(seed);
    const ReversedNetwork reversed{drawn.network.grids, drawn.network.dependencies};
    CAPTURE(seed);
    // Not REQUIRE(a == b): nobody wants to read thousands of pairs.
    const bool equal = pairs(drawn.network.grids, drawn.network.dependencies, false) ==
                       pairs(reversed.grids, reversed.dependencies, true);
    CHECK(equal);
  }
}

TEST_CASE("with sets of one pixel, lookahead is never worse than the schedule it begins with", "[lookahead]") {
  int better = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const NetworkGraph graph = test::random_network(seed);
    const int extra_pes = static_cast<int>(seed % 12);
    CAPTURE(seed, extra_pes);
    // Any schedule will do as a beginning: also one whose duplicates take sets in turn.
    for (const Partition begin : {Partition::dispatch, Partition::interleaved}) {
      for (const SetOrder order : {SetOrder::raster, SetOrder::ready, SetOrder::diagonal}) {
        MappingOptions options = one_pixel_sets(extra_pes, order);
        options.partition = begin;
        const ScheduledNetwork network = test::schedule_of(graph, options);
        NetworkTimes times;
        for (const LayerSchedule& layer : network.schedule.layers) {
          times.push_back({layer.finish, {}});
        }
        LayerScheduler scheduler{network.grids, network.dependencies};
        Lookahead lookahead{network.grids, network.dependencies};
        const Cycles latency = lookahead.improve(scheduler, network.duplicates, Partition::dispatch, times);
        CHECK(latency <= network.schedule.latency());
        CHECK(latency == latency_of(times));
        better += latency < network.schedule.latency() ? 1 : 0;
      }
    }
  }
  CHECK(better > 100);
}

TEST_CASE("a round that loses is dropped, whatever the sets and the partition", "[lookahead]") {
  int larger_sets = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const test::RandomCase drawn = test::random_case(seed);
    const ScheduledNetwork& network = drawn.network;
    CAPTURE(seed);
    LayerScheduler scheduler{network.grids, network.dependencies};
    SetSorter sorter;
    NetworkTimes times;
    run_cross_layer(scheduler, network.duplicates, network.partition, by_rules(network.grids, network.orders, sorter),
                    times);
    const Cycles before = latency_of(times);
    Lookahead lookahead{network.grids, network.dependencies};
    CHECK(lookahead.improve(scheduler, network.duplicates, network.partition, times) <= before);
    CHECK(latency_of(times) <= before);
    larger_sets += network.set_count() < before.count() ? 1 : 0;
  }
  CHECK(larger_sets > 50);
}

TEST_CASE("no first round loses either", "[lookahead]") {
  // Of the proof's two halves: backwards, then forwards, without the way out of dropping a round.
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    const ScheduledNetwork network =
        test::schedule_of(test::random_network(seed), one_pixel_sets(static_cast<int>(seed % 12), SetOrder::raster));
    const ReversedNetwork reversed{network.grids, network.dependencies};
    const IdVector<LayerId, int> duplicates{
        std::vector<int>(network.duplicates.raw().rbegin(), network.duplicates.raw().rend())};
    LayerScheduler backward{reversed.grids, reversed.dependencies};
    SetSorter sorter;
    NetworkTimes latest;
    run_cross_layer(
        backward, duplicates, Partition::dispatch,
        [&](LayerId layer, const IdVector<SetId, Cycles>& /*release*/, std::vector<SetId>& sorted) {
          sorter.sort_latest_first(network.schedule.layers[reversed.mirror(layer)].finish, sorted);
        },
        latest);
    CHECK(latency_of(latest) <= network.schedule.latency());
  }
}

TEST_CASE("what has the longest way to the output goes first", "[lookahead]") {
  // Two layers read the first one's rows; only the lower rows' reader has a long way to go.
  test::NetworkBuilder net;
  const OperationId first = net.conv(net.input({4, 4, 1}), 1, 1);
  const OperationId lower = net.add(Slice{{2, 0, 0}, {2, 4, 1}}, {first});
  net.conv(net.conv(net.conv(lower, 1, 1), 1, 1), 1, 1);
  net.conv(net.add(Slice{{0, 0, 0}, {2, 4, 1}}, {first}), 1, 1);
  MappingOptions options = one_pixel_sets(0, SetOrder::raster);
  options.set = {1, 0};
  CHECK(test::schedule_of(net.graph(), options).schedule.latency() == Cycles{28});
  options.order = SetOrder::lookahead;
  const ScheduledNetwork network = test::schedule_of(net.graph(), options);
  CHECK(network.schedule.layers[LayerId{0}].sequence[DuplicateId{0}].front() == SetId{2});
  CHECK(network.schedule.latency() == Cycles{20});
  CHECK(check_schedule(network).empty());
}

}  // namespace crossweave
