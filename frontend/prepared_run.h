// A run up to its schedule: everything that can be wrong with its files is found here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "frontend/run_config.h"
#include "scheduler/mapped_network.h"

namespace crossweave {

struct PreparedRun {
  RunConfig config;
  /// As read, before any pass.
  NetworkGraph network;
  ScheduledNetwork scheduled;
  Cycles lower_bound;  ///< no schedule of this mapping is shorter
};

/// Reads the files of a run and schedules its network. Warnings of the importer are logged.
Result<PreparedRun> prepare_run(const std::filesystem::path& file, const std::vector<std::string>& assignments);

}  // namespace crossweave
