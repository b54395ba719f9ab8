// How much buffer each tile needs: to complete at all, and never to stall.
#pragma once

#include "arch/architecture.h"
#include "arch/units.h"
#include "scheduler/reservation_order.h"
#include "scheduler/work_order.h"

namespace crossweave {

/// Capacities of a tile's buffers.
struct TileBuffers {
  Bytes input;
  Bytes output;
};

struct BufferRequirements {
  /// With less, a run may not complete. With `spill: dram` it is what one piece of work needs, otherwise what the order
  /// of work keeps alive. The output's depends on the input buffers, which take over what they can: it is that beside
  /// input buffers as specified (beside the least ones where they are unlimited or too small).
  IdVector<EndpointId, TileBuffers> least;
  /// With this much, no set waits for space, and nothing is spilled, when nothing takes time but crossbars.
  IdVector<EndpointId, TileBuffers> stall_free;
};

[[nodiscard]] BufferRequirements buffer_requirements(const ExecutionPlan& plan, const WorkOrder& work,
                                                     const BufferPlan& buffers, const BufferSpec& spec);

}  // namespace crossweave
