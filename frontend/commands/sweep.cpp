#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/commands/command_line.h"
#include "frontend/commands/run_options.h"
#include "frontend/commands/sweep_end.h"
#include "frontend/report/output_directory.h"
#include "frontend/report/text_table.h"
#include "frontend/sweep/progress.h"
#include "frontend/sweep/shard.h"
#include "frontend/sweep/slurm.h"
#include "frontend/sweep/sweep_database.h"
#include "frontend/sweep/sweep_plan.h"
#include "frontend/sweep/sweep_runner.h"

namespace crossweave {
namespace {

/// The signal that asked us to stop; 0: none did.
volatile std::sig_atomic_t stop_signal = 0;

/// While it lives, Ctrl-C and SIGTERM end nothing by themselves.
class StopOnRequest {
 public:
  StopOnRequest() : interrupt_{std::signal(SIGINT, &note)}, terminate_{std::signal(SIGTERM, &note)} {}
  ~StopOnRequest() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGTERM, terminate_);
  }
  StopOnRequest(const StopOnRequest&) = delete;
  StopOnRequest& operator=(const StopOnRequest&) = delete;

  [[nodiscard]] static bool requested() { return stop_signal != 0; }

 private:
  static void note(int signal) { stop_signal = signal; }

  void (*interrupt_)(int);
  void (*terminate_)(int);
};

struct SweepOptions {
  std::string file;
  std::string out;
  std::string shard;
  std::size_t jobs{0};
  std::size_t slurm_tasks{0};  ///< 0: not on Slurm
  bool resume{false};
  bool dry_run{false};
  bool quiet{false};
};

/// The points, with what is wrong with some of them.
int list_points(const Sweep& sweep, const SweepPlan& plan) {
  std::vector<std::vector<std::string>> rows{{"point"}};
  std::vector<Align> columns{Align::right};
  for (const SweepAxis& axis : sweep.axes) {
    rows.front().push_back(axis.name);
    columns.push_back(Align::left);
  }
  rows.front().emplace_back("config_hash");
  columns.push_back(Align::left);
  std::size_t wrong = 0;
  for (const SweepPoint& point : plan.points) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(std::to_string(rows.size() - 2));
    for (std::size_t axis = 0; axis < point.values.size(); ++axis) {
      row.push_back(sweep.axes[axis].values[point.values[axis]].text);
    }
    row.push_back(point.config ? plan.configs[*point.config].hash : "wrong");
    wrong += point.config ? 0 : 1;
  }
  std::cout << text_table(rows, columns);
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    if (!plan.points[i].config) {
      std::cout << "point " << i << ": " << plan.points[i].problem << '\n';
    }
  }
  const std::size_t schedules = 1 + std::ranges::max_element(plan.configs, {}, &SweepConfig::schedule)->schedule;
  std::cout << plan.points.size() << " points, " << wrong << " of them wrong; " << plan.configs.size()
            << " different runs of " << schedules << " schedules\n";
  return kExitDone;
}

std::optional<Shard> chosen_shard(const SweepOptions& options, Diagnostics& problems) {
  if (!options.shard.empty()) {
    const Result<Shard, Failure> shard = parse_shard(options.shard);
    if (!shard) {
      problems.push_back(problem_with("--shard: " + shard.error().message));
      return std::nullopt;
    }
    return *shard;
  }
  const Result<std::optional<Shard>, Failure> shard =
      shard_of_slurm_task([](const char* name) { return std::getenv(name); });  // NOLINT(concurrency-mt-unsafe)
  if (!shard) {
    problems.push_back(problem_with(shard.error().message));
    return std::nullopt;
  }
  return shard->value_or(Shard{});
}

/// Runs what is missing in the database; false when asked to stop.
bool complete(SweepDatabase& database, const SweepPlan& plan, PointReader& reader, const std::vector<std::size_t>& part,
              std::size_t jobs, bool quiet) {
  std::vector<std::size_t> missing;
  ProgressCounts before;
  for (const std::size_t config : part) {
    before.total += plan.configs[config].points;
    if (database.has(plan.configs[config].hash)) {
      before.done += plan.configs[config].points;
    } else {
      missing.push_back(config);
    }
  }
  std::optional<Progress> progress;
  if (!quiet) {
    progress.emplace(std::cerr, isatty(STDERR_FILENO) == 1, before);
  }
  const StopOnRequest stop;
  run_sweep(
      plan, reader, missing, jobs,
      [&](const ConfigEnd& end) {
        const SweepConfig& config = plan.configs[end.config];
        if (end.figures.is_null()) {
          database.add_error(config.hash, end.status, end.message);
        } else {
          database.add_result(config.hash, end.figures);
        }
        if (progress) {
          progress->add(config.points, end.figures.is_null() ? config.points : 0);
        }
      },
      [&] {
        if (progress) {
          progress->show();
        }
        return !StopOnRequest::requested();
      });
  if (progress) {
    progress->finish();
  }
  return !StopOnRequest::requested();
}

/// Submits the sweep, and tells of it until it has ended.
int sweep_on_slurm(const SweepOptions& options, const Sweep& sweep, const OutputDirectory& directory) {
  constexpr std::chrono::seconds kPollPeriod{2};
  namespace fs = std::filesystem;
  const SlurmSweep jobs_of{sweep.name,
                           fs::read_symlink("/proc/self/exe"),
                           fs::absolute(options.file),
                           fs::absolute(directory.path()).lexically_normal(),
                           options.slurm_tasks,
                           std::max<std::size_t>(options.jobs, 1)};
  if (Diagnostics problems =
          write_all(directory, {{"slurm-array.sh", array_script(jobs_of)}, {"slurm-merge.sh", merge_script(jobs_of)}});
      !problems.empty()) {
    return report(problems);
  }
  const fs::path merged_file = directory.file("sweep.db");
  const auto written = [&merged_file] {
    std::error_code absent;
    return fs::last_write_time(merged_file, absent);
  };
  const fs::file_time_type before = written();
  const Result<SlurmJobs, Failure> jobs = submit(directory.file("slurm-array.sh"), directory.file("slurm-merge.sh"));
  if (!jobs) {
    return report({problem_with("--slurm: " + jobs.error().message)});
  }
  std::cout << "jobs          " << jobs->array << ": " << options.slurm_tasks << " tasks; " << jobs->merge
            << ": their merge; the jobs go on when this command is stopped\n"
            << std::flush;
  std::optional<SlurmState> shown;
  while (true) {
    const Result<SlurmState, Failure> state = state_of(*jobs);
    if (!state) {
      spdlog::warn("{}", state.error().message);
    } else if (shown != *state) {
      shown = *state;
      if (!options.quiet) {
        std::cerr << "crossweave: " << options.slurm_tasks - state->waiting - state->running << " of "
                  << options.slurm_tasks << " tasks have ended, " << state->running << " run, " << state->waiting
                  << " wait\n";
      }
    }
    if (state && state->merged && state->waiting + state->running == 0) {
      break;
    }
    std::this_thread::sleep_for(kPollPeriod);
  }
  if (written() == before) {
    return report({problem_with("--slurm: nothing was merged, see " + directory.path().string() + "/slurm-*.out")});
  }
  Result<SweepDatabase> merged = SweepDatabase::open(merged_file);
  if (!merged) {
    return report(merged.error());
  }
  return end_of_sweep(*merged, directory);
}

int sweep(const SweepOptions& options) {
  Diagnostics problems;
  const std::optional<Shard> shard = chosen_shard(options, problems);
  if (!problems.empty()) {
    return report(problems);
  }
  const Result<Sweep> loaded = load_sweep(options.file);
  if (!loaded) {
    return report(loaded.error());
  }
  PointReader reader{*loaded, std::filesystem::path{options.file}.parent_path().string()};
  const Result<SweepPlan> plan = plan_sweep(*loaded, reader);
  if (!plan) {
    return report(plan.error());
  }
  if (options.dry_run) {
    return list_points(*loaded, *plan);
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(
      options.out.empty() ? std::filesystem::path{"out"} / loaded->name : std::filesystem::path{options.out});
  if (!directory) {
    return report(directory.error());
  }
  if (options.slurm_tasks > 0) {
    return sweep_on_slurm(options, *loaded, *directory);
  }
  const std::filesystem::path file = directory->file(database_name(*shard));
  Result<SweepDatabase> database = SweepDatabase::create(file, *loaded, *plan, reader, options.resume);
  if (!database) {
    return report(database.error());
  }
  const std::size_t jobs = options.jobs > 0 ? options.jobs : std::max(std::thread::hardware_concurrency(), 1U);
  if (!complete(*database, *plan, reader, part_of(plan->by_schedule(), *shard), jobs, options.quiet)) {
    std::cerr << "crossweave: stopped; " << file.string() << " has what is done, and --resume goes on from there\n";
    // By the signal, so that scripts and shells learn of it; even where whoever started us had it ignored.
    std::signal(stop_signal, SIG_DFL);
    std::raise(stop_signal);
  }
  if (shard->count > 1) {
    std::cout << "part " << shard->index << " of " << shard->count << " is in " << file.string()
              << "; crossweave merge puts the parts together\n";
    return status_of(database->state());
  }
  return end_of_sweep(*database, *directory);
}

}  // namespace

std::function<int()> declare_sweep(CLI::App& app) {
  constexpr std::size_t kMostJobs = 1024;
  auto options = std::make_shared<SweepOptions>();
  app.add_option("SWEEP.yaml", options->file, "The sweep: a run, and what of it varies")->required();
  app.add_option("-j,--jobs", options->jobs, "Processes that simulate at a time (default: one a processor)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostJobs));
  app.add_option("--out", options->out, "Folder for the results (default: out/NAME for a sweep NAME.yaml)")
      ->type_name("DIR");
  app.add_flag("--resume", options->resume, "Go on with the results that are there: run only what is missing");
  CLI::Option* const shard =
      app.add_option("--shard", options->shard,
                     "Only part I of N, into a database of its own (default in a Slurm array: the part of the task)")
          ->type_name("I/N");
  CLI::Option* const dry_run = app.add_flag("--dry-run", options->dry_run, "List the points, and run nothing");
  app.add_option("--slurm", options->slurm_tasks, "Run N parts as an array of jobs on a Slurm cluster, and merge them")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostShards))
      ->excludes(shard)
      ->excludes(dry_run);
  app.add_flag("--quiet", options->quiet, "No progress on stderr; warnings and errors remain");
  return [options] {
    spdlog::set_level(spdlog::level::warn);
    try {
      return sweep(*options);
    } catch (const DatabaseError& error) {
      return report({error.problem()});
    }
  };
}

}  // namespace crossweave
