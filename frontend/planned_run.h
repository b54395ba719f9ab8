// A schedule on the chip of its run: what a simulation needs.
#pragma once

#include <optional>

#include "arch/diagnostics.h"
#include "frontend/run_config.h"
#include "scheduler/execution_plan.h"
#include "scheduler/mapped_network.h"
#include "scheduler/reservation_order.h"

namespace crossweave {

struct PlannedRun {
  ExecutionPlan plan;
  /// Where buffers are limited: the order in which their space is reserved.
  std::optional<ReservationOrder> reservations;
};

/// Places a scheduled network. Fails when the chip or its buffers are too small for it, or its images have too many
/// sets.
[[nodiscard]] Result<PlannedRun> plan_run(const RunConfig& config, const ScheduledNetwork& scheduled);

}  // namespace crossweave
