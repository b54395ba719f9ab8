// `schedule.set: auto`: how large the sets of each layer may be without much loss.
#pragma once

#include <cstdint>

#include "scheduler/mapping_search.h"

namespace crossweave {

/// Every set is a command, a result, and its transfers; and the smaller the sets, the more of each window lies outside
/// of the set that it belongs to and is sent to several duplicates. Small sets let the next layer begin earlier. So:
/// the fewest sets with which the latency stays within `tolerance_percent` of that of `start`, which has small ones.
///
/// Greedy: extents are doubled, columns and rows in turn, up to that of the OFM, for all layers of one OFM size
/// together (those with most sets first), and then for single layers; each step has to keep within the limit. With the
/// sets of `start` as they are when the budget is spent at once.
[[nodiscard]] Evaluated search_set_sizes(const SearchSpace& space, Evaluated start, int tolerance_percent,
                                         LatencyEvaluator& evaluator, SearchBudget& budget);

}  // namespace crossweave
