// What a search may choose of a mapping, and how it learns what a choice is worth.
#pragma once

#include <cstdint>
#include <limits>

#include "scheduler/cross_layer_schedule.h"
#include "scheduler/mapping_options.h"
#include "scheduler/weight_duplication.h"

namespace crossweave {

/// One entry a layer each.
struct MappingChoice {
  Duplicates duplicates;
  IdVector<LayerId, SetSize> sets;
  LayerOrders orders;

  friend bool operator==(const MappingChoice&, const MappingChoice&) = default;
};

/// The latency of a choice that never completes.
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// The latency of a choice: of its schedule, or of a simulation.
class LatencyEvaluator {
 public:
  LatencyEvaluator() = default;
  LatencyEvaluator(const LatencyEvaluator&) = delete;
  LatencyEvaluator& operator=(const LatencyEvaluator&) = delete;
  virtual ~LatencyEvaluator() = default;

  /// In a unit of the evaluator's own; the same choice has always the same latency. From `cutoff` on it does not matter
  /// which number is returned, as long as it is no less than `cutoff`.
  virtual std::int64_t latency(const MappingChoice& choice, std::int64_t cutoff) = 0;

  /// No more than latency(choice, cutoff), and found for next to nothing. What it rules out costs a search none of its
  /// budget.
  virtual std::int64_t lower_bound(const MappingChoice& /*choice*/, std::int64_t /*cutoff*/) { return 0; }
};

}  // namespace crossweave
