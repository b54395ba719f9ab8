// An independent proof that a schedule is legal.
#pragma once

#include <string>
#include <vector>

#include "scheduler/mapped_network.h"

namespace crossweave {

/// Every violation of a schedule, in words; empty when it is legal:
///  - every set of the grid is on exactly one duplicate, once, and every OFM element is computed exactly once;
///  - no duplicate computes two sets at once, and each set takes its pixels in cycles;
///  - no set starts before every pixel that its windows touch (bounding box, over every path) exists;
///  - layer by layer: no layer starts before the one before it has finished.
/// Independent of Stages II to IV: it shares nothing with them but the operations' region rules. It paints the time at
/// which each OFM pixel exists, and walks each set's own rectangle back through the graph. At most `limit` are listed.
[[nodiscard]] std::vector<std::string> check_schedule(const ScheduledNetwork& network, std::size_t limit = 10);

}  // namespace crossweave
