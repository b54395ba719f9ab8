#include "scheduler/layer_by_layer.h"

#include <algorithm>

#include "scheduler/intra_layer_order.h"

namespace crossweave {

Schedule schedule_layer_by_layer(const SchedulingInput& input) {
  Schedule schedule{ScheduleMode::layer_by_layer, {}};
  schedule.layers.reserve(input.grids.size());
  Cycles begin;
  for (const LayerId layer : ids(input.grids)) {
    const SetGrid& grid = input.grids[layer];
    // Everything before has finished, yet `ready` still orders by when a set's inputs came to exist.
    const IdVector<SetId, Cycles> release =
        release_times(grid, input.dependencies[layer], input.grids, schedule.layers);
    LayerSchedule& scheduled = schedule.layers[schedule.layers.push_back({})];
    scheduled.sequence = order_sets(grid, input.partition, input.duplicates[layer], input.order, release);
    scheduled.start.resize(grid.size());
    scheduled.finish.resize(grid.size());
    Cycles end = begin;
    for (const std::vector<SetId>& sequence : scheduled.sequence) {
      Cycles free = begin;
      for (const SetId set : sequence) {
        scheduled.start[set] = free;
        free += grid.cycles(set);
        scheduled.finish[set] = free;
      }
      end = std::max(end, free);
    }
    begin = end;
  }
  return schedule;
}

Cycles layer_by_layer_cycles(const IdVector<LayerId, BaseLayer>& layers) {
  Cycles sum;
  for (const BaseLayer& layer : layers) {
    sum += layer.cycles();
  }
  return sum;
}

}  // namespace crossweave
