// The network with all dependencies turned around: what it takes to schedule from the output back to the input.
#pragma once

#include "scheduler/set_dependencies.h"

namespace crossweave {

/// Layers stand in opposite order; each set depends on those that depended on it. Its Stage IV run gives the latest
/// times instead of the earliest: a set that finishes at t there can start t before the end.
struct ReversedNetwork {
  IdVector<LayerId, SetGrid> grids;
  SetDependencies dependencies;

  ReversedNetwork(const IdVector<LayerId, SetGrid>& forward_grids, const SetDependencies& forward);

  /// The place of a layer in the other network.
  [[nodiscard]] LayerId mirror(LayerId layer) const { return LayerId{grids.size() - 1 - layer.value()}; }
};

}  // namespace crossweave
