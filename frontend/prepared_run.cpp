#include "frontend/prepared_run.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/import/network_file.h"
#include "frontend/measured_latency.h"
#include "frontend/planned_run.h"
#include "scheduler/lower_bounds.h"

namespace crossweave {
namespace {

Diagnostics at(const SourcePosition& where, const std::string& message) { return {{where, message, Severity::error}}; }

void log_simulations(const Duration t_mvm, int simulations, std::int64_t latency_ps, std::string_view phase) {
  if (latency_ps == kNever) {
    spdlog::info("search, {}: nothing that completes after {} simulations", phase, simulations);
  } else {
    spdlog::info("search, {}: {:.1f} cycles measured after {} simulations", phase,
                 static_cast<double>(latency_ps) / static_cast<double>(t_mvm.count_ps()), simulations);
  }
}

}  // namespace

BufferRequirements buffer_requirements(const PreparedRun& run) {
  const Architecture& architecture = run.config.architecture;
  const WorkOrder work = make_work_order(run.plan, architecture.crossbar.mvm_latency);
  const BufferPlan buffers = make_buffer_plan(run.plan, work, architecture.tile.buffer);
  return buffer_requirements(run.plan, work, buffers, architecture.tile.buffer);
}

std::int64_t LoadedRun::pes() const {
  return config.budget.kind == PeBudget::Kind::extra ? mapped.min_pes + config.budget.count : config.budget.count;
}

MappingOptions mapping_options(const LoadedRun& run) {
  MappingOptions options;
  options.extra_pes = run.pes() - run.mapped.min_pes;
  options.duplication = run.config.duplication;
  options.partition = run.config.partition;
  // The search for larger sets begins with the smallest.
  options.set = run.config.automatic_sets ? SetSize{1, 1} : run.config.set;
  options.automatic_sets = run.config.automatic_sets;
  options.order = run.config.order;
  options.mode = run.config.mode;
  options.search = run.config.search;
  return options;
}

void log_search(int evaluations, std::int64_t latency, std::string_view phase) {
  spdlog::info("search, {}: {} cycles after {} evaluations", phase, latency, evaluations);
}

Diagnostics refusal(const RunConfig& config, const SchedulingFailure& failure) {
  return failure.cause == SchedulingFailure::Cause::too_many_sets
             ? at(config.network_where, "schedule.set: " + failure.message)
             : at(config.budget_where, "mapping: " + failure.message);
}

Result<LoadedRun> map_run(RunConfig config, NetworkGraph network) {
  Result<MappedNetwork, SchedulingFailure> mapped =
      map_network(network, config.include_top, config.architecture.crossbar, config.architecture.precision);
  if (!mapped) {
    return at(config.network_where, "network: " + mapped.error().message);
  }
  return LoadedRun{std::move(config), std::move(network), *std::move(mapped)};
}

Result<LoadedRun> load_run(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  Result<RunConfig> config = load_run_config(file, assignments);
  if (!config) {
    return config.error();
  }
  spdlog::info("reading network {}", config->network.string());
  Result<NetworkImport> imported = import_network(config->network, config->input_shape, config->network_where);
  if (!imported) {
    return imported.error();
  }
  for (const Diagnostic& warning : imported->warnings) {
    spdlog::warn("{}", to_string(warning));
  }
  return map_run(*std::move(config), std::move(imported->graph));
}

Result<ScheduledNetwork, SchedulingFailure> schedule(const LoadedRun& run) {
  const MappingOptions options = mapping_options(run);
  spdlog::info("scheduling {} base layers", run.mapped.layers.size());
  if (run.config.evaluate == Evaluation::schedule) {
    return schedule_network(run.mapped, options, log_search);
  }
  MeasuredLatency measured{run.config, run.mapped, options};
  const SimulatedSearch simulated{measured, [&](int simulations, std::int64_t latency, std::string_view phase) {
                                    log_simulations(run.config.architecture.crossbar.mvm_latency, simulations, latency,
                                                    phase);
                                  }};
  return schedule_network(run.mapped, options, log_search, &simulated);
}

Result<PreparedRun> prepare_run(LoadedRun run) {
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule(run);
  if (!scheduled) {
    SchedulingFailure failure = scheduled.error();
    if (failure.cause == SchedulingFailure::Cause::too_few_pes) {
      failure.message += "; with mapping.rewrite: allow, weights would be rewritten during an inference";
    }
    return refusal(run.config, failure);
  }
  return place_run(std::move(run.config), std::move(run.network), *std::move(scheduled));
}

Result<PreparedRun> place_run(RunConfig config, NetworkGraph network, ScheduledNetwork scheduled) {
  Result<PlannedRun> planned = plan_run(config, scheduled);
  if (!planned) {
    return planned.error();
  }
  const Cycles bound =
      mapping_bound(scheduled.grids, scheduled.dependencies, scheduled.mapped.layers, scheduled.duplicates);
  return PreparedRun{std::move(config),        std::move(network),
                     std::move(scheduled),     bound,
                     std::move(planned->plan), std::move(planned->reservations)};
}

}  // namespace crossweave
