#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/command_line.h"
#include "frontend/commands/recording_options.h"
#include "frontend/commands/run_options.h"
#include "frontend/commands/segments.h"
#include "frontend/commands/sweep_input.h"
#include "frontend/recorded_run.h"
#include "frontend/report/images.h"
#include "frontend/report/perfetto_trace.h"
#include "frontend/report/run_page.h"

namespace crossweave {
namespace {

constexpr const char* kWaveformFile = "trace.vcd";
constexpr const char* kWaveformSaveFile = "trace.gtkw";
constexpr const char* kReportFile = "report.html";

/// A run whose simulation has ended and whose files are written.
struct Simulated {
  RunEnd end;
  std::string summary_json;
  std::string table;
};

/// Call once in a process. What is wrong with the options is found before there is a folder `path`.
Result<Simulated> simulate(const PreparedRun& prepared, const std::filesystem::path& path,
                           const RecordingOptions& recording) {
  Diagnostics problems;
  const Recordings recordings = recording.read(problems);
  const ExecutionPlan& plan = prepared.plan;
  RecordedRun recorded{prepared, recordings};
  ReservedFile trace{recording.trace, problems};
  if (recordings.waveform && !recorded.waveform().shows_anything()) {
    problems.push_back(problem_with("--vcd-scope: no scope of this chip matches '" + recording.vcd_scope +
                                    "'; scopes are named tile0, tile0.pe0, tile0.gpeu and noc.router0_0"));
  }
  if (!problems.empty()) {
    return problems;
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(path);
  if (!directory) {
    return directory.error();
  }
  ReservedFile waveform{recordings.waveform ? directory->file(kWaveformFile).string() : "", problems};
  if (!problems.empty()) {
    return problems;
  }
  spdlog::info("simulating {} sets on {} tiles", prepared.scheduled.set_count(), plan.tile_count());
  recorded.simulate();

  const Measurement measured = recorded.measurement();
  const RunIdentity identity = identify(prepared);
  std::vector<OutputFile> files{{"summary.json", summary_json(prepared, identity, &measured)},
                                {"resolved.yaml", identity.resolved_yaml},
                                {"network.yaml", identity.network_yaml}};
  if (recorded.completed()) {
    files.push_back({"layers.csv", layers_csv(prepared, &measured)});
    if (plan.images > 1) {
      files.push_back({"images.csv", images_csv(measured.images, prepared.config.architecture.crossbar.mvm_latency)});
    }
    files.push_back({"pe_states.csv", pe_states_csv(*measured.attribution, plan)});
    files.push_back({"critical_path.csv", critical_path_csv(*measured.attribution, plan)});
  }
  if (recording.report) {
    files.push_back({kReportFile, run_page(prepared, recorded, identity)});
  }
  std::vector<std::string> names = names_of(files);
  if (waveform.wanted()) {
    recorded.waveform().write(waveform.stream(), recorded.stopped_at(), recorded.stalls(), recorded.latency());
    static_cast<void>(waveform.close(problems));
    files.push_back({kWaveformSaveFile, recorded.waveform().gtkwave_save_file(kWaveformFile)});
    names.emplace_back(kWaveformFile);
    names.emplace_back(kWaveformSaveFile);
  }
  if (trace.wanted()) {
    write_perfetto_trace(trace.stream(), plan, recorded.timeline(), recorded.stalls(), recorded.completed());
    static_cast<void>(trace.close(problems));
  }
  const Diagnostics unwritten = write_all(*directory, files);
  problems.insert(problems.end(), unwritten.begin(), unwritten.end());
  if (!problems.empty()) {
    return problems;
  }
  std::vector<TableLine> more;
  if (measured.attribution) {
    more.emplace_back("limited by", limits_in_words(*measured.attribution, plan));
  }
  if (trace.wanted()) {
    more.emplace_back("trace", recording.trace);
  }
  return Simulated{recorded.end(), files.front().content,
                   run_table(prepared, &measured, more, directory->path().string(), names)};
}

int run(RunOptions options, const RecordingOptions& recording, const std::optional<std::size_t>& point) {
  Diagnostics problems;
  static_cast<void>(recording.read(problems));
  if (!problems.empty()) {
    return report(problems);
  }
  if (point) {
    const Result<OutputDirectory> directory = unpack_point(options.file, *point, options.out);
    if (!directory) {
      return report(directory.error());
    }
    options.file = directory->file("resolved.yaml");
    options.out = directory->path();
  }
  Result<LoadedRun> loaded = load_run(options.file, options.assignments);
  if (!loaded) {
    return report(loaded.error());
  }
  if (loaded->is_segmented()) {
    return do_segments(*std::move(loaded), options.directory(), true,
                       [&](const PreparedRun& segment, const OutputDirectory& folder) -> std::optional<std::string> {
                         RecordingOptions own = recording;
                         if (!own.trace.empty()) {
                           own.trace = folder.file(std::filesystem::path{own.trace}.filename().string()).string();
                         }
                         const Result<Simulated> simulated = simulate(segment, folder.path(), own);
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
  const Result<Simulated> simulated = simulate(*prepared, options.directory(), recording);
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
    RecordingOptions recording;
    std::optional<std::size_t> point;
  };
  auto options = std::make_shared<Options>();
  options->common.declare_inputs(app);
  app.add_option("--point", options->point,
                 "A point of a sweep, whose folder or database stands in the place of RUN.yaml (default of --out then: "
                 "runs/POINT beside the database)")
      ->type_name("POINT")
      ->check([](const std::string& text) { return text.starts_with('-') ? "points are numbered from 0" : ""; });
  options->common.declare_outputs(app);
  options->recording.declare(app);
  return [options] {
    if (options->common.quiet) {
      spdlog::set_level(spdlog::level::warn);
    }
    try {
      return run(options->common, options->recording, options->point);
    } catch (const DatabaseError& error) {
      return report({error.problem()});
    }
  };
}

}  // namespace crossweave
