// A run of a network that does not fit: its segments, each as a run of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "frontend/prepared_run.h"
#include "scheduler/crossbar_writes.h"
#include "scheduler/segmentation.h"

namespace crossweave {

struct PreparedSegment {
  LayerRange layers;
  CrossbarWrites writes;
  Duration write_time;
  /// The run of the segment once its weights are there: what lies between segments is its network's input and output.
  PreparedRun run;
};

struct SegmentedRun {
  RunConfig config;
  /// As read, before any pass.
  NetworkGraph network;
  MappedNetwork mapped;
  std::vector<PreparedSegment> segments;
};

/// Cuts the network of a run that `is_segmented()`, schedules the segments and places them. Needs what
/// `crossbar.write` says of the architecture, all of it.
Result<SegmentedRun> prepare_segments(LoadedRun run);

/// The folder of a segment, counted from 0, in that of its run: "segment_1" is the first.
[[nodiscard]] std::string segment_folder(std::size_t segment);

}  // namespace crossweave
