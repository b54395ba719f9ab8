// Stage III of CLSA-CIM: the order of a layer's sets, which share its crossbars.
#pragma once

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/mapping_options.h"
#include "scheduler/ofm_sets.h"

namespace crossweave {

/// The sets of each duplicate in order. `raster`: rows of sets, left to right. `ready`: by release time, ties in raster
/// order. `interleaved`: the k-th set in that order runs on duplicate k mod d; `blocks`: each duplicate orders the sets
/// of its own block.
[[nodiscard]] IdVector<DuplicateId, std::vector<SetId>> order_sets(const SetGrid& grid, Partition partition,
                                                                   int duplicates, SetOrder order,
                                                                   const IdVector<SetId, Cycles>& release);

}  // namespace crossweave
