// What the PEs of a run did over time, all together.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "frontend/record/stall_recorder.h"

namespace crossweave {

/// The share of all PEs that are in each state, in each of several spans of time of one width.
struct StateHistory {
  Duration width;
  std::vector<std::array<double, kPeStateNames.size()>> spans;
};

/// Of a run of that latency; some `spans` of them, the last one maybe reaching beyond it.
[[nodiscard]] StateHistory state_history(const StallRecorder& stalls, Duration latency, std::size_t spans);

}  // namespace crossweave
