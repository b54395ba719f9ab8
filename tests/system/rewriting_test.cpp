// Does a network that does not fit run in segments whose figures add up, each of them a run that can be repeated?
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kSource{CROSSWEAVE_SOURCE_DIR};

/// A chip of `pes` PEs in peak mode whose weights may be rewritten.
std::vector<std::string> rewriting(const std::string& command, const std::string& network, int pes) {
  return {command,
          (kSource / "configs/runs/paper.yaml").string(),
          "--quiet",
          "--set",
          "network=" + (kSource / "configs/networks" / (network + ".yaml")).string(),
          "--set",
          "input_shape=none",
          "--set",
          "mapping.pes=" + std::to_string(pes),
          "--set",
          "mapping.rewrite=allow",
          "--set",
          "architecture.crossbar.write.row_latency=10 us",
          "--set",
          "architecture.crossbar.write.cell_energy=100 pJ",
          "--set",
          "architecture.crossbar.write.endurance=1000000"};
}

Finished crossweave(const fs::path& directory, std::vector<std::string> arguments,
                    const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(CROSSWEAVE_BINARY, arguments, directory);
}

Json read_json(const fs::path& file) { return Json::parse(read_file(file)); }

std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{directory}) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path().lexically_relative(directory));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void check_same_files(const fs::path& a, const fs::path& b) {
  REQUIRE(files_below(a) == files_below(b));
  for (const fs::path& file : files_below(a)) {
    INFO(file);
    CHECK(read_file(a / file) == read_file(b / file));
  }
}

/// Whether the whole is the sum of its segments, and these are what their own folders say.
void check_sums(const fs::path& directory, int pes, int layers) {
  const Json summary = read_json(directory / "summary.json");
  CHECK(summary["outcome"] == "completed");
  CHECK(summary["pes"] == pes);
  CHECK(summary["duplicates"].size() == static_cast<std::size_t>(layers));
  CHECK(summary["layers"].size() == static_cast<std::size_t>(layers));
  std::int64_t end = 0;
  std::int64_t written = 0;
  std::int64_t cells = 0;
  std::int64_t scheduled = 0;
  double active = 0;
  std::size_t layer = 0;
  REQUIRE(summary["segments"].size() > 1);
  for (const Json& segment : summary["segments"]) {
    CHECK(segment["pes"] <= pes);
    CHECK(segment["begin_ps"] == end);
    end += segment["write_ps"].get<std::int64_t>();
    written += segment["write_ps"].get<std::int64_t>();
    const double begin_cycles = static_cast<double>(end) / 1.4e6;
    end += segment["latency_ps"].get<std::int64_t>();
    cells += segment["write_cells"].get<std::int64_t>();
    scheduled += segment["scheduled_latency_cycles"].get<std::int64_t>();
    CHECK(segment["write_energy_j"].get<double>() == Approx(segment["write_cells"].get<double>() * 100e-12));

    const Json own = read_json(directory / segment["folder"].get<std::string>() / "summary.json");
    CHECK(own["latency_ps"] == segment["latency_ps"]);
    CHECK(own["network"]["min_pes"] <= segment["pes"]);
    REQUIRE(own["layers"].size() == segment["base_layers"]);
    for (const Json& alone : own["layers"]) {
      const Json& among_all = summary["layers"][layer++];
      CHECK(among_all["name"] == alone["name"]);
      CHECK(among_all["start_cycle"].get<double>() == Approx(begin_cycles + alone["start_cycle"].get<double>()));
      active += alone["active_cycles"].get<double>();
    }
  }
  CHECK(summary["latency_ps"] == end);
  CHECK(summary["write_ps"] == written);
  CHECK(summary["scheduled_latency_cycles"] == scheduled);
  CHECK(summary["rewriting"]["write_cells"] == cells);
  CHECK(summary["rewriting"]["writes_per_cell"] == summary["segments"].size());
  CHECK(summary["rewriting"]["inferences"] == 1000000 / summary["segments"].size());
  CHECK(summary["utilization"].get<double>() ==
        Approx(active * 1.4e6 / (static_cast<double>(pes) * static_cast<double>(end))));
}

}  // namespace

TEST_CASE("TinyYOLOv4 on half of its PEs", "[rewriting]") {
  const TemporaryDirectory work;
  const std::vector<std::string> run = rewriting("run", "tinyyolov4", 60);
  const Finished first = crossweave(work.path(), run, {"--out", "a"});
  REQUIRE(first.status == 0);
  CHECK(first.err.empty());
  CHECK(first.out.find("rewritten for 4 segments") != std::string::npos);
  check_sums(work.path() / "a", 60, 21);
  // In peak mode all but the writing is as scheduled, to the cycle.
  const Json summary = read_json(work.path() / "a/summary.json");
  CHECK(summary["latency_ps"].get<std::int64_t>() ==
        summary["scheduled_latency_cycles"].get<std::int64_t>() * 1'400'000 + summary["write_ps"].get<std::int64_t>());

  SECTION("the schedule says the same") {
    REQUIRE(crossweave(work.path(), rewriting("schedule", "tinyyolov4", 60), {"--out", "b"}).status == 0);
    Json schedule = read_json(work.path() / "b/schedule.json");
    CHECK(schedule["segments"] == summary["segments"]);
    CHECK(schedule["write_ps"] == summary["write_ps"]);
    CHECK(schedule["speedup"] == summary["speedup"]);
    CHECK(fs::exists(work.path() / "b/segment_4/schedule.csv"));
  }
  SECTION("the resolved run writes the same bytes, and a segment's own does") {
    REQUIRE(crossweave(work.path(), {"run", "a/resolved.yaml", "--quiet"}, {"--out", "b"}).status == 0);
    check_same_files(work.path() / "a", work.path() / "b");
    REQUIRE(crossweave(work.path(), {"run", "a/segment_2/resolved.yaml", "--quiet"}, {"--out", "c"}).status == 0);
    check_same_files(work.path() / "a/segment_2", work.path() / "c");
  }
}

TEST_CASE("ResNet50 on half of its PEs", "[rewriting]") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(work.path(), rewriting("run", "resnet50", 195), {"--out", "a"}).status == 0);
  check_sums(work.path() / "a", 195, 53);
}

TEST_CASE("all images pass through a segment before the next is written", "[rewriting]") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(work.path(), rewriting("run", "tinyyolov4", 60), {"--out", "one"}).status == 0);
  REQUIRE(crossweave(work.path(), rewriting("run", "tinyyolov4", 60), {"--out", "many", "--set", "inference.images=5"})
              .status == 0);
  const Json one = read_json(work.path() / "one/summary.json");
  const Json many = read_json(work.path() / "many/summary.json");
  CHECK(many["outcome"] == "completed");
  CHECK(many["inference"]["images"] == 5);
  // Writing is shared, so that it may pay to cut more often; the chip lives for so many more images.
  const std::int64_t segments = static_cast<std::int64_t>(many["segments"].size());
  CHECK(many["segments"].size() >= one["segments"].size());
  CHECK(many["rewriting"]["inferences"] == 1000000 / segments * 5);
  CHECK(many["latency_ps"].get<std::int64_t>() < 5 * one["latency_ps"].get<std::int64_t>());
  CHECK(many["speedup"].get<double>() == Approx(5 * 113061.0 / many["latency_cycles"].get<double>()));

  // In peak mode images follow one another without a gap that the schedule would not have known of.
  REQUIRE(crossweave(work.path(), rewriting("schedule", "tinyyolov4", 60),
                     {"--out", "schedule", "--set", "inference.images=5"})
              .status == 0);
  const Json schedule = read_json(work.path() / "schedule/schedule.json");
  for (std::size_t i = 0; i < many["segments"].size(); ++i) {
    CHECK(schedule["segments"][i]["latency_ps"].get<double>() ==
          Approx(many["segments"][i]["latency_ps"].get<double>()).epsilon(0.02));
  }
}

TEST_CASE("on a chip where data moves, what lies between segments goes to the DRAM and comes back", "[rewriting]") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(
              work.path(), rewriting("run", "tinyyolov4", 60),
              {"--out", "a", "--set", "architecture=" + (kSource / "configs/architectures/paper-mesh.yaml").string()})
              .status == 0);
  check_sums(work.path() / "a", 60, 21);
  const Json summary = read_json(work.path() / "a/summary.json");
  CHECK(summary["latency_ps"].get<std::int64_t>() >
        summary["scheduled_latency_cycles"].get<std::int64_t>() * 1'400'000 + summary["write_ps"].get<std::int64_t>());
}

TEST_CASE("a network that fits is not cut", "[rewriting]") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(work.path(), rewriting("run", "tinyyolov4", 117), {"--out", "a"}).status == 0);
  CHECK_FALSE(read_json(work.path() / "a/summary.json").contains("segments"));
  CHECK_FALSE(fs::exists(work.path() / "a/segment_1"));
}

TEST_CASE("a time limit counts the writing", "[rewriting]") {
  const TemporaryDirectory work;
  const auto run = [&](const std::string& limit) {
    const Finished finished = crossweave(work.path(), rewriting("run", "tinyyolov4", 60),
                                         {"--out", limit, "--set", "simulation.time_limit=" + limit});
    CHECK(finished.status == 3);
    CHECK(finished.err.find("ended without finishing: time_limit") != std::string::npos);
    const Json summary = read_json(work.path() / limit / "summary.json");
    CHECK(summary["outcome"] == "time_limit");
    CHECK_FALSE(summary.contains("latency_ps"));
    return summary["segments"].size();
  };
  CHECK(run("200 us") == 0);   // while the first segment is written
  CHECK(run("1200 us") == 0);  // while it runs
  CHECK(run("2 ms") == 1);     // while the second is written
}

}  // namespace crossweave::test
