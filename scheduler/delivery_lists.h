// Static dispatch: which region of each result goes to which endpoint, each region to a tile once.
#pragma once

#include "scheduler/execution_plan.h"

namespace crossweave {

/// Fills the delivery lists of every station from the needs of the stations that read it, and those of the network's
/// outputs. What several sets of one tile need (halos, several duplicates) is delivered to it once.
void fill_delivery_lists(ExecutionPlan& plan);

}  // namespace crossweave
