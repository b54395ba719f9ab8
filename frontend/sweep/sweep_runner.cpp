#include "frontend/sweep/sweep_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "frontend/commands/command.h"
#include "frontend/recorded_run.h"
#include "frontend/report/segments.h"
#include "frontend/report/summary.h"
#include "frontend/scheduled_run.h"
#include "frontend/segmented_run.h"
#include "frontend/sweep/sweep_figures.h"
#include "frontend/worker_processes.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

/// Between the processes.
std::string to_message(const ConfigEnd& end) {
  return Json{{"config", end.config}, {"figures", end.figures}, {"status", end.status}, {"message", end.message}}
      .dump();
}

ConfigEnd from_message(const std::string& message) {
  const Json json = Json::parse(message);
  return {json.at("config").get<std::size_t>(), json.at("figures"), json.at("status").get<int>(),
          json.at("message").get<std::string>()};
}

ConfigEnd fault(std::size_t config, const Failure& failure) {
  return {config, nullptr, kExitInternalFault, "internal fault: " + failure.message};
}

/// summary.json of a run. Call once in a process.
std::string simulated_summary(const PreparedRun& prepared, const RunIdentity& identity) {
  RecordedRun recorded{prepared};
  recorded.simulate();
  const Measurement measured = recorded.measurement();
  return summary_json(prepared, identity, &measured);
}

/// Configurations that share a schedule: made in a process of its own, and simulated in children of that.
class ScheduleGroup {
 public:
  ScheduleGroup(const SweepPlan& plan, PointReader& reader, std::vector<std::size_t> configs)
      : plan_{plan}, reader_{reader}, configs_{std::move(configs)} {}

  [[nodiscard]] const std::vector<std::size_t>& configs() const { return configs_; }

  void run(const std::function<void(const ConfigEnd&)>& ended, SpareRoom& spare) {
    Result<std::optional<ScheduledRun>> scheduled = schedule(configs_.front());
    if (!scheduled) {
      // For each its own words, with the places that are its own.
      for (const std::size_t config : configs_) {
        ended(refused(config, schedule(config).error()));
      }
      return;
    }
    ProcessTasks tasks;
    tasks.count = configs_.size();
    tasks.borrows = &spare;
    tasks.task = [&](std::size_t i, const SendMessage& send) {
      send(to_message(*scheduled ? simulate(configs_[i], **std::move(scheduled)) : simulate_segments(configs_[i])));
    };
    tasks.received = [&](std::size_t /*i*/, const std::string& message) { ended(from_message(message)); };
    tasks.ended = [&](std::size_t i, const std::optional<Failure>& failure) {
      if (failure) {
        ended(fault(configs_[i], *failure));
      }
    };
    run_tasks(tasks);
  }

 private:
  [[nodiscard]] ConfigEnd refused(std::size_t config, const Diagnostics& problems) const {
    return {config, nullptr, kExitBadInput, reader_.lines(problems)};
  }

  [[nodiscard]] ConfigEnd done(std::size_t config, const std::string& summary) const {
    return {config, figures_of(Json::parse(summary)), 0, ""};
  }

  [[nodiscard]] RunIdentity identity(std::size_t config, const RunConfig& run) const {
    return identity_of(run, plan_.networks[plan_.configs[config].network]);
  }

  [[nodiscard]] Result<LoadedRun> map(RunConfig run) {
    const auto network = reader_.network(run);
    check_invariant(network.has_value(), "what could be read once can be read again");
    return map_run(std::move(run), (*network)->graph);
  }

  /// The schedule that all of the group share; none where the network does not fit and is run in segments.
  [[nodiscard]] Result<std::optional<ScheduledRun>> schedule(std::size_t config) {
    Result<LoadedRun> mapped = map(schedule_part(reader_.config(plan_, config)));
    if (!mapped) {
      return mapped.error();
    }
    if (mapped->is_segmented()) {
      return std::optional<ScheduledRun>{};
    }
    Result<ScheduledRun> scheduled = schedule_run(*std::move(mapped));
    if (!scheduled) {
      return scheduled.error();
    }
    return std::optional{*std::move(scheduled)};
  }

  /// In a child, to whom the schedule is its own copy.
  [[nodiscard]] ConfigEnd simulate(std::size_t config, ScheduledRun scheduled) {
    const Result<PreparedRun> prepared =
        place_run(reader_.config(plan_, config), std::move(scheduled.network), std::move(scheduled.scheduled));
    if (!prepared) {
      return refused(config, prepared.error());
    }
    return done(config, simulated_summary(*prepared, identity(config, prepared->config)));
  }

  /// In a child, which has more of its own.
  [[nodiscard]] ConfigEnd simulate_segments(std::size_t config) {
    Result<LoadedRun> mapped = map(reader_.config(plan_, config));
    check_invariant(mapped.has_value(), "what could be mapped once can be mapped again");
    Result<SegmentedRun> run = prepare_segments(*std::move(mapped));
    if (!run) {
      return refused(config, run.error());
    }
    const std::optional<std::vector<SegmentResult>> results =
        do_in_order(*run, true, [](std::size_t /*segment*/, const PreparedRun& segment) {
          return std::optional{simulated_summary(segment, identify(segment))};
        });
    return done(config, segmented_summary_json(*run, identity(config, run->config), results.value(), true));
  }

  const SweepPlan& plan_;
  PointReader& reader_;
  std::vector<std::size_t> configs_;
};

}  // namespace

void run_sweep(const SweepPlan& plan, PointReader& reader, const std::vector<std::size_t>& configs, std::size_t jobs,
               const std::function<void(const ConfigEnd&)>& ended, const std::function<bool()>& go_on) {
  std::vector<ScheduleGroup> groups;
  for (auto begin = configs.begin(); begin != configs.end();) {
    const std::size_t schedule = plan.configs[*begin].schedule;
    const auto end = std::find_if(begin, configs.end(),
                                  [&](std::size_t config) { return plan.configs[config].schedule != schedule; });
    groups.emplace_back(plan, reader, std::vector<std::size_t>{begin, end});
    begin = end;
  }
  SpareRoom spare;
  std::vector<bool> reported(plan.configs.size(), false);
  const auto report = [&](const ConfigEnd& end) {
    reported[end.config] = true;
    ended(end);
  };
  ProcessTasks tasks;
  tasks.count = groups.size();
  tasks.workers = jobs;
  tasks.lends = &spare;
  tasks.go_on = go_on;
  tasks.task = [&](std::size_t group, const SendMessage& send) {
    groups[group].run([&send](const ConfigEnd& end) { send(to_message(end)); }, spare);
  };
  tasks.received = [&](std::size_t /*group*/, const std::string& message) { report(from_message(message)); };
  tasks.ended = [&](std::size_t group, const std::optional<Failure>& failure) {
    if (!failure || !go_on()) {
      return;  // a signal to all processes ends the children, too
    }
    for (const std::size_t config : groups[group].configs()) {
      if (!reported[config]) {
        report(fault(config, *failure));
      }
    }
  };
  run_tasks(tasks);
}

}  // namespace crossweave
