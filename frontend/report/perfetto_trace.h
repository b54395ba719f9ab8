// A run as a trace for ui.perfetto.dev.
#pragma once

#include <ostream>

#include "frontend/record/stall_recorder.h"
#include "frontend/record/timeline_recorder.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// One track for each PE that holds weights, GPEU and channel with anything to show, and for the critical path (of a
/// run that `completed`); a counter for each buffer. From the first PE of each set an arrow leads to the first PE of
/// each set that waited for it last. docs/outputs.md describes the file.
void write_perfetto_trace(std::ostream& out, const ExecutionPlan& plan, const TimelineRecorder& timeline,
                          const StallRecorder& stalls, bool completed);

}  // namespace crossweave
