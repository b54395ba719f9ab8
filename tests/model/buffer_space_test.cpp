// Does a limited buffer give its space in turns, and does a tile know which of its results can leave?
#include "models/buffer_space.h"

#include <vector>

#include <catch2/catch.hpp>

#include "models/output_results.h"

namespace crossweave {
namespace {

using Tickets = std::vector<std::uint64_t>;

TEST_CASE("space is given in turns, and a turn that does not fit holds up those behind it", "[buffer_space]") {
  BufferSpace space{Bytes{10}, {Bytes{4}, Bytes{7}, Bytes{1}}};
  CHECK(space.has_come(0));
  CHECK_FALSE(space.has_come(1));
  CHECK_FALSE(space.is_short());
  CHECK(space.take_turn() == 1);
  CHECK(space.has_come(1));
  CHECK(space.is_short());
  CHECK(space.take_turn() == 0);
  CHECK(space.reserved() == Bytes{4});
  space.give_back(Bytes{1});
  CHECK_FALSE(space.is_short());
  CHECK(space.take_turn() == 2);
  CHECK(space.reserved() == space.capacity());
  CHECK(space.take_turn() == 0);
  space.give_back(Bytes{7});
  CHECK(space.take_turn() == 3);
  CHECK(space.take_turn() == 0);
  CHECK_FALSE(space.is_short());
}

TEST_CASE("a result is gone when its last copy has left", "[output_results]") {
  OutputResults results;
  const std::uint32_t first = results.add(Bytes{5}, Duration::nanoseconds(1));
  results.add_copy(first);
  const std::uint32_t second = results.add(Bytes{6}, Duration::nanoseconds(2));
  CHECK(results.size(first) == Bytes{5});
  CHECK(results.stored(second) == Duration::nanoseconds(2));
  CHECK_FALSE(results.copy_left(first));
  CHECK(results.copy_left(first));
  CHECK(results.any_leaves());
  CHECK(results.copy_left(second));
  CHECK_FALSE(results.any_leaves());
  // Numbers are used again.
  CHECK(results.add(Bytes{7}, Duration{}) <= 1);
}

TEST_CASE("the result that has waited longest spills first, with all copies of it that wait", "[output_results]") {
  OutputResults results;
  const std::uint32_t sum = results.add(Bytes{1}, Duration{});
  const std::uint32_t older = results.add(Bytes{2}, Duration{});
  results.add_copy(older);
  results.add_copy(older);
  const std::uint32_t newer = results.add(Bytes{3}, Duration{});
  CHECK(results.oldest_held().empty());
  results.hold(0, sum, false);
  results.hold(1, older, true);
  CHECK(results.any_leaves());
  results.hold(2, newer, true);
  CHECK_FALSE(results.any_leaves());
  results.hold(3, older, true);
  CHECK(results.oldest_held() == Tickets{1, 3});
  results.let_go(1, older);
  CHECK_FALSE(results.any_leaves());
  CHECK(results.oldest_held() == Tickets{2});
  results.let_go(3, older);
  CHECK(results.any_leaves());
  results.let_go(2, newer);
  results.let_go(0, sum);
  CHECK(results.copy_left(newer));
  CHECK(results.copy_left(sum));
}

}  // namespace
}  // namespace crossweave
