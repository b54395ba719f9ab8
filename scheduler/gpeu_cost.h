// What non-base operations cost a GPEU.
#pragma once

#include <cstdint>
#include <span>

#include "arch/architecture.h"
#include "scheduler/operations.h"

namespace crossweave {

/// Lane-operations for one output element. Pooling takes its cost for each position of its window; an element-wise
/// function of n inputs that of n - 1 additions, whatever the function. A global pooling costs by what it adds up, not
/// by what it makes: see Station::accumulates.
[[nodiscard]] std::int64_t gpeu_cost_per_element(const OperationKind& kind, std::span<const Shape> inputs,
                                                 const GpeuCosts& costs);

}  // namespace crossweave
