// Stage II of CLSA-CIM: which sets of the preceding base layers each set needs.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/ids.h"
#include "scheduler/network_graph.h"
#include "scheduler/ofm_sets.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// One path from a producing base layer through non-base operations to a consumer. Every rule of region propagation
/// works on rows and columns separately, so a path is two tables instead of one entry a set: set (r, c) of the consumer
/// needs the producer's sets in grid rows `rows[r]` and grid columns `columns[c]`.
struct DependencyPath {
  LayerId producer;
  std::vector<Interval> rows;
  std::vector<Interval> columns;

  friend bool operator==(const DependencyPath&, const DependencyPath&) = default;
};

/// The paths that lead to each layer. Where several lead from one producer, each counts by itself.
using SetDependencies = IdVector<LayerId, std::vector<DependencyPath>>;

[[nodiscard]] SetDependencies determine_dependencies(const NetworkGraph& canonical,
                                                     const IdVector<LayerId, BaseLayer>& layers,
                                                     const IdVector<LayerId, SetGrid>& grids);

/// The number of distinct (set, source set) pairs, i.e. the sum of P over all IFM sets.
[[nodiscard]] std::int64_t count_dependencies(const SetDependencies& dependencies,
                                              const IdVector<LayerId, SetGrid>& grids);

}  // namespace crossweave
