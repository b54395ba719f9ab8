// The points of a sweep and what they come to: which runs there are, and which of them share what.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "frontend/import/network_file.h"
#include "frontend/report/summary.h"
#include "frontend/run_config.h"
#include "frontend/sweep/sweep_file.h"

namespace crossweave {

struct SweepPoint {
  /// For each axis the index of its value.
  std::vector<std::size_t> values;
  /// Index of its configuration, unless that is wrong.
  std::optional<std::size_t> config;
  /// What is wrong with it: a line each.
  std::string problem;
};

/// A configuration that one or more points have. It is read again when it is needed: that takes less time than what
/// its text in memory costs each process that is forked.
struct SweepConfig {
  std::string hash;  ///< as in summary.json
  std::size_t network{0};
  std::size_t first_point{0};
  std::size_t points{0};    ///< how many have it
  std::size_t schedule{0};  ///< configurations with the same number share a schedule
};

struct SweepNetwork {
  std::string hash;
  std::string text;  ///< network.yaml
};

/// As summary.json has it.
[[nodiscard]] RunIdentity identity_of(const RunConfig& config, const SweepNetwork& network);

struct SweepPlan {
  std::vector<SweepPoint> points;
  std::vector<SweepConfig> configs;
  std::vector<SweepNetwork> networks;
  /// A hash of all that decides about the results: axes, configurations, the version of Crossweave and its figures.
  std::string identity;

  /// Every configuration, those that share a schedule together, otherwise in the order of the points.
  [[nodiscard]] std::vector<std::size_t> by_schedule() const;
};

/// Reads the configurations of points. Each file is read once, in the hands of forked children too.
class PointReader {
 public:
  /// `sweep` must outlive it. `directory` is the folder of the sweep's file as given.
  PointReader(const Sweep& sweep, std::string directory);

  [[nodiscard]] Result<RunConfig> config(const std::vector<std::size_t>& values);
  /// The same of a configuration that could be read when the sweep was planned.
  [[nodiscard]] RunConfig config(const SweepPlan& plan, std::size_t config);
  /// The network that a configuration names.
  [[nodiscard]] Result<std::shared_ptr<const NetworkImport>> network(const RunConfig& config);
  /// A line each, with the names of files as they are in the folder of the sweep, so that they tell of no machine.
  [[nodiscard]] std::string lines(const Diagnostics& problems) const;

 private:
  const Sweep& sweep_;
  std::string directory_;
  std::map<std::string, Result<YamlNode>> files_;
  std::map<std::string, std::shared_ptr<const NetworkImport>> networks_;
};

/// Every point that meets the conditions. Fails when there is none, or when the configuration of each is wrong.
Result<SweepPlan> plan_sweep(const Sweep& sweep, PointReader& reader);

}  // namespace crossweave
