// What the commands say that leave the database of a whole sweep behind.
#pragma once

#include "frontend/report/output_directory.h"
#include "frontend/sweep/sweep_database.h"

namespace crossweave {

/// kExitInternalFault when a point failed by a fault of ours.
[[nodiscard]] int status_of(const SweepState& state);

/// Exports the results and prints how many there are; returns the exit status.
int end_of_sweep(SweepDatabase& database, const OutputDirectory& directory);

}  // namespace crossweave
