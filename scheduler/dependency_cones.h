// What stands behind a set: all sets of an earlier layer that have to be done before it can start.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/set_dependencies.h"

namespace crossweave {

/// Along one axis, the cells of the base layer behind one cell of the tip layer.
struct ConeReach {
  Interval hull;  ///< from the first to the last
  int extent{0};  ///< OFM rows (columns) in them; less than the hull's where a stride skips cells

  friend bool operator==(ConeReach, ConeReach) = default;
};

/// Set (r, c) of layer `tip` depends, through other sets, on every set of layer `base` in the cells behind row r and
/// those behind column c. Where several paths lead to the base, those of one of them.
struct Cone {
  LayerId base;
  LayerId tip;
  std::vector<ConeReach> rows;
  std::vector<ConeReach> columns;
  /// From the end of the last of these sets, at least this time passes until the set can start: on the way lie layers
  /// with a set each.
  Cycles between;
};

/// The cones of a network by their base, graph order. Left out are those that add nothing to the rule that a set starts
/// after the sets that it depends on directly: behind a layer that sees the same of the base as the one before it, and
/// behind one every set of which sees all there is. In networks beyond all measure the last ones are left out as well.
class DependencyCones {
 public:
  DependencyCones(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies);

  [[nodiscard]] const std::vector<Cone>& on(LayerId base) const { return cones_[base]; }

 private:
  IdVector<LayerId, std::vector<Cone>> cones_;
};

}  // namespace crossweave
