// What does it cost a network to have fewer crossbars than its weights need? (docs/rewriting.md)
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/studies/study_runs.h"
#include "tests/support/generated_page.h"

namespace crossweave::test {
namespace {

// With larger ones the VGGs' segments, whose layers are wide and have many copies, need more than 64 KiB a tile.
constexpr int kSet = 2;

struct Share {
  std::string name;
  int parts;
  int of;

  [[nodiscard]] int of_pes(int least) const { return (least * parts + of - 1) / of; }
};

const std::vector<Share> kShares{{"3/4", 3, 4}, {"1/2", 1, 2}, {"1/4", 1, 4}};

int largest_layer(const nlohmann::json& summary) {
  int largest = 0;
  for (const nlohmann::json& layer : summary["layers"]) {
    largest = std::max(largest, layer["pes"].get<int>());
  }
  return largest;
}

std::string milliseconds(double picoseconds) { return decimal(picoseconds / 1e9, 2); }

}  // namespace

TEST_CASE("the page on rewriting says what fewer crossbars cost", "[slow]") {
  std::vector<StudyRun> fitting;
  for (const std::string& network : kPaperNetworks) {
    fitting.push_back({network, "paper-mesh", 0, "cross_layer", kSet});
  }
  const std::vector<nlohmann::json> resident = measure(fitting);
  std::vector<StudyRun> runs;
  for (std::size_t i = 0; i < fitting.size(); ++i) {
    for (const Share& share : kShares) {
      const int pes = share.of_pes(resident[i]["network"]["min_pes"]);
      for (const char* const duplication : {"none", "bottleneck"}) {
        StudyRun run = fitting[i];
        run.settings = {"mapping.rewrite=allow", "mapping.pes=" + std::to_string(pes),
                        std::string{"mapping.duplication="} + duplication};
        run.may_not_fit = largest_layer(resident[i]) > pes;
        runs.push_back(run);
      }
    }
  }
  const std::vector<nlohmann::json> results = measure(runs);
  std::vector<std::vector<std::string>> table{{"network", "F", "of PE_min", "segments", "latency",
                                               "segments with copies", "writing, ms", "running, ms", "latency",
                                               "writing, mJ", "inferences"}};
  std::size_t next = 0;
  for (std::size_t i = 0; i < fitting.size(); ++i) {
    const std::string& network = fitting[i].network;
    const double reference = resident[i]["latency_ps"];
    table.push_back({network, resident[i]["pes"].dump(), "1", "1", "1", "1", "", milliseconds(reference), "1", "", ""});
    for (const Share& share : kShares) {
      const nlohmann::json& plain = results[next++];
      const nlohmann::json& copied = results[next++];
      if (plain.is_null()) {
        continue;
      }
      const nlohmann::json& rewriting = copied["rewriting"];
      const double latency = copied["latency_ps"];
      const double writing = copied["write_ps"];
      table.push_back({network, plain["pes"].dump(), share.name, plain["rewriting"]["segments"].dump(),
                       decimal(plain["latency_ps"].get<double>() / reference, 2), rewriting["segments"].dump(),
                       milliseconds(writing), milliseconds(latency - writing), decimal(latency / reference, 2),
                       decimal(rewriting["write_energy_j"].get<double>() * 1e3, 2), rewriting["inferences"].dump()});
    }
  }
  CHECK(is_up_to_date("docs/rewriting.md", "rewriting", markdown_table(table)));
}

}  // namespace crossweave::test
