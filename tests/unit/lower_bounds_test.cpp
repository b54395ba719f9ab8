// Is there nothing below the bounds? Optima of tiny networks are found by trying everything.
#include "scheduler/lower_bounds.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/mapped_network.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// All sets of a network in one row, with the sets that each needs as bits.
struct Jobs {
  std::vector<std::size_t> layer;
  std::vector<Cycles> cycles;
  std::vector<std::uint32_t> needs;
};

Jobs jobs_of(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies) {
  Jobs jobs;
  std::vector<std::size_t> first;
  for (const LayerId layer : ids(grids)) {
    const SetGrid& grid = grids[layer];
    first.push_back(jobs.layer.size());
    for (std::size_t s = 0; s < grid.size(); ++s) {
      const SetId set{s};
      std::uint32_t needs = 0;
      for (const DependencyPath& path : dependencies[layer]) {
        const Interval rows = path.rows[static_cast<std::size_t>(grid.row_of(set))];
        const Interval columns = path.columns[static_cast<std::size_t>(grid.column_of(set))];
        for (int r = rows.begin; r < rows.end; ++r) {
          for (int c = columns.begin; c < columns.end; ++c) {
            needs |= 1U << (first[path.producer.value()] + grids[path.producer].id(r, c).value());
          }
        }
      }
      jobs.layer.push_back(layer.value());
      jobs.cycles.push_back(grid.cycles(set));
      jobs.needs.push_back(needs);
    }
  }
  REQUIRE(jobs.layer.size() <= 24);
  return jobs;
}

/// Sets of one cycle each: all states that can be reached cycle by cycle. Leaving a duplicate idle beside a released
/// set gains nothing, as that set can be moved forward into the gap.
Cycles optimum_cycle_by_cycle(const Jobs& jobs, const IdVector<LayerId, int>& duplicates) {
  const std::uint32_t all = (1U << jobs.layer.size()) - 1;
  std::set<std::uint32_t> states{0};
  for (Cycles now;; now += Cycles{1}) {
    std::set<std::uint32_t> next;
    for (const std::uint32_t done : states) {
      if (done == all) {
        return now;
      }
      std::vector<std::vector<std::uint32_t>> ready(duplicates.size());
      for (std::size_t job = 0; job < jobs.layer.size(); ++job) {
        if ((done & (1U << job)) == 0 && (jobs.needs[job] & ~done) == 0) {
          ready[jobs.layer[job]].push_back(1U << job);
        }
      }
      const std::function<void(std::size_t, std::uint32_t)> choose = [&](std::size_t layer, std::uint32_t taken) {
        if (layer == ready.size()) {
          next.insert(done | taken);
          return;
        }
        const std::function<void(std::size_t, int, std::uint32_t)> take = [&](std::size_t from, int left,
                                                                              std::uint32_t more) {
          if (left == 0 || ready[layer].size() - from < static_cast<std::size_t>(left)) {
            if (left == 0) {
              choose(layer + 1, more);
            }
            return;
          }
          take(from + 1, left - 1, more | ready[layer][from]);
          take(from + 1, left, more);
        };
        take(0, std::min(duplicates[LayerId{layer}], static_cast<int>(ready[layer].size())), taken);
      };
      choose(0, 0);
    }
    states = std::move(next);
  }
}

/// Sets of any size: all orders that dependencies allow. The sets of an optimal schedule in the order of their starts
/// are one of them, and taken in that order none starts later than there.
Cycles optimum_order_by_order(const Jobs& jobs, const IdVector<LayerId, int>& duplicates) {
  Cycles best{std::numeric_limits<std::int64_t>::max()};
  std::vector<Cycles> finish(jobs.layer.size());
  std::vector<std::vector<Cycles>> free;
  for (const int count : duplicates) {
    free.emplace_back(static_cast<std::size_t>(count));
  }
  const std::function<void(std::uint32_t, Cycles)> place = [&](std::uint32_t done, Cycles latency) {
    if (latency >= best) {
      return;
    }
    if (done == (1U << jobs.layer.size()) - 1) {
      best = latency;
      return;
    }
    for (std::size_t job = 0; job < jobs.layer.size(); ++job) {
      if ((done & (1U << job)) != 0 || (jobs.needs[job] & ~done) != 0) {
        continue;
      }
      Cycles release;
      for (std::size_t need = 0; need < jobs.layer.size(); ++need) {
        if ((jobs.needs[job] & (1U << need)) != 0) {
          release = std::max(release, finish[need]);
        }
      }
      const auto duplicate = std::min_element(free[jobs.layer[job]].begin(), free[jobs.layer[job]].end());
      const Cycles before = *duplicate;
      *duplicate = finish[job] = std::max(before, release) + jobs.cycles[job];
      place(done | (1U << job), std::max(latency, finish[job]));
      *duplicate = before;
    }
  };
  place(0, Cycles{});
  return best;
}

/// These duplicates and no others.
Offers fixed(const IdVector<LayerId, int>& duplicates) {
  Offers offers;
  for (const int count : duplicates) {
    offers.push_back({{count, 0}});
  }
  return offers;
}

struct Tiny {
  MappedNetwork mapped;
  IdVector<LayerId, DuplicationCandidate> candidates;
};

Tiny tiny(const NetworkGraph& graph, const CrossbarSpec& crossbar = {}) {
  Result<MappedNetwork, SchedulingFailure> mapped = map_network(graph, true, crossbar);
  REQUIRE(mapped);
  IdVector<LayerId, DuplicationCandidate> candidates = duplication_candidates(mapped->layers, mapped->crossbars);
  return {*std::move(mapped), std::move(candidates)};
}

struct Staged {
  IdVector<LayerId, SetGrid> grids;
  SetDependencies dependencies;
};

Staged staged(const MappedNetwork& mapped, SetSize set) {
  Staged result;
  for (const BaseLayer& layer : mapped.layers) {
    result.grids.push_back(SetGrid{layer.ofm, set});
  }
  result.dependencies = determine_dependencies(mapped.graph, mapped.layers, result.grids);
  return result;
}

std::vector<std::pair<std::string, NetworkGraph>> tiny_networks() {
  std::vector<std::pair<std::string, NetworkGraph>> networks;
  networks.emplace_back("chain of 3x3", test::conv_chain(2, 3, 2));
  networks.emplace_back("long chain", test::conv_chain(5, 2, 2));
  {
    test::NetworkBuilder net;
    net.conv(net.conv(net.conv(net.input({3, 3, 1}), 1, 1), 1, 1, 2), 1, 1);
    networks.emplace_back("skipped pixels", std::move(net).take());
  }
  {
    test::NetworkBuilder net;
    net.conv(net.max_pool(net.conv(net.input({4, 4, 1}), 1, 1), 2, 2), 1, 3);
    networks.emplace_back("pooling", std::move(net).take());
  }
  {
    test::NetworkBuilder net;
    const OperationId first = net.conv(net.input({2, 3, 1}), 1, 1);
    net.conv(net.add_maps(first, net.conv(first, 1, 3)), 1, 1);
    networks.emplace_back("shortcut", std::move(net).take());
  }
  {
    test::NetworkBuilder net;
    const OperationId first = net.conv(net.input({2, 2, 1}), 1, 1);
    net.conv(net.concat({net.conv(first, 1, 1), net.conv(first, 1, 3)}), 1, 3);
    networks.emplace_back("branches", std::move(net).take());
  }
  return networks;
}

/// Every d with sum c_i (d_i - 1) <= extra_pes.
void for_each_duplication(const IdVector<LayerId, DuplicationCandidate>& layers, std::int64_t extra_pes,
                          const std::function<void(const IdVector<LayerId, int>&)>& visit) {
  IdVector<LayerId, int> duplicates(layers.size(), 1);
  const std::function<void(std::size_t, std::int64_t)> choose = [&](std::size_t i, std::int64_t left) {
    if (i == layers.size()) {
      visit(duplicates);
      return;
    }
    const LayerId layer{i};
    for (int d = 1; (d - 1) * layers[layer].pes <= left; ++d) {
      duplicates[layer] = d;
      choose(i + 1, left - std::int64_t{d - 1} * layers[layer].pes);
    }
    duplicates[layer] = 1;
  };
  choose(0, extra_pes);
}

}  // namespace

TEST_CASE("bound <= optimum <= ours, for given duplicates and sets of one pixel", "[bounds]") {
  int tight = 0;
  int above_work = 0;
  for (const auto& [name, graph] : tiny_networks()) {
    const Tiny net = tiny(graph);
    const Staged stages = staged(net.mapped, {1, 1});
    const Jobs jobs = jobs_of(stages.grids, stages.dependencies);
    SetBounds bounds{stages.grids, stages.dependencies};
    for_each_duplication(net.candidates, 2, [&, &name = name](const IdVector<LayerId, int>& duplicates) {
      CAPTURE(name, duplicates.raw());
      const Cycles optimum = optimum_cycle_by_cycle(jobs, duplicates);
      const Cycles bound = bounds.of_mapping(duplicates);
      CHECK(bound <= optimum);
      CHECK(bound >= work_bound(net.mapped.layers, duplicates));
      const LayerOrders orders(duplicates.size(), LayerOrder{});
      CHECK(optimum <=
            schedule_cross_layer({stages.grids, stages.dependencies, duplicates, Partition::dispatch, orders, true})
                .latency());
      tight += bound == optimum ? 1 : 0;
      above_work += bound > work_bound(net.mapped.layers, duplicates) ? 1 : 0;
    });
  }
  // Of some eighty cases; a bound of nothing would pass the checks above as well.
  CHECK(tight > 40);
  CHECK(above_work > 55);
}

TEST_CASE("bound <= optimum, with larger sets", "[bounds]") {
  for (const auto& [name, graph] : tiny_networks()) {
    for (const SetSize set : {SetSize{1, 0}, SetSize{2, 2}, SetSize{0, 1}}) {
      const Tiny net = tiny(graph);
      const Staged stages = staged(net.mapped, set);
      const Jobs jobs = jobs_of(stages.grids, stages.dependencies);
      for_each_duplication(net.candidates, 1, [&, &name = name](const IdVector<LayerId, int>& duplicates) {
        CAPTURE(name, set.rows, set.columns, duplicates.raw());
        const Cycles bound = mapping_bound(stages.grids, stages.dependencies, net.mapped.layers, duplicates);
        CHECK(bound <= optimum_order_by_order(jobs, duplicates));
        CHECK(bound >= work_bound(net.mapped.layers, duplicates));
      });
    }
  }
}

TEST_CASE("bound <= optimum <= ours, over all duplicates that a number of PEs allows", "[bounds]") {
  int tight = 0;
  int cases = 0;
  // Two outputs a crossbar: some layers take more of them than others.
  for (const CrossbarSpec& crossbar : {CrossbarSpec{}, CrossbarSpec{9, 1}}) {
    for (const auto& [name, graph] : tiny_networks()) {
      const Tiny net = tiny(graph, crossbar);
      const Staged stages = staged(net.mapped, {1, 1});
      const Jobs jobs = jobs_of(stages.grids, stages.dependencies);
      for (const int extra_pes : {1, jobs.layer.size() > 18 ? 2 : 3}) {
        CAPTURE(name, crossbar.rows, extra_pes);
        Cycles optimum{std::numeric_limits<std::int64_t>::max()};
        for_each_duplication(net.candidates, extra_pes, [&](const IdVector<LayerId, int>& duplicates) {
          optimum = std::min(optimum, optimum_cycle_by_cycle(jobs, duplicates));
        });
        const Cycles bound = budget_bound(net.candidates, stages.grids, stages.dependencies, extra_pes);
        CHECK(bound <= optimum);
        MappingOptions options;
        options.extra_pes = extra_pes;
        options.duplication = Duplication::makespan;
        options.partition = Partition::dispatch;
        options.order = SetOrder::automatic;
        options.set = {1, 1};
        const auto ours = schedule_network(net.mapped, options);
        REQUIRE(ours);
        CHECK(optimum <= ours->schedule.latency());
        tight += bound == optimum ? 1 : 0;
        ++cases;
      }
    }
  }
  CHECK(tight > cases / 2);
}

TEST_CASE("a bound holds for budgets of more PEs than it tells apart", "[bounds]") {
  const Tiny net = tiny(test::conv_chain(2, 2, 2));
  const Staged stages = staged(net.mapped, {1, 1});
  const Jobs jobs = jobs_of(stages.grids, stages.dependencies);
  for (const int extra_pes : {6, 17, 40}) {
    Cycles optimum{std::numeric_limits<std::int64_t>::max()};
    for_each_duplication(net.candidates, std::min(extra_pes, 8), [&](const IdVector<LayerId, int>& duplicates) {
      optimum = std::min(optimum, optimum_cycle_by_cycle(jobs, duplicates));
    });
    // Beyond one duplicate a pixel there is nothing to gain: the first layer's pixels at once, then the second's.
    CHECK(optimum == Cycles{2});
    const Cycles bound = budget_bound(net.candidates, stages.grids, stages.dependencies, extra_pes);
    CHECK(bound <= optimum);
    CHECK(bound >= Cycles{1});
  }
}

TEST_CASE("no search finds less than the bound, whatever the PEs", "[bounds]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Tiny net = tiny(test::random_network(seed), CrossbarSpec{16, 8});
    const Staged stages = staged(net.mapped, {1, 1});
    MappingOptions options;
    options.extra_pes = static_cast<int>(seed);
    options.duplication = Duplication::makespan;
    options.partition = Partition::dispatch;
    options.order = SetOrder::automatic;
    options.set = {1, 1};
    options.search.evaluations = 60;
    const auto ours = schedule_network(net.mapped, options);
    REQUIRE(ours);
    CAPTURE(seed);
    CHECK(budget_bound(net.candidates, stages.grids, stages.dependencies, options.extra_pes) <=
          ours->schedule.latency());
  }
}

TEST_CASE("a budget is spent once", "[bounds]") {
  // Layers of 16 pixels, 1x1, each of which waits for all of the one before, through a gate of one pixel.
  const auto chain = [](int count) {
    test::NetworkBuilder net;
    OperationId last = net.conv(net.input({4, 4, 1}), 1, 1);
    for (int i = 1; i < count; ++i) {
      last = net.conv(net.add(Elementwise{"mul"}, {last, net.dense(net.flatten(last), 1)}), 1, 1);
    }
    return tiny(net.graph(), CrossbarSpec{16, 8});
  };
  const auto bound = [](const Tiny& net, int extra_pes) {
    const Staged stages = staged(net.mapped, {1, 1});
    return budget_bound(net.candidates, stages.grids, stages.dependencies, extra_pes);
  };
  const Tiny two = chain(2);
  CHECK(bound(two, 0) == Cycles{16 + 1 + 16});
  CHECK(bound(two, 1) == Cycles{8 + 1 + 16});
  CHECK(bound(two, 2) == Cycles{8 + 1 + 8});
  CHECK(bound(two, 3) == Cycles{6 + 1 + 8});
  const Tiny four = chain(4);
  CHECK(bound(four, 1) == Cycles{8 + 3 * (1 + 16)});
  CHECK(bound(four, 3) == Cycles{3 * (8 + 1) + 16});
  // More PEs than the budget tells apart: no division of them among the four is faster than the bound says.
  for (int extra_pes = 0; extra_pes <= 60; ++extra_pes) {
    CAPTURE(extra_pes);
    // least[k] after n layers: their cycles with k extra PEs.
    std::vector<int> least(static_cast<std::size_t>(extra_pes) + 1, 0);
    for (int layer = 0; layer < 4; ++layer) {
      std::vector<int> next(least.size(), 1 << 20);
      for (std::size_t spent = 0; spent < least.size(); ++spent) {
        for (std::size_t more = 0; more <= spent; ++more) {
          next[spent] = std::min(next[spent], least[spent - more] + static_cast<int>((16 + more) / (more + 1)));
        }
      }
      least = next;
    }
    const Cycles optimum{least.back() + 3};
    CHECK(bound(four, extra_pes) <= optimum);
    CHECK(bound(four, extra_pes) + Cycles{2} >= optimum);
  }
}

TEST_CASE("heads with a budget are no later than with any duplicates that it pays for", "[bounds]") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    const Tiny net = tiny(test::random_network(seed), CrossbarSpec{16, 8});
    const Staged stages = staged(net.mapped, {1, 1});
    const std::size_t count = net.candidates.size();
    constexpr int kBudget = 6;
    // One price for all layers: more of them can be bought for.
    Offers offers;
    for (std::size_t i = 0; i < count; ++i) {
      offers.push_back({{1, 0}, {2, 2}, {3, 4}, {5, 5}});
    }
    SetBounds any{stages.grids, stages.dependencies};
    any.assume(offers, kBudget);
    SetBounds given{stages.grids, stages.dependencies};
    test::Random random{seed};
    for (int draw = 0; draw < 8; ++draw) {
      IdVector<LayerId, int> duplicates(count, 1);
      IdVector<LayerId, int> prices(count, 0);
      for (int left = kBudget; left >= 2;) {
        const LayerId layer{static_cast<std::size_t>(random.between(0, static_cast<int>(count) - 1))};
        const Offer& offer = random.pick(offers[layer]);
        if (offer.price > left + prices[layer]) {
          break;
        }
        left += prices[layer] - offer.price;
        duplicates[layer] = offer.duplicates;
        prices[layer] = offer.price;
      }
      given.assume(fixed(duplicates), 0);
      int before = 0;
      for (const LayerId layer : ids(duplicates)) {
        int behind = 0;
        for (std::size_t i = layer.value() + 1U; i < count; ++i) {
          behind += prices[LayerId{i}];
        }
        CAPTURE(seed, draw, layer.value(), before, behind);
        bool holds = true;
        for (const SetId set : ids(given.heads(layer, 0))) {
          holds = holds && any.heads(layer, before)[set] <= given.heads(layer, 0)[set] &&
                  any.tails(layer, behind)[set] <= given.tails(layer, 0)[set];
        }
        CHECK(holds);
        before += prices[layer];
      }
    }
  }
}

TEST_CASE("no set starts before its head, and none ends after what its tail leaves", "[bounds]") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const test::RandomCase drawn = test::random_case(seed);
    CAPTURE(seed);
    const ScheduledNetwork& network = drawn.network;
    SetBounds bounds{network.grids, network.dependencies};
    bounds.assume(fixed(network.duplicates), 0);
    const Cycles latency = network.schedule.latency();
    for (const LayerId layer : ids(network.grids)) {
      const LayerSchedule& scheduled = network.schedule.layers[layer];
      for (const SetId set : ids(scheduled.start)) {
        if (scheduled.start[set] < bounds.heads(layer, 0)[set] ||
            scheduled.finish[set] + bounds.tails(layer, 0)[set] > latency) {
          FAIL_CHECK("layer " << layer.value() << ", set " << set.value());
        }
      }
    }
    CHECK(bounds.of_mapping(network.duplicates) <= latency);
  }
}

TEST_CASE("heads count what lies behind a set, through any number of layers", "[bounds]") {
  // Behind the last layer's pixel (0, 0): 2 x 2 pixels of the second layer, 3 x 3 of the first.
  const Tiny net = tiny(test::conv_chain(3, 5, 2));
  const Staged stages = staged(net.mapped, {1, 1});
  SetBounds bounds{stages.grids, stages.dependencies};
  bounds.assume(fixed({1, 1, 1}), 0);
  CHECK(bounds.heads(LayerId{0}, 0)[SetId{0}] == Cycles{0});
  CHECK(bounds.heads(LayerId{1}, 0)[SetId{0}] == Cycles{4});
  CHECK(bounds.heads(LayerId{2}, 0)[SetId{0}] == Cycles{9 + 1});
  // The centre: all 25 pixels of the first layer, then one of the second.
  CHECK(bounds.heads(LayerId{2}, 0)[SetId{12}] == Cycles{25 + 1});
  CHECK(bounds.tails(LayerId{0}, 0)[SetId{12}] == Cycles{25 + 1});
  CHECK(bounds.tails(LayerId{2}, 0)[SetId{12}] == Cycles{0});
  bounds.assume(fixed({4, 1, 1}), 0);
  CHECK(bounds.heads(LayerId{2}, 0)[SetId{12}] == Cycles{3 + 9});
  CHECK(bounds.heads(LayerId{2}, 0)[SetId{0}] == Cycles{1 + 4});
}

TEST_CASE("pixels that a stride skips are nobody's input", "[bounds]") {
  test::NetworkBuilder net;
  net.conv(net.conv(net.conv(net.input({5, 5, 1}), 1, 1), 1, 1, 2), 1, 3);
  const Tiny mapped = tiny(net.graph());
  const Staged stages = staged(mapped.mapped, {1, 1});
  SetBounds bounds{stages.grids, stages.dependencies};
  bounds.assume(fixed({1, 1, 1}), 0);
  // The centre of the last layer's 3 x 3 needs 9 of the 25.
  CHECK(bounds.heads(LayerId{2}, 0)[SetId{4}] == Cycles{9 + 1});
  CHECK(bounds.tails(LayerId{0}, 0)[SetId{1}] == Cycles{0});
  CHECK(bounds.tails(LayerId{0}, 0)[SetId{0}] == Cycles{1 + 4});
}

}  // namespace crossweave
