// Utilization and speed-up (paper, Equations 2 and 3).
#pragma once

#include <cstdint>

#include "arch/units.h"

namespace crossweave {

/// U: mean over all F PEs, unused ones included, of (time computing / latency). `active` is the sum over the PEs, in
/// the same unit as `latency`. 0 for an empty run.
[[nodiscard]] constexpr double utilization(std::int64_t active, std::int64_t pes, std::int64_t latency) {
  return latency == 0 || pes == 0
             ? 0.0
             : static_cast<double>(active) / (static_cast<double>(pes) * static_cast<double>(latency));
}

/// S: layer-by-layer latency without duplication / latency, both in the same unit.
[[nodiscard]] constexpr double speedup(double layer_by_layer, double latency) {
  return latency == 0 ? 0.0 : layer_by_layer / latency;
}

}  // namespace crossweave
