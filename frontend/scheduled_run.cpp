#include "frontend/scheduled_run.h"

#include <utility>

namespace crossweave {
RunConfig schedule_part(const RunConfig& config) {
  if (config.evaluate == Evaluation::simulate) {
    return config;
  }
  RunConfig part = config;
  part.architecture = {};
  part.architecture.crossbar = config.architecture.crossbar;
  // Schedules count in cycles of t_MVM.
  part.architecture.crossbar.mvm_latency = CrossbarSpec{}.mvm_latency;
  part.architecture.crossbar.mvm_timing.reset();
  part.architecture.crossbar.adc_bits.reset();
  part.architecture.precision = config.architecture.precision;
  part.placement = {};
  part.placement_seed = 0;
  part.images = 1;
  part.arrival.reset();
  part.time_limit.reset();
  return part;
}

Result<ScheduledRun> schedule_run(LoadedRun run) {
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule(run);
  if (!scheduled) {
    return refusal(run.config, scheduled.error());
  }
  return ScheduledRun{std::move(run.network), *std::move(scheduled)};
}

}  // namespace crossweave
