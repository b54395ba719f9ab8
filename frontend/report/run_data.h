// A run as data for the page that shows it.
#pragma once

#include <cstddef>

#include <nlohmann/json_fwd.hpp>

#include "frontend/recorded_run.h"
#include "frontend/report/summary.h"

namespace crossweave {

/// Runs of more sets are shown by how busy each duplicate was over time, not set by set.
inline constexpr std::size_t kMostSetsInDetail = 50'000;

/// What report.html holds, for frontend/report/page/run.js. Times are whole numbers of `unit_ps`, the largest unit in
/// which all of them are whole.
///
/// `summary` and `resolved` are summary.json and resolved.yaml. `layers[]` have the `name`, the `station` and the cuts
/// of the OFM into sets; `duplicates[]` the `layer`, the PEs of each tile, and either the sets in order, or their
/// activity:
///
/// - `sets`: columns `set`, `image` (where there are several), `gap` (from the end of the set before to the start),
///   `length`, `maker` (which set, counted over all duplicates in their order, made what came last; -1 none) and `last`
///   (the station whose result came last; -1 none). `waits` are (set of this duplicate, count, count times state and
///   length) in turn, of the tile whose input came last; `own_waits`, by tile, the same for tiles that waited for
///   others.
/// - `activity`: base64 of one byte a span of time, the share that it computed, of 255; `waiting`: the state that it
///   waited in most of the rest, plus one; 0 where it did not wait.
///
/// `history` is that of frontend/report/state_history.h, `tiles` and `links` are loads, `critical` the segments of the
/// critical path: begin, end, state, station, and the duplicate and its set, or -1.
[[nodiscard]] nlohmann::ordered_json run_data(const PreparedRun& prepared, const RecordedRun& recorded,
                                              const RunIdentity& identity);

}  // namespace crossweave
