// A run up to its schedule, which runs on different chips may share.
#pragma once

#include <cstdint>
#include <optional>

#include "arch/diagnostics.h"
#include "frontend/prepared_run.h"
#include "frontend/run_config.h"
#include "scheduler/mapped_network.h"
#include "scheduler/network_graph.h"

namespace crossweave {

struct ScheduledRun {
  /// As read, before any pass.
  NetworkGraph network;
  ScheduledNetwork scheduled;
};

/// What of a configuration decides about the schedule, the rest as by default: runs that agree in it share one.
[[nodiscard]] RunConfig schedule_part(const RunConfig& config);

/// PE_min of a network; nothing when it cannot be mapped.
[[nodiscard]] std::optional<std::int64_t> min_pes(const RunConfig& config, const NetworkGraph& network);

/// The schedule of what schedule_part() gives; place_run() has the rest.
Result<ScheduledRun> schedule_run(const RunConfig& schedule_part, NetworkGraph network);

}  // namespace crossweave
