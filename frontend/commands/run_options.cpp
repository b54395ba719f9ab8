#include "frontend/commands/run_options.h"

#include <algorithm>
#include <iostream>

#include "frontend/import/network_file.h"

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

RunIdentity identify(const RunConfig& config, const NetworkGraph& network) {
  return {to_yaml(config, "network.yaml"), to_yaml(network)};
}

RunIdentity identify(const PreparedRun& run) { return identify(run.config, run.network); }

Diagnostics finish_segments(const SegmentedRun& run, const OutputDirectory& directory,
                            const std::vector<SegmentResult>& results, bool simulated) {
  const RunIdentity identity = identify(run.config, run.network);
  const std::vector<OutputFile> files{
      {simulated ? "summary.json" : "schedule.json", segmented_summary_json(run, identity, results, simulated)},
      {"segments.csv", segments_csv(run, results)},
      {"resolved.yaml", identity.resolved_yaml},
      {"network.yaml", identity.network_yaml}};
  Diagnostics problems = write_all(directory, files);
  if (problems.empty()) {
    std::vector<std::string> names = names_of(files);
    names.push_back("and a folder for each segment");
    std::cout << segmented_table(run, results, simulated, directory.path().string(), names);
  }
  return problems;
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
