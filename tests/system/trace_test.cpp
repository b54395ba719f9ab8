// Do the traces of a run say what its figures say?
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/perfetto_reader.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Tracks = std::map<std::uint64_t, PerfettoTrackRead>;

const fs::path kSource{CROSSWEAVE_SOURCE_DIR};
const std::string kPaperRun = (kSource / "configs/runs/paper.yaml").string();
const std::string kFiniteChip = (kSource / "tests/data/runs/finite-chip.yaml").string();

struct Traced {
  Json summary;
  Tracks tracks;
};

Traced trace(const TemporaryDirectory& work, const std::vector<std::string>& settings) {
  std::vector<std::string> arguments{"run", kPaperRun, "--quiet", "--out", "o", "--trace", "run.pftrace"};
  for (const std::string& setting : settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const Finished run = run_program(CROSSWEAVE_BINARY, arguments, work.path());
  REQUIRE(run.err.empty());
  REQUIRE(run.status == 0);
  return {Json::parse(read_file(work.path() / "o/summary.json")),
          read_perfetto_trace(read_file(work.path() / "run.pftrace"))};
}

void check_no_overlap(const Tracks& tracks) {
  std::size_t slices = 0;
  std::size_t overlaps = 0;
  for (const auto& [id, track] : tracks) {
    const PerfettoSlice* before = nullptr;
    for (const PerfettoSlice& slice : track.slices) {
      REQUIRE(slice.end_ns);
      overlaps += slice.end_ps() < slice.begin_ps() ? 1 : 0;
      overlaps +=
          before != nullptr && (slice.begin_ps() < before->end_ps() || slice.begin_ns < *before->end_ns) ? 1 : 0;
      before = &slice;
      ++slices;
    }
  }
  CHECK(overlaps == 0);
  CHECK(slices > 500);
}

/// What all slices of tracks with such names add up to.
std::int64_t busy_ps(const Tracks& tracks, const std::string& prefix) {
  std::int64_t sum = 0;
  for (const auto& [id, track] : tracks) {
    if (track.name.starts_with(prefix)) {
      for (const PerfettoSlice& slice : track.slices) {
        sum += slice.end_ps() - slice.begin_ps();
      }
    }
  }
  return sum;
}

void check_utilization(const Traced& traced) {
  const Json& summary = traced.summary;
  const auto busy = static_cast<double>(busy_ps(traced.tracks, "PE "));
  const double whole = summary["pes"].get<double>() * summary["latency_ps"].get<double>();
  CHECK(busy / whole == Approx(summary["utilization"].get<double>()).epsilon(1e-12));
}

/// Each arrow leads from one slice to one that begins when that is over, or later.
std::size_t check_flows(const Tracks& tracks) {
  std::map<std::uint64_t, const PerfettoSlice*> from;
  std::map<std::uint64_t, const PerfettoSlice*> to;
  for (const auto& [id, track] : tracks) {
    for (const PerfettoSlice& slice : track.slices) {
      for (const std::uint64_t flow : slice.flows) {
        CHECK(from.emplace(flow, &slice).second);
      }
      for (const std::uint64_t flow : slice.terminating_flows) {
        CHECK(to.emplace(flow, &slice).second);
      }
    }
  }
  CHECK(from.size() == to.size());
  std::size_t backwards = 0;
  for (const auto& [flow, slice] : to) {
    backwards += from.at(flow)->end_ps() > slice->begin_ps() ? 1 : 0;
  }
  CHECK(backwards == 0);
  return to.size();
}

const PerfettoTrackRead& track_named(const Tracks& tracks, const std::string& name) {
  const auto found =
      std::find_if(tracks.begin(), tracks.end(), [&](const auto& entry) { return entry.second.name == name; });
  REQUIRE(found != tracks.end());
  return found->second;
}

}  // namespace

TEST_CASE("a trace of a peak run has a track for each PE, and its slices add up to the utilization") {
  const TemporaryDirectory work;
  const Traced traced = trace(work, {});
  check_no_overlap(traced.tracks);
  check_utilization(traced);
  const auto pes = std::count_if(traced.tracks.begin(), traced.tracks.end(),
                                 [](const auto& entry) { return entry.second.name.starts_with("PE "); });
  CHECK(pes == 149);
  // Every set but those that read the network's input waited for another.
  CHECK(check_flows(traced.tracks) > traced.summary["sets"].get<std::size_t>() / 2);
  CHECK(busy_ps(traced.tracks, "critical path") == traced.summary["latency_ps"]);
  for (const auto& [id, track] : traced.tracks) {
    CHECK(track.name != "GPEU");  // takes no time
  }
}

TEST_CASE("a trace of a finite chip shows GPEUs, channels and buffers, to the picosecond") {
  const TemporaryDirectory work;
  const Traced traced = trace(work, {"architecture=" + kFiniteChip});
  check_no_overlap(traced.tracks);
  check_utilization(traced);
  CHECK(check_flows(traced.tracks) > traced.summary["sets"].get<std::size_t>() / 2);
  CHECK(busy_ps(traced.tracks, "critical path") == traced.summary["latency_ps"]);
  CHECK(busy_ps(traced.tracks, "GPEU") > 0);
  CHECK(busy_ps(traced.tracks, "router ") > 0);
  CHECK_FALSE(track_named(traced.tracks, "router 0,0 east").slices.empty());
  // Buffers stay within their limits, and end empty.
  for (const auto& [id, track] : traced.tracks) {
    if (track.counter && !track.counts.empty()) {
      CHECK(track.counts.back().second == 0);
      for (const auto& [at, level] : track.counts) {
        REQUIRE(level <= (track.name == "input buffer" ? 128 : 16) * 1024);
      }
    }
  }
}

TEST_CASE("protoc reads a trace, and the network flit by flit does not overlap either") {
  const TemporaryDirectory work;
  const Traced traced = trace(work, {"architecture=" + kFiniteChip, "architecture.noc.model=flit",
                                     "network=" + (kSource / "tests/data/onnx/2_conv.onnx").string(),
                                     "input_shape=none", "mapping.extra_pes=4"});
  check_no_overlap(traced.tracks);
  check_utilization(traced);
  const Finished decoded = run_program("/bin/sh", {"-c", "protoc --decode_raw < run.pftrace"}, work.path());
  CHECK(decoded.status == 0);
  CHECK(decoded.out.find("2: \"tile 0\"") != std::string::npos);
}

TEST_CASE("a run that is cut off leaves a trace and a waveform of what happened") {
  const TemporaryDirectory work;
  const Finished run = run_program(CROSSWEAVE_BINARY,
                                   {"run", kPaperRun, "--quiet", "--out", "o", "--trace", "run.pftrace", "--vcd",
                                    "--set", "simulation.time_limit=3 ms"},
                                   work.path());
  CHECK(run.status == 3);
  const Tracks tracks = read_perfetto_trace(read_file(work.path() / "run.pftrace"));
  std::size_t unfinished = 0;
  for (const auto& [id, track] : tracks) {
    CHECK(track.name != "critical path");
    unfinished += !track.slices.empty() && !track.slices.back().end_ns ? 1 : 0;
  }
  CHECK(unfinished > 0);
  const std::string vcd = read_file(work.path() / "o/trace.vcd");
  CHECK(vcd.substr(vcd.rfind('#') + 1) == "3000000000\n");
}

}  // namespace crossweave::test
