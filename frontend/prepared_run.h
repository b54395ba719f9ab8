// A run up to its schedule: everything that can be wrong with its files is found here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "frontend/run_config.h"
#include "scheduler/buffer_requirements.h"
#include "scheduler/execution_plan.h"
#include "scheduler/mapped_network.h"
#include "scheduler/reservation_order.h"

namespace crossweave {

struct PreparedRun {
  RunConfig config;
  /// As read, before any pass.
  NetworkGraph network;
  ScheduledNetwork scheduled;
  Cycles lower_bound;  ///< no schedule of this mapping is shorter
  ExecutionPlan plan;
  /// Where buffers are limited: the order in which their space is reserved.
  std::optional<ReservationOrder> reservations;
};

/// What the tiles of a run need of buffers, whatever their own are.
[[nodiscard]] BufferRequirements buffer_requirements(const PreparedRun& run);

/// Reads the files of a run, schedules its network and places it. Warnings of the importer are logged.
Result<PreparedRun> prepare_run(const std::filesystem::path& file, const std::vector<std::string>& assignments);

}  // namespace crossweave
