// Stage III of CLSA-CIM: the order of a layer's sets, which share its crossbars.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/ofm_sets.h"

namespace crossweave {

/// The rule by which a layer's sets are sorted; ties in raster order.
struct LayerOrder {
  enum class By {
    raster,    ///< rows of sets, left to right
    release,   ///< what can start first
    diagonal,  ///< along lines that fall by one row in `slope` columns: by slope * row + column of the set
    growing,   ///< the map's shape, growing from the first corner
    closing,   ///< the rest has the map's shape, shrinking into the last corner
  };
  By by{By::raster};
  int slope{1};

  friend bool operator==(LayerOrder, LayerOrder) = default;
};

/// Sorts sets; keeps its buffers, as it is asked for every layer of every schedule that a search tries.
class SetSorter {
 public:
  /// By a layer's rule.
  void sort(const SetGrid& grid, LayerOrder order, const IdVector<SetId, Cycles>& release, std::vector<SetId>& sorted);
  /// By time, earliest or latest first; ties in raster order.
  void sort_by_time(const IdVector<SetId, Cycles>& times, std::vector<SetId>& sorted);
  void sort_latest_first(const IdVector<SetId, Cycles>& times, std::vector<SetId>& sorted);

 private:
  /// Stable, by keys_, into `sorted`; one entry a set in raster order.
  void sort_by_keys(std::vector<SetId>& sorted);

  std::vector<std::int64_t> keys_;
  std::vector<std::uint32_t> places_;
};

}  // namespace crossweave
