// What a subcommand is.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "arch/diagnostics.h"

namespace crossweave {

/// Exit statuses, documented in `crossweave --help`.
inline constexpr int kExitDone = 0;
inline constexpr int kExitBadInput = 2;    ///< bad usage, configuration, network or input file
inline constexpr int kExitUnfinished = 3;  ///< the simulation ended without finishing
inline constexpr int kExitInternalFault = 70;

/// A subcommand. `declare` adds its options and returns what to do, with the exit status, when it has been chosen.
struct Command {
  std::string_view name;
  std::string_view summary;
  std::function<int()> (*declare)(CLI::App& app);
};

/// Every subcommand, in the order of `--help`.
[[nodiscard]] std::span<const Command> commands();

/// Prints problems to stderr, one a line, with a count at the end; returns kExitBadInput.
int report(const Diagnostics& problems);

// One file each.
std::function<int()> declare_run(CLI::App& app);
std::function<int()> declare_schedule(CLI::App& app);
std::function<int()> declare_describe(CLI::App& app);
std::function<int()> declare_plot(CLI::App& app);
std::function<int()> declare_check(CLI::App& app);
std::function<int()> declare_reproduce(CLI::App& app);
std::function<int()> declare_sweep(CLI::App& app);
std::function<int()> declare_merge(CLI::App& app);
std::function<int()> declare_diff(CLI::App& app);
std::function<int()> declare_noc(CLI::App& app);
std::function<int()> declare_dram(CLI::App& app);
std::function<int()> declare_schema(CLI::App& app);

}  // namespace crossweave
