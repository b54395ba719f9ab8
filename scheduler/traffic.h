// What a plan has the network on chip carry.
#pragma once

#include <vector>

#include "arch/noc_geometry.h"
#include "arch/units.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// All that two endpoints send each other in one run, both ways together, when nothing spills.
struct TrafficFlow {
  EndpointId a;  ///< before b
  EndpointId b;
  Bytes size;
};

/// In order of endpoints. What stays within a tile does not use the network.
[[nodiscard]] std::vector<TrafficFlow> traffic_of(const ExecutionPlan& plan);

/// Bytes times hops: what all routers together forward. A hop is a router that a transfer passes, those of both ends
/// included.
[[nodiscard]] std::int64_t byte_hops(const std::vector<TrafficFlow>& traffic, const Placement& placement,
                                     const NocSpec& noc);

}  // namespace crossweave
