// A run up to its schedule: everything that can be wrong with its files is found here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
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

/// A run's files, read, and its network on crossbars.
struct LoadedRun {
  RunConfig config;
  /// As read, before any pass.
  NetworkGraph network;
  MappedNetwork mapped;

  /// F
  [[nodiscard]] std::int64_t pes() const;
  /// F is less than PE_min, which `mapping.rewrite: allow` makes a matter of segments (segmented_run.h).
  [[nodiscard]] bool is_segmented() const { return config.rewrite == Rewrite::allow && pes() < mapped.min_pes; }
};

/// Maps a network that has been read.
Result<LoadedRun> map_run(RunConfig config, NetworkGraph network);

/// Reads the files of a run. Warnings of the importer are logged.
Result<LoadedRun> load_run(const std::filesystem::path& file, const std::vector<std::string>& assignments);

/// Schedules a network that fits, by what `mapping.evaluate` says.
Result<ScheduledNetwork, SchedulingFailure> schedule(const LoadedRun& run);

/// The same, and places it.
Result<PreparedRun> prepare_run(LoadedRun run);

[[nodiscard]] MappingOptions mapping_options(const LoadedRun& run);
/// Tells how far a search has come.
void log_search(int evaluations, std::int64_t latency, std::string_view phase);
/// Places a scheduled network.
Result<PreparedRun> place_run(RunConfig config, NetworkGraph network, ScheduledNetwork scheduled);
/// What a network that has no schedule is refused with.
[[nodiscard]] Diagnostics refusal(const RunConfig& config, const SchedulingFailure& failure);

}  // namespace crossweave
