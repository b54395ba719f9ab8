// The command `crossweave`.

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"

namespace crossweave {
namespace {

constexpr const char* kExitStatuses =
    "Exit status: 0 done; 2 bad usage, configuration, network or input file; 3 the simulation ended without finishing\n"
    "(deadlock, time limit); 70 an internal fault. Progress and logs go to stderr, results to stdout and files.";

int run_command_line(int argc, char** argv) {
  CLI::App app{"Crossweave simulates neural networks on RRAM computing-in-memory chips.", "crossweave"};
  app.set_version_flag("--version", "crossweave " CROSSWEAVE_VERSION);
  app.require_subcommand(1);
  app.footer(kExitStatuses);
  std::vector<std::pair<CLI::App*, std::function<int()>>> actions;
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(std::string{command.name}, std::string{command.summary});
    actions.emplace_back(sub, command.declare(*sub));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    std::cerr << "crossweave: error: " << error.what() << "\nTry 'crossweave --help'.\n";
    return kExitBadInput;
  }
  for (const auto& [sub, action] : actions) {
    if (sub->parsed()) {
      return action();
    }
  }
  throw InternalError{"a subcommand was required and none was parsed"};
}

}  // namespace
}  // namespace crossweave

/// SystemC's library brings a main of its own, which would call this; ours comes first.
extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return crossweave::kExitInternalFault; }

int main(int argc, char** argv) {
  // SystemC prints its copyright on first use; stdout is for results.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // NOLINT(concurrency-mt-unsafe)
  spdlog::set_default_logger(spdlog::stderr_logger_st("crossweave"));
  spdlog::set_pattern("%n: %l: %v");
  try {
    return crossweave::run_command_line(argc, argv);
  } catch (const std::exception& fault) {
    std::cerr << "crossweave: internal fault: " << fault.what()
              << "\nPlease report this, with the files that led to it.\n";
    return crossweave::kExitInternalFault;
  }
}
