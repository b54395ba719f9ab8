#include <iostream>
#include <memory>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/commands/segments.h"
#include "frontend/report/buffers.h"
#include "scheduler/schedule_checker.h"

namespace crossweave {
namespace {

/// A run whose schedule is written.
struct Scheduled {
  std::string schedule_json;
  std::string table;
};

Result<Scheduled> schedule(const PreparedRun& run, const OutputDirectory& directory) {
  const std::vector<std::string> violations = check_schedule(run.scheduled);
  check_invariant(violations.empty(), violations.empty() ? "" : violations.front().c_str());
  const RunIdentity identity = identify(run);
  const BufferRequirements buffers = buffer_requirements(run);
  const std::vector<OutputFile> files{{"schedule.json", summary_json(run, identity, nullptr)},
                                      {"schedule.csv", schedule_csv(run)},
                                      {"layers.csv", layers_csv(run, nullptr)},
                                      {"buffers.csv", buffers_csv(buffers)},
                                      {"resolved.yaml", identity.resolved_yaml},
                                      {"network.yaml", identity.network_yaml}};
  if (Diagnostics problems = write_all(directory, files); !problems.empty()) {
    return problems;
  }
  return Scheduled{files.front().content, run_table(run, nullptr, {{"buffers", buffers_in_words(buffers)}},
                                                    directory.path().string(), names_of(files))};
}

int schedule(const RunOptions& options) {
  Result<LoadedRun> loaded = load_run(options.file, options.assignments);
  if (!loaded) {
    return report(loaded.error());
  }
  if (loaded->is_segmented()) {
    return do_segments(*std::move(loaded), options.directory(), false,
                       [](const PreparedRun& segment, const OutputDirectory& folder) -> std::optional<std::string> {
                         const Result<Scheduled> scheduled = schedule(segment, folder);
                         if (!scheduled) {
                           report(scheduled.error());
                           return std::nullopt;
                         }
                         return scheduled->schedule_json;
                       });
  }
  const Result<PreparedRun> run = prepare_run(*std::move(loaded));
  if (!run) {
    return report(run.error());
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(options.directory());
  if (!directory) {
    return report(directory.error());
  }
  const Result<Scheduled> scheduled = schedule(*run, *directory);
  if (!scheduled) {
    return report(scheduled.error());
  }
  std::cout << scheduled->table;
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
