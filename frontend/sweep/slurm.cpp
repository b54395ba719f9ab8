#include "frontend/sweep/slurm.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <sstream>

#include "frontend/sweep/shard.h"

namespace crossweave {
namespace {

/// A word of a shell command.
std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return word + "'";
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += (line.empty() ? "" : " ") + shell_word(word);
  }
  return line;
}

/// In the pattern of a file name that Slurm fills in, a percent sign is written twice.
std::string slurm_path(const std::filesystem::path& path) {
  std::string text;
  for (const char c : path.string()) {
    text += c == '%' ? "%%" : std::string(1, c);
  }
  return text;
}

std::string script(const std::vector<std::string>& options, const std::vector<std::string>& command) {
  std::string text = "#!/bin/bash\n";
  for (const std::string& option : options) {
    text += "#SBATCH " + option + "\n";
  }
  return text + "exec " + command_line(command) + "\n";
}

}  // namespace

std::string array_script(const SlurmSweep& sweep) {
  return script({"--job-name=" + shell_word(sweep.name), "--array=1-" + std::to_string(sweep.tasks),
                 "--cpus-per-task=" + std::to_string(sweep.jobs), "--requeue", "--open-mode=append",
                 "--output=" + shell_word(slurm_path(sweep.directory) + "/slurm-%A_%a.out")},
                {sweep.program.string(), "sweep", sweep.file.string(), "-j", std::to_string(sweep.jobs), "--resume",
                 "--out", sweep.directory.string()});
}

std::string merge_script(const SlurmSweep& sweep) {
  std::vector<std::string> command{sweep.program.string(), "merge"};
  for (std::size_t task = 1; task <= sweep.tasks; ++task) {
    command.push_back((sweep.directory / database_name({task, sweep.tasks})).string());
  }
  command.insert(command.end(), {"--out", sweep.directory.string()});
  return script({"--job-name=" + shell_word(sweep.name + "-merge"), "--open-mode=append",
                 "--output=" + shell_word(slurm_path(sweep.directory) + "/slurm-%A-merge.out")},
                command);
}

Result<std::string, Failure> run_command(const std::vector<std::string>& words) {
  FILE* const pipe = popen((command_line(words) + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    return Failure{words.front() + " cannot be started"};
  }
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  const int status = pclose(pipe);
  while (output.ends_with('\n')) {
    output.pop_back();
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Failure{words.front() + " failed: " + output};
  }
  return output;
}

Result<SlurmJobs, Failure> submit(const std::filesystem::path& array, const std::filesystem::path& merge,
                                  const SlurmCommand& run) {
  // "--parsable" prints the number of the job, on a federation of clusters followed by ";CLUSTER".
  const auto number_of = [](const std::string& output) { return output.substr(0, output.find(';')); };
  const Result<std::string, Failure> first = run({"sbatch", "--parsable", array.string()});
  if (!first) {
    return first.error();
  }
  const std::string job = number_of(*first);
  const Result<std::string, Failure> second =
      run({"sbatch", "--parsable", "--dependency=afterany:" + job, merge.string()});
  if (!second) {
    return Failure{second.error().message + "; the array is job " + job};
  }
  return SlurmJobs{job, number_of(*second)};
}

Result<SlurmState, Failure> state_of(const SlurmJobs& jobs, const SlurmCommand& run) {
  // One line a task: the number of its array, and its state. Jobs that have ended are not listed.
  const Result<std::string, Failure> listed = run({"squeue", "--me", "--noheader", "--array", "--format=%F %T"});
  if (!listed) {
    return listed.error();
  }
  SlurmState state{0, 0, true};
  std::istringstream lines{*listed};
  std::string job;
  std::string word;
  while (lines >> job >> word) {
    if (job == jobs.array) {
      ++(word == "PENDING" || word == "REQUEUED" ? state.waiting : state.running);
    } else if (job == jobs.merge) {
      state.merged = false;
    }
  }
  return state;
}

}  // namespace crossweave
