// A run up to its schedule: everything that can be wrong with its files is found here.
#pragma once

#include <cstdint>
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

/// A network with its schedule, before it is placed on a chip.
struct ScheduledRun {
  /// As read, before any pass.
  NetworkGraph network;
  ScheduledNetwork scheduled;
  Cycles lower_bound;  ///< no schedule of this mapping is shorter
};

/// What of a configuration decides about the schedule, the rest as by default: runs that agree in it share one.
[[nodiscard]] RunConfig schedule_part(const RunConfig& config);

/// PE_min of a network; nothing when it cannot be mapped.
[[nodiscard]] std::optional<std::int64_t> min_pes(const RunConfig& config, const NetworkGraph& network);

/// The schedule of a configuration of which the rest does not matter.
Result<ScheduledRun> schedule_run(const RunConfig& schedule_part, NetworkGraph network);

/// Places a schedule of this configuration on its chip.
Result<PreparedRun> prepare_run(RunConfig config, ScheduledRun scheduled);

/// Reads the files of a run, schedules its network and places it. Warnings of the importer are logged.
Result<PreparedRun> prepare_run(const std::filesystem::path& file, const std::vector<std::string>& assignments);

}  // namespace crossweave
