#include "scheduler/arrival_tracker.h"

#include <algorithm>
#include <iterator>

namespace crossweave {
namespace {

/// For each position of the producer's map, the grid cells whose interval contains it. Windows move monotonically, so
/// these are neighbours.
std::vector<Interval> invert(const std::vector<Interval>& needed, int extent) {
  std::vector<Interval> needing(static_cast<std::size_t>(extent));
  for (std::size_t cell = 0; cell < needed.size(); ++cell) {
    for (int position = needed[cell].begin; position < needed[cell].end; ++position) {
      Interval& cells = needing[static_cast<std::size_t>(position)];
      cells = cells.hull({static_cast<int>(cell), static_cast<int>(cell) + 1});
    }
  }
  return needing;
}

}  // namespace

ArrivalTracker::ArrivalTracker(const Station& station, DuplicateId duplicate, const StationPart& part,
                               std::uint32_t images)
    : station_{station}, duplicate_{duplicate} {
  order_.resize(static_cast<std::size_t>(std::ranges::count(station.duplicate_of, duplicate)));
  missing_.resize(order_.size());
  for (const InputNeed& input : part.needs) {
    Need need{input.producer, input.channels, {}, {}, {}, {}};
    for (int r = 0; r < station.grid.rows(); ++r) {
      need.rows.push_back(walk_back(input.rows, station.grid.row(r)));
    }
    for (int c = 0; c < station.grid.columns(); ++c) {
      need.columns.push_back(walk_back(input.columns, station.grid.column(c)));
    }
    need.rows_needing = invert(need.rows, input.rows.back().extent);
    need.columns_needing = invert(need.columns, input.columns.back().extent);
    needs_.push_back(std::move(need));
  }
  for (std::size_t s = 0; s < station.grid.size(); ++s) {
    const SetId set{s};
    if (station.duplicate_of[set] != duplicate) {
      continue;
    }
    const std::size_t position = station.position_of[set];
    order_[position] = set;
    for (const Need& need : needs_) {
      const Rect region{need.rows[s / need.columns.size()], need.columns[s % need.columns.size()]};
      missing_[position] += region.area() * need.channels.size();
    }
  }
  missing_.reserve(images * order_.size());
  for (std::uint32_t image = 1; image < images; ++image) {
    std::copy_n(missing_.begin(), order_.size(), std::back_inserter(missing_));
  }
}

Interval ArrivalTracker::hull_over(const std::vector<Interval>& needing, Interval range) {
  Interval hull;
  for (int position = range.begin; position < range.end; ++position) {
    hull = hull.hull(needing[static_cast<std::size_t>(position)]);
  }
  return hull;
}

Bytes ArrivalTracker::input_size(SetId set, const IdVector<StationId, Station>& stations) const {
  Bytes size;
  for (const Need& need : needs_) {
    const Rect region{need.rows[set.value() / need.columns.size()], need.columns[set.value() % need.columns.size()]};
    size += packed_size(region.area() * need.channels.size(), stations[need.producer].bits_per_element);
  }
  return size;
}

std::string ArrivalTracker::needs_of(std::size_t position, const IdVector<StationId, Station>& stations) const {
  const std::size_t set = set_at(position).value();
  std::string text;
  for (const Need& need : needs_) {
    const Interval rows = need.rows[set / need.columns.size()];
    const Interval columns = need.columns[set % need.columns.size()];
    if (rows.empty() || columns.empty()) {
      continue;
    }
    text += (text.empty() ? "" : ", ") + stations[need.producer].name + " rows " + std::to_string(rows.begin) + ".." +
            std::to_string(rows.end - 1) + " columns " + std::to_string(columns.begin) + ".." +
            std::to_string(columns.end - 1);
  }
  return text;
}

}  // namespace crossweave
