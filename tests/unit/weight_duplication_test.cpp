// Does each duplication rule give what its definition says, ties included?
#include "scheduler/weight_duplication.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

using Candidates = IdVector<LayerId, DuplicationCandidate>;

constexpr SetSize kPixels{1, 1};

DuplicationCandidate square(int extent, int pes) { return {std::int64_t{extent} * extent, pes, {extent, extent, 1}}; }

/// Does a factor pair of `duplicates` fit, or are there so many sets? Straight from the method's words.
bool admissible(const Admissibility& rule, const Shape& ofm, int duplicates) {
  if (rule.partition == Partition::blocks) {
    for (int dh = 1; dh <= duplicates; ++dh) {
      if (duplicates % dh == 0 && dh <= ofm.height && duplicates / dh <= ofm.width) {
        return true;
      }
    }
    return false;
  }
  const int rows = rule.set.rows == 0 ? ofm.height : rule.set.rows;
  const int columns = rule.set.columns == 0 ? ofm.width : rule.set.columns;
  int sets = 0;
  for (int y = 0; y < ofm.height; y += rows) {
    for (int x = 0; x < ofm.width; x += columns) {
      ++sets;
    }
  }
  return duplicates <= sets;
}

std::int64_t extra_of(const Candidates& layers, const std::vector<int>& duplicates) {
  std::int64_t extra = 0;
  for (std::size_t i = 0; i < duplicates.size(); ++i) {
    extra += std::int64_t{duplicates[i] - 1} * layers[LayerId{i}].pes;
  }
  return extra;
}

/// sum t / d times lcm(1 .. 16), a whole number for any d that these tests reach.
std::int64_t exact_cost(const Candidates& layers, const std::vector<int>& duplicates) {
  constexpr std::int64_t kLcm = 720720;
  std::int64_t cost = 0;
  for (std::size_t i = 0; i < duplicates.size(); ++i) {
    cost += layers[LayerId{i}].cycles * (kLcm / duplicates[i]);
  }
  return cost;
}

/// Tries every vector of duplicates within the budget.
class Enumeration {
 public:
  Enumeration(const Candidates& layers, std::int64_t extra, const Admissibility& rule)
      : layers_{layers}, extra_{extra}, rule_{rule} {
    std::vector<int> duplicates;
    extend(duplicates);
  }
  [[nodiscard]] const std::vector<int>& best() const { return best_; }

 private:
  void extend(std::vector<int>& duplicates) {
    if (duplicates.size() == layers_.size()) {
      consider(duplicates);
      return;
    }
    const DuplicationCandidate& layer = layers_[LayerId{duplicates.size()}];
    for (int d = 1;; ++d) {
      duplicates.push_back(d);
      const bool fits = extra_of(layers_, duplicates) <= extra_;
      if (fits && (d == 1 || admissible(rule_, layer.ofm, d))) {
        extend(duplicates);
      }
      duplicates.pop_back();
      if (!fits) {
        return;
      }
    }
  }

  void consider(const std::vector<int>& duplicates) {
    const auto rank = [&](const std::vector<int>& d) {
      return std::pair{exact_cost(layers_, d), std::vector<int>{d.rbegin(), d.rend()}};
    };
    if (best_.empty() || rank(duplicates) < rank(best_)) {
      best_ = duplicates;
    }
  }

  const Candidates& layers_;
  std::int64_t extra_;
  Admissibility rule_;
  std::vector<int> best_;
};

/// Looks through all layers for the slowest at each step.
std::vector<int> naive_bottleneck(const Candidates& layers, std::int64_t extra, const Admissibility& rule) {
  std::vector<int> duplicates(layers.size(), 1);
  while (true) {
    std::size_t slowest = 0;
    for (std::size_t i = 1; i < layers.size(); ++i) {
      if (layers[LayerId{i}].cycles * duplicates[slowest] > layers[LayerId{slowest}].cycles * duplicates[i]) {
        slowest = i;
      }
    }
    const DuplicationCandidate& layer = layers[LayerId{slowest}];
    if (layer.pes > extra || !admissible(rule, layer.ofm, duplicates[slowest] + 1)) {
      return duplicates;
    }
    ++duplicates[slowest];
    extra -= layer.pes;
  }
}

Candidates random_layers(test::Random& random, int most) {
  Candidates layers;
  const int count = random.between(1, most);
  for (int i = 0; i < count; ++i) {
    const Shape ofm{random.between(1, 7), random.between(1, 7), 3};
    // Often equal, so that there are ties.
    const int pes = random.one_in(2) ? 1 : random.between(1, 4);
    layers.push_back({ofm.pixels(), pes, ofm});
  }
  return layers;
}

Admissibility random_rule(test::Random& random) {
  return {random.one_in(2) ? Partition::interleaved : Partition::blocks,
          random.pick(std::vector<SetSize>{{1, 1}, {2, 2}, {1, 0}, {4, 4}, {0, 0}})};
}

}  // namespace

TEST_CASE("`sum` is the exact optimum with the fewest duplicates at the end", "[duplication]") {
  test::Random random{2};
  for (int i = 0; i < 1500; ++i) {
    const Candidates layers = random_layers(random, 4);
    const Admissibility rule = random_rule(random);
    const int extra = random.between(0, 10);
    CAPTURE(i, extra, rule.partition == Partition::blocks, rule.set.rows, rule.set.columns);
    CHECK(duplicate_for_sum(layers, extra, rule).raw() == Enumeration(layers, extra, rule).best());
  }
}

TEST_CASE("ties of `sum` leave the last layers alone", "[duplication]") {
  const Admissibility rule{Partition::interleaved, kPixels};
  CHECK(duplicate_for_sum({square(4, 1), square(4, 1), square(4, 1)}, 1, rule).raw() == std::vector<int>{2, 1, 1});
  CHECK(duplicate_for_sum({square(4, 1), square(4, 1), square(4, 1)}, 2, rule).raw() == std::vector<int>{2, 2, 1});
  // 6 / 3 + 2 = 6 / 2 + 2 / 2.
  CHECK(duplicate_for_sum({{6, 1, {6, 1, 1}}, {2, 1, {2, 1, 1}}}, 2, rule).raw() == std::vector<int>{3, 1});
  // 12 / 2 + 4 is less than 12 + 4 / 3.
  CHECK(duplicate_for_sum({{12, 2, {12, 1, 1}}, {4, 1, {4, 1, 1}}}, 2, rule).raw() == std::vector<int>{2, 1});
  // A rule may leave PEs unused.
  CHECK(duplicate_for_sum({square(1, 1), {9, 5, {3, 3, 1}}}, 4, rule).raw() == std::vector<int>{1, 1});
}

TEST_CASE("ties of `sum` are ties of fractions, not of floating-point numbers", "[duplication]") {
  // Three layers get a fourth copy, whichever they are: rounded thirds of 49 would prefer some.
  const Admissibility rule{Partition::interleaved, kPixels};
  Candidates layers;
  for (int i = 0; i < 7; ++i) {
    layers.push_back({49, 1, {7, 7, 1}});
  }
  CHECK(duplicate_for_sum(layers, 17, rule).raw() == std::vector<int>{4, 4, 4, 3, 3, 3, 3});
}

TEST_CASE("`sum` handles a budget far beyond what the network can use", "[duplication]") {
  const Admissibility rule{Partition::interleaved, kPixels};
  CHECK(duplicate_for_sum({square(3, 2), square(2, 3)}, 1'000'000'000'000, rule).raw() == std::vector<int>{9, 4});
  CHECK(duplicate_for_bottleneck({square(3, 2), square(3, 3)}, 1'000'000'000'000, rule).raw() ==
        std::vector<int>{9, 9});
  // At one cycle each it is the first layer's turn, which has no more pixels to give away.
  CHECK(duplicate_for_bottleneck({square(3, 2), square(2, 3)}, 1'000'000'000'000, rule).raw() ==
        std::vector<int>{9, 4});
}

TEST_CASE("`bottleneck` serves the slowest layer first and stops when it does not fit", "[duplication]") {
  const Admissibility rule{Partition::interleaved, kPixels};
  // 36, 16: three copies bring the first to 12, then 16 is the largest.
  CHECK(duplicate_for_bottleneck({square(6, 1), square(4, 1)}, 3, rule).raw() == std::vector<int>{3, 2});
  // The slowest does not fit: no other gets what is left.
  CHECK(duplicate_for_bottleneck({square(6, 4), square(4, 1)}, 3, rule).raw() == std::vector<int>{1, 1});
  // Ties: the first in graph order.
  CHECK(duplicate_for_bottleneck({square(4, 1), square(4, 1)}, 1, rule).raw() == std::vector<int>{2, 1});
  // A 4 x 4 map cannot be cut into 5 blocks, but into 6.
  const Admissibility blocks{Partition::blocks, kPixels};
  CHECK(duplicate_for_bottleneck({square(4, 1), square(1, 1)}, 20, blocks).raw() == std::vector<int>{4, 1});
  CHECK(duplicate_for_sum({square(4, 1), square(1, 1)}, 4, blocks).raw() == std::vector<int>{4, 1});
  CHECK(duplicate_for_sum({square(4, 1), square(1, 1)}, 5, blocks).raw() == std::vector<int>{6, 1});

  test::Random random{3};
  for (int i = 0; i < 1500; ++i) {
    const Candidates layers = random_layers(random, 8);
    const Admissibility drawn = random_rule(random);
    const int extra = random.between(0, 60);
    CAPTURE(i, extra);
    CHECK(duplicate_for_bottleneck(layers, extra, drawn).raw() == naive_bottleneck(layers, extra, drawn));
  }
}

TEST_CASE("`bottleneck` minimises the largest t / d", "[duplication]") {
  // The method's proof: each number of copies is the least that keeps t / d at or below the final maximum.
  test::Random random{4};
  const Admissibility rule{Partition::interleaved, kPixels};
  for (int i = 0; i < 300; ++i) {
    const Candidates layers = random_layers(random, 6);
    const Duplicates duplicates = duplicate_for_bottleneck(layers, random.between(0, 40), rule);
    std::int64_t t = 0;
    std::int64_t d = 1;
    for (const LayerId layer : ids(layers)) {
      if (layers[layer].cycles * d > t * duplicates[layer]) {
        t = layers[layer].cycles;
        d = duplicates[layer];
      }
    }
    for (const LayerId layer : ids(layers)) {
      CHECK((duplicates[layer] == 1 || layers[layer].cycles * d > t * (duplicates[layer] - 1) ||
             layers[layer].cycles * d == t * (duplicates[layer] - 1)));
    }
  }
}

TEST_CASE("a number of duplicates is admissible by sets or by factor pairs", "[duplication]") {
  const Shape ofm{5, 3, 8};
  const Admissibility quads{Partition::interleaved, {2, 2}};
  CHECK(quads.admits(ofm, 6));
  CHECK_FALSE(quads.admits(ofm, 7));
  const Admissibility rows{Partition::interleaved, {1, 0}};
  CHECK(rows.admits(ofm, 5));
  CHECK_FALSE(rows.admits(ofm, 6));
  const Admissibility blocks{Partition::blocks, {2, 2}};
  CHECK(blocks.admits(ofm, 15));
  CHECK(blocks.admits(ofm, 12));
  CHECK_FALSE(blocks.admits(ofm, 7));
  CHECK_FALSE(blocks.admits(ofm, 14));
  for (const Admissibility& rule : {quads, rows, blocks, Admissibility{Partition::interleaved, {0, 0}}}) {
    for (int h = 1; h <= 7; ++h) {
      for (int w = 1; w <= 7; ++w) {
        for (int d = 1; d <= 50; ++d) {
          CAPTURE(h, w, d);
          CHECK(rule.admits({h, w, 2}, d) == admissible(rule, {h, w, 2}, d));
        }
      }
    }
  }
}

TEST_CASE("`sum` gives 16 more PEs to TinyYOLOv4's first six layers", "[duplication]") {
  MappingOptions options;
  options.extra_pes = 16;
  options.duplication = Duplication::sum;
  const ScheduledNetwork network = test::schedule_of(test::tinyyolov4(), options);
  REQUIRE(network.duplicates.size() == 21);
  for (const LayerId layer : ids(network.duplicates)) {
    CAPTURE(layer.value());
    CHECK((network.duplicates[layer] > 1) == (layer.value() < 6));
  }
  CHECK(std::vector<int>(network.duplicates.begin(), network.duplicates.begin() + 6) ==
        std::vector<int>{6, 2, 2, 2, 2, 3});
}

TEST_CASE("a rule is found by its name, except for the one that is refused elsewhere", "[duplication]") {
  const Admissibility rule{Partition::interleaved, kPixels};
  const Candidates layers{square(6, 2), square(5, 1)};
  CHECK(duplicate_weights(Duplication::none, layers, 9, rule).raw() == std::vector<int>{1, 1});
  CHECK(duplicate_weights(Duplication::sum, layers, 9, rule) == duplicate_for_sum(layers, 9, rule));
  CHECK(duplicate_weights(Duplication::bottleneck, layers, 9, rule) == duplicate_for_bottleneck(layers, 9, rule));
  CHECK(duplicate_for_sum(layers, 9, rule) != duplicate_for_bottleneck(layers, 9, rule));
  CHECK_THROWS_AS(duplicate_weights(Duplication::makespan, layers, 9, rule), InternalError);
}

}  // namespace crossweave
