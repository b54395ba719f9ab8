#include <unistd.h>

#include <algorithm>
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
#include "frontend/commands/sweep_end.h"
#include "frontend/report/output_directory.h"
#include "frontend/report/text_table.h"
#include "frontend/sweep/progress.h"
#include "frontend/sweep/shard.h"
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
  const std::filesystem::path file = directory->file(database_name(*shard));
  Result<SweepDatabase> database = SweepDatabase::create(file, *loaded, *plan, options.resume);
  if (!database) {
    return report(database.error());
  }
  const std::size_t jobs = options.jobs > 0 ? options.jobs : std::max(std::thread::hardware_concurrency(), 1U);
  if (!complete(*database, *plan, reader, part_of(plan->by_schedule(), *shard), jobs, options.quiet)) {
    std::cerr << "crossweave: stopped; " << file.string() << " has what is done, and --resume goes on from there\n";
    std::raise(stop_signal);  // so that scripts and shells learn of it
  }
  if (shard->count > 1) {
    std::cout << "part " << shard->index << " of " << shard->count << " is in " << file.string()
              << "; crossweave merge puts the parts together\n";
    return kExitDone;
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
  app.add_option("--shard", options->shard,
                 "Only part I of N, into a database of its own (default in a Slurm array: the part of the task)")
      ->type_name("I/N");
  app.add_flag("--dry-run", options->dry_run, "List the points, and run nothing");
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
