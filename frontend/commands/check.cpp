#include <iostream>
#include <memory>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"

namespace crossweave {

std::function<int()> declare_check(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  options->declare_inputs(app);
  return [options] {
    spdlog::set_level(spdlog::level::warn);  // the answer is one word, or what is wrong
    const Result<PreparedRun> run = prepare_run(options->file, options->assignments);
    if (!run) {
      return report(run.error());
    }
    std::cout << "ok\n";
    return kExitDone;
  };
}

}  // namespace crossweave
