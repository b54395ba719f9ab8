// How much CPU time and memory does a simulation take, and what does an event of it cost beside the bare kernel?
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "frontend/import/network_file.h"
#include "frontend/prepared_run.h"
#include "models/simulation.h"
#include "scheduler/execution_plan.h"
#include "scheduler/mapped_network.h"
#include "tests/support/fresh_kernel.h"

// The library of SystemC asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

MappedNetwork load(const std::string& name) {
  const std::string file = std::string{CROSSWEAVE_SOURCE_DIR} + "/configs/networks/" + name + ".yaml";
  const Result<NetworkImport> import = import_network(file, {}, {});
  if (!import) {
    throw std::runtime_error{"cannot read " + file};
  }
  Result<MappedNetwork, SchedulingFailure> mapped = map_network(import->graph, false, CrossbarSpec{});
  check_invariant(mapped.has_value(), "the networks of the paper have base layers");
  return std::move(*mapped);
}

MappingOptions with_32_extra_pes(SetSize set) {
  MappingOptions options;
  options.extra_pes = 32;
  options.duplication = Duplication::bottleneck;
  options.set = set;
  return options;
}

ScheduledNetwork schedule(MappedNetwork mapped, SetSize set) {
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(std::move(mapped), with_32_extra_pes(set));
  check_invariant(scheduled.has_value(), "the networks of the paper have schedules");
  return std::move(*scheduled);
}

void run_to_end(Simulation& simulation) {
  check_invariant(simulation.run({}).outcome == Outcome::completed, "a simulation of the paper's chip completes");
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// --- whole runs, each in a process of its own ---

struct Usage {
  double cpu_seconds{0};
  double peak_mebibytes{0};
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// Runs `work` in a child: a kernel that nothing has used, and a peak memory that is its own. That peak includes what
/// the child shares with this process, some 15 MiB of libraries.
Usage in_child(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child < 0) {
    throw std::runtime_error{"fork failed"};
  }
  if (child == 0) {
    int status = 0;
    try {
      work();
    } catch (const std::exception&) {
      status = 1;
    }
    _exit(status);
  }
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child || status != 0) {
    throw std::runtime_error{"a benchmark failed in its child process"};
  }
  return {seconds(used.ru_utime) + seconds(used.ru_stime), static_cast<double>(used.ru_maxrss) / 1024.0};
}

/// The time of an iteration is the child's CPU time, user and system.
void measure(benchmark::State& state, const std::function<void()>& work) {
  double peak = 0;
  double cpu = 0;
  for (auto _ : state) {
    const Usage usage = in_child(work);
    state.SetIterationTime(usage.cpu_seconds);
    cpu += usage.cpu_seconds;
    peak = std::max(peak, usage.peak_mebibytes);
  }
  state.counters["cpu_s"] = benchmark::Counter(cpu, benchmark::Counter::kAvgIterations);
  state.counters["peak_MiB"] = peak;
}

void simulate_from_file(const std::string& name, SetSize set) {
  const Architecture architecture;
  const ScheduledNetwork network = schedule(load(name), set);
  const ExecutionPlan plan = make_execution_plan(network, architecture);
  Simulation simulation{plan, architecture};
  run_to_end(simulation);
}

void tinyyolov4_x32_4x4_schedule_and_simulate(benchmark::State& state) {
  measure(state, [] { simulate_from_file("tinyyolov4", {4, 4}); });
}
BENCHMARK(tinyyolov4_x32_4x4_schedule_and_simulate)->UseManualTime()->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_schedule(benchmark::State& state) {
  measure(state, [] { benchmark::DoNotOptimize(schedule(load("resnet152"), {1, 1})); });
}
BENCHMARK(resnet152_x32_1x1_schedule)->UseManualTime()->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_schedule_and_simulate(benchmark::State& state) {
  measure(state, [] { simulate_from_file("resnet152", {1, 1}); });
}
BENCHMARK(resnet152_x32_1x1_schedule_and_simulate)->UseManualTime()->Unit(benchmark::kMillisecond);

// --- the same on a chip where data moves ---

/// `configs/runs/paper.yaml` on `paper-mesh`, with further assignments.
void simulate_on_paper_mesh(const std::string& name, std::vector<std::string> assignments) {
  const std::string configs = std::string{CROSSWEAVE_SOURCE_DIR} + "/configs";
  assignments.insert(assignments.begin(), {"architecture=" + configs + "/architectures/paper-mesh.yaml",
                                           "network=" + configs + "/networks/" + name + ".yaml", "input_shape=none"});
  Result<LoadedRun> loaded = load_run(configs + "/runs/paper.yaml", assignments);
  check_invariant(loaded.has_value(), "the files that we ship can be read");
  const Result<PreparedRun> run = prepare_run(*std::move(loaded));
  check_invariant(run.has_value(), "the networks of the paper fit this chip");
  Simulation simulation{run->plan, run->config.architecture, run->reservations ? &*run->reservations : nullptr};
  run_to_end(simulation);
}

/// The network and memory that are accurate to the cycle, with the chip's own figures.
std::vector<std::string> accurate() {
  return {"architecture.noc={model: flit, clock: 1 GHz, flit: 32 B}",
          "architecture.dram={model: banked, device: " CROSSWEAVE_SOURCE_DIR "/configs/dram/ddr4-2400.yaml}"};
}

void tinyyolov4_x32_4x4_paper_mesh(benchmark::State& state) {
  measure(state, [] { simulate_on_paper_mesh("tinyyolov4", {}); });
}
BENCHMARK(tinyyolov4_x32_4x4_paper_mesh)->UseManualTime()->Unit(benchmark::kMillisecond);

void resnet152_x32_4x4_paper_mesh(benchmark::State& state) {
  measure(state, [] { simulate_on_paper_mesh("resnet152", {}); });
}
BENCHMARK(resnet152_x32_4x4_paper_mesh)->UseManualTime()->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_paper_mesh(benchmark::State& state) {
  measure(state, [] { simulate_on_paper_mesh("resnet152", {"schedule.set.rows=1", "schedule.set.columns=1"}); });
}
BENCHMARK(resnet152_x32_1x1_paper_mesh)->UseManualTime()->Unit(benchmark::kMillisecond);

void tinyyolov4_x32_4x4_paper_mesh_accurate(benchmark::State& state) {
  measure(state, [] { simulate_on_paper_mesh("tinyyolov4", accurate()); });
}
BENCHMARK(tinyyolov4_x32_4x4_paper_mesh_accurate)->UseManualTime()->Unit(benchmark::kMillisecond);

// --- the cost of an event ---

/// An event of the simulation: something with a time or a way to go that happens on the chip and that a probe
/// publishes. These are a set's start and finish, the start of one crossbar's share of it, a delivery (through the
/// network interface and the routers of its way, or within its tile), and an operation of a GPEU. Not counted, though
/// they cost time too: changes of buffer levels, ends of MVMs, accesses to DRAM, and the feeder's commands.
class EventCounter final : public tlm::tlm_analysis_if<SetStarted>,
                           public tlm::tlm_analysis_if<SetFinished>,
                           public tlm::tlm_analysis_if<MvmStarted>,
                           public tlm::tlm_analysis_if<TransferDelivered>,
                           public tlm::tlm_analysis_if<GpeuOperation> {
 public:
  explicit EventCounter(Probes& probes) {
    probes.set_started.bind(*this);
    probes.set_finished.bind(*this);
    probes.mvm_started.bind(*this);
    probes.transfer_delivered.bind(*this);
    probes.gpeu_operation.bind(*this);
  }
  void write(const SetStarted& /*event*/) override { ++events_; }
  void write(const SetFinished& /*event*/) override {
    ++events_;
    ++finished_;
  }
  void write(const MvmStarted& /*event*/) override { ++events_; }
  void write(const TransferDelivered& /*event*/) override { ++events_; }
  void write(const GpeuOperation& /*event*/) override { ++events_; }

  [[nodiscard]] std::int64_t events() const { return events_; }
  [[nodiscard]] std::int64_t finished() const { return finished_; }

 private:
  std::int64_t events_{0};
  std::int64_t finished_{0};
};

/// The least that a SystemC module does: one SC_METHOD that one sc_event wakes after a while, again and again.
class BareModule final : public sc_core::sc_module {
 public:
  BareModule(const sc_core::sc_module_name& name, std::uint32_t seed, std::int64_t wakings)
      : sc_module{name}, state_{seed}, left_{wakings} {
    SC_HAS_PROCESS(BareModule);
    SC_METHOD(wake);
    sensitive << event_;
    dont_initialize();
    notify();
  }

 private:
  void wake() {
    if (--left_ > 0) {
      notify();
    }
  }
  /// 1 to 16 MVMs, as a set of up to 4x4 pixels takes.
  void notify() {
    state_ = state_ * 1664525U + 1013904223U;
    event_.notify(to_sc_time(Duration::nanoseconds(1400) * (1 + (state_ >> 28U))));
  }

  sc_core::sc_event event_;
  std::uint32_t state_;
  std::int64_t left_;
};

/// Seconds of one event of a bare model of `modules` modules.
double bare_event(std::size_t modules, std::int64_t events) {
  const test::FreshKernel kernel;
  const std::int64_t wakings = std::max<std::int64_t>(1, events / static_cast<std::int64_t>(modules));
  std::vector<std::unique_ptr<BareModule>> bare;
  for (std::size_t i = 0; i < modules; ++i) {
    bare.push_back(std::make_unique<BareModule>(("bare_" + std::to_string(i)).c_str(), i + 1, wakings));
  }
  // Elaboration is no event; that nothing else happens in it is no cause for a warning.
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_, sc_core::SC_DO_NOTHING);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const double begin = cpu_seconds();
  sc_core::sc_start();
  return (cpu_seconds() - begin) / static_cast<double>(wakings * static_cast<std::int64_t>(modules));
}

void event_cost(benchmark::State& state, const std::string& name, SetSize set) {
  const Architecture architecture;
  const ScheduledNetwork network = schedule(load(name), set);
  const ExecutionPlan plan = make_execution_plan(network, architecture);
  const std::size_t modules = plan.tile_count() + static_cast<std::size_t>(network.pes);
  std::int64_t events = 0;
  std::int64_t finished = 0;
  {
    const test::FreshKernel kernel;
    Simulation simulation{plan, architecture};
    const EventCounter counter{simulation.probes()};
    run_to_end(simulation);
    events = counter.events();
    finished = counter.finished();
  }
  double simulated = 0;
  double built = 0;
  double bare = 0;
  for (auto _ : state) {
    // Nobody listens here: what a recorder costs is the recorder's. The bare model runs in turn with the simulation, so
    // that a busy machine slows both.
    {
      const test::FreshKernel kernel;
      const double begin = cpu_seconds();
      Simulation simulation{plan, architecture};
      const double built_at = cpu_seconds();
      run_to_end(simulation);
      const double end = cpu_seconds();
      built += built_at - begin;
      simulated += end - built_at;
      state.SetIterationTime(end - built_at);
    }
    bare += bare_event(modules, events);
  }
  const auto count = static_cast<double>(events);
  const auto rounds = static_cast<double>(state.iterations());
  const double per_event = simulated / rounds / count;
  const double per_bare_event = bare / rounds;
  state.counters["modules"] = static_cast<double>(modules);
  state.counters["events"] = count;
  state.counters["ns_event"] = 1e9 * per_event;
  state.counters["ns_bare"] = 1e9 * per_bare_event;
  state.counters["vs_bare"] = per_event / per_bare_event;
  state.counters["vs_bare_built"] = (simulated + built) / rounds / count / per_bare_event;
  // The strictest reading: a set is one event, and all that it causes is its cost.
  state.counters["ns_set"] = 1e9 * simulated / rounds / static_cast<double>(finished);
  state.counters["set_vs_bare"] = simulated / rounds / static_cast<double>(finished) / per_bare_event;
}

void tinyyolov4_x32_4x4_event(benchmark::State& state) { event_cost(state, "tinyyolov4", {4, 4}); }
BENCHMARK(tinyyolov4_x32_4x4_event)->UseManualTime()->Unit(benchmark::kMillisecond);

void tinyyolov4_x32_1x1_event(benchmark::State& state) { event_cost(state, "tinyyolov4", {1, 1}); }
BENCHMARK(tinyyolov4_x32_1x1_event)->UseManualTime()->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_event(benchmark::State& state) { event_cost(state, "resnet152", {1, 1}); }
BENCHMARK(resnet152_x32_1x1_event)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
