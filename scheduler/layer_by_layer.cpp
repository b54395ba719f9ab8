#include "scheduler/layer_by_layer.h"

#include <algorithm>

namespace crossweave {

Schedule schedule_layer_by_layer(const SchedulingInput& input) {
  LayerScheduler scheduler{input.grids, input.dependencies};
  SetSorter sorter;
  NetworkTimes times(input.grids.size());
  std::vector<SetId> order;
  Cycles begin;
  for (const LayerId layer : ids(input.grids)) {
    const SetGrid& grid = input.grids[layer];
    // Everything before has finished, yet `ready` still orders by when a set's inputs came to exist.
    sorter.sort(grid, input.orders[layer], scheduler.release_times(layer, times), order);
    const IdVector<SetId, Cycles> released_together(grid.size(), begin);
    scheduler.run(layer, input.duplicates[layer], input.partition, order, released_together, times[layer]);
    begin = *std::ranges::max_element(times[layer].finish);
  }
  return make_schedule(ScheduleMode::layer_by_layer, input.grids, input.duplicates, times);
}

Cycles layer_by_layer_cycles(const IdVector<LayerId, BaseLayer>& layers) {
  Cycles sum;
  for (const BaseLayer& layer : layers) {
    sum += layer.cycles();
  }
  return sum;
}

}  // namespace crossweave
