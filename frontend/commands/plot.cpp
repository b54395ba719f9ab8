#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/command_line.h"
#include "frontend/commands/run_options.h"
#include "frontend/commands/sweep_input.h"
#include "frontend/report/run_plots.h"
#include "frontend/report/sweep_plots.h"

namespace crossweave {
namespace {

struct PlotOptions {
  RunOptions run;
  std::string kind;
  std::string out;
};

/// What a run wrote into a folder is complete in itself, and a run is the same each time: it is simulated anew.
std::string run_file(const std::string& given) {
  std::error_code unreadable;
  return std::filesystem::is_directory(given, unreadable) ? (std::filesystem::path{given} / "resolved.yaml").string()
                                                          : given;
}

int plot_sweep(SweepPlot kind, const PlotOptions& options) {
  Diagnostics problems;
  if (!options.run.assignments.empty()) {
    problems.push_back(problem_with("--set: changes a run; a sweep is drawn as it was written"));
  }
  Result<SweepDatabase> database = open_sweep(options.run.file);
  if (!database) {
    problems.insert(problems.end(), database.error().begin(), database.error().end());
  } else if (const SweepState state = database->state(); state.completed == 0) {
    problems.push_back({{options.run.file, 0, 0},
                        fmt::format("nothing to draw: of {} points none has completed ({} failed, {} ended "
                                    "unfinished, {} missing)",
                                    state.points, state.failed, state.unfinished, state.missing()),
                        Severity::error});
  }
  if (!problems.empty()) {
    return report(problems);
  }
  ReservedFile file{options.out, problems};
  if (!problems.empty()) {
    return report(problems);
  }
  const SweepTable table = read_sweep_table(*database, 0);
  return file.write(draw(kind, table), problems) ? kExitDone : report(problems);
}

int plot_run(RunPlot kind, const PlotOptions& options) {
  Diagnostics problems;
  Result<LoadedRun> loaded = load_run(run_file(options.run.file), options.run.assignments);
  if (!loaded) {
    return report(loaded.error());
  }
  if (loaded->is_segmented()) {
    return report(
        {problem_with("a network in segments has a picture of each: give the folder of one, such as segment_1")});
  }
  const Result<PreparedRun> prepared = prepare_run(*std::move(loaded));
  if (!prepared) {
    return report(prepared.error());
  }
  ReservedFile file{options.out, problems};
  if (!problems.empty()) {
    return report(problems);
  }
  Recordings recordings;
  recordings.loads = true;
  RecordedRun recorded{*prepared, recordings};
  recorded.simulate();
  if (!recorded.completed()) {
    return report_end(to_string(recorded.end().outcome), recorded.end().waiting);
  }
  return file.write(draw(kind, *prepared, recorded), problems) ? kExitDone : report(problems);
}

constexpr auto kPlotNames = [] {
  std::array<std::string_view, kRunPlotNames.size() + kSweepPlotNames.size()> names;
  std::ranges::copy(kSweepPlotNames, std::ranges::copy(kRunPlotNames, names.begin()).out);
  return names;
}();

int plot(const PlotOptions& options) {
  enum class Kind : std::size_t {};
  Diagnostics problems;
  const auto kind = static_cast<std::size_t>(choose<Kind>("--kind", options.kind, kPlotNames, problems));
  if (!problems.empty()) {
    return report(problems);
  }
  // A folder may hold a sweep and a run: the kind says which of them is meant.
  const bool of_sweep = kind >= kRunPlotNames.size();
  const auto exists = [](const std::string& file) {
    std::error_code unreadable;
    return std::filesystem::exists(file, unreadable);
  };
  const std::string run = run_file(options.run.file);
  if (!of_sweep && is_sweep(options.run.file) && (run == options.run.file || !exists(run))) {
    return report({{{options.run.file, 0, 0},
                    "is a sweep, which has the pictures speedup and pareto; " + options.kind + " is one of a run",
                    Severity::error}});
  }
  if (of_sweep && !is_sweep(options.run.file) && exists(run)) {
    return report(
        {{{options.run.file, 0, 0},
          "is no sweep; a run has the pictures gantt, utilization and heatmap, " + options.kind + " is one of a sweep",
          Severity::error}});
  }
  return of_sweep ? plot_sweep(static_cast<SweepPlot>(kind - kRunPlotNames.size()), options)
                  : plot_run(static_cast<RunPlot>(kind), options);
}

}  // namespace

std::function<int()> declare_plot(CLI::App& app) {
  auto options = std::make_shared<PlotOptions>();
  options->run.declare_inputs(app);
  app.get_option("RUN.yaml")->description("The run, or the folder that it wrote; or the folder or database of a sweep");
  app.add_option("--kind", options->kind, "Of a run: gantt, utilization or heatmap; of a sweep: speedup or pareto")
      ->required();
  app.add_option("-o,--out", options->out, "The picture to write")->required()->type_name("FILE.svg");
  return [options] {
    spdlog::set_level(spdlog::level::warn);
    try {
      return plot(*options);
    } catch (const DatabaseError& error) {
      return report({error.problem()});
    }
  };
}

}  // namespace crossweave
