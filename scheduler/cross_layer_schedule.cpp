#include "scheduler/cross_layer_schedule.h"

#include "scheduler/lookahead.h"

namespace crossweave {

SortSets by_rules(const IdVector<LayerId, SetGrid>& grids, const LayerOrders& orders, SetSorter& sorter) {
  return [&](LayerId layer, const IdVector<SetId, Cycles>& release, std::vector<SetId>& sorted) {
    sorter.sort(grids[layer], orders[layer], release, sorted);
  };
}

void run_cross_layer(LayerScheduler& scheduler, const IdVector<LayerId, int>& duplicates, Partition partition,
                     const SortSets& sort, NetworkTimes& times, LayerId first) {
  times.resize(scheduler.grids().size());
  std::vector<SetId> order;
  for (std::size_t i = first.value(); i < times.size(); ++i) {
    const LayerId layer{i};
    const IdVector<SetId, Cycles>& release = scheduler.release_times(layer, times);
    sort(layer, release, order);
    scheduler.run(layer, duplicates[layer], partition, order, release, times[layer]);
  }
}

Schedule schedule_cross_layer(const SchedulingInput& input) {
  LayerScheduler scheduler{input.grids, input.dependencies};
  SetSorter sorter;
  NetworkTimes times;
  run_cross_layer(scheduler, input.duplicates, input.partition, by_rules(input.grids, input.orders, sorter), times);
  if (input.lookahead) {
    Lookahead{input.grids, input.dependencies}.improve(scheduler, input.duplicates, input.partition, times);
  }
  return make_schedule(ScheduleMode::cross_layer, input.grids, input.duplicates, times);
}

}  // namespace crossweave
