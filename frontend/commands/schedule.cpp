#include <iostream>
#include <memory>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/report/buffers.h"
#include "scheduler/schedule_checker.h"

namespace crossweave {
namespace {

int schedule(const RunOptions& options) {
  const Result<PreparedRun> run = prepare_run(options.file, options.assignments);
  if (!run) {
    return report(run.error());
  }
  const std::vector<std::string> violations = check_schedule(run->scheduled);
  check_invariant(violations.empty(), violations.empty() ? "" : violations.front().c_str());
  const Result<OutputDirectory> directory = OutputDirectory::open(options.directory());
  if (!directory) {
    return report(directory.error());
  }
  const RunIdentity identity = identify(*run);
  const BufferRequirements buffers = buffer_requirements(*run);
  const std::vector<OutputFile> files{{"schedule.json", summary_json(*run, identity, nullptr)},
                                      {"schedule.csv", schedule_csv(*run)},
                                      {"layers.csv", layers_csv(*run, nullptr)},
                                      {"buffers.csv", buffers_csv(buffers)},
                                      {"resolved.yaml", identity.resolved_yaml},
                                      {"network.yaml", identity.network_yaml}};
  if (const Diagnostics problems = write_all(*directory, files); !problems.empty()) {
    return report(problems);
  }
  std::cout << run_table(*run, nullptr, {{"buffers", buffers_in_words(buffers)}}, directory->path().string(),
                         names_of(files));
  return kExitDone;
}

}  // namespace

std::function<int()> declare_schedule(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  options->declare_inputs(app);
  options->declare_outputs(app);
  return [options] {
    if (options->quiet) {
      spdlog::set_level(spdlog::level::warn);
    }
    return schedule(*options);
  };
}

}  // namespace crossweave
