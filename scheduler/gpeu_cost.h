// What non-base operations cost a GPEU.
#pragma once

#include <cstdint>
#include <span>

#include "scheduler/operations.h"

namespace crossweave {

/// Lane-operations of an addition, of partial sums too, and of a copy.
inline constexpr std::int64_t kAddCost = 1;
inline constexpr std::int64_t kCopyCost = 1;

/// Lane-operations for one output element: additions, activations, batch-norm scaling and copies take 1, pooling one
/// for each position of its window, activations by look-up table 2 (model: GPEU). An element-wise function of n inputs
/// takes n - 1; it is counted like an addition, whatever the function. A global pooling costs by what it adds up, not
/// by what it makes: see Station::accumulates.
[[nodiscard]] std::int64_t gpeu_cost_per_element(const OperationKind& kind, std::span<const Shape> inputs);

}  // namespace crossweave
