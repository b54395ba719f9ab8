// A sweep as jobs of a Slurm cluster: an array of parts, and what merges them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

struct SlurmSweep {
  std::string name;
  std::filesystem::path program;    ///< this program, and the rest too by absolute paths
  std::filesystem::path file;       ///< SWEEP.yaml
  std::filesystem::path directory;  ///< of the results, which every node must see
  std::size_t tasks{1};             ///< of the array: parts of the sweep
  std::size_t jobs{1};              ///< processes, and so processors, of each task
};

/// The job scripts. A task that starts again, because its node failed, goes on where it was.
[[nodiscard]] std::string array_script(const SlurmSweep& sweep);
[[nodiscard]] std::string merge_script(const SlurmSweep& sweep);

/// Runs a command of Slurm and returns what it prints; fails, with that, when the command does.
using SlurmCommand = std::function<Result<std::string, Failure>(const std::vector<std::string>& words)>;
Result<std::string, Failure> run_command(const std::vector<std::string>& words);

struct SlurmJobs {
  std::string array;
  std::string merge;
};

/// Submits both scripts: the merge runs when each task has ended, however it did.
Result<SlurmJobs, Failure> submit(const std::filesystem::path& array, const std::filesystem::path& merge,
                                  const SlurmCommand& run = run_command);

struct SlurmState {
  std::size_t waiting{0};  ///< tasks
  std::size_t running{0};
  bool merged{false};  ///< the merge has ended, too

  friend bool operator==(const SlurmState&, const SlurmState&) = default;
};

/// What the queue says of the jobs.
Result<SlurmState, Failure> state_of(const SlurmJobs& jobs, const SlurmCommand& run = run_command);

}  // namespace crossweave
