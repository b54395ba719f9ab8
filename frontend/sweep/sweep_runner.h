// Simulates the configurations of a sweep, several at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "frontend/sweep/sweep_plan.h"

namespace crossweave {

/// What became of a configuration: its figures, or why there are none.
struct ConfigEnd {
  std::size_t config{0};
  nlohmann::ordered_json figures;  ///< null where it failed
  int status{0};                   ///< the exit status that `crossweave run` would have had
  std::string message;             ///< of a failure: its diagnostics, a line each
};

/// Simulates `configs`, each in a process of its own, `jobs` at a time. Those that follow one another and share a
/// schedule compute it once. `ended` is called for each here, in any order. Returns early when `go_on` says no: it is
/// asked several times a second, and what is under way then is dropped.
void run_sweep(const SweepPlan& plan, PointReader& reader, const std::vector<std::size_t>& configs, std::size_t jobs,
               const std::function<void(const ConfigEnd&)>& ended, const std::function<bool()>& go_on);

}  // namespace crossweave
