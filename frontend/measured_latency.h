// The latency of a choice as measured: a simulation of it on the chip of its run.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frontend/run_config.h"
#include "scheduler/latency_evaluator.h"
#include "scheduler/mapped_network.h"
#include "scheduler/schedule_evaluator.h"

namespace crossweave {

/// Latencies in picoseconds, of all images of the run, whatever its time limit. kNever for what the chip does not hold,
/// and for what ends in a deadlock. Each simulation runs in a child process, up to the cutoff, and no choice is
/// simulated twice to the same end. `config` and `mapped` must outlive it.
class MeasuredLatency final : public LatencyEvaluator {
 public:
  MeasuredLatency(const RunConfig& config, const MappedNetwork& mapped, const MappingOptions& options);

  /// Throws InternalError when a simulation breaks off.
  std::int64_t latency(const MappingChoice& choice, std::int64_t cutoff) override;

  /// What is known of the choice, or its latency as scheduled. No chip is faster than its schedule: each duplicate
  /// computes its sets one by one as they are scheduled, none before what it depends on, and data movement only delays.
  std::int64_t lower_bound(const MappingChoice& choice, std::int64_t cutoff) override;

 private:
  struct Known {
    MappingChoice choice;
    std::int64_t at_least{0};
    bool exact{false};
  };

  [[nodiscard]] Known* find(const MappingChoice& choice);
  /// Nothing when it takes until `cutoff` or longer.
  [[nodiscard]] std::optional<std::int64_t> simulate(const MappingChoice& choice, std::int64_t cutoff) const;

  const RunConfig& config_;
  const MappedNetwork& mapped_;
  MappingOptions options_;
  ScheduleEvaluator schedules_;
  std::vector<Known> known_;
};

}  // namespace crossweave
