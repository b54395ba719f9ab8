// Options that the commands on a RUN.yaml share.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "arch/diagnostics.h"
#include "frontend/prepared_run.h"
#include "frontend/report/output_directory.h"
#include "frontend/report/summary.h"

namespace crossweave {

struct RunOptions {
  std::string file;
  std::vector<std::string> assignments;
  std::string out;
  bool quiet{false};

  /// RUN.yaml and --set.
  void declare_inputs(CLI::App& app);
  /// --out and --quiet.
  void declare_outputs(CLI::App& app);

  /// --out, or out/NAME for a run file NAME.yaml.
  [[nodiscard]] std::filesystem::path directory() const;
};

/// The exit status of a simulation; where it did not complete, says so on stderr, and who waits for whom.
int report_end(std::string_view outcome, const std::vector<std::string>& waiting);

/// A file of a run's folder.
struct OutputFile {
  std::string name;
  std::string content;
};

[[nodiscard]] std::vector<std::string> names_of(const std::vector<OutputFile>& files);

/// Writes the files, or says what went wrong.
[[nodiscard]] Diagnostics write_all(const OutputDirectory& directory, const std::vector<OutputFile>& files);

}  // namespace crossweave
