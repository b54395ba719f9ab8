#include "frontend/run_config.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace crossweave;
using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kArchitecture = R"(name: small
crossbar: {rows: 64, columns: 32, mvm_latency: 1400 ns}
tile: {pes: 4}
noc: {model: ideal}
dram: {model: ideal}
)";

constexpr std::string_view kMinimal = "architecture: ../arch/small.yaml\nnetwork: ../net/tiny.yaml\n";

/// A folder of its own with runs/, arch/small.yaml and net/tiny.yaml; gone at the end of the test.
class Folder {
 public:
  Folder() : root_{fs::temp_directory_path() / ("crossweave_run_config_" + std::to_string(::getpid()))} {
    fs::create_directories(root_);
    write("arch/small.yaml", kArchitecture);
    write("net/tiny.yaml", "name: tiny\n");
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path write(const std::string& name, std::string_view text) const {
    const fs::path file = root_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    return file;
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return root_ / name; }

  /// Loads runs/run.yaml with this text.
  [[nodiscard]] Result<RunConfig> load(std::string_view text, const Lines& assignments = {}) const {
    return load_run_config(write("runs/run.yaml", text), assignments);
  }

  [[nodiscard]] RunConfig accept(std::string_view text, const Lines& assignments = {}) const {
    Result<RunConfig> result = load(text, assignments);
    if (!result) {
      FAIL(to_string(result.error().front()));
    }
    return *std::move(result);
  }

  /// The problems, without the name of this folder.
  [[nodiscard]] Lines refuse(std::string_view text, const Lines& assignments = {}) const {
    const Result<RunConfig> result = load(text, assignments);
    Lines lines;
    if (!result) {
      for (const Diagnostic& diagnostic : result.error()) {
        lines.push_back(to_string(diagnostic));
        const std::string prefix = root_.string() + "/";
        for (std::size_t at = lines.back().find(prefix); at != std::string::npos; at = lines.back().find(prefix)) {
          lines.back().erase(at, prefix.size());
        }
      }
    }
    return lines;
  }

 private:
  fs::path root_;
};

/// Changes the working directory for the span of a test.
class WorkingDirectory {
 public:
  explicit WorkingDirectory(const fs::path& folder) : before_{fs::current_path()} { fs::current_path(folder); }
  ~WorkingDirectory() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;

 private:
  fs::path before_;
};

}  // namespace

TEST_CASE("a minimal run takes every default from the struct") {
  const Folder folder;
  const RunConfig config = folder.accept(kMinimal);
  const RunConfig defaults;
  CHECK(config.architecture.name == "small");
  CHECK(config.architecture.crossbar.columns == 32);
  CHECK(config.network == folder.path("net/tiny.yaml"));
  CHECK(config.network_where.line == 2);
  CHECK(config.network_where.column == 10);
  CHECK(config.include_top == defaults.include_top);
  CHECK_FALSE(config.input_shape.has_value());
  CHECK(config.budget == PeBudget{PeBudget::Kind::extra, 0});
  CHECK(config.duplication == defaults.duplication);
  CHECK(config.partition == defaults.partition);
  CHECK(config.mode == defaults.mode);
  CHECK(config.set == defaults.set);
  CHECK(config.automatic_sets == defaults.automatic_sets);
  CHECK(config.order == defaults.order);
  CHECK(config.search == defaults.search);
  CHECK(config.images == 1);
  CHECK_FALSE(config.arrival.has_value());
  CHECK_FALSE(config.time_limit.has_value());
}

TEST_CASE("every key of a run is read") {
  const Folder folder;
  const RunConfig config = folder.accept(std::string{kMinimal} + R"(include_top: true
input_shape: [416, 320, 3]
mapping:
  pes: 149
  duplication: bottleneck
  partition: blocks
schedule:
  mode: layer_by_layer
  set: {rows: 0, columns: 7}
  order: ready
inference:
  images: 16
  arrival: 33.5 ms
simulation:
  time_limit: 2 ms
)");
  CHECK(config.include_top);
  CHECK(config.input_shape == Shape{416, 320, 3});
  CHECK(config.budget == PeBudget{PeBudget::Kind::total, 149});
  CHECK(config.budget_where.line == 6);
  CHECK(config.duplication == Duplication::bottleneck);
  CHECK(config.partition == Partition::blocks);
  CHECK(config.mode == ScheduleMode::layer_by_layer);
  CHECK(config.set == SetSize{0, 7});
  CHECK(config.order == SetOrder::ready);
  CHECK(config.images == 16);
  CHECK(config.arrival == Duration::nanoseconds(33'500'000));
  CHECK(config.time_limit == Duration::nanoseconds(2'000'000));
  CHECK(folder.accept(std::string{kMinimal} + "mapping: {extra_pes: 32}\n").budget ==
        PeBudget{PeBudget::Kind::extra, 32});
  CHECK(folder.accept(std::string{kMinimal} + "schedule: {set: {rows: 9}}\n").set == SetSize{9, SetSize{}.columns});
  CHECK_FALSE(folder.accept(std::string{kMinimal} + "simulation: {time_limit: none}\n").time_limit.has_value());
  CHECK_FALSE(folder.accept(std::string{kMinimal} + "input_shape: none\n").input_shape.has_value());
}

TEST_CASE("assignments override keys of the run") {
  const Folder folder;
  const RunConfig config =
      folder.accept(std::string{kMinimal} + "mapping: {extra_pes: 1}\n",
                    {"mapping.extra_pes=32", "mapping.extra_pes=33", "schedule.set.rows=0", "input_shape=[8, 8, 3]",
                     "simulation.time_limit=3 us", "include_top=true", "mapping.duplication=sum"});
  CHECK(config.budget.count == 33);
  CHECK(config.budget_where.line == 0);
  CHECK(config.set.rows == 0);
  CHECK(config.input_shape == Shape{8, 8, 3});
  CHECK(config.time_limit == Duration::nanoseconds(3000));
  CHECK(config.include_top);
  CHECK(config.duplication == Duplication::sum);
}

TEST_CASE("assignments reach into the architecture, in a file of its own or inline") {
  const Folder folder;
  CHECK(folder.accept(kMinimal, {"architecture.crossbar.rows=128"}).architecture.crossbar.rows == 128);
  CHECK(folder.accept(kMinimal, {"architecture.precision.psum_bits=24"}).architecture.precision.psum_bits == 24);
  const std::string inline_run =
      "architecture: {name: x, crossbar: {rows: 1, columns: 2, mvm_latency: 3 ns}, tile: {pes: 1}, noc: {model: "
      "ideal}, "
      "dram: {model: ideal}}\nnetwork: ../net/tiny.yaml\n";
  CHECK(folder.accept(inline_run).architecture.crossbar.rows == 1);
  CHECK(folder.accept(inline_run, {"architecture.crossbar.rows=128"}).architecture.crossbar.rows == 128);

  CHECK(folder.refuse(kMinimal, {"architecture.crossbar.rws=128"}) ==
        Lines{"<command line>: error: unknown key 'architecture.crossbar.rws', did you mean 'rows'?"});
  CHECK(folder.refuse(inline_run, {"architecture.crossbar.rws=128"}) ==
        Lines{"<command line>: error: unknown key 'architecture.crossbar.rws', did you mean 'rows'?"});
  CHECK(
      folder.refuse(kMinimal, {"architecture.name.x=1"}) ==
      Lines{"<command line>: error: --set architecture.name.x=1: 'architecture.name' is not a mapping but \"small\""});
}

TEST_CASE("relative paths start at the file that holds them, in assignments at the working directory") {
  const Folder folder;
  folder.write("here/other.yaml", kArchitecture);
  folder.write("here/net.yaml", "name: net\n");
  const WorkingDirectory here{folder.path("here")};
  // The order of the two assignments does not matter: the chosen architecture is the one that is changed.
  const RunConfig config =
      folder.accept(kMinimal, {"architecture.name=changed", "architecture=other.yaml", "network=net.yaml"});
  CHECK(config.architecture.name == "changed");
  CHECK(config.network == fs::path{"net.yaml"});
  CHECK(folder.refuse(kMinimal, {"network=../runs/net.yaml"}) ==
        Lines{"<command line>: error: network: cannot open ../runs/net.yaml: No such file or directory"});
  // Absolute paths stay as they are.
  CHECK(folder.accept(kMinimal, {"network=" + folder.path("net/tiny.yaml").string()}).network ==
        folder.path("net/tiny.yaml"));
}

TEST_CASE("a path through a symbolic link leads where the system says") {
  const Folder folder;
  folder.write("far/away/runs/run.yaml", kMinimal);
  folder.write("far/away/arch/small.yaml", kArchitecture);
  folder.write("far/away/net/tiny.yaml", "name: far\n");
  fs::create_directory_symlink(folder.path("far/away/runs"), folder.path("link"));
  fs::remove_all(folder.path("arch"));
  const Result<RunConfig> result = load_run_config(folder.path("link/run.yaml"), {});
  REQUIRE(result.has_value());
  CHECK(fs::equivalent(result->network, folder.path("far/away/net/tiny.yaml")));
}

TEST_CASE("all problems of a run and of its architecture are reported together, each in its own file") {
  const Folder folder;
  folder.write("arch/small.yaml",
               "name: small\ncrossbar: {rows: 128k, columns: 1, mvm_latency: 1400}\ntile: {pes: 4}\n"
               "noc: {model: mesh}\ndram: {model: ideal}\n");
  CHECK(
      folder.refuse("network: ../net/none.yaml\narchitecture: ../arch/small.yaml\nincludetop: false\n"
                    "schedule: {set: {rows: -1}}\nmapping: {partition: block}\n",
                    {"architecture.tile.pes=0", "include_top=no", "x"}) ==
      Lines{
          "runs/run.yaml:1:10: error: network: cannot open net/none.yaml: No such file or directory",
          "runs/run.yaml:3:1: error: unknown key 'includetop', did you mean 'include_top'?",
          "runs/run.yaml:4:24: error: schedule.set.rows: expected an integer in [0, 1048576], got \"-1\"",
          "runs/run.yaml:5:22: error: mapping.partition: expected one of: interleaved, blocks, dispatch, got "
          "\"block\", did you mean 'blocks'?",
          "arch/small.yaml:2:18: error: crossbar.rows: expected an integer in [1, 65536], got \"128k\"",
          "arch/small.yaml:2:49: error: crossbar.mvm_latency: expected a time with its unit, such as \"1400 ns\", got "
          "\"1400\" without a unit",
          "arch/small.yaml:4:14: error: noc.model: expected one of: ideal, packet, flit, got \"mesh\"",
          "<command line>: error: --set x: expected KEY=VALUE",
          "<command line>: error: architecture.tile.pes: expected an integer in [1, 65536], got \"0\"",
          "<command line>: error: include_top: expected true or false, got \"no\""});
}

TEST_CASE("an architecture that cannot be read does not hide the problems of the run") {
  const Folder folder;
  const std::string rest = "network: ../net/tiny.yaml\nmapping: {extra_pes: x}\n";
  CHECK(folder.refuse("architecture: no.yaml\n" + rest, {"architecture.tile.pes=1"}) ==
        Lines{"runs/run.yaml:1:15: error: architecture: runs/no.yaml: cannot open: No such file or directory",
              "runs/run.yaml:3:22: error: mapping.extra_pes: expected an integer in [0, 262144], got \"x\""});
  folder.write("arch/small.yaml", "name: [\n");
  CHECK(folder.refuse("architecture: ../arch/small.yaml\n" + rest).size() == 2);
  folder.write("arch/small.yaml", "");
  CHECK_THAT(folder.refuse("architecture: ../arch/small.yaml\n" + rest)[0],
             Contains("runs/run.yaml:1:15: error: architecture: arch/small.yaml: there is nothing in it"));
  folder.write("arch/small.yaml", "just text\n");
  CHECK(folder.refuse("architecture: ../arch/small.yaml\nnetwork: ../net/tiny.yaml\n") ==
        Lines{"arch/small.yaml:1:1: error: expected a mapping, got \"just text\""});
  for (const char* value : {"~", "''", "[a]"}) {
    CAPTURE(value);
    const Lines problems = folder.refuse(std::string{"architecture: "} + value + "\nnetwork: ../net/tiny.yaml\n");
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0], Contains("architecture: expected the path of an architecture file, or the mapping itself"));
  }
}

TEST_CASE("choices that are not to be had are refused") {
  const Folder folder;
  const std::string minimal{kMinimal};
  CHECK(folder.refuse(minimal + "mapping: {duplication: max}\n") ==
        Lines{"runs/run.yaml:3:24: error: mapping.duplication: expected one of: none, sum, bottleneck, makespan, got "
              "\"max\""});
  CHECK(folder.refuse(minimal + "schedule: {set: automatic}\nsearch: {evaluations: 0}\n") ==
        Lines{"runs/run.yaml:3:17: error: schedule.set: expected auto, or a mapping such as {rows: 4, columns: 4}, got "
              "\"automatic\"",
              "runs/run.yaml:4:23: error: search.evaluations: expected an integer in [1, 1000000000], got \"0\""});
  CHECK(folder.refuse(minimal + "mapping: {extra_pes: 1, pes: 2}\n").size() == 1);
  CHECK(folder.refuse(minimal + "mapping: {pes: 0}\n").size() == 1);
  CHECK(folder.refuse(minimal + "mapping: {extra_pes: -1}\n").size() == 1);
  CHECK(folder.refuse(minimal + "input_shape: [0, 1, 1]\n").size() == 1);
  CHECK(folder.refuse(minimal + "input_shape: 416\n").size() == 1);
  CHECK(folder.refuse(minimal + "simulation: {time_limit: 5}\n").size() == 1);
  CHECK(folder.refuse("network: ../net\narchitecture: ../arch/small.yaml\n") ==
        Lines{"runs/run.yaml:1:10: error: network: cannot open net: it is a directory"});
  CHECK(folder.refuse("[1]", {"include_top=true"}).size() == 2);
  CHECK(load_run_config(folder.path("absent.yaml"), {}).error().size() == 1);
}

TEST_CASE("what shortens a cross-layer schedule is refused layer by layer") {
  const Folder folder;
  const std::string minimal{kMinimal};
  const std::string mode = "schedule: {mode: layer_by_layer, order: auto, set: auto}\n";
  CHECK(folder.refuse(minimal + mode, {"mapping.duplication=makespan"}) ==
        Lines{"runs/run.yaml:3:41: error: schedule.order: 'auto' shortens a cross_layer schedule; mode is "
              "layer_by_layer",
              "runs/run.yaml:3:52: error: schedule.set: 'auto' shortens a cross_layer schedule; mode is layer_by_layer",
              "<command line>: error: mapping.duplication: 'makespan' shortens a cross_layer schedule; mode is "
              "layer_by_layer"});
  CHECK(folder.refuse(minimal + "schedule: {mode: layer_by_layer, order: lookahead}\n").size() == 1);
  CHECK(folder.accept(minimal + "schedule: {mode: layer_by_layer, order: diagonal}\nmapping: {partition: dispatch}\n")
            .partition == Partition::dispatch);
}

TEST_CASE("resolved.yaml reads back as the same value and the same bytes") {
  const Folder folder;
  const std::string minimal{kMinimal};
  const std::vector<std::string> runs{
      minimal,
      minimal +
          "include_top: true\ninput_shape: [8, 9, 3]\nmapping: {pes: 7, duplication: sum, partition: blocks}\n"
          "schedule: {mode: layer_by_layer, set: {rows: 0, columns: 3}, order: ready}\n"
          "inference: {images: 3, arrival: 7 us}\nsimulation: {time_limit: 1.5 us}\n",
      minimal +
          "mapping: {duplication: makespan, evaluate: simulate, partition: dispatch}\n"
          "schedule: {set: auto, order: auto}\nsearch: {evaluations: 7, simulations: 3, tolerance_percent: 5}\n"};
  for (const std::string& run : runs) {
    const RunConfig config = folder.accept(run);
    const std::string resolved = to_yaml(config, "../net/tiny.yaml");
    const RunConfig again = folder.accept(resolved);
    CHECK(to_yaml(again, "../net/tiny.yaml") == resolved);
    CHECK(again.architecture == config.architecture);
    CHECK(again.network == config.network);
    CHECK(again.include_top == config.include_top);
    CHECK(again.input_shape == config.input_shape);
    CHECK(again.budget == config.budget);
    CHECK(again.duplication == config.duplication);
    CHECK(again.evaluate == config.evaluate);
    CHECK(again.partition == config.partition);
    CHECK(again.mode == config.mode);
    CHECK(again.set == config.set);
    CHECK(again.automatic_sets == config.automatic_sets);
    CHECK(again.search == config.search);
    CHECK(again.order == config.order);
    CHECK(again.images == config.images);
    CHECK(again.arrival == config.arrival);
    CHECK(again.time_limit == config.time_limit);
  }
  const std::string odd = "../net/ti: ny #1 \"x\".yaml";
  folder.write(odd.substr(3), "name: odd\n");
  CHECK(folder.accept(to_yaml(folder.accept(kMinimal), odd)).network == folder.path("net/ti: ny #1 \"x\".yaml"));
}

TEST_CASE("resolved.yaml holds every key in a fixed order") {
  const Folder folder;
  CHECK(to_yaml(folder.accept(kMinimal), "tiny.yaml") == R"(architecture:
  name: small
  chip:
    tiles: auto
    mesh: auto
  crossbar:
    rows: 64
    columns: 32
    mvm_latency: 1400 ns
    bits_per_cell: 4
    adc_bits: none
    write:
      row_latency: none
      cell_energy: none
      endurance: none
      crossbars: parallel
  tile:
    pes: 4
    gpeu:
      model: ideal
    buffer:
      model: unlimited
    reduction: chain
  noc:
    model: ideal
  dram:
    model: ideal
  precision:
    activation_bits: 8
    psum_bits: 16
    weight_bits: 4
network: tiny.yaml
include_top: false
input_shape: none
mapping:
  extra_pes: 0
  rewrite: refuse
  duplication: none
  evaluate: schedule
  partition: interleaved
  placement: snake
schedule:
  mode: cross_layer
  set:
    rows: 4
    columns: 4
  order: raster
search:
  evaluations: 500
  simulations: 50
  tolerance_percent: 2
inference:
  images: 1
  arrival: back_to_back
simulation:
  time_limit: none
)");
}
