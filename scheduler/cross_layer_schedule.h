// Stage IV of CLSA-CIM: every set starts as soon as its inputs exist and its crossbars are free.
#pragma once

#include <functional>
#include <vector>

#include "scheduler/intra_layer_order.h"
#include "scheduler/layer_scheduler.h"
#include "scheduler/mapping_options.h"
#include "scheduler/schedule.h"
#include "scheduler/set_dependencies.h"

namespace crossweave {

/// The rule of each layer.
using LayerOrders = IdVector<LayerId, LayerOrder>;

/// What Stages III and IV need of the mapping.
struct SchedulingInput {
  const IdVector<LayerId, SetGrid>& grids;
  const SetDependencies& dependencies;
  const IdVector<LayerId, int>& duplicates;
  Partition partition{Partition::interleaved};
  const LayerOrders& orders;
  /// Whether the schedule by these rules is improved upon (scheduler/lookahead.h).
  bool lookahead{false};
};

/// Stage III as a function: sorts the sets of a layer, whose release times are known.
using SortSets = std::function<void(LayerId layer, const IdVector<SetId, Cycles>& release, std::vector<SetId>& sorted)>;

/// Each layer by its rule.
[[nodiscard]] SortSets by_rules(const IdVector<LayerId, SetGrid>& grids, const LayerOrders& orders, SetSorter& sorter);

/// Stages III and IV layer by layer in graph order: all times of the layers before are known when a layer's turn comes.
/// Layers before `first` stand in `times` already.
void run_cross_layer(LayerScheduler& scheduler, const IdVector<LayerId, int>& duplicates, Partition partition,
                     const SortSets& sort, NetworkTimes& times, LayerId first = LayerId{0});

[[nodiscard]] Schedule schedule_cross_layer(const SchedulingInput& input);

}  // namespace crossweave
