// Do images stream through the program's runs as docs/streaming.md says, and at the rate that it calls the bound?
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <sstream>
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
const std::string kPaperRun = (kSource / "configs/runs/paper.yaml").string();

/// `crossweave COMMAND` on the paper's run, into `o`.
void execute(const fs::path& directory, const std::string& command, const std::vector<std::string>& settings) {
  std::vector<std::string> arguments{command, kPaperRun, "--quiet", "--out", "o"};
  for (const std::string& setting : settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const Finished finished = run_program(CROSSWEAVE_BINARY, arguments, directory);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
}

Json measure(const fs::path& directory, const std::vector<std::string>& settings) {
  execute(directory, "run", settings);
  return Json::parse(read_file(directory / "o/summary.json"));
}

/// The cells of each line of a CSV file without quoted cells, the heading left out.
std::vector<std::vector<std::string>> read_csv(const fs::path& file) {
  std::istringstream lines{read_file(file)};
  std::vector<std::vector<std::string>> table;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream cells{line};
    table.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) {
      table.back().push_back(cell);
    }
  }
  return table;
}

/// The cycles that each duplicate of each layer computes for an image, by schedule.csv.
std::map<std::string, std::map<std::string, std::int64_t>> assigned_cycles(const fs::path& directory,
                                                                           const std::vector<std::string>& settings) {
  execute(directory, "schedule", settings);
  std::map<std::string, std::map<std::string, std::int64_t>> cycles;
  for (const std::vector<std::string>& line : read_csv(directory / "o/schedule.csv")) {
    cycles[line[0]][line[2]] += std::stoll(line[8]) - std::stoll(line[7]);
  }
  return cycles;
}

/// All seven networks take in images as often as their most loaded duplicate allows: layer by layer, that of each
/// layer.
void check_intervals(const std::string& extra_pes) {
  const TemporaryDirectory work;
  for (const std::string network :
       {"tinyyolov4", "tinyyolov3", "vgg16", "vgg19", "resnet50", "resnet101", "resnet152"}) {
    CAPTURE(network);
    const std::vector<std::string> settings{"network=" + (kSource / "configs/networks" / network).string() + ".yaml",
                                            "input_shape=none", "mapping.extra_pes=" + extra_pes};
    std::map<std::string, std::int64_t> bounds{{"cross_layer", 0}, {"layer_by_layer", 0}};
    for (const auto& [layer, duplicates] : assigned_cycles(work.path(), settings)) {
      std::int64_t most = 0;
      for (const auto& [duplicate, cycles] : duplicates) {
        most = std::max(most, cycles);
      }
      bounds["cross_layer"] = std::max(bounds["cross_layer"], most);
      bounds["layer_by_layer"] += most;
    }
    for (const auto& [mode, bound] : bounds) {
      CAPTURE(mode);
      std::vector<std::string> streaming = settings;
      streaming.insert(streaming.end(), {"schedule.mode=" + mode, "inference.images=4"});
      const Json summary = measure(work.path(), streaming);
      const Json& inference = summary["inference"];
      CHECK(inference["initiation_interval_cycles"] == bound);
      CHECK(inference["initiation_interval_bound_cycles"] == bound);
      // The first image takes what one alone does, each further one an interval more.
      const std::int64_t alone = summary["scheduled_latency_cycles"];
      CHECK(inference["latencies_ps"][0] == alone * 1400'000);
      CHECK(summary["latency_cycles"] == alone + 3 * bound);
    }
  }
}

}  // namespace

TEST_CASE("in peak mode all seven networks take in images as often as their layers allow") { check_intervals("0"); }

TEST_CASE("in peak mode all seven networks take in images as often as their duplicates allow") {
  check_intervals("32");
}

TEST_CASE("the figures of a stream are those of all its images") {
  const TemporaryDirectory work;
  const Json summary = measure(work.path(), {"inference.images=5", "inference.arrival=7 ms"});
  const Json& inference = summary["inference"];
  CHECK(inference["images"] == 5);
  CHECK(inference["arrival_period_ps"] == 7'000'000'000);
  // 7 ms are 5000 cycles: the chip is done with an image as often as one comes, and some time passes between two.
  CHECK(inference["initiation_interval_cycles"] == 5000);
  CHECK(inference["images_per_second"].get<double>() == Approx(1 / 7e-3));
  CHECK(inference["latencies_ps"] == Json(std::vector<std::int64_t>(5, 5636LL * 1400'000)));
  CHECK(inference["mean_latency_cycles"] == 5636);
  CHECK(inference["longest_latency_cycles"] == 5636);
  CHECK(summary["latency_cycles"] == 4 * 5000 + 5636);
  CHECK(summary["lower_bound_cycles"] <= summary["latency_cycles"]);
  CHECK(summary["lower_bound_cycles"] > 4 * 5000);
  CHECK(summary["speedup"].get<double>() == Approx(5 * 113061.0 / (4 * 5000 + 5636)));
  CHECK(summary["pe_states"]["active"].get<double>() == Approx(summary["utilization"].get<double>()));
  CHECK(summary["pe_states"]["arrival"] > 0);
  double states = 0;
  for (const auto& [state, share] : summary["pe_states"].items()) {
    states += share.get<double>();
  }
  CHECK(states == Approx(1));
  // The last image comes at 20000 cycles, and nothing that came before delays it.
  const Json& path = summary["critical_path"]["states"];
  CHECK(path["arrival"].get<double>() == Approx(20000.0 / 25636));
  CHECK(path["active"].get<double>() == Approx(5636.0 / 25636));
  for (const Json& layer : summary["layers"]) {
    CHECK(layer["active_cycles"] == 5 * layer["cycles"].get<std::int64_t>() * layer["pes"].get<std::int64_t>());
  }
  const auto images = read_csv(work.path() / "o/images.csv");
  REQUIRE(images.size() == 5);
  // Planned for all images, it is what travels.
  execute(work.path(), "schedule", {"inference.images=5"});
  const Json schedule = Json::parse(read_file(work.path() / "o/schedule.json"));
  CHECK(schedule["traffic"] == summary["traffic"]);
  CHECK(schedule["inference"] ==
        Json({{"images", 5}, {"arrival_period_ps", 0}, {"initiation_interval_bound_cycles", 3616}}));
  CHECK(images[4] == std::vector<std::string>{"4", "28000000000", "28000000000", "35890400000", "7890400000", "5636"});
}

TEST_CASE("images that come too often wait ever longer, rare ones leave the chip idle") {
  const TemporaryDirectory work;
  const Json often = measure(work.path(), {"inference.images=6", "inference.arrival=2 ms"})["inference"];
  CHECK(often["initiation_interval_cycles"] == often["initiation_interval_bound_cycles"]);
  CHECK(std::is_sorted(often["latencies_ps"].begin(), often["latencies_ps"].end()));
  CHECK(often["latencies_ps"][5] > often["latencies_ps"][0]);
  const Json rare = measure(work.path(), {"inference.images=6", "inference.arrival=100 ms"});
  CHECK(rare["inference"]["initiation_interval_ps"] == 100'000'000'000);
  CHECK(rare["utilization"] < 0.05);
}

TEST_CASE("images stream through a chip where data must travel") {
  const TemporaryDirectory work;
  const Json summary = measure(
      work.path(), {"architecture=" + (kSource / "configs/architectures/paper-mesh.yaml").string(),
                    "network=" + (kSource / "configs/networks/tinyyolov3.yaml").string(), "inference.images=3"});
  const Json& inference = summary["inference"];
  // Between a few images it is not exact: one may be held up where the next is not.
  CHECK(inference["initiation_interval_cycles"].get<double>() ==
        Approx(inference["initiation_interval_bound_cycles"].get<double>()).epsilon(0.01));
  CHECK(inference["latencies_ps"][0] > summary["scheduled_latency_cycles"].get<std::int64_t>() * 1400'000);
}

TEST_CASE("a waveform of a stream ends with its last image") {
  const TemporaryDirectory work;
  const std::vector<std::string> arguments{"run",     kPaperRun,
                                           "--quiet", "--vcd",
                                           "--out",   "o",
                                           "--set",   "inference.images=2",
                                           "--set",   "inference.arrival=7 ms"};
  REQUIRE(run_program(CROSSWEAVE_BINARY, arguments, work.path()).status == 0);
  const std::string vcd = read_file(work.path() / "o/trace.vcd");
  const std::size_t last_stamp = vcd.rfind('#');
  REQUIRE(last_stamp != std::string::npos);
  CHECK(std::stoll(vcd.substr(last_stamp + 1)) == 7'000'000'000 + 7'890'400'000);
}

}  // namespace crossweave::test
