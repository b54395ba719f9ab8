// report.html of a sweep: its points against their axes and against one another.
#pragma once

#include <string>

#include "frontend/sweep/sweep_database.h"

namespace crossweave {

/// Deterministic, as all that a sweep exports. Throws DatabaseError.
[[nodiscard]] std::string sweep_page(SweepDatabase& database);

}  // namespace crossweave
