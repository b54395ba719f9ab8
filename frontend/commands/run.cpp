#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/run_options.h"
#include "frontend/commands/segments.h"
#include "frontend/record/subscription.h"
#include "frontend/record/waveform_recorder.h"
#include "frontend/recorded_run.h"
#include "scheduler/execution_plan.h"

namespace crossweave {
namespace {

constexpr const char* kWaveformFile = "trace.vcd";

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

/// A run whose simulation has ended and whose files are written.
struct Simulated {
  RunEnd end;
  std::string summary_json;
  std::string table;
};

/// Call once in a process.
Result<Simulated> simulate(const PreparedRun& prepared, const OutputDirectory& directory, bool vcd) {
  const ExecutionPlan& plan = prepared.plan;
  spdlog::info("simulating {} sets on {} tiles", prepared.scheduled.set_count(), plan.tile_count());

  RecordedRun recorded{prepared};
  std::optional<WaveformWatch> waveform;
  if (vcd) {
    waveform.emplace(directory.file(kWaveformFile), plan, recorded.probes());
  }
  recorded.simulate();
  const RunEnd& end = recorded.end();

  const Measurement measured = recorded.measurement();
  const RunIdentity identity = identify(prepared);
  std::vector<OutputFile> files{{"summary.json", summary_json(prepared, identity, &measured)},
                                {"resolved.yaml", identity.resolved_yaml},
                                {"network.yaml", identity.network_yaml}};
  if (end.outcome == Outcome::completed) {
    files.push_back({"layers.csv", layers_csv(prepared, &measured)});
    if (plan.images > 1) {
      files.push_back({"images.csv", images_csv(measured.images, prepared.config.architecture.crossbar.mvm_latency)});
    }
    files.push_back({"pe_states.csv", pe_states_csv(*measured.attribution, plan)});
    files.push_back({"critical_path.csv", critical_path_csv(*measured.attribution, plan)});
  }
  Diagnostics problems = write_all(directory, files);
  if (waveform && !waveform->finish(now())) {
    problems.push_back(
        {{directory.file(kWaveformFile).string(), 0, 0}, "cannot write: the file is incomplete", Severity::error});
  }
  if (!problems.empty()) {
    return problems;
  }
  std::vector<std::string> names = names_of(files);
  if (waveform) {
    names.emplace_back(kWaveformFile);
  }
  std::vector<TableLine> more;
  if (measured.attribution) {
    more.emplace_back("limited by", limits_in_words(*measured.attribution, plan));
  }
  return Simulated{end, files.front().content, run_table(prepared, &measured, more, directory.path().string(), names)};
}

int run(const RunOptions& options, bool vcd) {
  Result<LoadedRun> loaded = load_run(options.file, options.assignments);
  if (!loaded) {
    return report(loaded.error());
  }
  if (loaded->is_segmented()) {
    return do_segments(*std::move(loaded), options.directory(), true,
                       [vcd](const PreparedRun& segment, const OutputDirectory& folder) -> std::optional<std::string> {
                         const Result<Simulated> simulated = simulate(segment, folder, vcd);
                         if (!simulated) {
                           report(simulated.error());
                           return std::nullopt;
                         }
                         return simulated->summary_json;
                       });
  }
  const Result<PreparedRun> prepared = prepare_run(*std::move(loaded));
  if (!prepared) {
    return report(prepared.error());
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(options.directory());
  if (!directory) {
    return report(directory.error());
  }
  const Result<Simulated> simulated = simulate(*prepared, *directory, vcd);
  if (!simulated) {
    return report(simulated.error());
  }
  std::cout << simulated->table;
  return report_end(to_string(simulated->end.outcome), simulated->end.waiting);
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
