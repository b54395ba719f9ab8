// Does a region stay in the input buffer until the last set that uses it has finished, and not longer?
#include "models/input_ledger.h"

#include <map>
#include <random>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

namespace crossweave {
namespace {

/// A region that `sets` use; returns what is freed at once.
Bytes arrive(InputLedger& ledger, Bytes size, const std::vector<std::size_t>& sets) {
  ledger.begin_region(size);
  for (const std::size_t set : sets) {
    ledger.add_use(set);
  }
  return ledger.end_region();
}

TEST_CASE("a region that nobody uses leaves at once", "[input_ledger]") {
  InputLedger ledger{1};
  CHECK(arrive(ledger, Bytes{100}, {}) == Bytes{100});
  CHECK(ledger.finish(0) == Bytes{});
}

TEST_CASE("a halo stays until its last user has finished", "[input_ledger]") {
  InputLedger ledger{3};
  CHECK(arrive(ledger, Bytes{10}, {0}) == Bytes{});
  CHECK(arrive(ledger, Bytes{7}, {0, 1}) == Bytes{});
  CHECK(arrive(ledger, Bytes{20}, {1}) == Bytes{});
  CHECK(ledger.finish(0) == Bytes{10});
  CHECK(ledger.finish(1) == Bytes{27});
  CHECK(ledger.finish(2) == Bytes{});
}

TEST_CASE("sets may finish in any order", "[input_ledger]") {
  InputLedger ledger{3};
  CHECK(arrive(ledger, Bytes{5}, {0, 2}) == Bytes{});
  CHECK(ledger.finish(2) == Bytes{});
  CHECK(ledger.finish(0) == Bytes{5});
}

TEST_CASE("a set may use a region twice", "[input_ledger]") {
  // As does the sum of a map and a part of it.
  InputLedger ledger{2};
  CHECK(arrive(ledger, Bytes{9}, {0, 0, 1, 1}) == Bytes{});
  CHECK(ledger.finish(0) == Bytes{});
  CHECK(ledger.finish(1) == Bytes{9});
}

TEST_CASE("a set that has finished frees nothing again", "[input_ledger]") {
  InputLedger ledger{1};
  CHECK(arrive(ledger, Bytes{4}, {0}) == Bytes{});
  CHECK(ledger.finish(0) == Bytes{4});
  CHECK(ledger.finish(0) == Bytes{});
}

TEST_CASE("any sequence of regions and finished sets", "[input_ledger]") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random{seed};
    const std::size_t sets = 1 + random() % 10;
    InputLedger ledger{sets};
    struct Region {
      Bytes size;
      std::multiset<std::size_t> users;
    };
    std::map<int, Region> present;
    Bytes expected_level;
    Bytes level;
    for (int step = 0; step < 200; ++step) {
      CAPTURE(seed, step);
      if (random() % 2 == 0) {
        Region region{Bytes{1 + static_cast<int>(random() % 50)}, {}};
        std::vector<std::size_t> uses;
        for (std::size_t use = random() % 5; use > 0; --use) {
          uses.push_back(random() % sets);
        }
        region.users.insert(uses.begin(), uses.end());
        level += region.size;
        level -= arrive(ledger, region.size, uses);
        if (!uses.empty()) {
          expected_level += region.size;
          present[step] = region;
        }
      } else {
        const std::size_t finished = random() % sets;
        level -= ledger.finish(finished);
        for (auto region = present.begin(); region != present.end();) {
          region->second.users.erase(finished);
          if (region->second.users.empty()) {
            expected_level -= region->second.size;
            region = present.erase(region);
          } else {
            ++region;
          }
        }
      }
      REQUIRE(level == expected_level);
    }
  }
}

TEST_CASE("a region stays while it is added up, and for the sets that need it", "[input_ledger]") {
  InputLedger ledger{2};
  ledger.begin_region(Bytes{8});
  const std::uint32_t use = ledger.add_use_of_its_own();
  ledger.add_use(1);
  CHECK(ledger.end_region() == Bytes{});
  CHECK(ledger.end_use(use) == Bytes{});
  CHECK(ledger.finish(1) == Bytes{8});
  ledger.begin_region(Bytes{3});
  const std::uint32_t only = ledger.add_use_of_its_own();
  CHECK(ledger.end_region() == Bytes{});
  CHECK(ledger.end_use(only) == Bytes{3});
}

}  // namespace
}  // namespace crossweave
