#include "frontend/commands/run_options.h"

#include <algorithm>
#include <iostream>

#include "frontend/commands/command.h"
#include "models/simulation.h"

namespace crossweave {

void RunOptions::declare_inputs(CLI::App& app) {
  app.add_option("RUN.yaml", file, "The run: architecture, network, mapping and schedule")->required();
  app.add_option("--set", assignments, "Override a key by its dotted path, e.g. --set mapping.extra_pes=32; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void RunOptions::declare_outputs(CLI::App& app) {
  app.add_option("--out", out, "Folder for the files that are written (default: out/NAME for a run NAME.yaml)")
      ->type_name("DIR")
      ->check([](const std::string& path) { return path.empty() ? "expected the path of a folder" : ""; });
  app.add_flag("--quiet", quiet, "No progress on stderr; warnings and errors remain");
}

std::filesystem::path RunOptions::directory() const {
  return out.empty() ? std::filesystem::path{"out"} / std::filesystem::path{file}.stem() : std::filesystem::path{out};
}

int report_end(std::string_view outcome, const std::vector<std::string>& waiting) {
  if (outcome == to_string(Outcome::completed)) {
    return kExitDone;
  }
  std::cerr << "crossweave: the simulation ended without finishing: " << outcome << '\n';
  for (const std::string& line : waiting) {
    std::cerr << "  " << line << '\n';
  }
  return kExitUnfinished;
}

std::vector<std::string> names_of(const std::vector<OutputFile>& files) {
  std::vector<std::string> names(files.size());
  std::ranges::transform(files, names.begin(), &OutputFile::name);
  return names;
}

Diagnostics write_all(const OutputDirectory& directory, const std::vector<OutputFile>& files) {
  Diagnostics problems;
  for (const OutputFile& file : files) {
    if (std::optional<Diagnostic> problem = directory.write(file.name, file.content)) {
      problems.push_back(*std::move(problem));
    }
  }
  return problems;
}

}  // namespace crossweave
