// Does what we write for ui.perfetto.dev read as it was meant?
#include "frontend/record/perfetto_writer.h"

#include <sstream>

#include <catch2/catch.hpp>

#include "tests/support/perfetto_reader.h"

using namespace crossweave;

TEST_CASE("a Perfetto trace reads as it was written") {
  std::ostringstream out;
  PerfettoWriter writer{out};
  const PerfettoTrack tile = writer.add_track("tile 0");
  const PerfettoTrack pe = writer.add_track("PE 0", tile);
  const PerfettoTrack level = writer.add_track("input buffer", tile, PerfettoWriter::Kind::bytes);
  const PerfettoText conv = writer.add_text("conv");
  const PerfettoText set = writer.add_text("set");
  writer.begin_slice(pe, Duration::nanoseconds(5), conv, {{set, 300}}, {{1, 2}, {}});
  writer.end_slice(pe, Duration::picoseconds(7001));
  writer.begin_slice(pe, Duration::picoseconds(7999), set, {}, {{}, {1}});
  writer.end_slice(pe, Duration::nanoseconds(8));
  writer.begin_slice(pe, Duration::nanoseconds(9), conv);
  writer.count(level, Duration::picoseconds(6999), 1 << 20);

  const auto tracks = test::read_perfetto_trace(out.str());
  REQUIRE(tracks.size() == 3);
  CHECK(tracks.at(tile.value()).name == "tile 0");
  CHECK_FALSE(tracks.at(tile.value()).parent);
  const test::PerfettoTrackRead& read = tracks.at(pe.value());
  CHECK(read.name == "PE 0");
  CHECK(read.parent == tile.value());
  REQUIRE(read.slices.size() == 3);
  CHECK(read.slices[0].name == "conv");
  CHECK(read.slices[0].begin_ns == 5);
  CHECK(read.slices[0].end_ns == 7U);
  CHECK(read.slices[0].begin_ps() == 5000);
  CHECK(read.slices[0].end_ps() == 7001);
  CHECK(read.slices[0].arguments == std::map<std::string, std::uint64_t>{{"set", 300}, {"end_ps", 7001}});
  CHECK(read.slices[0].flows == std::vector<std::uint64_t>{1, 2});
  CHECK(read.slices[1].name == "set");  // a text may name slices and arguments
  CHECK(read.slices[1].begin_ns == 7);
  CHECK(read.slices[1].begin_ps() == 7999);
  CHECK(read.slices[1].terminating_flows == std::vector<std::uint64_t>{1});
  CHECK_FALSE(read.slices[2].end_ns);
  CHECK(tracks.at(level.value()).counter);
  CHECK(tracks.at(level.value()).counts == std::vector<std::pair<std::uint64_t, std::int64_t>>{{6, 1 << 20}});
}

TEST_CASE("the reader of Perfetto traces refuses what is none") {
  CHECK_THROWS(test::read_perfetto_trace("no trace"));
  std::ostringstream out;
  PerfettoWriter writer{out};
  const PerfettoTrack track = writer.add_track("a");
  SECTION("a slice that ends before it begins") {
    writer.end_slice(track, Duration::nanoseconds(1));
    CHECK_THROWS(test::read_perfetto_trace(out.str()));
  }
  SECTION("a count on a track of slices") {
    writer.count(track, Duration::nanoseconds(1), 1);
    CHECK_THROWS(test::read_perfetto_trace(out.str()));
  }
}
