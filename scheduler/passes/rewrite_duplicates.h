// Weight duplication as a graph (paper, Section III-C and Fig. 4).
#pragma once

#include "arch/ids.h"
#include "scheduler/network_graph.h"

namespace crossweave {

/// Replaces every base layer with d > 1 duplicates by the grid of blocks of `partition: blocks`: one slice of the IFM
/// for each block, which overlap by kernel and stride; one convolution on each slice; and concatenations that join the
/// blocks of a row along the columns, then the rows. An axis that is not cut has no concatenation.
///
/// `canonical` has its padding decoupled: slices are taken from the padded map, so that only those at its outer edges
/// hold padding. The convolutions of a layer stand side by side in graph order, blocks row by row, and each is a base
/// layer of its own. Scheduled across layers without duplication, each tiles its own block and orders its own sets:
/// the schedule is that of `blocks`. (Layer by layer it is not: there the copies would run one after the other.)
///
/// `duplicates` has an entry for each base layer, in graph order and admissible for `blocks`.
[[nodiscard]] NetworkGraph rewrite_duplicates(const NetworkGraph& canonical, const IdVector<LayerId, int>& duplicates);

}  // namespace crossweave
