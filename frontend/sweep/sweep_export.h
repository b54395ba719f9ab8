// The results of a sweep as files for other programs.
#pragma once

#include <filesystem>

#include "arch/diagnostics.h"
#include "frontend/sweep/sweep_database.h"

namespace crossweave {

/// sweep.csv and sweep.json in a folder: the view `runs`, a line a point.
[[nodiscard]] Diagnostics export_runs(SweepDatabase& database, const std::filesystem::path& directory);

}  // namespace crossweave
