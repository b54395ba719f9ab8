// Which sets of a station have their input on one tile: the tile's own derivation of dependencies, from geometry alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/execution_plan.h"

namespace crossweave {

/// Counts, for each set that a duplicate runs on one tile, the input elements still missing there. Sets are named by
/// their position in the duplicate's order of execution, those of a second image behind those of the first.
class ArrivalTracker {
 public:
  /// `part` is one of the parts of `duplicate`.
  ArrivalTracker(const Station& station, DuplicateId duplicate, const StationPart& part, std::uint32_t images);

  /// Of all images.
  [[nodiscard]] std::size_t sets() const { return missing_.size(); }
  [[nodiscard]] std::size_t sets_per_image() const { return order_.size(); }
  [[nodiscard]] std::uint32_t image_of(std::size_t position) const {
    return static_cast<std::uint32_t>(position / order_.size());
  }
  [[nodiscard]] SetId set_at(std::size_t position) const { return order_[position % order_.size()]; }
  [[nodiscard]] bool complete(std::size_t position) const { return missing_[position] == 0; }
  [[nodiscard]] std::int64_t missing(std::size_t position) const { return missing_[position]; }

  /// All that a set reads, each region once for every way to it.
  [[nodiscard]] Bytes input_size(SetId set, const IdVector<StationId, Station>& stations) const;

  /// A region of `producer`'s result has arrived. For each set that needs some of it and for which serves(position)
  /// holds, calls touch(position, elements, now_complete), once for each way by which it needs them.
  template <class Serves, class Touch>
  void arrive(std::uint32_t image, StationId producer, const Rect& rect, Interval channels, Serves&& serves,
              Touch&& touch);

  /// Calls visit(producer, region of its result) for all that a set reads.
  template <class Visit>
  void for_each_need(std::size_t position, Visit&& visit) const {
    const std::size_t set = set_at(position).value();
    for (const Need& need : needs_) {
      visit(need.producer, Rect{need.rows[set / need.columns.size()], need.columns[set % need.columns.size()]});
    }
  }
  /// What a set still waits for cannot be told by element; this names the regions it needs, for a diagnosis.
  [[nodiscard]] std::string needs_of(std::size_t position, const IdVector<StationId, Station>& stations) const;

 private:
  /// The regions that the station's grid rows and columns need of one producer, and the way back.
  struct Need {
    StationId producer;
    Interval channels;
    std::vector<Interval> rows;             ///< of the producer's map, by grid row
    std::vector<Interval> columns;          ///< by grid column
    std::vector<Interval> rows_needing;     ///< grid rows, by row of the producer's map
    std::vector<Interval> columns_needing;  ///< grid columns, by column of the producer's map
  };

  static Interval hull_over(const std::vector<Interval>& needing, Interval range);

  const Station& station_;
  DuplicateId duplicate_;
  std::vector<SetId> order_;
  std::vector<Need> needs_;
  std::vector<std::int64_t> missing_;
};

template <class Serves, class Touch>
void ArrivalTracker::arrive(std::uint32_t image, StationId producer, const Rect& rect, Interval channels,
                            Serves&& serves, Touch&& touch) {
  for (const Need& need : needs_) {
    if (need.producer != producer) {
      continue;
    }
    const std::int64_t depth = need.channels.intersect(channels).size();
    if (depth == 0) {
      continue;
    }
    const Interval grid_rows = hull_over(need.rows_needing, rect.rows);
    const Interval grid_columns = hull_over(need.columns_needing, rect.columns);
    for (int r = grid_rows.begin; r < grid_rows.end; ++r) {
      const int height = need.rows[static_cast<std::size_t>(r)].intersect(rect.rows).size();
      for (int c = grid_columns.begin; height > 0 && c < grid_columns.end; ++c) {
        const SetId set{static_cast<std::size_t>(r) * need.columns.size() + static_cast<std::size_t>(c)};
        const int width = need.columns[static_cast<std::size_t>(c)].intersect(rect.columns).size();
        if (width == 0 || station_.duplicate_of[set] != duplicate_) {
          continue;
        }
        const std::size_t position = image * order_.size() + station_.position_of[set];
        if (!serves(position)) {
          continue;
        }
        const std::int64_t elements = depth * height * width;
        missing_[position] -= elements;
        touch(position, elements, missing_[position] == 0);
      }
    }
  }
}

}  // namespace crossweave
