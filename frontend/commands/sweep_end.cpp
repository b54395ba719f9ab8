#include "frontend/commands/sweep_end.h"

#include <iostream>

#include "frontend/commands/command.h"
#include "frontend/sweep/sweep_export.h"

namespace crossweave {

int end_of_sweep(SweepDatabase& database, const OutputDirectory& directory) {
  if (const Diagnostics problems = export_runs(database, directory.path()); !problems.empty()) {
    return report(problems);
  }
  const SweepState state = database.state();
  std::cout << "points        " << state.points << ": " << state.completed << " completed";
  const auto also = [](std::size_t count, const char* what) {
    if (count > 0) {
      std::cout << ", " << count << ' ' << what;
    }
  };
  also(state.unfinished, "ended unfinished");
  also(state.failed, "failed");
  also(state.missing(), "missing");
  std::cout << "\nfiles         " << directory.path().string() << ": sweep.db, sweep.csv, sweep.json\n";
  return kExitDone;
}

}  // namespace crossweave
