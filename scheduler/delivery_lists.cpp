#include "scheduler/delivery_lists.h"

#include <algorithm>
#include <map>

namespace crossweave {
namespace {

/// Which pixels of one map an endpoint needs, and which channels.
class Demand {
 public:
  explicit Demand(const Shape& map)
      : width_{static_cast<std::size_t>(map.width)},
        needed_(static_cast<std::size_t>(map.pixels())),
        users_change_(static_cast<std::size_t>(map.height) + 1) {}

  void add(const Rect& rect) {
    users_change_[static_cast<std::size_t>(rect.rows.begin)] = true;
    users_change_[static_cast<std::size_t>(rect.rows.end)] = true;
    for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
      std::fill_n(needed_.begin() + static_cast<std::ptrdiff_t>(index(y, rect.columns.begin)), rect.columns.size(),
                  char{1});
    }
  }

  void add_channels(Interval channels) { channels_ = channels_.hull(channels); }
  [[nodiscard]] Interval channels() const { return channels_; }

  /// The needed pixels of `rect` as disjoint rectangles: runs of a row, merged with equal runs of the rows below as
  /// long as the same sets need them. So a line buffer can give up rows one by one.
  template <class Emit>
  void cut(const Rect& rect, Emit&& emit) const {
    std::vector<Rect> open;
    std::vector<Interval> runs;
    for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
      find_runs(y, rect.columns, runs);
      const bool same = !users_change_[static_cast<std::size_t>(y)] && runs.size() == open.size() &&
                        std::ranges::equal(runs, open, {}, {}, &Rect::columns);
      if (!same) {
        std::ranges::for_each(open, emit);
        open.clear();
        for (const Interval run : runs) {
          open.push_back({{y, y}, run});
        }
      }
      for (Rect& growing : open) {
        growing.rows.end = y + 1;
      }
    }
    std::ranges::for_each(open, emit);
  }

 private:
  [[nodiscard]] std::size_t index(int y, int x) const {
    return static_cast<std::size_t>(y) * width_ + static_cast<std::size_t>(x);
  }

  void find_runs(int y, Interval columns, std::vector<Interval>& runs) const {
    runs.clear();
    for (int x = columns.begin; x < columns.end; ++x) {
      if (needed_[index(y, x)] == 0) {
        continue;
      }
      if (!runs.empty() && runs.back().end == x) {
        ++runs.back().end;
      } else {
        runs.push_back({x, x + 1});
      }
    }
  }

  std::size_t width_;
  std::vector<char> needed_;
  std::vector<bool> users_change_;  ///< from the row above to this one
  Interval channels_;
};

/// The demand of each endpoint on one producer's result, in order of endpoints.
using Demands = std::map<EndpointId, Demand>;

void add_need(const Station& reader, DuplicateId duplicate, const InputNeed& need, Demand& demand) {
  demand.add_channels(need.channels);
  std::vector<Interval> columns;
  columns.reserve(static_cast<std::size_t>(reader.grid.columns()));
  for (int c = 0; c < reader.grid.columns(); ++c) {
    columns.push_back(walk_back(need.columns, reader.grid.column(c)));
  }
  for (int r = 0; r < reader.grid.rows(); ++r) {
    const Interval rows = walk_back(need.rows, reader.grid.row(r));
    if (rows.empty()) {
      continue;
    }
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const SetId set{static_cast<std::size_t>(r) * columns.size() + c};
      if (reader.duplicate_of[set] == duplicate && !columns[c].empty()) {
        demand.add({rows, columns[c]});
      }
    }
  }
}

}  // namespace

void fill_delivery_lists(ExecutionPlan& plan) {
  IdVector<StationId, Demands> demands(plan.stations.size());
  const auto demand_on = [&](StationId producer, EndpointId endpoint) -> Demand& {
    return demands[producer].try_emplace(endpoint, plan.stations[producer].result).first->second;
  };
  for (const Station& reader : plan.stations) {
    for (const DuplicateId duplicate : ids(reader.duplicates)) {
      for (const StationPart& part : reader.duplicates[duplicate].parts) {
        for (const InputNeed& need : part.needs) {
          add_need(reader, duplicate, need, demand_on(need.producer, part.tile));
        }
      }
    }
  }
  for (const NetworkOutput& output : plan.outputs) {
    Demand& demand = demand_on(output.producer, plan.dram());
    demand.add(whole(plan.stations[output.producer].result));
    demand.add_channels({0, plan.stations[output.producer].result.channels});
  }
  for (const StationId id : ids(plan.stations)) {
    Station& station = plan.stations[id];
    DeliveryLists& lists = station.deliveries;
    lists.first.reserve(station.grid.size() + 1);
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      for (const auto& [endpoint, demand] : demands[id]) {
        const Delivery whole_cell{endpoint, station.result_rect(SetId{s}), demand.channels()};
        demand.cut(whole_cell.rect, [&](const Rect& rect) {
          lists.items.push_back({whole_cell.destination, rect, whole_cell.channels});
        });
      }
      lists.first.push_back(static_cast<std::uint32_t>(lists.items.size()));
    }
  }
}

}  // namespace crossweave
