// What does it cost a network to have fewer crossbars than its weights need? (docs/rewriting.md)
#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/studies/study_runs.h"
#include "tests/support/generated_page.h"

namespace crossweave::test {
namespace {

struct Share {
  std::string name;
  int parts;
  int of;
};

const std::vector<Share> kShares{{"1", 1, 1}, {"3/4", 3, 4}, {"1/2", 1, 2}, {"1/4", 1, 4}};

std::string milliseconds(const nlohmann::json& picoseconds) { return decimal(picoseconds.get<double>() / 1e9, 2); }

}  // namespace

TEST_CASE("the page on rewriting says what fewer crossbars cost", "[slow]") {
  std::vector<StudyRun> fitting;
  for (const std::string& network : kPaperNetworks) {
    fitting.push_back({network, "paper-mesh", 0});
  }
  const std::vector<nlohmann::json> alone = measure(fitting);
  std::vector<StudyRun> runs;
  for (std::size_t i = 0; i < fitting.size(); ++i) {
    const int least = alone[i]["network"]["min_pes"];
    for (const Share& share : kShares) {
      StudyRun run{kPaperNetworks[i], "paper-mesh", 0};
      run.settings = {"mapping.rewrite=allow",
                      "mapping.pes=" + std::to_string((least * share.parts + share.of - 1) / share.of)};
      run.may_not_fit = true;
      runs.push_back(run);
    }
  }
  const std::vector<nlohmann::json> results = measure(runs);
  std::vector<std::vector<std::string>> table{{"network", "F / PE_min", "F", "segments", "writing, ms", "running, ms",
                                               "latency", "energy of writing, mJ", "inferences"}};
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    const double resident = results[next]["latency_ps"].get<double>();
    for (const Share& share : kShares) {
      const nlohmann::json& result = results[next++];
      std::vector<std::string> row{network, share.name};
      if (result.is_null()) {
        row.insert(row.end(), {"", "a layer does not fit", "", "", "", "", ""});
      } else if (!result.contains("rewriting")) {
        row.insert(row.end(), {result["pes"].dump(), "1", "", milliseconds(result["latency_ps"]), "1", "", ""});
      } else {
        const nlohmann::json& rewriting = result["rewriting"];
        row.insert(row.end(),
                   {result["pes"].dump(), rewriting["segments"].dump(), milliseconds(result["write_ps"]),
                    milliseconds(result["latency_ps"].get<std::int64_t>() - result["write_ps"].get<std::int64_t>()),
                    decimal(result["latency_ps"].get<double>() / resident, 2),
                    decimal(rewriting["write_energy_j"].get<double>() * 1e3, 3), rewriting["inferences"].dump()});
      }
      table.push_back(row);
    }
  }
  CHECK(is_up_to_date("docs/rewriting.md", "rewriting", markdown_table(table)));
}

}  // namespace crossweave::test
