// What do a waveform and a trace cost, beside the run that they record?
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>
#include <spdlog/spdlog.h>

#include "frontend/recorded_run.h"
#include "frontend/report/perfetto_trace.h"

// The library of SystemC asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

/// Goes through a pipe, in the units of its names.
struct Cost {
  double cpu_seconds{0};
  std::int64_t items{0};  ///< changes of values, or packets of the trace
  std::int64_t bytes{0};
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Runs `work` in a child, since a kernel simulates once.
template <class Work>
Cost in_child(const Work& work) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) {
    throw std::runtime_error{"no pipe"};
  }
  const pid_t child = fork();
  if (child == 0) {
    const Cost cost = work();
    _exit(write(pipe[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  Cost cost;
  const bool read_it = read(pipe[0], &cost, sizeof cost) == sizeof cost;
  close(pipe[0]);
  close(pipe[1]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0 || !read_it) {
    throw std::runtime_error{"a benchmark failed in its child process"};
  }
  return cost;
}

enum class Record { nothing, waveform, trace };

/// Lines behind the header that are no time stamps.
std::int64_t changes_of(const std::string& file) {
  std::ifstream in{file};
  std::string line;
  std::int64_t lines = 0;
  bool is_header = true;
  while (std::getline(in, line)) {
    lines += !is_header && line.front() != '#' ? 1 : 0;
    is_header = is_header && !line.starts_with("$enddefinitions");
  }
  return lines;
}

/// Into a file, as the program does it.
Cost run(const PreparedRun& prepared, Record record) {
  Recordings recordings;
  recordings.timeline = record == Record::trace;
  if (record == Record::waveform) {
    recordings.waveform.emplace();
  }
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("record_bench." + std::to_string(getpid()));
  const double begin = cpu_seconds();
  RecordedRun recorded{prepared, recordings};
  recorded.simulate();
  if (record != Record::nothing) {
    std::ofstream out{file, std::ios::binary};
    if (record == Record::waveform) {
      recorded.waveform().write(out, recorded.stopped_at(), recorded.stalls(), recorded.latency());
    } else {
      write_perfetto_trace(out, prepared.plan, recorded.timeline(), recorded.stalls(), true);
    }
  }
  Cost cost{cpu_seconds() - begin};
  if (record != Record::nothing) {
    cost.items = record == Record::waveform ? changes_of(file.string()) : 0;
    cost.bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
    std::filesystem::remove(file);
  }
  return cost;
}

void measure(benchmark::State& state, Record record, const std::string& network, const std::vector<std::string>& more) {
  spdlog::set_level(spdlog::level::warn);
  const std::string source{CROSSWEAVE_SOURCE_DIR};
  std::vector<std::string> settings{"network=" + source + "/configs/networks/" + network + ".yaml", "input_shape=none"};
  settings.insert(settings.end(), more.begin(), more.end());
  Result<LoadedRun> loaded = load_run(source + "/configs/runs/paper.yaml", settings);
  if (!loaded) {
    throw std::runtime_error{to_string(loaded.error().front())};
  }
  const Result<PreparedRun> prepared = prepare_run(*std::move(loaded));
  if (!prepared) {
    throw std::runtime_error{to_string(prepared.error().front())};
  }
  // What else the machine does only adds: the quickest of each says what they cost.
  double bare = std::numeric_limits<double>::max();
  double recorded = bare;
  Cost last;
  for (auto _ : state) {
    bare = std::min(bare, in_child([&] { return run(*prepared, Record::nothing); }).cpu_seconds);
    last = in_child([&] { return run(*prepared, record); });
    recorded = std::min(recorded, last.cpu_seconds);
    state.SetIterationTime(last.cpu_seconds);
  }
  state.counters["bare_s"] = bare;
  state.counters["more_s"] = recorded - bare;
  state.counters["MB"] = static_cast<double>(last.bytes) / 1e6;
  if (last.items > 0) {
    state.counters["changes"] = static_cast<double>(last.items);
    state.counters["ns_change"] = 1e9 * (recorded - bare) / static_cast<double>(last.items);
  } else {
    state.counters["ns_byte"] = 1e9 * (recorded - bare) / static_cast<double>(last.bytes);
  }
}

const std::vector<std::string> kPixels{"schedule.set.rows=1", "schedule.set.columns=1"};

std::vector<std::string> finite() {
  return {"architecture=" + std::string{CROSSWEAVE_SOURCE_DIR} + "/tests/data/runs/finite-chip.yaml"};
}

BENCHMARK_CAPTURE(measure, waveform_tinyyolov4_4x4, Record::waveform, "tinyyolov4", {})
    ->UseManualTime()
    ->Iterations(30);
BENCHMARK_CAPTURE(measure, waveform_tinyyolov4_finite, Record::waveform, "tinyyolov4", finite())
    ->UseManualTime()
    ->Iterations(10);
BENCHMARK_CAPTURE(measure, waveform_resnet152_1x1, Record::waveform, "resnet152", kPixels)
    ->UseManualTime()
    ->Iterations(10);
BENCHMARK_CAPTURE(measure, trace_tinyyolov4_4x4, Record::trace, "tinyyolov4", {})->UseManualTime()->Iterations(30);
BENCHMARK_CAPTURE(measure, trace_tinyyolov4_finite, Record::trace, "tinyyolov4", finite())
    ->UseManualTime()
    ->Iterations(10);
BENCHMARK_CAPTURE(measure, trace_resnet152_1x1, Record::trace, "resnet152", kPixels)->UseManualTime()->Iterations(10);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
