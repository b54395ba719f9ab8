// Latencies that no schedule of a mapping can beat.
#pragma once

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// max over layers of ceil(t_i / d_i). Proof: the t_i cycles of layer i are computed by d_i duplicates, each of which
/// does one cycle of work at a time; so some duplicate works for at least t_i / d_i cycles, a whole number of them.
[[nodiscard]] Cycles work_bound(const IdVector<LayerId, BaseLayer>& layers, const IdVector<LayerId, int>& duplicates);

}  // namespace crossweave
