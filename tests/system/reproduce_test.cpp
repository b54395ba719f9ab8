// Does `crossweave reproduce` find its data from anywhere, write what it says, and the same each time?
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_of(const fs::path& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator{directory}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("the paper's Fig. 6 is reproduced from any folder, with the same bytes whatever -j") {
  const TemporaryDirectory work;
  const Finished one = run_program(CROSSWEAVE_BINARY, {"reproduce", "fig6", "-j", "1", "--quiet"}, work.path());
  REQUIRE(one.status == 0);
  CHECK(one.err.empty());
  CHECK(one.out.find("TinyYOLOv4, wdup+32 & xinf") != std::string::npos);
  const Finished two = run_program(CROSSWEAVE_BINARY, {"reproduce", "fig6", "-j", "3", "--out", "again"}, work.path());
  REQUIRE(two.status == 0);
  CHECK(two.err.find("12/12 ") != std::string::npos);
  const fs::path first = work.path() / "out/reproduce";
  const fs::path second = work.path() / "again";
  CHECK(files_of(first) == std::vector<std::string>{"fig6a.svg", "fig6b.svg", "fig6c_speedup.svg",
                                                    "fig6c_utilization.svg", "reproduce.md", "runs.csv"});
  REQUIRE(files_of(first) == files_of(second));
  for (const std::string& name : files_of(first)) {
    INFO(name);
    CHECK(read_file(first / name) == read_file(second / name));
  }
}

TEST_CASE("a search is told on stderr, and measured as scheduled") {
  const TemporaryDirectory work;
  const Finished run = run_program(
      CROSSWEAVE_BINARY,
      {"run", (fs::path{CROSSWEAVE_SOURCE_DIR} / "configs/runs/paper.yaml").string(), "--set",
       "mapping.duplication=makespan", "--set", "mapping.partition=dispatch", "--set", "schedule.order=auto", "--set",
       "schedule.set=auto", "--set", "search.evaluations=20", "--out", "found"},
      work.path());
  REQUIRE(run.status == 0);
  CHECK(run.err.find("search, starts: ") != std::string::npos);
  CHECK(run.err.find("search, sets: ") != std::string::npos);
  const std::string summary = read_file(work.path() / "found/summary.json");
  const auto value = [&](const std::string& key) {
    const std::size_t at = summary.find("\"" + key + "\": ") + key.size() + 4;
    return summary.substr(at, summary.find(',', at) - at);
  };
  CHECK(value("latency_cycles") == value("scheduled_latency_cycles"));
  CHECK(std::stol(value("lower_bound_cycles")) <= std::stol(value("latency_cycles")));
  const Finished again =
      run_program(CROSSWEAVE_BINARY, {"run", "found/resolved.yaml", "--quiet", "--out", "again"}, work.path());
  REQUIRE(again.status == 0);
  CHECK(read_file(work.path() / "again/summary.json") == summary);
}

}  // namespace crossweave::test
