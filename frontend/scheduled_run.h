// A run up to its schedule, which runs on different chips may share.
#pragma once

#include "arch/diagnostics.h"
#include "frontend/prepared_run.h"
#include "frontend/run_config.h"
#include "scheduler/network_graph.h"

namespace crossweave {

struct ScheduledRun {
  /// As read, before any pass.
  NetworkGraph network;
  ScheduledNetwork scheduled;
};

/// What of a configuration decides about the schedule, the rest as by default: runs that agree in it share one.
[[nodiscard]] RunConfig schedule_part(const RunConfig& config);

/// The schedule of a network that fits, mapped by what schedule_part() gives; place_run() has the rest.
Result<ScheduledRun> schedule_run(LoadedRun run);

}  // namespace crossweave
