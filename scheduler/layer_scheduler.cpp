#include "scheduler/layer_scheduler.h"

#include <algorithm>

#include "scheduler/intra_layer_order.h"

namespace crossweave {
namespace {

Cycles latest_of(const IdVector<SetId, Cycles>& times) {
  return times.empty() ? Cycles{} : *std::ranges::max_element(times);
}

}  // namespace

Cycles LayerSchedule::first_start() const { return start.empty() ? Cycles{} : *std::ranges::min_element(start); }

Cycles LayerSchedule::last_finish() const { return latest_of(finish); }

Cycles Schedule::latency() const {
  Cycles latest;
  for (const LayerSchedule& layer : layers) {
    latest = std::max(latest, layer.last_finish());
  }
  return latest;
}

Cycles latency_of(const NetworkTimes& times) {
  Cycles latest;
  for (const SetTimes& layer : times) {
    latest = std::max(latest, latest_of(layer.finish));
  }
  return latest;
}

LayerScheduler::LayerScheduler(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies)
    : grids_{grids}, dependencies_{dependencies} {
  for (const SetGrid& grid : grids) {
    cycles_.push_back(SetCycles{grid});
  }
}

const IdVector<SetId, Cycles>& LayerScheduler::release_times(LayerId layer, const NetworkTimes& earlier) {
  const SetGrid& grid = grids_[layer];
  release_ = IdVector<SetId, Cycles>(grid.size());
  for (const DependencyPath& path : dependencies_[layer]) {
    fold(path, grid, grids_[path.producer], earlier[path.producer].finish);
  }
  return release_;
}

void LayerScheduler::fold(const DependencyPath& path, const SetGrid& grid, const SetGrid& producer,
                          const IdVector<SetId, Cycles>& finish) {
  // The maximum over a rectangle of sets is taken over its rows first, then over its columns: neighbouring sets of the
  // consumer share the first half.
  const auto width = static_cast<std::size_t>(producer.columns());
  const auto row_of = [&](int r) {
    return finish.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(r) * width);
  };
  Interval folded{0, 0};
  for (int r = 0; r < grid.rows(); ++r) {
    const Interval rows = path.rows[static_cast<std::size_t>(r)];
    if (rows.empty()) {
      continue;
    }
    if (rows != folded) {
      latest_of_column_.assign(row_of(rows.begin), row_of(rows.begin + 1));
      for (int pr = rows.begin + 1; pr < rows.end; ++pr) {
        const auto row = row_of(pr);
        for (std::size_t pc = 0; pc < width; ++pc) {
          latest_of_column_[pc] = std::max(latest_of_column_[pc], row[static_cast<std::ptrdiff_t>(pc)]);
        }
      }
      folded = rows;
    }
    const auto releases = release_.begin() + static_cast<std::ptrdiff_t>(grid.id(r, 0).value());
    for (int c = 0; c < grid.columns(); ++c) {
      const Interval columns = path.columns[static_cast<std::size_t>(c)];
      Cycles& latest = releases[c];
      for (int pc = columns.begin; pc < columns.end; ++pc) {
        latest = std::max(latest, latest_of_column_[static_cast<std::size_t>(pc)]);
      }
    }
  }
}

void LayerScheduler::run(LayerId layer, int duplicates, Partition partition, const std::vector<SetId>& order,
                         const IdVector<SetId, Cycles>& release, SetTimes& times) {
  const SetCycles& cycles = cycles_[layer];
  if (partition == Partition::dispatch) {
    sorter_.sort_by_time(release, order_of_release_);
    dispatcher_.run(duplicates, order, order_of_release_, release, cycles, times);
    return;
  }
  const SetGrid& grid = grids_[layer];
  times.finish.resize(grid.size());
  times.duplicate.resize(grid.size());
  free_ = IdVector<DuplicateId, Cycles>(static_cast<std::size_t>(duplicates));
  DuplicateId next{0};
  for (const SetId set : order) {
    const DuplicateId duplicate = partition == Partition::blocks ? grid.block_of(set) : next;
    next = DuplicateId{next.value() + 1U == free_.size() ? 0U : next.value() + 1U};
    Cycles& free = free_[duplicate];
    free = std::max(free, release[set]) + cycles[set];
    times.finish[set] = free;
    times.duplicate[set] = duplicate;
  }
}

Schedule make_schedule(ScheduleMode mode, const IdVector<LayerId, SetGrid>& grids,
                       const IdVector<LayerId, int>& duplicates, const NetworkTimes& times) {
  Schedule schedule{mode, {}};
  SetSorter sorter;
  std::vector<SetId> in_order;
  for (const LayerId layer : ids(grids)) {
    const SetGrid& grid = grids[layer];
    LayerSchedule& scheduled = schedule.layers[schedule.layers.push_back({})];
    scheduled.finish = times[layer].finish;
    scheduled.start.reserve(grid.size());
    for (const SetId set : ids(scheduled.finish)) {
      scheduled.start.push_back(scheduled.finish[set] - grid.cycles(set));
    }
    scheduled.sequence = IdVector<DuplicateId, std::vector<SetId>>(static_cast<std::size_t>(duplicates[layer]));
    sorter.sort_by_time(scheduled.start, in_order);
    for (const SetId set : in_order) {
      scheduled.sequence[times[layer].duplicate[set]].push_back(set);
    }
  }
  return schedule;
}

}  // namespace crossweave
