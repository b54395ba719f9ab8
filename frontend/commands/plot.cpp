#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/command_line.h"
#include "frontend/commands/run_options.h"
#include "frontend/report/run_plots.h"

namespace crossweave {
namespace {

struct PlotOptions {
  RunOptions run;
  std::string kind;
  std::string out;
};

/// What a run wrote into a folder is complete in itself, and a run is the same each time: it is simulated anew.
std::string run_file(const std::string& given) {
  return std::filesystem::is_directory(given) ? (std::filesystem::path{given} / "resolved.yaml").string() : given;
}

int plot(const PlotOptions& options) {
  Diagnostics problems;
  const RunPlot kind = choose<RunPlot>("--kind", options.kind, kRunPlotNames, problems);
  if (!problems.empty()) {
    return report(problems);
  }
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

}  // namespace

std::function<int()> declare_plot(CLI::App& app) {
  auto options = std::make_shared<PlotOptions>();
  options->run.declare_inputs(app);
  app.add_option("--kind", options->kind, "gantt, utilization or heatmap")->required();
  app.add_option("-o,--out", options->out, "The picture to write")->required()->type_name("FILE.svg");
  return [options] {
    spdlog::set_level(spdlog::level::warn);
    return plot(*options);
  };
}

}  // namespace crossweave
