// Do the sorter and the queue behind `partition: dispatch` give what sorting and a standard set would?
#include "scheduler/dispatch.h"

#include <algorithm>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/intra_layer_order.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

std::vector<SetId> sorted_by_hand(const IdVector<SetId, Cycles>& times, std::int64_t sign) {
  std::vector<SetId> sets;
  for (const SetId set : ids(times)) {
    sets.push_back(set);
  }
  std::ranges::stable_sort(sets, {}, [&](SetId set) { return sign * times[set].count(); });
  return sets;
}

}  // namespace

TEST_CASE("the smallest comes first, whatever went in and out before", "[dispatch]") {
  test::Random random{1};
  for (const std::size_t count : {1U, 63U, 64U, 65U, 4096U, 4097U, 300'000U}) {
    SmallestFirst queue;
    queue.reset(count);
    std::set<std::uint32_t> expected;
    for (int step = 0; step < 500; ++step) {
      CAPTURE(count, step);
      REQUIRE(queue.empty() == expected.empty());
      if (!expected.empty() && random.one_in(2)) {
        REQUIRE(queue.take() == *expected.begin());
        expected.erase(expected.begin());
      } else {
        const auto number = static_cast<std::uint32_t>(random.between(0, static_cast<int>(count) - 1));
        queue.insert(number);
        expected.insert(number);
      }
    }
    queue.reset(count);
    CHECK(queue.empty());
  }
}

TEST_CASE("sets are sorted stably, by times that lie close together and by times that do not", "[dispatch]") {
  test::Random random{2};
  SetSorter sorter;
  std::vector<SetId> sorted;
  for (const int range : {0, 3, 1000, 1'000'000'000}) {
    IdVector<SetId, Cycles> times;
    for (int i = 0; i < 200; ++i) {
      times.push_back(Cycles{1'000'000'000'000 + random.between(0, range)});
    }
    CAPTURE(range);
    sorter.sort_by_time(times, sorted);
    CHECK(sorted == sorted_by_hand(times, 1));
    sorter.sort_latest_first(times, sorted);
    CHECK(sorted == sorted_by_hand(times, -1));
  }
  sorter.sort_by_time({}, sorted);
  CHECK(sorted.empty());
}

TEST_CASE("the rules of Stage III", "[dispatch]") {
  const SetGrid grid{{2, 3, 1}, {1, 1}};
  const IdVector<SetId, Cycles> release{Cycles{3}, Cycles{1}, Cycles{2}, Cycles{1}, Cycles{0}, Cycles{9}};
  SetSorter sorter;
  std::vector<SetId> sorted;
  const auto order = [&](LayerOrder rule) {
    sorter.sort(grid, rule, release, sorted);
    std::vector<std::uint32_t> values;
    values.reserve(sorted.size());
    for (const SetId set : sorted) {
      values.push_back(set.value());
    }
    return values;
  };
  CHECK(order({LayerOrder::By::raster, 1}) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5});
  CHECK(order({LayerOrder::By::release, 1}) == std::vector<std::uint32_t>{4, 1, 3, 2, 0, 5});
  CHECK(order({LayerOrder::By::diagonal, 1}) == std::vector<std::uint32_t>{0, 1, 3, 2, 4, 5});
  CHECK(order({LayerOrder::By::diagonal, 2}) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5});
  CHECK(order({LayerOrder::By::growing, 1}) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5});
  CHECK(order({LayerOrder::By::closing, 1}) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5});
  const SetGrid square{{3, 3, 1}, {1, 1}};
  sorter.sort(square, {LayerOrder::By::growing, 1}, IdVector<SetId, Cycles>(9), sorted);
  CHECK(sorted ==
        std::vector<SetId>{SetId{0}, SetId{1}, SetId{3}, SetId{4}, SetId{2}, SetId{5}, SetId{6}, SetId{7}, SetId{8}});
  sorter.sort(square, {LayerOrder::By::closing, 1}, IdVector<SetId, Cycles>(9), sorted);
  CHECK(sorted ==
        std::vector<SetId>{SetId{0}, SetId{1}, SetId{2}, SetId{3}, SetId{6}, SetId{4}, SetId{5}, SetId{7}, SetId{8}});
}

TEST_CASE("whoever is free takes the first released set; the longest free one first", "[dispatch]") {
  // Four sets of 2, 2, 2 and 1 cycles; the first in order is released last.
  const SetGrid grid{{1, 7, 1}, {1, 2}};
  const IdVector<SetId, Cycles> release{Cycles{4}, Cycles{0}, Cycles{0}, Cycles{3}};
  const std::vector<SetId> order{SetId{0}, SetId{1}, SetId{2}, SetId{3}};
  const std::vector<SetId> by_release{SetId{1}, SetId{2}, SetId{3}, SetId{0}};
  SetTimes times;
  Dispatcher dispatcher;
  dispatcher.run(2, order, by_release, release, SetCycles{grid}, times);
  CHECK(times.finish == IdVector<SetId, Cycles>{Cycles{6}, Cycles{2}, Cycles{2}, Cycles{4}});
  CHECK(times.duplicate ==
        IdVector<SetId, DuplicateId>{DuplicateId{1}, DuplicateId{0}, DuplicateId{1}, DuplicateId{0}});
  dispatcher.run(1, order, by_release, release, SetCycles{grid}, times);
  CHECK(times.finish == IdVector<SetId, Cycles>{Cycles{6}, Cycles{2}, Cycles{4}, Cycles{7}});
}

}  // namespace crossweave
