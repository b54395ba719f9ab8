// What `run` and `schedule` do with a network that does not fit.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "frontend/prepared_run.h"
#include "frontend/report/output_directory.h"

namespace crossweave {

/// Writes the files of a segment into a folder of its own and returns its summary.json, or its schedule.json; nothing
/// when it has reported a problem.
using SegmentTask =
    std::function<std::optional<std::string>(const PreparedRun& segment, const OutputDirectory& folder)>;

/// Cuts a run that `is_segmented()`, does the task for each segment, one after the other and in a process of its own
/// (SystemC has one kernel a process), and writes what there is to say of all. Returns the exit status.
int do_segments(LoadedRun loaded, const std::filesystem::path& path, bool simulates, const SegmentTask& task);

}  // namespace crossweave
