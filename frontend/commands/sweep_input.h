// A sweep as an input: its database, or the folder that holds it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "arch/diagnostics.h"
#include "frontend/report/output_directory.h"
#include "frontend/sweep/sweep_database.h"

namespace crossweave {

/// Whether that is a folder with a sweep.db, or an SQLite database.
[[nodiscard]] bool is_sweep(const std::filesystem::path& given);

Result<SweepDatabase> open_sweep(const std::filesystem::path& given);

/// Writes the files of a point into `out`, by default runs/POINT beside the database, as a run of their own:
/// resolved.yaml and network.yaml. Throws DatabaseError.
Result<OutputDirectory> unpack_point(const std::filesystem::path& sweep, std::size_t point, const std::string& out);

}  // namespace crossweave
