#include "scheduler/cross_layer_schedule.h"

#include <algorithm>

#include "scheduler/intra_layer_order.h"

namespace crossweave {

Cycles LayerSchedule::first_start() const { return start.empty() ? Cycles{} : *std::ranges::min_element(start); }

Cycles LayerSchedule::last_finish() const { return finish.empty() ? Cycles{} : *std::ranges::max_element(finish); }

Cycles Schedule::latency() const {
  Cycles latest;
  for (const LayerSchedule& layer : layers) {
    latest = std::max(latest, layer.last_finish());
  }
  return latest;
}

IdVector<SetId, Cycles> release_times(const SetGrid& grid, const std::vector<DependencyPath>& paths,
                                      const IdVector<LayerId, SetGrid>& grids,
                                      const IdVector<LayerId, LayerSchedule>& earlier) {
  IdVector<SetId, Cycles> release(grid.size());
  for (const DependencyPath& path : paths) {
    const SetGrid& producer = grids[path.producer];
    const IdVector<SetId, Cycles>& finish = earlier[path.producer].finish;
    // The maximum over a rectangle of sets is taken over its rows first, then over its columns: neighbouring sets of
    // the consumer share the first half.
    std::vector<Cycles> latest_of_column(static_cast<std::size_t>(producer.columns()));
    Interval folded{0, 0};
    for (int r = 0; r < grid.rows(); ++r) {
      const Interval rows = path.rows[static_cast<std::size_t>(r)];
      if (rows.empty()) {
        continue;
      }
      if (rows != folded) {
        std::ranges::fill(latest_of_column, Cycles{});
        for (int pr = rows.begin; pr < rows.end; ++pr) {
          for (int pc = 0; pc < producer.columns(); ++pc) {
            Cycles& latest = latest_of_column[static_cast<std::size_t>(pc)];
            latest = std::max(latest, finish[producer.id(pr, pc)]);
          }
        }
        folded = rows;
      }
      for (int c = 0; c < grid.columns(); ++c) {
        const Interval columns = path.columns[static_cast<std::size_t>(c)];
        Cycles& latest = release[grid.id(r, c)];
        for (int pc = columns.begin; pc < columns.end; ++pc) {
          latest = std::max(latest, latest_of_column[static_cast<std::size_t>(pc)]);
        }
      }
    }
  }
  return release;
}

Schedule schedule_cross_layer(const SchedulingInput& input) {
  Schedule schedule{ScheduleMode::cross_layer, {}};
  schedule.layers.reserve(input.grids.size());
  for (const LayerId layer : ids(input.grids)) {
    const SetGrid& grid = input.grids[layer];
    const IdVector<SetId, Cycles> release =
        release_times(grid, input.dependencies[layer], input.grids, schedule.layers);
    LayerSchedule& scheduled = schedule.layers[schedule.layers.push_back({})];
    scheduled.sequence = order_sets(grid, input.partition, input.duplicates[layer], input.order, release);
    scheduled.start.resize(grid.size());
    scheduled.finish.resize(grid.size());
    for (const std::vector<SetId>& sequence : scheduled.sequence) {
      Cycles free;
      for (const SetId set : sequence) {
        scheduled.start[set] = std::max(free, release[set]);
        free = scheduled.start[set] + grid.cycles(set);
        scheduled.finish[set] = free;
      }
    }
  }
  return schedule;
}

}  // namespace crossweave
