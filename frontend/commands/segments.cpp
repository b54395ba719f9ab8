#include "frontend/commands/segments.h"

#include <iostream>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/report/segments.h"
#include "frontend/segmented_run.h"
#include "frontend/worker_processes.h"

namespace crossweave {
namespace {

/// What came of a segment; nothing when a problem has been reported.
std::optional<std::string> in_own_process(const PreparedRun& segment, const OutputDirectory& folder,
                                          const SegmentTask& task) {
  const Result<std::vector<std::string>, Failure> texts = run_in_processes(
      1, 1, [&](std::size_t /*task*/) { return task(segment, folder).value_or(""); }, [](std::size_t /*task*/) {});
  if (!texts) {
    throw InternalError{texts.error().message};
  }
  return texts->front().empty() ? std::nullopt : std::optional{texts->front()};
}

/// Does the segments until one does not complete, or the time limit leaves none for the next. Nothing when a problem
/// has been reported.
std::optional<std::vector<SegmentResult>> results_of(SegmentedRun& run, const OutputDirectory& directory,
                                                     bool simulates, const SegmentTask& task) {
  std::vector<SegmentResult> results;
  Duration elapsed;
  for (std::size_t i = 0; i < run.segments.size(); ++i) {
    PreparedSegment& segment = run.segments[i];
    elapsed += segment.write_time;
    if (const std::optional<Duration> limit = run.config.time_limit; simulates && limit) {
      if (elapsed >= *limit) {
        break;
      }
      segment.run.config.time_limit = *limit - elapsed;
    }
    const Result<OutputDirectory> folder = OutputDirectory::open(directory.file(segment_folder(i)));
    if (!folder) {
      report(folder.error());
      return std::nullopt;
    }
    spdlog::info("segment {} of {}", i + 1, run.segments.size());
    const std::optional<std::string> text = in_own_process(segment.run, *folder, task);
    if (!text) {
      return std::nullopt;
    }
    results.push_back(simulates ? measured_segment(*text) : scheduled_segment(*text, segment.run));
    if (!results.back().latency) {
      break;
    }
    elapsed += *results.back().latency;
  }
  return results;
}

}  // namespace

int do_segments(LoadedRun loaded, const std::filesystem::path& path, bool simulates, const SegmentTask& task) {
  Result<SegmentedRun> run = prepare_segments(std::move(loaded));
  if (!run) {
    return report(run.error());
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(path);
  if (!directory) {
    return report(directory.error());
  }
  const std::optional<std::vector<SegmentResult>> results = results_of(*run, *directory, simulates, task);
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
