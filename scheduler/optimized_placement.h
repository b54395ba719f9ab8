// `mapping.placement: optimized`: few bytes over few hops.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/architecture.h"
#include "scheduler/mapped_network.h"
#include "scheduler/placement.h"
#include "scheduler/traffic.h"

namespace crossweave {

/// Tries a few ways of grouping duplicates into tiles, improves the positions of each, and takes the one with the
/// fewest byte-hops (traffic.h). Never more of them than place_snake, and always the same placement for the same
/// network and architecture.
[[nodiscard]] Placement place_optimized(const ScheduledNetwork& network, const Architecture& architecture);

/// Moves tiles about in the mesh by threshold accepting (Dueck and Scheuer, J. Comput. Phys. 90, 1990), which is
/// simulated annealing without logarithms: the same on every machine. Never more byte-hops than at the start.
[[nodiscard]] Placement improve_positions(Placement start, const std::vector<TrafficFlow>& traffic, const NocSpec& noc);

}  // namespace crossweave
