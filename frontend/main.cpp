// The command `crossweave`.

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "arch/diagnostics.h"
#include "frontend/commands/command.h"

namespace crossweave {
namespace {

constexpr const char* kExitStatuses =
    "Exit status: 0 done; 2 bad usage, configuration, network or input file; 3 the simulation ended without finishing\n"
    "(deadlock, time limit); 70 an internal fault. Progress and logs go to stderr, results to stdout and files.";

/// What CLI11 says of a command line, and what was probably meant.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  std::vector<std::string> known;
  if (app.get_subcommands().empty()) {
    for (const CLI::App* sub : app.get_subcommands(nullptr)) {
      known.push_back(sub->get_name());
    }
    if (!arguments.empty() && !arguments.front().starts_with('-')) {
      std::string names;
      for (const std::string& name : known) {
        names += (names.empty() ? "" : ", ") + name;
      }
      return "unknown command '" + arguments.front() + "'" + did_you_mean(arguments.front(), known) +
             "\nCommands: " + names;
    }
  } else {
    for (const CLI::Option* option : app.get_subcommands().front()->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        known.push_back("--" + name);
      }
    }
  }
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (name.starts_with("--") && std::ranges::find(known, name) == known.end() && name != "--version" &&
        name != "--help") {
      return "unknown option '" + name + "'" + did_you_mean(name, known);
    }
  }
  return error.what();
}

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
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::cerr << "crossweave: error: " << usage_error(app, error, arguments) << "\nTry 'crossweave --help'.\n";
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
