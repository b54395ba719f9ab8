// One order of all work of a run: sets on crossbars (with the additions of their partial sums) and sets on GPEUs.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/units.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// Whatever a piece of work reads is made by work before it, and each duplicate's sets stand in their order. It is the
/// order in which the work would begin if nothing but crossbars took time, found by running the plan so: it depends on
/// the plan and the arrival of images alone, never on the times of a schedule.
struct WorkOrder {
  struct Item {
    std::uint32_t image{0};
    StationId station;
    SetId set;
    Duration start;  ///< when nothing but crossbars takes time
    Duration done;
  };
  std::vector<Item> items;
  /// The place in `items` of each set, by station: image * sets + set. Empty for network inputs, which nobody computes.
  IdVector<StationId, std::vector<std::uint32_t>> place;
  /// By image: the place of the first piece of work that comes after its arrival; of the last one, when none does,
  /// since all of its sets lie in the padding.
  std::vector<std::uint32_t> arrival;
};

/// `t_mvm`: what a cycle takes, which weighs the work against the arrival of images.
[[nodiscard]] WorkOrder make_work_order(const ExecutionPlan& plan, Duration t_mvm);

}  // namespace crossweave
