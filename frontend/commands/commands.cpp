#include <array>
#include <iostream>

#include "frontend/commands/command.h"

namespace crossweave {

std::span<const Command> commands() {
  static constexpr std::array kCommands{
      Command{"run", "Schedule a network on an architecture and simulate it", &declare_run},
      Command{"schedule", "The schedule alone, without simulation", &declare_schedule},
      Command{"describe", "The canonical form of a network: its base layers, PEs and cycles", &declare_describe},
      Command{"plot", "A picture of a run or of a sweep as SVG", &declare_plot},
      Command{"check", "Validate a run's files only", &declare_check},
      Command{"sweep", "Simulate a design space, several points at a time, into a database", &declare_sweep},
      Command{"merge", "Put the parts of a sweep together", &declare_merge},
      Command{"diff", "What two runs have different: keys and figures, the largest first", &declare_diff},
      Command{"reproduce", "The CLSA-CIM paper, number by number, and how close to proven limits one gets",
              &declare_reproduce},
      Command{"noc", "The network on chip alone, under synthetic traffic or a packet trace", &declare_noc},
      Command{"dram", "A DRAM channel alone, under a synthetic stream or a request trace", &declare_dram},
      Command{"schema", "JSON Schemas of our YAML files, for editors", &declare_schema},
  };
  return kCommands;
}

int report(const Diagnostics& problems) {
  std::size_t errors = 0;
  for (const Diagnostic& problem : problems) {
    std::cerr << to_string(problem) << '\n';
    errors += problem.severity == Severity::error ? 1 : 0;
  }
  std::cerr << errors << (errors == 1 ? " error\n" : " errors\n");
  return kExitBadInput;
}

}  // namespace crossweave
