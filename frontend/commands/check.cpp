#include <iostream>
#include <memory>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/segmented_run.h"

namespace crossweave {
namespace {

Diagnostics problems_of(LoadedRun loaded) {
  if (loaded.is_segmented()) {
    const Result<SegmentedRun> run = prepare_segments(std::move(loaded));
    return run ? Diagnostics{} : run.error();
  }
  const Result<PreparedRun> run = prepare_run(std::move(loaded));
  return run ? Diagnostics{} : run.error();
}

}  // namespace

std::function<int()> declare_check(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  options->declare_inputs(app);
  return [options] {
    spdlog::set_level(spdlog::level::warn);  // the answer is one word, or what is wrong
    Result<LoadedRun> loaded = load_run(options->file, options->assignments);
    if (!loaded) {
      return report(loaded.error());
    }
    if (const Diagnostics problems = problems_of(*std::move(loaded)); !problems.empty()) {
      return report(problems);
    }
    std::cout << "ok\n";
    return kExitDone;
  };
}

}  // namespace crossweave
