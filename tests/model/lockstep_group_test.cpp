// Does a duplicate start a set exactly when it is commanded, all of its tiles have their input, and its crossbars are
// free?
#include "models/lockstep_group.h"

#include <algorithm>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace crossweave {
namespace {

TEST_CASE("a set starts when it is commanded", "[lockstep_group]") {
  LockstepGroup group{2};
  CHECK(group.sets() == 2);
  CHECK_FALSE(group.may_start());
  group.command();
  CHECK(group.commanded() == 1);
  CHECK(group.may_start());
}

TEST_CASE("a set starts when the last of its tiles has its input", "[lockstep_group]") {
  LockstepGroup group{1};
  group.command();
  group.add_waiting_tile(0);
  group.add_waiting_tile(0);
  CHECK_FALSE(group.may_start());
  group.tile_ready(0);
  CHECK_FALSE(group.may_start());
  group.tile_ready(0);
  CHECK(group.may_start());
}

TEST_CASE("a set is read in beside the one that runs, and starts when that is done", "[lockstep_group]") {
  LockstepGroup group{3};
  group.add_waiting_tile(1);
  CHECK_FALSE(group.may_read());
  group.read_before_start();
  for (int set = 0; set < 3; ++set) {
    group.command();
  }
  CHECK_FALSE(group.may_start());
  REQUIRE(group.may_read());
  CHECK(group.begin_reading() == 0);
  CHECK_FALSE(group.may_read());
  CHECK_FALSE(group.may_start());
  group.end_reading();
  REQUIRE(group.may_start());
  CHECK(group.start() == 0);
  CHECK_FALSE(group.may_read());
  CHECK(group.lacking(1) == 1);
  group.tile_ready(1);
  REQUIRE(group.may_read());
  CHECK(group.begin_reading() == 1);
  group.end_reading();
  // The crossbars hold one set's input beside that of the running one, no more.
  CHECK_FALSE(group.may_read());
  CHECK(group.finish() == 0);
  CHECK_FALSE(group.may_read());
  CHECK(group.start() == 1);
  CHECK(group.may_read());
}

TEST_CASE("one set at a time, in the order of the schedule", "[lockstep_group]") {
  LockstepGroup group{3};
  for (int set = 0; set < 3; ++set) {
    group.command();
  }
  group.add_waiting_tile(1);
  REQUIRE(group.may_start());
  CHECK(group.start() == 0);
  CHECK(group.busy());
  CHECK_FALSE(group.may_start());
  CHECK(group.finished() == 0);
  CHECK(group.finish() == 0);
  CHECK(group.finished() == 1);
  // Set 2 is ready, but set 1 comes first.
  CHECK_FALSE(group.may_start());
  group.tile_ready(1);
  REQUIRE(group.may_start());
  CHECK(group.start() == 1);
  // Input that arrives meanwhile starts nothing either.
  CHECK_FALSE(group.may_start());
  CHECK(group.finish() == 1);
  CHECK(group.start() == 2);
  CHECK(group.finish() == 2);
  CHECK(group.finished() == group.sets());
}

TEST_CASE("any order of commands and arrivals", "[lockstep_group]") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random{seed};
    const std::size_t sets = 1 + random() % 12;
    LockstepGroup group{sets};
    std::vector<std::size_t> arrivals;  // one entry for each tile that waits for the set
    std::vector<std::size_t> waiting(sets, 0);
    for (std::size_t set = 0; set < sets; ++set) {
      waiting[set] = random() % 4;
      for (std::size_t tile = 0; tile < waiting[set]; ++tile) {
        group.add_waiting_tile(set);
        arrivals.push_back(set);
      }
    }
    std::shuffle(arrivals.begin(), arrivals.end(), random);
    std::size_t commanded = 0;
    std::size_t done = 0;
    bool busy = false;
    while (done < sets) {
      CAPTURE(seed, commanded, done, busy, arrivals.size());
      REQUIRE(group.may_start() == (!busy && done < commanded && waiting[done] == 0));
      REQUIRE(group.busy() == busy);
      switch (random() % 3) {
        case 0:
          if (commanded < sets) {
            group.command();
            ++commanded;
          }
          break;
        case 1:
          if (!arrivals.empty()) {
            group.tile_ready(arrivals.back());
            --waiting[arrivals.back()];
            arrivals.pop_back();
          }
          break;
        default:
          if (busy) {
            REQUIRE(group.finish() == done);
            ++done;
            busy = false;
          } else if (group.may_start()) {
            REQUIRE(group.start() == done);
            busy = true;
          }
      }
      REQUIRE(group.finished() == done);
      REQUIRE(group.commanded() == commanded);
    }
    CHECK_FALSE(group.may_start());
  }
}

}  // namespace
}  // namespace crossweave
