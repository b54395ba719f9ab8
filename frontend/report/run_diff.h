// What two runs have different: in their configuration, and in what came of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// A key or figure that differs; an empty text: only the other run has it.
struct Difference {
  std::string name;
  std::string a;
  std::string b;
  /// |b - a| relative to the larger of both, 1 where they are no numbers.
  double size{1};
  /// "+12.5 %" of a; empty where they are no numbers.
  std::string change;
};

struct RunDiff {
  bool same_network{true};
  std::vector<Difference> keys;     ///< of resolved.yaml, in its order
  std::vector<Difference> figures;  ///< of summary.json, the largest first
};

/// Of the folders that `crossweave run` wrote.
Result<RunDiff> diff_runs(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace crossweave
