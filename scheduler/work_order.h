// One order of all work of a run: sets on crossbars (with the additions of their partial sums) and sets on GPEUs.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/units.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// Whatever a piece of work reads is made by work before it, and each duplicate's sets stand in their order. It is the
/// order in which the work would begin if nothing but crossbars took time, found by running the plan so: it depends on
/// the plan alone, never on the times of a schedule.
struct WorkOrder {
  struct Item {
    std::uint32_t image{0};
    StationId station;
    SetId set;
    Cycles start;  ///< when nothing but crossbars takes time
    Cycles done;
  };
  std::vector<Item> items;
  /// The place in `items` of each set, by station: image * sets + set. Empty for network inputs, which nobody computes.
  IdVector<StationId, std::vector<std::uint32_t>> place;
};

[[nodiscard]] WorkOrder make_work_order(const ExecutionPlan& plan);

}  // namespace crossweave
