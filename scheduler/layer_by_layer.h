// Layer-by-layer inference: one base layer at a time, the reference of every speed-up.
#pragma once

#include "scheduler/cross_layer_schedule.h"

namespace crossweave {

/// Base layers in graph order, each begun when the one before it has finished. The copies of a duplicated layer are one
/// layer, which takes the work of its most loaded duplicate (the paper's wdup).
[[nodiscard]] Schedule schedule_layer_by_layer(const SchedulingInput& input);

/// sum t_i: the layer-by-layer latency without duplication.
[[nodiscard]] Cycles layer_by_layer_cycles(const IdVector<LayerId, BaseLayer>& layers);

}  // namespace crossweave
