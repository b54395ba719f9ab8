// Does a search by simulations choose what the chip of the run is fastest with?
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

using Json = nlohmann::json;

/// Layers enough for searches, on a chip whose tiles have so little room for input that most orders wait for it.
constexpr const char* kRun = R"(architecture:
  name: tight
  crossbar: {rows: 64, columns: 64, mvm_latency: 100 ns}
  tile:
    pes: 2
    gpeu: {model: lanes, lanes: 4, clock: 1 GHz}
    buffer: {model: limited, input: INPUT, output: 4 KiB, bandwidth: 8 GB/s, spill: dram}
  noc: {model: packet, topology: mesh, routing: xy, clock: 1 GHz, flit: 8 B, max_packet: 8, buffer: 8, router_cycles: 2, link_cycles: 1}
  dram: {model: bandwidth, bandwidth: 4 GB/s, latency: 33 ns}
network: net.yaml
mapping: {extra_pes: 12, duplication: makespan, partition: dispatch}
schedule: {set: {rows: 1, columns: 1}, order: auto}
search: {evaluations: 100, simulations: 30}
)";
constexpr const char* kNetwork = R"(name: net
input: [24, 24, 3]
layers:
  - {op: conv, filters: 16, kernel: 3, padding: same, activation: relu}
  - {op: conv, filters: 16, kernel: 3, padding: same, activation: relu}
  - {op: max_pool, kernel: 2}
  - {op: conv, filters: 32, kernel: 3, padding: same}
  - {op: conv, filters: 8, kernel: 1}
)";

class Chip {
 public:
  explicit Chip(const std::string& input) {
    std::string run = kRun;
    run.replace(run.find("INPUT"), 5, input);
    std::ofstream{work_.path() / "run.yaml"} << run;
    std::ofstream{work_.path() / "net.yaml"} << kNetwork;
  }

  [[nodiscard]] Finished execute(const std::vector<std::string>& settings) const {
    std::vector<std::string> arguments{"run", "run.yaml", "--out", "o"};
    for (const std::string& setting : settings) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    return run_program(CROSSWEAVE_BINARY, arguments, work_.path());
  }

  /// summary.json.
  [[nodiscard]] std::string measure(const std::vector<std::string>& settings) const {
    const Finished finished = execute(settings);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return read_file(work_.path() / "o/summary.json");
  }

 private:
  TemporaryDirectory work_;
};

double latency_of(const std::string& summary) { return Json::parse(summary)["latency_cycles"]; }

const std::string kSimulate = "mapping.evaluate=simulate";

}  // namespace

TEST_CASE(
    "a search by simulations beats one by schedules where the chip delays what was scheduled, the same each time") {
  const Chip chip{"500 B"};
  const std::string simulated = chip.measure({kSimulate});
  CHECK(latency_of(simulated) < latency_of(chip.measure({})));
  for (const std::string rule : {"bottleneck", "sum"}) {
    CHECK(latency_of(simulated) <=
          latency_of(chip.measure({"mapping.duplication=" + rule, "schedule.order=lookahead"})));
  }
  CHECK(chip.measure({kSimulate}) == simulated);
}

TEST_CASE("a search by simulations says how far it is, and stays within its budget") {
  const Chip chip{"500 B"};
  const Finished finished = chip.execute({kSimulate, "search.simulations=12"});
  CHECK(finished.status == 0);
  CHECK(finished.err.find(" cycles measured after 12 simulations\n") != std::string::npos);
  CHECK(finished.err.find(" cycles measured after 13 simulations\n") == std::string::npos);
}

TEST_CASE("in peak mode a search by simulations finds the latency of the schedules") {
  const Chip chip{"500 B"};
  const std::string peak = "architecture=" + std::string{CROSSWEAVE_SOURCE_DIR} + "/configs/architectures/paper.yaml";
  CHECK(latency_of(chip.measure({peak, kSimulate, "schedule.set=auto"})) <=
        latency_of(chip.measure({peak, "schedule.set=auto"})));
}

TEST_CASE(
    "where buffers are too small for the schedules' choice, a search by simulations finds one for which they are not") {
  const Chip chip{"208 B"};
  CHECK(chip.execute({}).status == 2);
  CHECK(chip.execute({kSimulate}).status == 0);
}

TEST_CASE("what fits no choice is refused as ever") {
  const Chip chip{"16 B"};
  const Finished finished = chip.execute({kSimulate});
  CHECK(finished.status == 2);
  CHECK(finished.err.find("nothing that completes after ") != std::string::npos);
  CHECK(finished.err.find("architecture.tile.buffer.input: tile ") != std::string::npos);
}

}  // namespace crossweave::test
