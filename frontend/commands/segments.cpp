#include "frontend/commands/segments.h"

#include <iostream>
#include <utility>
#include <vector>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/report/segments.h"
#include "frontend/segmented_run.h"

namespace crossweave {
int do_segments(LoadedRun loaded, const std::filesystem::path& path, bool simulates, const SegmentTask& task) {
  Result<SegmentedRun> run = prepare_segments(std::move(loaded));
  if (!run) {
    return report(run.error());
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(path);
  if (!directory) {
    return report(directory.error());
  }
  const std::optional<std::vector<SegmentResult>> results =
      do_in_order(*run, simulates, [&](std::size_t i, const PreparedRun& segment) -> std::optional<std::string> {
        const Result<OutputDirectory> folder = OutputDirectory::open(directory->file(segment_folder(i)));
        if (!folder) {
          report(folder.error());
          return std::nullopt;
        }
        return task(segment, *folder);
      });
  if (!results) {
    return kExitBadInput;
  }
  const RunIdentity identity = identify(run->config, run->network);
  const std::vector<OutputFile> files{
      {simulates ? "summary.json" : "schedule.json", segmented_summary_json(*run, identity, *results, simulates)},
      {"segments.csv", segments_csv(*run, *results)},
      {"resolved.yaml", identity.resolved_yaml},
      {"network.yaml", identity.network_yaml}};
  if (const Diagnostics problems = write_all(*directory, files); !problems.empty()) {
    return report(problems);
  }
  std::vector<std::string> names = names_of(files);
  names.emplace_back("and a folder for each segment");
  std::cout << segmented_table(*run, *results, simulates, directory->path().string(), names);
  return report_end(outcome_of(*run, *results), waiting_of(*results));
}

}  // namespace crossweave
