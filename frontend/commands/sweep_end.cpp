#include "frontend/commands/sweep_end.h"

#include <iostream>
#include <optional>
#include <utility>

#include "frontend/commands/command.h"
#include "frontend/report/sweep_page.h"
#include "frontend/sweep/sweep_export.h"

namespace crossweave {

int status_of(const SweepState& state) { return state.faults > 0 ? kExitInternalFault : kExitDone; }

int end_of_sweep(SweepDatabase& database, const OutputDirectory& directory) {
  Diagnostics problems = export_runs(database, directory.path());
  if (std::optional<Diagnostic> problem = directory.write("report.html", sweep_page(database))) {
    problems.push_back(*std::move(problem));
  }
  if (!problems.empty()) {
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
  std::cout << "\nfiles         " << directory.path().string() << ": sweep.db, sweep.csv, sweep.json, report.html\n";
  return status_of(state);
}

}  // namespace crossweave
