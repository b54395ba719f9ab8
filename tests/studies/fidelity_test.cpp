// How far is a fast network and memory from an accurate one, on real schedules? (docs/validation.md)
#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/studies/study_runs.h"
#include "tests/support/generated_page.h"

namespace crossweave::test {
namespace {

struct Chip {
  std::string architecture;
  int set;  ///< the largest that the chip's buffers hold for every network
  std::vector<std::string> settings;
};

// A chip of the published size holds few of the networks.
const std::vector<std::string> kAsLargeAsItTakes{"architecture.chip={tiles: auto, mesh: auto}"};

const std::vector<Chip> kChips{{"paper-mesh", 4, {}},
                               {"paper-mesh", 2, {}},
                               {"core-512", 2, {}},
                               {"neurram", 2, kAsLargeAsItTakes},
                               {"prime", 2, kAsLargeAsItTakes},
                               {"pipelayer", 2, {}},
                               {"puma", 2, kAsLargeAsItTakes},
                               {"isaac", 2, kAsLargeAsItTakes}};

/// Settings that replace the `packet` network of a chip, its `bandwidth` DRAM, and both.
std::array<std::vector<std::string>, 3> replacements(const Chip& chip) {
  const std::string flit = flit_network_of(chip.architecture);
  return {{{flit}, {banked_dram()}, {flit, banked_dram()}}};
}

}  // namespace

TEST_CASE("the page on validation says how far fast models are from accurate ones", "[slow]") {
  std::vector<StudyRun> runs;
  for (const Chip& chip : kChips) {
    for (const std::string& network : kPaperNetworks) {
      const StudyRun fast{network, chip.architecture, 32, "cross_layer", chip.set, chip.settings};
      runs.push_back(fast);
      for (const std::vector<std::string>& replacement : replacements(chip)) {
        runs.push_back(fast);
        runs.back().settings.insert(runs.back().settings.end(), replacement.begin(), replacement.end());
      }
    }
  }
  const std::vector<nlohmann::json> results = measure(runs);
  std::vector<std::vector<std::string>> table{
      {"chip", "sets", "network", "`packet` + `bandwidth`", "`flit`", "`banked`", "`flit` + `banked`"}};
  std::size_t next = 0;
  for (const Chip& chip : kChips) {
    for (const std::string& network : kPaperNetworks) {
      const double fast = latency_of(results[next++]);
      std::vector<std::string> row{"`" + chip.architecture + "`",
                                   std::to_string(chip.set) + "x" + std::to_string(chip.set), network,
                                   decimal(fast, 1)};
      for (int i = 0; i < 3; ++i) {
        row.push_back(percent(latency_of(results[next++]) / fast - 1, 2));
      }
      table.push_back(row);
    }
  }
  CHECK(is_up_to_date("docs/validation.md", "fast-vs-accurate", markdown_table(table)));
}

}  // namespace crossweave::test
