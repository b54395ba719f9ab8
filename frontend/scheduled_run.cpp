#include "frontend/scheduled_run.h"

#include <string>
#include <utility>

namespace crossweave {
namespace {

Result<MappedNetwork, SchedulingFailure> map(const RunConfig& config, const NetworkGraph& network) {
  return map_network(network, config.include_top, config.architecture.crossbar, config.architecture.precision);
}

}  // namespace

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

std::optional<std::int64_t> min_pes(const RunConfig& config, const NetworkGraph& network) {
  const Result<MappedNetwork, SchedulingFailure> mapped = map(config, network);
  return mapped ? std::optional<std::int64_t>{mapped->min_pes} : std::nullopt;
}

Result<ScheduledRun> schedule_run(const RunConfig& schedule_part, NetworkGraph network) {
  Result<MappedNetwork, SchedulingFailure> mapped = map(schedule_part, network);
  if (!mapped) {
    return Diagnostics{{schedule_part.network_where, "network: " + mapped.error().message, Severity::error}};
  }
  LoadedRun run{schedule_part, std::move(network), *std::move(mapped)};
  if (run.is_segmented()) {
    return Diagnostics{{run.config.budget_where,
                        "mapping: " + std::to_string(run.pes()) +
                            " PEs take the network in segments, which `crossweave "
                            "run` can and a sweep cannot; it needs at least " +
                            std::to_string(run.mapped.min_pes),
                        Severity::error}};
  }
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule(run);
  if (!scheduled) {
    return refusal(run.config, scheduled.error());
  }
  return ScheduledRun{std::move(run.network), *std::move(scheduled)};
}

}  // namespace crossweave
