#include "frontend/measured_latency.h"

#include <algorithm>
#include <string>
#include <utility>

#include "frontend/planned_run.h"
#include "frontend/record/activity_watch.h"
#include "frontend/worker_processes.h"
#include "models/simulation.h"

namespace crossweave {
namespace {

/// What a child process returns instead of a latency.
constexpr const char* kTooLate = "too late";

}  // namespace

MeasuredLatency::MeasuredLatency(const RunConfig& config, const MappedNetwork& mapped, const MappingOptions& options)
    : config_{config},
      mapped_{mapped},
      options_{options},
      schedules_{mapped.graph, mapped.layers, options.partition, looks_ahead(options.order)} {}

MeasuredLatency::Known* MeasuredLatency::find(const MappingChoice& choice) {
  const auto known = std::ranges::find(known_, choice, &Known::choice);
  return known == known_.end() ? nullptr : &*known;
}

std::int64_t MeasuredLatency::lower_bound(const MappingChoice& choice, std::int64_t cutoff) {
  if (const Known* const known = find(choice)) {
    return known->at_least;
  }
  const std::int64_t t_mvm = config_.architecture.crossbar.mvm_latency.count_ps();
  return schedules_.latency(choice, (cutoff - 1) / t_mvm + 1) * t_mvm;
}

std::int64_t MeasuredLatency::latency(const MappingChoice& choice, std::int64_t cutoff) {
  Known* known = find(choice);
  if (known != nullptr && (known->exact || known->at_least >= cutoff)) {
    return known->at_least;
  }
  if (known == nullptr) {
    known = &known_.emplace_back(Known{choice});
  }
  const std::optional<std::int64_t> measured = simulate(choice, cutoff);
  known->at_least = measured.value_or(cutoff);
  known->exact = measured.has_value();
  return known->at_least;
}

std::optional<std::int64_t> MeasuredLatency::simulate(const MappingChoice& choice, std::int64_t cutoff) const {
  const auto task = [&](std::size_t /*task*/) {
    const Result<PlannedRun> planned = plan_run(config_, schedule_choice(mapped_, options_, choice));
    if (!planned) {
      return std::to_string(kNever);
    }
    // Never destroyed, as in `crossweave run`: the process ends with it.
    auto* const simulation =
        new Simulation{planned->plan, config_.architecture, planned->reservations ? &*planned->reservations : nullptr};
    const ActivityWatch activity{planned->plan.placement, simulation->probes()};
    switch (simulation->run(cutoff == kNever ? std::nullopt : std::optional{Duration::picoseconds(cutoff)}).outcome) {
      case Outcome::completed:
        return std::to_string(activity.recorder().latency().count_ps());
      case Outcome::deadlock:
        return std::to_string(kNever);
      case Outcome::time_limit:
        break;
    }
    return std::string{kTooLate};
  };
  const Result<std::vector<std::string>, Failure> text = run_in_processes(1, 1, task, [](std::size_t) {});
  if (!text) {
    throw InternalError{"a simulation broke off: " + text.error().message};
  }
  return text->front() == kTooLate ? std::nullopt : std::optional{std::stoll(text->front())};
}

}  // namespace crossweave
