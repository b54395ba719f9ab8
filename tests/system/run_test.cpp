// Does the program do what its contract says: figures, files, exit statuses, the same bytes each time?
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

/// `crossweave` in `directory`.
Finished crossweave(const fs::path& directory, const std::vector<std::string>& arguments) {
  return run_program(CROSSWEAVE_BINARY, arguments, directory);
}

Json read_json(const fs::path& file) { return Json::parse(read_file(file)); }

std::vector<std::string> files_of(const fs::path& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator{directory}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void check_same_files(const fs::path& a, const fs::path& b) {
  REQUIRE(files_of(a) == files_of(b));
  for (const std::string& name : files_of(a)) {
    INFO(name);
    CHECK(read_file(a / name) == read_file(b / name));
  }
}

}  // namespace

TEST_CASE("the paper's run gives the published order of figures") {
  const TemporaryDirectory work;
  const Finished run = crossweave(work.path(), {"run", kPaperRun, "--quiet"});
  REQUIRE(run.status == 0);
  CHECK(run.err.empty());
  CHECK(run.out.find("5636 cycles") != std::string::npos);
  CHECK(files_of(work.path() / "out/paper") == std::vector<std::string>{"critical_path.csv", "layers.csv",
                                                                        "network.yaml", "pe_states.csv",
                                                                        "resolved.yaml", "summary.json"});

  const Json summary = read_json(work.path() / "out/paper/summary.json");
  CHECK(summary["outcome"] == "completed");
  CHECK(summary["network"]["name"] == "tinyyolov4");
  CHECK(summary["network"]["base_layers"] == 21);
  CHECK(summary["network"]["min_pes"] == 117);
  CHECK(summary["pes"] == 149);
  CHECK(summary["tiles"] == 19);
  CHECK(summary["duplicates"].size() == 21);
  CHECK(summary["latency_cycles"].is_number_integer());
  CHECK(summary["latency_cycles"] == 5636);
  CHECK(summary["latency_ps"] == 5636 * 1400LL * 1000);
  CHECK(summary["scheduled_latency_cycles"] == 5636);
  CHECK(summary["layer_by_layer_cycles"] == 113061);
  CHECK(summary["lower_bound_cycles"] <= 5636);
  CHECK(summary["speedup"].get<double>() == Approx(113061.0 / 5636).epsilon(1e-12));
  CHECK(summary["utilization"].get<double>() == Approx(0.259005).epsilon(1e-5));
  CHECK(summary["sets"].is_number_integer());
  CHECK(summary["dependencies"].is_number_integer());
  REQUIRE(summary["layers"].size() == 21);

  // In peak mode crossbars are all that limits.
  CHECK(summary["critical_path"]["states"] == Json({{"active", 1.0}}));
  CHECK(run.out.find("limited by    crossbars 100.0 %") != std::string::npos);
  double states = 0;
  for (const auto& [state, share] : summary["pe_states"].items()) {
    states += share.get<double>();
  }
  CHECK(states == Approx(1));
  CHECK(summary["pe_states"]["active"].get<double>() == Approx(summary["utilization"].get<double>()));

  // Every PE-cycle is some layer's; the utilization is their sum.
  std::int64_t active = 0;
  for (const Json& layer : summary["layers"]) {
    CHECK(layer["active_cycles"] == layer["cycles"].get<std::int64_t>() * layer["pes"].get<std::int64_t>());
    CHECK(layer["start_cycle"] < layer["finish_cycle"]);
    active += layer["active_cycles"].get<std::int64_t>();
  }
  CHECK(summary["utilization"].get<double>() == Approx(static_cast<double>(active) / (149.0 * 5636)));
  CHECK(summary["layers"][1]["ifm"] == Json({209, 209, 32}));  // Table I
}

TEST_CASE("two runs write the same bytes, and so does the resolved run") {
  const TemporaryDirectory work;
  const std::vector<std::string> options{
      "--quiet", "--vcd", "--report", "--set", "schedule.order=ready", "--set", "architecture.tile.pes=5"};
  const auto run = [&](const std::string& file, const std::string& out, bool with_settings) {
    std::vector<std::string> arguments{"run", file, "--out", out};
    arguments.insert(arguments.end(), options.begin(), with_settings ? options.end() : options.begin() + 3);
    REQUIRE(crossweave(work.path(), arguments).status == 0);
  };
  run(kPaperRun, "a", true);
  // The allocator fills memory with something else: nothing may depend on it, nor on addresses.
  setenv("MALLOC_PERTURB_", "165", 1);
  run(kPaperRun, "b", true);
  unsetenv("MALLOC_PERTURB_");
  check_same_files(work.path() / "a", work.path() / "b");
  run("a/resolved.yaml", "deeper/c", false);
  check_same_files(work.path() / "a", work.path() / "deeper/c");
}

TEST_CASE("a waveform has the run's length and its time unit") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(work.path(), {"run", kPaperRun, "--quiet", "--vcd", "--out", "o"}).status == 0);
  const std::string vcd = read_file(work.path() / "o/trace.vcd");
  CHECK(vcd.find("$timescale 1 ps $end") != std::string::npos);
  CHECK(vcd.find("conv2d_20") != std::string::npos);
  CHECK(vcd.find("$scope module tile18 $end") != std::string::npos);
  const std::size_t last_stamp = vcd.rfind('#');
  REQUIRE(last_stamp != std::string::npos);
  CHECK(vcd.substr(last_stamp + 1, 10) == "7890400000");
}

TEST_CASE("layer by layer is measured as scheduled") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(work.path(), {"run", kPaperRun, "--quiet", "--out", "o", "--set", "schedule.mode=layer_by_layer"})
              .status == 0);
  const Json summary = read_json(work.path() / "o/summary.json");
  CHECK(summary["latency_cycles"] == 37125);
  CHECK(summary["scheduled_latency_cycles"] == 37125);
}

TEST_CASE("a time limit ends a run with status 3 and says who waits") {
  const TemporaryDirectory work;
  const Finished run =
      crossweave(work.path(), {"run", kPaperRun, "--quiet", "--out", "o", "--set", "simulation.time_limit=3 ms"});
  CHECK(run.status == 3);
  CHECK(run.err.find("time_limit") != std::string::npos);
  const Json summary = read_json(work.path() / "o/summary.json");
  CHECK(summary["outcome"] == "time_limit");
  CHECK_FALSE(summary.contains("latency_ps"));
  CHECK_FALSE(summary["waiting"].empty());
}

TEST_CASE("on a mesh where data must travel, the paper's run takes longer than its peak") {
  const TemporaryDirectory work;
  const std::string mesh = (kSource / "configs/architectures/paper-mesh.yaml").string();
  const Finished run =
      crossweave(work.path(), {"run", kPaperRun, "--quiet", "--out", "o", "--set", "architecture=" + mesh});
  CHECK(run.err.empty());
  REQUIRE(run.status == 0);
  const Json summary = read_json(work.path() / "o/summary.json");
  CHECK(summary["outcome"] == "completed");
  CHECK(summary["scheduled_latency_cycles"] == 5636);
  CHECK(summary["latency_cycles"].is_number_float());
  CHECK(summary["latency_cycles"] > 5636);
  CHECK(summary["latency_cycles"] < 2 * 5636);
}

TEST_CASE("a larger chip and another placement change what travels, not the peak") {
  const TemporaryDirectory work;
  const auto figures = [&work](std::vector<std::string> settings) {
    std::vector<std::string> arguments{"run", kPaperRun, "--quiet", "--out", "o"};
    for (std::string& setting : settings) {
      arguments.emplace_back("--set");
      arguments.push_back(std::move(setting));
    }
    REQUIRE(crossweave(work.path(), arguments).status == 0);
    arguments.front() = "schedule";
    REQUIRE(crossweave(work.path(), arguments).status == 0);
    Json summary = read_json(work.path() / "o/summary.json");
    CHECK(summary["latency_cycles"] == 5636);
    CHECK(summary["pes"] == 149);
    // Planned and measured, it is the same.
    CHECK(read_json(work.path() / "o/schedule.json")["traffic"] == summary["traffic"]);
    return summary;
  };
  const Json snake = figures({});
  const Json optimized = figures({"mapping.placement=optimized"});
  const Json random = figures({"architecture.chip.tiles=40", "architecture.chip.mesh=[8, 6]",
                               "mapping.placement=random", "mapping.placement_seed=7"});
  CHECK(snake["tiles"] == 19);
  CHECK(random["tiles"] == 40);
  CHECK(random["utilization"] == snake["utilization"]);
  CHECK(optimized["traffic"]["byte_hops"] < snake["traffic"]["byte_hops"]);
  CHECK(snake["traffic"]["byte_hops"] < random["traffic"]["byte_hops"]);
}

TEST_CASE("the total number of PEs may stand in for the extra ones") {
  const TemporaryDirectory work;
  REQUIRE(crossweave(work.path(), {"run", kPaperRun, "--quiet", "--out", "o", "--set", "mapping.pes=149"}).status == 0);
  CHECK(read_json(work.path() / "o/summary.json")["latency_cycles"] == 5636);
}

TEST_CASE("a schedule alone writes each set, and no measured figure") {
  const TemporaryDirectory work;
  const Finished run = crossweave(work.path(), {"schedule", kPaperRun, "--quiet", "--out", "o"});
  REQUIRE(run.status == 0);
  const Json figures = read_json(work.path() / "o/schedule.json");
  CHECK_FALSE(figures.contains("latency_cycles"));
  CHECK_FALSE(figures.contains("outcome"));
  CHECK(figures["scheduled_latency_cycles"] == 5636);
  const std::string csv = read_file(work.path() / "o/schedule.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == figures["sets"].get<std::int64_t>() + 1);
}

TEST_CASE("each ONNX file runs end to end, measured as scheduled") {
  const TemporaryDirectory work;
  for (const fs::directory_entry& entry : fs::directory_iterator{kSource / "tests/data/onnx"}) {
    if (entry.path().extension() != ".onnx") {
      continue;
    }
    INFO(entry.path());
    const Finished run =
        crossweave(work.path(), {"run", kPaperRun, "--quiet", "--out", "o", "--set", "network=" + entry.path().string(),
                                 "--set", "input_shape=none", "--set", "mapping.partition=blocks"});
    CHECK(run.err.empty());
    REQUIRE(run.status == 0);
    const Json summary = read_json(work.path() / "o/summary.json");
    CHECK(summary["latency_cycles"] == summary["scheduled_latency_cycles"]);
  }
}

TEST_CASE("every configuration we ship is valid") {
  const TemporaryDirectory work;
  for (const fs::directory_entry& entry : fs::directory_iterator{kSource / "configs/runs"}) {
    const Finished check = crossweave(work.path(), {"check", entry.path().string()});
    INFO(entry.path() << check.err);
    CHECK(check.status == 0);
    CHECK(check.out == "ok\n");
  }
  for (const fs::directory_entry& entry : fs::directory_iterator{kSource / "configs/networks"}) {
    INFO(entry.path());
    CHECK(crossweave(work.path(), {"describe", entry.path().string()}).status == 0);
  }
}

TEST_CASE("a small network runs on every architecture we ship") {
  const TemporaryDirectory work;
  // Few crossbars, so that it fits the smallest, but layers and pooling on several tiles.
  std::ofstream{work.path() / "net.yaml"} << R"(name: small
input: [16, 16, 3]
layers:
  - {op: conv, filters: 16, kernel: 3, padding: same, activation: relu}
  - {op: max_pool, kernel: 2}
  - {op: conv, filters: 32, kernel: 3, padding: same}
  - {op: conv, filters: 8, kernel: 1}
)";
  std::size_t architectures = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{kSource / "configs/architectures"}) {
    INFO(entry.path());
    std::ofstream{work.path() / "run.yaml"} << "architecture: " << entry.path().string() << "\nnetwork: net.yaml\n";
    for (const std::string placement : {"snake", "optimized"}) {
      const Finished run = crossweave(
          work.path(), {"run", "run.yaml", "--quiet", "--out", "o", "--set", "mapping.placement=" + placement});
      CHECK(run.err.empty());
      REQUIRE(run.status == 0);
      const Json summary = read_json(work.path() / "o/summary.json");
      CHECK(summary["outcome"] == "completed");
      CHECK(summary["latency_cycles"] >= summary["scheduled_latency_cycles"]);
    }
    ++architectures;
  }
  CHECK(architectures >= 8);
}

TEST_CASE("help and version are there for everyone") {
  const TemporaryDirectory work;
  CHECK(crossweave(work.path(), {"--version"}).out.find("crossweave ") == 0);
  for (const std::string command : {"run", "schedule", "describe", "check"}) {
    const Finished help = crossweave(work.path(), {command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.out.find("Usage: ") != std::string::npos);
    CHECK(crossweave(work.path(), {"--help"}).out.find(command) != std::string::npos);
  }
}

TEST_CASE("a full disk is an error, not a shorter file") {
  // /dev/full takes the place of the waveform.
  const TemporaryDirectory work;
  fs::create_directories(work.path() / "o");
  fs::create_symlink("/dev/full", work.path() / "o/trace.vcd");
  const Finished run = crossweave(work.path(), {"run", kPaperRun, "--quiet", "--vcd", "--out", "o"});
  CHECK(run.status == 2);
  CHECK(run.err.find("trace.vcd: error: cannot write") != std::string::npos);
}

}  // namespace crossweave::test
