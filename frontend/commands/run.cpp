#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/record/activity_watch.h"
#include "frontend/record/stall_recorder.h"
#include "frontend/record/subscription.h"
#include "frontend/record/waveform_recorder.h"
#include "models/simulation.h"
#include "scheduler/execution_plan.h"

namespace crossweave {
namespace {

constexpr const char* kWaveformFile = "trace.vcd";

/// The stall recorder, tied to all that it listens to.
class StallWatch {
 public:
  StallWatch(const ExecutionPlan& plan, Probes& probes)
      : recorder_{plan},
        leg_{probes.journeys.leg, recorder_},
        input_complete_{probes.input_complete, recorder_},
        set_ready_{probes.set_ready, recorder_},
        set_started_{probes.set_started, recorder_},
        set_finished_{probes.set_finished, recorder_},
        dram_access_{probes.dram_access, recorder_} {}

  [[nodiscard]] const StallRecorder& recorder() const { return recorder_; }

 private:
  StallRecorder recorder_;
  Subscription<JourneyLeg, StallRecorder> leg_;
  Subscription<InputComplete, StallRecorder> input_complete_;
  Subscription<SetReady, StallRecorder> set_ready_;
  Subscription<SetStarted, StallRecorder> set_started_;
  Subscription<SetFinished, StallRecorder> set_finished_;
  Subscription<DramAccess, StallRecorder> dram_access_;
};

/// The waveform recorder with its file.
class WaveformWatch {
 public:
  WaveformWatch(const std::filesystem::path& file, const ExecutionPlan& plan, Probes& probes)
      : stream_{file, std::ios::binary},
        recorder_{plan, stream_},
        mvm_started_{probes.mvm_started, recorder_},
        mvm_finished_{probes.mvm_finished, recorder_},
        buffer_level_{probes.buffer_level, recorder_} {}

  /// False when the file could not be written in full.
  [[nodiscard]] bool finish(Duration end) {
    recorder_.finish(end);
    stream_.close();
    return recorder_.ok() && stream_.good();
  }

 private:
  std::ofstream stream_;
  WaveformRecorder recorder_;
  Subscription<MvmStarted, WaveformRecorder> mvm_started_;
  Subscription<MvmFinished, WaveformRecorder> mvm_finished_;
  Subscription<BufferLevel, WaveformRecorder> buffer_level_;
};

Measurement measurement(const ActivityRecorder& activity, const StallRecorder& stalls, const RunEnd& end) {
  Measurement result{
      std::string{to_string(end.outcome)},           end.waiting, activity.latency(), activity.total_active(),
      {activity.over_links(), activity.byte_hops()}, {},          std::nullopt};
  if (end.outcome == Outcome::completed) {
    result.attribution = attribution(stalls, activity.latency());
  }
  for (const ActivityRecorder::Layer& layer : activity.layers()) {
    result.layers.push_back({layer.first_start.value_or(Duration{}), layer.last_finish, layer.active});
  }
  return result;
}

void check_against_schedule(const ActivityRecorder& activity, const RunEnd& end, const ScheduledNetwork& scheduled) {
  if (end.outcome == Outcome::completed) {
    check_invariant(activity.sets() == scheduled.set_count(), "every scheduled set was executed, once");
  }
}

int run(const RunOptions& options, bool vcd) {
  const Result<PreparedRun> prepared = prepare_run(options.file, options.assignments);
  if (!prepared) {
    return report(prepared.error());
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(options.directory());
  if (!directory) {
    return report(directory.error());
  }
  const ScheduledNetwork& scheduled = prepared->scheduled;
  const ExecutionPlan& plan = prepared->plan;
  spdlog::info("simulating {} sets on {} tiles", scheduled.set_count(), plan.tile_count());

  // Never destroyed: SystemC looks for each module in a list when it goes, which takes minutes for the largest chips,
  // and the process ends with this command.
  static Simulation* const kSimulation =
      new Simulation{plan, prepared->config.architecture, prepared->reservations ? &*prepared->reservations : nullptr};
  Simulation& simulation = *kSimulation;
  const ActivityWatch activity{plan.placement, simulation.probes()};
  const StallWatch stalls{plan, simulation.probes()};
  std::optional<WaveformWatch> waveform;
  if (vcd) {
    waveform.emplace(directory->file(kWaveformFile), plan, simulation.probes());
  }
  const RunEnd end = simulation.run(prepared->config.time_limit);
  check_against_schedule(activity.recorder(), end, scheduled);

  const Measurement measured = measurement(activity.recorder(), stalls.recorder(), end);
  const RunIdentity identity = identify(*prepared);
  std::vector<OutputFile> files{{"summary.json", summary_json(*prepared, identity, &measured)},
                                {"resolved.yaml", identity.resolved_yaml},
                                {"network.yaml", identity.network_yaml}};
  if (end.outcome == Outcome::completed) {
    files.push_back({"layers.csv", layers_csv(*prepared, &measured)});
    files.push_back({"pe_states.csv", pe_states_csv(*measured.attribution, plan)});
    files.push_back({"critical_path.csv", critical_path_csv(*measured.attribution, plan)});
  }
  Diagnostics problems = write_all(*directory, files);
  if (waveform && !waveform->finish(now())) {
    problems.push_back(
        {{directory->file(kWaveformFile).string(), 0, 0}, "cannot write: the file is incomplete", Severity::error});
  }
  if (!problems.empty()) {
    return report(problems);
  }
  std::vector<std::string> names = names_of(files);
  if (waveform) {
    names.emplace_back(kWaveformFile);
  }
  std::vector<TableLine> more;
  if (measured.attribution) {
    more.emplace_back("limited by", limits_in_words(*measured.attribution, plan));
  }
  std::cout << run_table(*prepared, &measured, more, directory->path().string(), names);
  if (end.outcome == Outcome::completed) {
    return kExitDone;
  }
  std::cerr << "crossweave: the simulation ended without finishing: " << to_string(end.outcome) << '\n';
  for (const std::string& line : end.waiting) {
    std::cerr << "  " << line << '\n';
  }
  return kExitUnfinished;
}

}  // namespace

std::function<int()> declare_run(CLI::App& app) {
  struct Options {
    RunOptions common;
    bool vcd{false};
  };
  auto options = std::make_shared<Options>();
  options->common.declare_inputs(app);
  options->common.declare_outputs(app);
  app.add_flag("--vcd", options->vcd, "Write trace.vcd, a waveform of all tiles and PEs (GTKWave opens it)");
  return [options] {
    if (options->common.quiet) {
      spdlog::set_level(spdlog::level::warn);
    }
    return run(options->common, options->vcd);
  };
}

}  // namespace crossweave
