#include "scheduler/set_dependencies.h"

#include <algorithm>
#include <map>
#include <utility>

namespace crossweave {
namespace {

/// For each grid row and grid column of the consuming layer, the map rows and columns that it needs somewhere upstream.
struct NeededIntervals {
  std::vector<Interval> rows;
  std::vector<Interval> columns;

  friend bool operator==(const NeededIntervals&, const NeededIntervals&) = default;
};

std::vector<Interval> propagate(const std::vector<Interval>& needed, const AxisMap& map, int extent) {
  std::vector<Interval> result;
  result.reserve(needed.size());
  for (const Interval interval : needed) {
    result.push_back(map.apply(interval, extent));
  }
  return result;
}

NeededIntervals of_grid(const SetGrid& grid) {
  NeededIntervals needed;
  for (int r = 0; r < grid.rows(); ++r) {
    needed.rows.push_back(grid.row(r));
  }
  for (int c = 0; c < grid.columns(); ++c) {
    needed.columns.push_back(grid.column(c));
  }
  return needed;
}

/// The paths to one layer: walks backwards from it, last operation first, and stops at base layers and inputs. Equal
/// needs that reach an operation over several paths are followed once.
std::vector<DependencyPath> paths_to(const NetworkGraph& graph, OperationId consumer, const SetGrid& consumer_grid,
                                     const IdVector<OperationId, LayerId>& layer_of,
                                     const IdVector<LayerId, SetGrid>& grids) {
  std::vector<DependencyPath> paths;
  std::map<OperationId, std::vector<NeededIntervals>, std::greater<>> pending;
  const auto step_back = [&](OperationId id, const NeededIntervals& output) {
    const std::vector<Shape> shapes = graph.input_shapes(id);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      NeededIntervals needed{
          propagate(output.rows, axis_map(graph[id].kind, Axis::rows, i, shapes), shapes[i].height),
          propagate(output.columns, axis_map(graph[id].kind, Axis::columns, i, shapes), shapes[i].width)};
      std::vector<NeededIntervals>& known = pending[graph[id].inputs[i]];
      if (std::ranges::find(known, needed) == known.end()) {
        known.push_back(std::move(needed));
      }
    }
  };

  step_back(consumer, of_grid(consumer_grid));
  while (!pending.empty()) {
    const auto [id, all_needed] = *pending.begin();
    pending.erase(pending.begin());
    for (const NeededIntervals& needed : all_needed) {
      if (!is_base(graph[id].kind)) {
        step_back(id, needed);
        continue;
      }
      const SetGrid& grid = grids[layer_of[id]];
      DependencyPath path{layer_of[id], {}, {}};
      for (const Interval rows : needed.rows) {
        path.rows.push_back(grid.rows_touching(rows));
      }
      for (const Interval columns : needed.columns) {
        path.columns.push_back(grid.columns_touching(columns));
      }
      if (std::ranges::find(paths, path) == paths.end()) {
        paths.push_back(std::move(path));
      }
    }
  }
  return paths;
}

/// Number of grid cells in the union of a few rectangles of cells.
std::int64_t cells_in_union(const std::vector<Rect>& rects) {
  if (rects.size() == 1) {
    return rects.front().area();
  }
  std::vector<int> cuts;
  for (const Rect& rect : rects) {
    cuts.push_back(rect.rows.begin);
    cuts.push_back(rect.rows.end);
  }
  std::ranges::sort(cuts);
  std::int64_t cells = 0;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const Interval strip{cuts[i], cuts[i + 1]};
    std::vector<Interval> covered;
    for (const Rect& rect : rects) {
      if (!strip.empty() && !strip.intersect(rect.rows).empty()) {
        covered.push_back(rect.columns);
      }
    }
    std::ranges::sort(covered, {}, &Interval::begin);
    int reached = 0;
    std::int64_t width = 0;
    for (const Interval columns : covered) {
      width += std::max(0, columns.end - std::max(reached, columns.begin));
      reached = std::max(reached, columns.end);
    }
    cells += width * strip.size();
  }
  return cells;
}

}  // namespace

SetDependencies determine_dependencies(const NetworkGraph& canonical, const IdVector<LayerId, BaseLayer>& layers,
                                       const IdVector<LayerId, SetGrid>& grids) {
  IdVector<OperationId, LayerId> layer_of(canonical.size());
  for (const LayerId layer : ids(layers)) {
    layer_of[layers[layer].operation] = layer;
  }
  SetDependencies dependencies;
  for (const LayerId layer : ids(layers)) {
    dependencies.push_back(paths_to(canonical, layers[layer].operation, grids[layer], layer_of, grids));
  }
  return dependencies;
}

std::int64_t count_dependencies(const SetDependencies& dependencies, const IdVector<LayerId, SetGrid>& grids) {
  std::int64_t count = 0;
  for (const LayerId layer : ids(dependencies)) {
    std::map<LayerId, std::vector<const DependencyPath*>> by_producer;
    for (const DependencyPath& path : dependencies[layer]) {
      by_producer[path.producer].push_back(&path);
    }
    const SetGrid& grid = grids[layer];
    for (const auto& [producer, paths] : by_producer) {
      if (paths.size() == 1) {
        // The sum over a grid of products is the product of sums.
        const auto sum = [](const std::vector<Interval>& intervals) {
          std::int64_t total = 0;
          for (const Interval interval : intervals) {
            total += interval.size();
          }
          return total;
        };
        count += sum(paths.front()->rows) * sum(paths.front()->columns);
        continue;
      }
      for (std::size_t r = 0; r < static_cast<std::size_t>(grid.rows()); ++r) {
        for (std::size_t c = 0; c < static_cast<std::size_t>(grid.columns()); ++c) {
          std::vector<Rect> rects;
          for (const DependencyPath* path : paths) {
            const Rect rect{path->rows[r], path->columns[c]};
            if (!rect.empty()) {
              rects.push_back(rect);
            }
          }
          count += cells_in_union(rects);
        }
      }
    }
  }
  return count;
}

}  // namespace crossweave
