#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include <spdlog/spdlog.h>

#include "arch/strict_yaml.h"
#include "frontend/commands/command.h"
#include "frontend/report/output_directory.h"
#include "frontend/reproduce/reproduction.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPaper = "configs/paper/clsa-cim.yaml";
constexpr const char* kReport = "reproduce.md";
constexpr int kMostWorkers = 256;

struct Options {
  std::string target{"all"};
  std::string paper;
  std::string out{"out/reproduce"};
  int workers{0};
  int evaluations{SearchOptions{}.evaluations};
  bool quiet{false};
};

/// The data file: below the working directory, or below a folder above the program (a checkout or an installation).
fs::path find_paper() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !fs::exists(kPaper, error); folder = folder.parent_path()) {
    for (const fs::path& candidate : {folder / kPaper, folder / "share/crossweave" / kPaper}) {
      if (fs::exists(candidate, error)) {
        return candidate;
      }
    }
    if (folder == folder.root_path() || folder.empty()) {
      break;
    }
  }
  return kPaper;
}

int reproduce_paper(const Options& options) {
  const Result<PaperSetup> setup = load_paper(options.paper.empty() ? find_paper() : fs::path{options.paper});
  if (!setup) {
    return report(setup.error());
  }
  const Result<OutputDirectory> directory = OutputDirectory::open(options.out);
  if (!directory) {
    return report(directory.error());
  }
  ReproductionOptions reproduction;
  reproduction.target = static_cast<Target>(std::ranges::find(kTargetNames, options.target) - kTargetNames.begin());
  reproduction.workers = static_cast<std::size_t>(
      options.workers > 0 ? options.workers : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  reproduction.evaluations = options.evaluations;
  const Reproduction result =
      reproduce(*setup, reproduction, [](const std::string& line) { spdlog::info("{}", line); });

  Diagnostics problems;
  std::string names = kReport;
  const auto write = [&](const std::string& name, const std::string& content) {
    if (std::optional<Diagnostic> problem = directory->write(name, content)) {
      problems.push_back(*std::move(problem));
    }
  };
  write(kReport, to_markdown(setup->publication.name + ", reproduced", result));
  for (const ReportFile& file : result.files) {
    write(file.name, file.content);
    names += ", " + file.name;
  }
  if (!problems.empty()) {
    return report(problems);
  }
  std::cout << to_text(result.tables) << "\nfiles in " << directory->path().string() << ": " << names << '\n';
  return kExitDone;
}

}  // namespace

std::function<int()> declare_reproduce(CLI::App& app) {
  auto options = std::make_shared<Options>();
  const std::vector<std::string> targets = to_strings(kTargetNames);
  app.add_option(
         "TARGET", options->target,
         "table1, table2, fig6, fig7, points (the search beside the published method, with proven bounds), ablation "
         "(what each technique is good for), or all but the last")
      ->check([targets](const std::string& name) {
        std::string known;
        for (const std::string& target : targets) {
          known += (known.empty() ? "" : ", ") + target;
        }
        return std::ranges::find(targets, name) != targets.end()
                   ? std::string{}
                   : "expected one of: " + known + ", got '" + name + "'" + did_you_mean(name, targets);
      })
      ->capture_default_str();
  app.add_option("-j,--jobs", options->workers, "Processes at a time (default: one a core)")
      ->check(CLI::Range(1, kMostWorkers));
  app.add_option("--out", options->out, "Folder for the report, the CSV file and the figures")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--evaluations", options->evaluations, "Latencies that each search may compute")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--paper", options->paper, std::string{"What was published (default: "} + kPaper + ")")
      ->type_name("FILE");
  app.add_flag("--quiet", options->quiet, "No progress on stderr; warnings and errors remain");
  return [options] {
    if (options->quiet) {
      spdlog::set_level(spdlog::level::warn);
    }
    return reproduce_paper(*options);
  };
}

}  // namespace crossweave
