#include "frontend/reproduce/paper_run.h"

#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "frontend/record/activity_watch.h"
#include "models/simulation.h"
#include "scheduler/figures_of_merit.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/lower_bounds.h"

namespace crossweave {
namespace {

struct Field {
  std::string_view name;
  std::int64_t PaperResult::*value;
};

constexpr std::array<Field, 10> kIntegers{{{"pes", &PaperResult::pes},
                                           {"latency_ps", &PaperResult::latency_ps},
                                           {"active_ps", &PaperResult::active_ps},
                                           {"scheduled_cycles", &PaperResult::scheduled_cycles},
                                           {"layer_by_layer_cycles", &PaperResult::layer_by_layer_cycles},
                                           {"bound_cycles", &PaperResult::bound_cycles},
                                           {"t_mvm_ps", &PaperResult::t_mvm_ps},
                                           {"sets", &PaperResult::sets},
                                           {"transfers", &PaperResult::transfers},
                                           {"bytes_over_links", &PaperResult::bytes_over_links}}};

}  // namespace

double PaperResult::cycles() const { return static_cast<double>(latency_ps) / static_cast<double>(t_mvm_ps); }

double PaperResult::speedup() const {
  return crossweave::speedup(static_cast<double>(layer_by_layer_cycles), cycles());
}

double PaperResult::utilization() const { return crossweave::utilization(active_ps, pes, latency_ps); }

std::string configuration_name(ScheduleMode mode, int extra_pes) {
  const std::string wdup = extra_pes == 0 ? "" : "wdup+" + std::to_string(extra_pes);
  if (mode == ScheduleMode::layer_by_layer) {
    return wdup.empty() ? "layer-by-layer" : wdup;
  }
  return wdup.empty() ? "xinf" : wdup + " & xinf";
}

ScheduledNetwork schedule_of(const MappedNetwork& network, const PaperRun& run, int evaluations,
                             const SearchBudget::Observer& observer) {
  MappingOptions options;
  options.extra_pes = run.extra_pes;
  options.duplication = run.preset.duplication;
  options.partition = run.preset.partition;
  options.set = run.preset.set;
  options.order = run.preset.order;
  options.automatic_sets = run.preset.automatic_sets;
  options.mode = run.mode;
  options.search.evaluations = evaluations;
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(network, options, observer);
  check_invariant(scheduled.has_value(), "extra PEs are not negative, and the benchmarks have few enough sets");
  return *std::move(scheduled);
}

PaperResult measure(const MappedNetwork& network, const Architecture& architecture, const PaperRun& run,
                    int evaluations) {
  PaperResult result;
  const ScheduledNetwork scheduled =
      schedule_of(network, run, evaluations,
                  [&](int used, std::int64_t /*latency*/, std::string_view /*phase*/) { result.evaluations = used; });
  const ExecutionPlan plan = make_execution_plan(scheduled, architecture);
  Simulation simulation{plan, architecture};
  const ActivityWatch activity{plan.placement, simulation.probes()};
  const RunEnd end = simulation.run({});
  check_invariant(end.outcome == Outcome::completed, "chips without finite buffers come to an end");
  const ActivityRecorder& measured = activity.recorder();
  result.pes = scheduled.pes;
  result.latency_ps = measured.latency().count_ps();
  result.active_ps = measured.total_active().count_ps();
  result.scheduled_cycles = scheduled.schedule.latency().count();
  result.layer_by_layer_cycles = layer_by_layer_cycles(network.layers).count();
  result.bound_cycles =
      mapping_bound(scheduled.grids, scheduled.dependencies, network.layers, scheduled.duplicates).count();
  result.sets = scheduled.set_count();
  for (const TransactionKind kind :
       {TransactionKind::psum, TransactionKind::ofm, TransactionKind::dram_read, TransactionKind::dram_write}) {
    result.transfers += measured.traffic(kind).transfers;
    result.bytes_over_links += measured.traffic(kind).over_links.count();
  }
  result.t_mvm_ps = architecture.crossbar.mvm_latency.count_ps();
  return result;
}

std::string to_json(const PaperResult& result) {
  nlohmann::ordered_json json;
  for (const Field& field : kIntegers) {
    json[std::string{field.name}] = result.*field.value;
  }
  json["evaluations"] = result.evaluations;
  return json.dump();
}

PaperResult paper_result(const std::string& json) {
  const auto values = nlohmann::json::parse(json);
  PaperResult result;
  for (const Field& field : kIntegers) {
    result.*field.value = values.at(std::string{field.name}).get<std::int64_t>();
  }
  result.evaluations = values.at("evaluations").get<int>();
  return result;
}

}  // namespace crossweave
