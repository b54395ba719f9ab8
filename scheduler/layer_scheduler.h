// Stages II to IV for one layer at a time: when its sets are released, and when each then runs on which duplicate.
#pragma once

#include <vector>

#include "scheduler/dispatch.h"
#include "scheduler/intra_layer_order.h"
#include "scheduler/mapping_options.h"
#include "scheduler/schedule.h"
#include "scheduler/set_dependencies.h"

namespace crossweave {

/// When the sets of all layers finish, and on which duplicates they run.
using NetworkTimes = IdVector<LayerId, SetTimes>;

/// The largest finish time.
[[nodiscard]] Cycles latency_of(const NetworkTimes& times);

/// Keeps its buffers, and what does not change between schedules of the same sets: a search makes thousands.
class LayerScheduler {
 public:
  LayerScheduler(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies);

  /// The largest finish time of the sets that each set depends on, given the finish times of all layers before; network
  /// inputs are there at 0. Valid until the next call.
  const IdVector<SetId, Cycles>& release_times(LayerId layer, const NetworkTimes& earlier);

  /// Runs a layer's sets, each at the later of its release time and the finish time of the set before it on the same
  /// duplicate. `interleaved`: the k-th set in the order runs on duplicate k mod d; `blocks`: each duplicate runs the
  /// sets of its own block; `dispatch`: see scheduler/dispatch.h.
  void run(LayerId layer, int duplicates, Partition partition, const std::vector<SetId>& order,
           const IdVector<SetId, Cycles>& release, SetTimes& times);

  [[nodiscard]] const IdVector<LayerId, SetGrid>& grids() const { return grids_; }
  /// How long each set takes.
  [[nodiscard]] const SetCycles& cycles(LayerId layer) const { return cycles_[layer]; }

 private:
  void fold(const DependencyPath& path, const SetGrid& grid, const SetGrid& producer,
            const IdVector<SetId, Cycles>& finish);

  const IdVector<LayerId, SetGrid>& grids_;
  const SetDependencies& dependencies_;
  IdVector<LayerId, SetCycles> cycles_;
  SetSorter sorter_;
  Dispatcher dispatcher_;
  IdVector<SetId, Cycles> release_;
  std::vector<Cycles> latest_of_column_;
  std::vector<SetId> order_of_release_;
  IdVector<DuplicateId, Cycles> free_;
};

/// Times as a schedule: the sets of each duplicate in the order in which they run.
[[nodiscard]] Schedule make_schedule(ScheduleMode mode, const IdVector<LayerId, SetGrid>& grids,
                                     const IdVector<LayerId, int>& duplicates, const NetworkTimes& times);

}  // namespace crossweave
