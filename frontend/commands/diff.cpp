#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "frontend/commands/command.h"
#include "frontend/report/run_diff.h"
#include "frontend/report/text_table.h"

namespace crossweave {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

int diff(const std::string& a, const std::string& b) {
  const Result<RunDiff> differences = diff_runs(a, b);
  if (!differences) {
    return report(differences.error());
  }
  if (!differences->same_network) {
    std::cout << "The networks (network.yaml) differ.\n\n";
  }
  if (differences->keys.empty()) {
    std::cout << "The configurations are the same.\n";
  } else {
    std::vector<std::vector<std::string>> rows{{"key", a, b}};
    for (const Difference& key : differences->keys) {
      rows.push_back({key.name, or_dash(key.a), or_dash(key.b)});
    }
    std::cout << text_table(rows, {Align::left, Align::left, Align::left});
  }
  if (differences->figures.empty()) {
    std::cout << "\nThe figures are the same.\n";
    return kExitDone;
  }
  std::vector<std::vector<std::string>> rows{{"figure", a, b, "change"}};
  for (const Difference& figure : differences->figures) {
    rows.push_back({figure.name, or_dash(figure.a), or_dash(figure.b), or_dash(figure.change)});
  }
  std::cout << '\n' << text_table(rows, {Align::left, Align::right, Align::right, Align::right});
  return kExitDone;
}

}  // namespace

std::function<int()> declare_diff(CLI::App& app) {
  struct Options {
    std::string a;
    std::string b;
  };
  auto options = std::make_shared<Options>();
  app.add_option("RUN_A", options->a, "The folder of a run")->required();
  app.add_option("RUN_B", options->b, "The folder of the run to compare it with")->required();
  return [options] { return diff(options->a, options->b); };
}

}  // namespace crossweave
