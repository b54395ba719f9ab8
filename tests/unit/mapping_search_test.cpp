// Do the searches find what is there to be found, within their limits, and the same each time?
#include "scheduler/mapping_search.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/mapped_network.h"
#include "scheduler/schedule_checker.h"
#include "scheduler/schedule_evaluator.h"
#include "scheduler/set_size_search.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// A latency that is known: sum over layers of weight / d, and 100 less for each layer with the wanted rule.
class KnownLatency final : public LatencyEvaluator {
 public:
  explicit KnownLatency(std::vector<std::int64_t> weights) : weights_{std::move(weights)} {}

  std::int64_t latency(const MappingChoice& choice, std::int64_t /*cutoff*/) override {
    ++evaluations;
    std::int64_t latency = 10'000;
    for (const LayerId layer : ids(choice.duplicates)) {
      latency += weights_[layer.value()] / choice.duplicates[layer];
      latency -= choice.orders[layer] == LayerOrder{LayerOrder::By::diagonal, 4} ? 100 : 0;
      latency += choice.sets[layer].rows * choice.sets[layer].columns;
    }
    return latency;
  }

  int evaluations{0};

 private:
  std::vector<std::int64_t> weights_;
};

IdVector<LayerId, DuplicationCandidate> three_layers() {
  return {{64, 1, {8, 8, 1}}, {64, 2, {8, 8, 1}}, {16, 1, {4, 4, 1}}};
}

MappingChoice plain(std::size_t layers) {
  return {Duplicates(layers, 1), IdVector<LayerId, SetSize>(layers, SetSize{1, 1}), LayerOrders(layers, LayerOrder{})};
}

MappingOptions searched(int extra_pes) {
  MappingOptions options;
  options.extra_pes = extra_pes;
  options.duplication = Duplication::makespan;
  options.partition = Partition::dispatch;
  options.order = SetOrder::automatic;
  options.set = {1, 1};
  return options;
}

}  // namespace

TEST_CASE("one more duplicate goes where it pays, at the cost of a layer that can spare it", "[search]") {
  const auto layers = three_layers();
  KnownLatency evaluator{{10, 6000, 10}};
  SearchBudget budget{1000, {}};
  MappingChoice start = plain(3);
  start.duplicates = {5, 1, 2};
  const SearchSpace space{layers, 5, Partition::dispatch, true, false};
  const Evaluated best = search_mapping(space, {start}, evaluator, budget);
  CHECK(best.choice.duplicates == Duplicates{1, 3, 2});
  CHECK(best.choice.orders == start.orders);
  CHECK(best.latency == evaluator.latency(best.choice, 0));
}

TEST_CASE("what gains nothing is not done", "[search]") {
  const auto layers = three_layers();
  KnownLatency evaluator{{0, 0, 0}};
  SearchBudget budget{1000, {}};
  const SearchSpace space{layers, 5, Partition::dispatch, true, false};
  CHECK(search_mapping(space, {plain(3)}, evaluator, budget).choice == plain(3));
}

TEST_CASE("orders are found for all layers of one size, from the best start", "[search]") {
  const auto layers = three_layers();
  KnownLatency evaluator{{0, 0, 0}};
  SearchBudget budget{1000, {}};
  const SearchSpace space{layers, 5, Partition::dispatch, false, true};
  MappingChoice other = plain(3);
  other.sets[LayerId{0}] = {8, 8};
  const Evaluated best = search_mapping(space, {other, plain(3)}, evaluator, budget);
  CHECK(best.choice.orders == LayerOrders(3, LayerOrder{LayerOrder::By::diagonal, 4}));
  CHECK(best.choice.sets == plain(3).sets);
  CHECK(best.choice.duplicates == plain(3).duplicates);
}

TEST_CASE("a search stops when its budget is spent, and says how far it is", "[search]") {
  const auto layers = three_layers();
  for (const int evaluations : {1, 9, 20}) {
    KnownLatency evaluator{{100, 6000, 300}};
    std::vector<std::pair<int, std::int64_t>> seen;
    SearchBudget budget{evaluations, [&](int used, std::int64_t latency, std::string_view phase) {
                          seen.emplace_back(used, latency);
                          CHECK_FALSE(phase.empty());
                        }};
    const SearchSpace space{layers, 5, Partition::dispatch, true, true};
    const Evaluated best = search_mapping(space, {plain(3)}, evaluator, budget);
    CHECK(evaluator.evaluations == evaluations);
    REQUIRE_FALSE(seen.empty());
    CHECK(seen.back() == std::pair{evaluator.evaluations, best.latency});
    CHECK(std::is_sorted(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.first < b.first; }));
  }
}

TEST_CASE("each start is tried as it is, whatever the budget", "[search]") {
  const auto layers = three_layers();
  KnownLatency evaluator{{100, 6000, 300}};
  SearchBudget budget{1, {}};
  std::vector<MappingChoice> starts(3, plain(3));
  starts[1].duplicates = {1, 3, 1};
  starts[2].duplicates = {1, 2, 1};
  const SearchSpace space{layers, 5, Partition::dispatch, true, true};
  CHECK(search_mapping(space, starts, evaluator, budget).choice == starts[1]);
  CHECK(evaluator.evaluations == 3);
}

TEST_CASE("what a bound rules out costs a search nothing", "[search]") {
  /// Knows that nothing is better than one more duplicate of the second layer.
  class Bounded final : public LatencyEvaluator {
   public:
    std::int64_t latency(const MappingChoice& choice, std::int64_t cutoff) override {
      ++evaluations;
      return lower_bound(choice, cutoff);
    }
    std::int64_t lower_bound(const MappingChoice& choice, std::int64_t /*cutoff*/) override {
      return choice.duplicates[LayerId{1}] == 2 ? 50 : 100;
    }
    int evaluations{0};
  };
  const auto layers = three_layers();
  Bounded evaluator;
  SearchBudget budget{2, {}};
  const SearchSpace space{layers, 5, Partition::dispatch, true, true};
  const Evaluated best = search_mapping(space, {plain(3)}, evaluator, budget);
  CHECK(best.latency == 50);
  CHECK(evaluator.evaluations == 2);
  const Evaluated grown = search_set_sizes(space, {best.choice, 40}, 2, evaluator, budget);
  CHECK(grown.choice == best.choice);
  CHECK(evaluator.evaluations == 2);
}

TEST_CASE("a search finds what completes among what does not, and has its first start when nothing does", "[search]") {
  class Fragile final : public LatencyEvaluator {
   public:
    explicit Fragile(int completes) : completes_{completes} {}
    std::int64_t latency(const MappingChoice& choice, std::int64_t /*cutoff*/) override {
      return choice.duplicates[LayerId{0}] == completes_ ? 7 : kNever;
    }

   private:
    int completes_;
  };
  const auto layers = three_layers();
  const SearchSpace space{layers, 5, Partition::dispatch, true, true};
  for (const int completes : {1, 2, 9}) {
    Fragile evaluator{completes};
    SearchBudget budget{100, {}};
    const Evaluated best = search_mapping(space, {plain(3)}, evaluator, budget);
    CHECK(best.latency == (completes == 9 ? kNever : 7));
    CHECK(best.choice.duplicates[LayerId{0}] == (completes == 2 ? 2 : 1));
  }
}

TEST_CASE("sets grow as far as the tolerance allows, and no further", "[search]") {
  const auto layers = three_layers();
  const SearchSpace space{layers, 5, Partition::dispatch, true, true};
  MappingChoice start = plain(3);
  start.duplicates = {1, 1, 8};
  const auto grown = [&](int tolerance_percent, int evaluations) {
    KnownLatency evaluator{{0, 0, 0}};
    SearchBudget budget{evaluations, {}};
    const Evaluated best =
        search_set_sizes(space, {start, evaluator.latency(start, 0)}, tolerance_percent, evaluator, budget);
    CHECK(best.latency == evaluator.latency(best.choice, 0));
    CHECK(best.choice.duplicates == start.duplicates);
    return best.choice.sets;
  };
  CHECK(grown(0, 100) == start.sets);
  // The last layer needs a set for each of its eight duplicates.
  CHECK(grown(100, 100) == IdVector<LayerId, SetSize>{{8, 8}, {8, 8}, {1, 2}});
  CHECK(grown(100, 1) == IdVector<LayerId, SetSize>{{1, 2}, {1, 2}, {1, 1}});
  // 1 % of 10003 is 100 cycles: 62 for the two large layers together, then 32 more for one of them alone.
  CHECK(grown(1, 100) == IdVector<LayerId, SetSize>{{8, 8}, {4, 8}, {1, 2}});
}

TEST_CASE("a search is never worse than what it begins with, legal, within its PEs, and the same each time",
          "[search]") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const NetworkGraph graph = test::random_network(seed);
    const CrossbarSpec crossbar{16, 8};
    MappingOptions options = searched(static_cast<int>(seed % 15));
    options.search.evaluations = 60;
    options.automatic_sets = seed % 3 == 0;
    CAPTURE(seed);
    const ScheduledNetwork found = test::schedule_of(graph, options, crossbar);
    CHECK(check_schedule(found) == std::vector<std::string>{});
    std::int64_t pes = 0;
    for (const LayerId layer : ids(found.duplicates)) {
      pes += std::int64_t{found.duplicates[layer]} * found.mapped.crossbars[layer].pes();
    }
    CHECK(pes <= found.pes);
    const ScheduledNetwork again = test::schedule_of(graph, options, crossbar);
    CHECK(again.duplicates == found.duplicates);
    CHECK(again.orders == found.orders);
    CHECK(again.grids.size() == found.grids.size());
    CHECK(again.schedule.latency() == found.schedule.latency());

    Cycles best_rule{std::numeric_limits<std::int64_t>::max()};
    for (const Duplication rule : {Duplication::bottleneck, Duplication::sum}) {
      for (const SetOrder order : {SetOrder::raster, SetOrder::ready, SetOrder::diagonal, SetOrder::lookahead}) {
        MappingOptions fixed = options;
        fixed.duplication = rule;
        fixed.order = order;
        fixed.automatic_sets = false;
        best_rule = std::min(best_rule, test::schedule_of(graph, fixed, crossbar).schedule.latency());
      }
    }
    const Cycles allowed{options.automatic_sets ? best_rule.count() * 102 / 100 : best_rule.count()};
    CHECK(found.schedule.latency() <= allowed);
  }
}

TEST_CASE("the evaluator agrees with the schedule, whatever it was asked before", "[search]") {
  test::Random random{5};
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Result<MappedNetwork, SchedulingFailure> mapped = map_network(test::random_network(seed), true, {});
    REQUIRE(mapped);
    const std::size_t count = mapped->layers.size();
    for (const Partition partition : {Partition::interleaved, Partition::blocks, Partition::dispatch}) {
      for (const bool lookahead : {false, true}) {
        ScheduleEvaluator evaluator{mapped->graph, mapped->layers, partition, lookahead};
        MappingChoice choice = plain(count);
        for (int step = 0; step < 6; ++step) {
          const LayerId changed{static_cast<std::size_t>(random.between(0, static_cast<int>(count) - 1))};
          const int duplicates = random.between(1, 3);
          const SetSize set = random.pick(std::vector<SetSize>{{1, 1}, {2, 2}, {1, 0}});
          switch (random.between(1, 3)) {
            case 1:
              if (Admissibility{partition, choice.sets[changed]}.admits(mapped->layers[changed].ofm, duplicates)) {
                choice.duplicates[changed] = duplicates;
              }
              break;
            case 2:
              choice.orders[changed] = {LayerOrder::By::diagonal, random.between(1, 4)};
              break;
            default:
              if (Admissibility{partition, set}.admits(mapped->layers[changed].ofm, choice.duplicates[changed])) {
                choice.sets[changed] = set;
              }
          }
          IdVector<LayerId, SetGrid> grids;
          for (const LayerId layer : ids(mapped->layers)) {
            grids.push_back(
                determine_sets(mapped->layers[layer].ofm, choice.sets[layer], partition, choice.duplicates[layer]));
          }
          const SetDependencies dependencies = determine_dependencies(mapped->graph, mapped->layers, grids);
          const std::int64_t expected =
              schedule_cross_layer({grids, dependencies, choice.duplicates, partition, choice.orders, lookahead})
                  .latency()
                  .count();
          CAPTURE(seed, step, lookahead);
          CHECK(evaluator.latency(choice, std::numeric_limits<std::int64_t>::max()) == expected);
          CHECK(evaluator.latency(choice, expected) >= expected);
          CHECK(evaluator.latency(choice, expected + 1) == expected);
          CHECK(evaluator.latency(choice, 1) >= 1);
        }
      }
    }
  }
}

}  // namespace crossweave
