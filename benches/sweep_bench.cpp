// What does a sweep cost a point beyond its simulation, and does its memory grow with what is done?
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <spdlog/spdlog.h>

#include "frontend/recorded_run.h"
#include "frontend/report/summary.h"
#include "frontend/sweep/sweep_database.h"
#include "frontend/sweep/sweep_plan.h"
#include "frontend/sweep/sweep_runner.h"
#include "frontend/worker_processes.h"

// The library of SystemC asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

namespace fs = std::filesystem;

template <class Value, class Error>
Value value_of(Result<Value, Error> result) {
  if (!result) {
    throw std::runtime_error{"a benchmark cannot read its own files"};
  }
  return *std::move(result);
}

double cpu_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double all_cpu_seconds() { return cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN); }

double resident_kib() {
  std::int64_t pages = 0;
  std::int64_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / 1024;
}

/// What a run of such a point takes in a process that does nothing else, from reading its files to its figures.
double bare_seconds(const fs::path& run_file) {
  constexpr std::size_t kRuns = 50;
  const auto texts = run_in_processes(
      kRuns, 1,
      [&](std::size_t /*run*/) {
        const double begin = cpu_seconds(RUSAGE_SELF);
        const PreparedRun prepared = value_of(prepare_run(value_of(load_run(run_file, {}))));
        RecordedRun recorded{prepared};
        recorded.simulate();
        const Measurement measured = recorded.measurement();
        benchmark::DoNotOptimize(summary_json(prepared, identify(prepared), &measured));
        return std::to_string(cpu_seconds(RUSAGE_SELF) - begin);
      },
      [](std::size_t /*run*/) {});
  double sum = 0;
  for (const std::string& text : value_of(texts)) {
    sum += std::stod(text);
  }
  return sum / kRuns;
}

/// Two small convolutions on 25 mappings and as many speeds of the crossbars as there must be.
void sweep(benchmark::State& state) {
  spdlog::set_level(spdlog::level::warn);
  const fs::path directory = fs::temp_directory_path() / ("sweep_bench." + std::to_string(getpid()));
  fs::create_directory(directory);
  std::ofstream{directory / "small.yaml"} << "name: small\ninput: [8, 8, 3]\nlayers:\n"
                                             "  - {op: conv, filters: 8, kernel: 3, padding: same}\n"
                                             "  - {op: conv, filters: 8, kernel: 3, padding: same}\n";
  const std::string run = "architecture: " CROSSWEAVE_SOURCE_DIR "/configs/architectures/paper.yaml\nnetwork: " +
                          (directory / "small.yaml").string() + "\n";
  std::ofstream{directory / "run.yaml"} << run;
  std::ofstream{directory / "sweep.yaml"} << "base: run.yaml\naxes:\n  mapping.extra_pes: {from: 0, to: 24, step: 1}\n"
                                             "  architecture.crossbar.mvm_latency: {from: 100 ns, step: 100 ns, to: "
                                          << state.range(0) / 25 * 100 << " ns}\n";
  const Sweep loaded = value_of(load_sweep(directory / "sweep.yaml"));
  double cpu = 0;
  double grown = 0;
  std::size_t failed = 0;
  for (auto _ : state) {
    fs::remove_all(directory / "out");
    fs::create_directory(directory / "out");
    const double begin = all_cpu_seconds();
    PointReader reader{loaded, directory.string()};
    const SweepPlan plan = value_of(plan_sweep(loaded, reader));
    SweepDatabase database = value_of(SweepDatabase::create(directory / "out/sweep.db", loaded, plan, reader, false));
    std::size_t done = 0;
    double resident = 0;
    run_sweep(
        plan, reader, plan.by_schedule(), 2,
        [&](const ConfigEnd& end) {
          database.add_result(plan.configs[end.config].hash, end.figures);
          failed += end.status == 0 ? 0 : 1;
          // A tenth: then everything has been used once.
          if (++done == plan.configs.size() / 10) {
            resident = resident_kib();
          }
        },
        [] { return true; });
    grown = resident_kib() - resident;
    cpu += all_cpu_seconds() - begin;
  }
  if (failed > 0) {
    throw std::runtime_error{"a point failed"};
  }
  const double per_point = cpu / static_cast<double>(state.iterations()) / static_cast<double>(state.range(0));
  const double bare = bare_seconds(directory / "run.yaml");
  state.counters["ms_point"] = 1e3 * per_point;
  state.counters["ms_bare"] = 1e3 * bare;
  state.counters["ms_over"] = 1e3 * (per_point - bare);
  state.counters["KiB_grown"] = grown;
  fs::remove_all(directory);
}
BENCHMARK(sweep)->Arg(1000)->Arg(10'000)->UseRealTime()->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
