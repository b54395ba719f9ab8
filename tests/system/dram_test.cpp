// Does `crossweave dram` print and write what its documentation says?
#include <algorithm>
#include <filesystem>
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
const std::string kDdr4 = (kSource / "configs/dram/ddr4-2400.yaml").string();
const std::string kMicro = (kSource / "tests/data/dram/traces/micro.trc").string();

Finished dram(const fs::path& directory, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"dram", kDdr4});
  return run_program(CROSSWEAVE_BINARY, arguments, directory);
}

}  // namespace

TEST_CASE("a trace is replayed, with the times of each request in a file") {
  const TemporaryDirectory work;
  const Finished run = dram(work.path(), {"--trace", kMicro, "--out", "times.csv", "--json"});
  CHECK(run.err.empty());
  REQUIRE(run.status == 0);
  std::istringstream csv{read_file(work.path() / "times.csv")};
  std::string line;
  REQUIRE(std::getline(csv, line));
  CHECK(line == "request,arrival,address,operation,accepted,done,latency");
  std::vector<std::string> lines;
  while (std::getline(csv, line)) {
    lines.push_back(line);
  }
  REQUIRE(lines.size() == 8);
  CHECK(lines[0] == "0,100,0x0,READ,100,140,40");
  CHECK(lines[1] == "1,600,0x40,READ,600,623,23");
  CHECK(lines[2] == "2,1100,0x20000,READ,1100,1157,57");
  const Json json = Json::parse(run.out);
  CHECK(json["device"]["name"] == "DDR4-2400");
  CHECK(json["finished_cycles"] == 3623);
  CHECK(json["reads"]["requests"] == 8);
  CHECK(json["reads"]["mean_latency_cycles"] == 35.75);
  CHECK(json["reads"]["p95_latency_cycles"] == 57);
  CHECK(json["writes"] == Json{{"requests", 0}});
  CHECK(json["row_hits"] == 4);
  CHECK(json["row_closed"] == 2);
  CHECK(json["row_conflicts"] == 2);
  CHECK(json["commands"]["activate"] == 4);
}

TEST_CASE("a stream saturates the bus where its banks allow it, the same way each time") {
  const TemporaryDirectory work;
  const std::vector<std::string> arguments{"--set", "mapping=rochrabacobg", "--set", "refresh=none", "--json"};
  const Finished run = dram(work.path(), arguments);
  REQUIRE(run.status == 0);
  const Json json = Json::parse(run.out);
  CHECK(json["mapping"] == "rochrabacobg");
  CHECK(json["peak_share"] > 0.995);
  CHECK(json["commands"]["refresh"] == 0);
  CHECK(dram(work.path(), arguments).out == run.out);
  const Finished text = dram(work.path(), {"--stream", "random", "--writes", "30", "--gap", "20"});
  REQUIRE(text.status == 0);
  CHECK(text.out.find("20000 requests of 64 B on DDR4-2400") == 0);
  CHECK(text.out.find("14000 reads, 6000 writes") != std::string::npos);
}

TEST_CASE("every DRAM device we ship can be used") {
  const TemporaryDirectory work;
  int devices = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{kSource / "configs/dram"}) {
    INFO(entry.path());
    CHECK(run_program(CROSSWEAVE_BINARY, {"dram", entry.path().string(), "--requests", "100"}, work.path()).status ==
          0);
    ++devices;
  }
  CHECK(devices == 3);
}

}  // namespace crossweave::test
