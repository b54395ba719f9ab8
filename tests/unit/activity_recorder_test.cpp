// Does the recorder measure what the events say, and refuse events that contradict each other?
#include "frontend/record/activity_recorder.h"

#include <catch2/catch.hpp>

#include "arch/diagnostics.h"

using namespace crossweave;

namespace {

constexpr LayerId kFirst{0};
constexpr LayerId kSecond{1};
constexpr DuplicateId kOriginal{0};
constexpr DuplicateId kCopy{1};

Duration ns(std::int64_t count) { return Duration::nanoseconds(count); }

/// Layer 0 with two duplicates of one PE, layer 1 with one of two PEs, and a PE without weights.
Placement small_placement() {
  Placement placement;
  placement.tile_of = {TileId{0}, TileId{0}, TileId{0}, TileId{0}, TileId{0}};
  placement.pes = {{{PeId{0}}, {PeId{1}}}, {{PeId{2}, PeId{3}}}};
  return placement;
}

MvmStarted mvm(Duration at, std::size_t pe, LayerId layer, std::size_t set, std::int64_t mvms) {
  return {at, PeId{pe}, layer, SetId{set}, mvms, 0, 0};
}

}  // namespace

TEST_CASE("latency, activity and counts are those of the events") {
  ActivityRecorder recorder{small_placement()};
  CHECK(recorder.latency() == ns(0));
  CHECK_FALSE(recorder.layers()[kFirst].first_start.has_value());

  recorder.on(SetStarted{ns(10), 0, kFirst, kCopy, SetId{1}});
  recorder.on(mvm(ns(10), 1, kFirst, 1, 4));
  recorder.on(SetStarted{ns(20), 0, kFirst, kOriginal, SetId{0}});
  recorder.on(mvm(ns(20), 0, kFirst, 0, 4));
  recorder.on(MvmFinished{ns(50), PeId{1}});
  recorder.on(SetFinished{ns(50), 0, kFirst, kCopy, SetId{1}});
  recorder.on(MvmFinished{ns(60), PeId{0}});
  recorder.on(SetFinished{ns(60), 0, kFirst, kOriginal, SetId{0}});
  // Starts where its predecessor ends, on both PEs of the duplicate.
  recorder.on(SetStarted{ns(60), 0, kSecond, kOriginal, SetId{0}});
  recorder.on(mvm(ns(60), 2, kSecond, 0, 2));
  recorder.on(mvm(ns(60), 3, kSecond, 0, 2));
  recorder.on(MvmFinished{ns(80), PeId{2}});
  recorder.on(MvmFinished{ns(80), PeId{3}});
  recorder.on(SetFinished{ns(80), 0, kSecond, kOriginal, SetId{0}});
  CHECK(recorder.latency() == ns(80));

  CHECK(recorder.active(PeId{0}) == ns(40));
  CHECK(recorder.active(PeId{1}) == ns(40));
  CHECK(recorder.active(PeId{2}) == ns(20));
  CHECK(recorder.active(PeId{4}) == ns(0));
  CHECK(recorder.total_active() == ns(120));
  CHECK(recorder.layers()[kFirst].first_start == ns(10));
  CHECK(recorder.layers()[kFirst].last_finish == ns(60));
  CHECK(recorder.layers()[kFirst].active == ns(80));
  CHECK(recorder.layers()[kFirst].sets == 2);
  CHECK(recorder.layers()[kSecond].first_start == ns(60));
  CHECK(recorder.layers()[kSecond].active == ns(40));
  CHECK(recorder.sets() == 3);
  CHECK(recorder.mvms() == 12);
}

TEST_CASE("a set under way counts once it has finished") {
  ActivityRecorder recorder{small_placement()};
  recorder.on(SetStarted{ns(10), 0, kFirst, kOriginal, SetId{0}});
  recorder.on(mvm(ns(10), 0, kFirst, 0, 4));
  CHECK(recorder.latency() == ns(0));
  CHECK(recorder.total_active() == ns(0));
  CHECK(recorder.mvms() == 0);
  CHECK(recorder.sets() == 0);
  CHECK(recorder.layers()[kFirst].first_start == ns(10));
}

TEST_CASE("a write to the DRAM counts as latency, a read does not") {
  ActivityRecorder recorder{small_placement()};
  recorder.on(DramAccess{ns(5), false, Bytes{100}});
  CHECK(recorder.latency() == ns(0));
  recorder.on(DramAccess{ns(7), true, Bytes{10}});
  recorder.on(DramAccess{ns(9), true, Bytes{20}});
  CHECK(recorder.latency() == ns(9));
  CHECK(recorder.dram_read() == Bytes{100});
  CHECK(recorder.dram_written() == Bytes{30});
}

TEST_CASE("an image begins with its first set and ends with its last set or output") {
  ActivityRecorder recorder{small_placement()};
  CHECK(recorder.images().empty());
  recorder.on(SetStarted{ns(10), 0, kFirst, kOriginal, SetId{0}});
  recorder.on(SetStarted{ns(15), 1, kFirst, kCopy, SetId{1}});
  recorder.on(SetFinished{ns(20), 0, kFirst, kOriginal, SetId{0}});
  recorder.on(SetFinished{ns(30), 1, kFirst, kCopy, SetId{1}});
  recorder.on(DramAccess{ns(40), true, Bytes{10}, false, 0});
  recorder.on(DramAccess{ns(50), true, Bytes{10}, true, 0});    // spilled
  recorder.on(DramAccess{ns(60), false, Bytes{10}, false, 0});  // read
  REQUIRE(recorder.images().size() == 2);
  CHECK(recorder.images()[0].first_start == ns(10));
  CHECK(recorder.images()[0].finish == ns(40));
  CHECK(recorder.images()[1].first_start == ns(15));
  CHECK(recorder.images()[1].finish == ns(30));
}

TEST_CASE("bytes are counted by kind, those over links apart") {
  ActivityRecorder recorder{small_placement()};
  recorder.on(TransferDelivered{ns(1), TransactionKind::ofm, EndpointId{0}, EndpointId{1}, Bytes{64}, 2, ns(0)});
  recorder.on(TransferDelivered{ns(2), TransactionKind::ofm, EndpointId{0}, EndpointId{0}, Bytes{36}, 0, ns(2)});
  recorder.on(TransferDelivered{ns(3), TransactionKind::dram_write, EndpointId{0}, EndpointId{2}, Bytes{8}, 3, ns(1)});
  const ActivityRecorder::Traffic& ofm = recorder.traffic(TransactionKind::ofm);
  CHECK(ofm.transfers == 2);
  CHECK(ofm.size == Bytes{100});
  CHECK(ofm.over_links == Bytes{64});
  CHECK(recorder.traffic(TransactionKind::dram_write).size == Bytes{8});
  CHECK(recorder.traffic(TransactionKind::psum).transfers == 0);
  CHECK(recorder.over_links() == Bytes{72});
  CHECK(recorder.byte_hops() == 64 * 2 + 8 * 3);
  CHECK(recorder.latency() == ns(0));
}

TEST_CASE("events that contradict each other are an internal error") {
  ActivityRecorder recorder{small_placement()};
  CHECK_THROWS_AS(recorder.on(MvmFinished{ns(1), PeId{0}}), InternalError);
  CHECK_THROWS_AS(recorder.on(SetFinished{ns(1), 0, kFirst, kOriginal, SetId{0}}), InternalError);

  recorder.on(SetStarted{ns(2), 0, kFirst, kOriginal, SetId{0}});
  recorder.on(mvm(ns(2), 0, kFirst, 0, 4));
  CHECK_THROWS_AS(recorder.on(SetStarted{ns(3), 0, kFirst, kOriginal, SetId{1}}), InternalError);
  CHECK_THROWS_AS(recorder.on(mvm(ns(3), 0, kFirst, 1, 4)), InternalError);
  CHECK_THROWS_AS(recorder.on(SetFinished{ns(3), 0, kFirst, kOriginal, SetId{1}}), InternalError);
  CHECK_THROWS_AS(recorder.on(SetFinished{ns(3), 0, kFirst, kCopy, SetId{0}}), InternalError);
  CHECK_THROWS_AS(recorder.on(MvmFinished{ns(1), PeId{0}}), InternalError);

  recorder.on(MvmFinished{ns(3), PeId{0}});
  CHECK_THROWS_AS(recorder.on(MvmFinished{ns(3), PeId{0}}), InternalError);
}
