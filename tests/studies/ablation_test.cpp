// What is each technique of docs/scheduling.md good for on a chip where data travels?
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/studies/study_runs.h"
#include "tests/support/generated_page.h"

namespace crossweave::test {
namespace {

using nlohmann::json;

/// One technique more than the one before.
struct Technique {
  std::string name;
  int set;
  std::vector<std::string> settings;
};

std::vector<Technique> techniques() {
  std::vector<Technique> all{{"4x4", 4, {}}, {"1x1", 1, {}}};
  const auto add = [&](const std::string& name, const std::vector<std::string>& settings) {
    Technique next = all.back();
    next.name = name;
    next.settings.insert(next.settings.end(), settings.begin(), settings.end());
    all.push_back(next);
  };
  add("dispatch", {"mapping.partition=dispatch"});
  add("lookahead", {"schedule.order=lookahead"});
  add("auto order", {"schedule.order=auto"});
  add("makespan", {"mapping.duplication=makespan"});
  add("simulate", {"mapping.evaluate=simulate", "search.simulations=12"});
  return all;
}

}  // namespace

TEST_CASE("the page on scheduling says what each technique is good for on paper-mesh", "[slow]") {
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    for (const Technique& technique : techniques()) {
      runs.push_back({network, "paper-mesh", 32, "cross_layer", technique.set, technique.settings});
    }
  }
  const std::vector<json> results = measure(runs);
  std::vector<std::vector<std::string>> table{{"network"}};
  for (const Technique& technique : techniques()) {
    table[0].push_back(technique.name);
  }
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    table.push_back({network});
    for (std::size_t i = 0; i < techniques().size(); ++i) {
      table.back().push_back(decimal(results[next++]["speedup"].get<double>(), 2) + "x");
    }
  }
  CHECK(is_up_to_date("docs/scheduling.md", "ablation on paper-mesh", markdown_table(table)));
}

}  // namespace crossweave::test
