// report.html: what happened in a run.
#pragma once

#include <string>

#include "frontend/recorded_run.h"
#include "frontend/report/summary.h"

namespace crossweave {

/// `recorded` was made with loads. Deterministic, as all that a run writes.
[[nodiscard]] std::string run_page(const PreparedRun& prepared, const RecordedRun& recorded,
                                   const RunIdentity& identity);

}  // namespace crossweave
