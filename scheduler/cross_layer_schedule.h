// Stage IV of CLSA-CIM: every set starts as soon as its inputs exist and its crossbars are free.
#pragma once

#include "scheduler/mapping_options.h"
#include "scheduler/schedule.h"
#include "scheduler/set_dependencies.h"

namespace crossweave {

/// What Stages III and IV need of the mapping.
struct SchedulingInput {
  const IdVector<LayerId, SetGrid>& grids;
  const SetDependencies& dependencies;
  const IdVector<LayerId, int>& duplicates;
  Partition partition{Partition::interleaved};
  SetOrder order{SetOrder::raster};
};

/// A set's release time is the largest finish time of the sets that it depends on; network inputs are there at 0. It
/// starts at the later of its release time and the finish time of the set before it on the same duplicate.
[[nodiscard]] Schedule schedule_cross_layer(const SchedulingInput& input);

/// Release times of a layer's sets, given the schedules of all layers before it.
[[nodiscard]] IdVector<SetId, Cycles> release_times(const SetGrid& grid, const std::vector<DependencyPath>& paths,
                                                    const IdVector<LayerId, SetGrid>& grids,
                                                    const IdVector<LayerId, LayerSchedule>& earlier);

}  // namespace crossweave
