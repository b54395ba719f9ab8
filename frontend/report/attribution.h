// Where the time of a run went, for people and programs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "frontend/record/stall_recorder.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// What a StallRecorder found in a run that completed.
struct Attribution {
  std::vector<StallRecorder::Group> groups;
  std::int64_t unused_pes{0};
  std::vector<CriticalSegment> critical_path;
  Duration latency;
};

[[nodiscard]] Attribution attribution(const StallRecorder& recorder, Duration latency);

/// The share of all PEs' time that each state takes; without `active`, `finished` and `unused`, of one layer's PEs.
[[nodiscard]] nlohmann::ordered_json pe_states_json(const Attribution& attribution);
[[nodiscard]] nlohmann::ordered_json layer_stalls_json(const Attribution& attribution, LayerId layer);
/// The share of the latency that each state takes on the critical path, and each layer or operation.
[[nodiscard]] nlohmann::ordered_json critical_path_json(const Attribution& attribution, const ExecutionPlan& plan);

/// One line a duplicate and tile: how many PEs, and the time of each of them in each state, in picoseconds.
[[nodiscard]] std::string pe_states_csv(const Attribution& attribution, const ExecutionPlan& plan);
/// One line a segment: begin and end in picoseconds, state, and layer or operation.
[[nodiscard]] std::string critical_path_csv(const Attribution& attribution, const ExecutionPlan& plan);

/// What limits the run: "crossbars 93.1 % (conv2d_1 40.2 %), noc-contention 5.0 %".
[[nodiscard]] std::string limits_in_words(const Attribution& attribution, const ExecutionPlan& plan);

}  // namespace crossweave
