// The figures of a run whose weights are rewritten, put together from those of its segments.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "arch/units.h"
#include "frontend/report/summary.h"
#include "frontend/segmented_run.h"

namespace crossweave {

/// What one segment gave, from its summary.json, or from its schedule.json where nothing was simulated.
struct SegmentResult {
  nlohmann::ordered_json summary;
  /// From when its weights were there to its end; none unless it completed.
  std::optional<Duration> latency;
};

/// Of a simulation, as measured.
[[nodiscard]] SegmentResult measured_segment(const std::string& summary_json);
/// As scheduled for all images (latency_of_images()).
[[nodiscard]] SegmentResult scheduled_segment(const std::string& schedule_json, const PreparedRun& segment);

/// Does one segment after the other, each in a process of its own (SystemC has one kernel a process), until one does
/// not complete, or the time limit leaves none for the next. `task` gives the summary.json of a segment, or its
/// schedule.json where nothing is `simulated`; when it gives nothing, neither does this.
std::optional<std::vector<SegmentResult>> do_in_order(
    SegmentedRun& run, bool simulated,
    const std::function<std::optional<std::string>(std::size_t segment, const PreparedRun& run)>& task);

/// How the run ended, its segments one after the other: as the first that did not complete, or "time_limit" where some
/// were not begun.
[[nodiscard]] std::string outcome_of(const SegmentedRun& run, const std::vector<SegmentResult>& results);

/// Who waits for whom in a segment that did not complete.
[[nodiscard]] std::vector<std::string> waiting_of(const std::vector<SegmentResult>& results);

/// The same keys as those of a run that fits, and what is said of rewriting; docs/rewriting.md.
[[nodiscard]] std::string segmented_summary_json(const SegmentedRun& run, const RunIdentity& identity,
                                                 const std::vector<SegmentResult>& results, bool simulated);

/// One line a segment that completed, the keys of `segments[]`.
[[nodiscard]] std::string segments_csv(const SegmentedRun& run, const std::vector<SegmentResult>& results);

/// The short table on the terminal.
[[nodiscard]] std::string segmented_table(const SegmentedRun& run, const std::vector<SegmentResult>& results,
                                          bool simulated, const std::string& directory,
                                          const std::vector<std::string>& files);

}  // namespace crossweave
