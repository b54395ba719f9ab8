#include "tests/studies/study_runs.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <stdexcept>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSource{CROSSWEAVE_SOURCE_DIR};

fs::path architecture_file(const std::string& name) { return kSource / "configs/architectures" / (name + ".yaml"); }

constexpr int kRefused = 2;

/// `crossweave COMMAND` in a folder of its own; its files are in out/.
Finished execute(const std::string& command, const StudyRun& run, const fs::path& folder) {
  const bool shipped = run.network.find('/') == std::string::npos;
  const fs::path network = kSource / (shipped ? "configs/networks/" + run.network + ".yaml" : run.network);
  std::ofstream{folder / "run.yaml"} << "architecture: " << architecture_file(run.architecture).string()
                                     << "\nnetwork: " << network.string() << "\nmapping: {extra_pes: " << run.extra_pes
                                     << ", duplication: bottleneck}\nschedule: {mode: " << run.mode
                                     << ", set: {rows: " << run.set << ", columns: " << run.set << "}}\n";
  std::vector<std::string> arguments{command, "run.yaml", "--quiet", "--out", "out"};
  for (const std::string& setting : run.settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  Finished finished = run_program(CROSSWEAVE_BINARY, arguments, folder);
  if (finished.status != 0 && !(finished.status == kRefused && run.may_not_fit)) {
    throw std::runtime_error{run.network + " on " + run.architecture + ": " + finished.err};
  }
  return finished;
}

nlohmann::json measure(const StudyRun& run) {
  const TemporaryDirectory work;
  return execute("run", run, work.path()).status == 0
             ? nlohmann::json::parse(read_file(work.path() / "out/summary.json"))
             : nlohmann::json{};
}

/// The largest figure in a column of buffers.csv.
std::int64_t largest_buffer(const StudyRun& run, std::size_t column) {
  const TemporaryDirectory work;
  execute("schedule", run, work.path());
  std::istringstream lines{read_file(work.path() / "out/buffers.csv")};
  std::string line;
  std::getline(lines, line);
  std::int64_t most = 1;
  while (std::getline(lines, line)) {
    std::istringstream cells{line};
    std::string cell;
    for (std::size_t i = 0; i <= column; ++i) {
      std::getline(cells, cell, ',');
    }
    most = std::max<std::int64_t>(most, std::stoll(cell));
  }
  return most;
}

}  // namespace

std::vector<nlohmann::json> measure(const std::vector<StudyRun>& runs) {
  constexpr int kProcesses = 2;
  std::vector<nlohmann::json> results(runs.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::future<void>> workers;
  for (int i = 0; i < kProcesses; ++i) {
    workers.push_back(std::async(std::launch::async, [&] {
      for (std::size_t run = next++; run < runs.size(); run = next++) {
        results[run] = measure(runs[run]);
      }
    }));
  }
  for (std::future<void>& worker : workers) {
    worker.get();
  }
  return results;
}

std::pair<std::int64_t, std::int64_t> least_buffers(const StudyRun& run) {
  StudyRun limited = run;
  limited.settings.push_back("architecture.tile.buffer.output=1 GiB");
  limited.settings.push_back("architecture.tile.buffer.input=1 GiB");
  const std::int64_t input = largest_buffer(limited, 1);
  limited.settings.back() = "architecture.tile.buffer.input=" + std::to_string(input) + " B";
  return {input, largest_buffer(limited, 2)};
}

std::string flit_network_of(const std::string& architecture) {
  std::istringstream lines{read_file(architecture_file(architecture))};
  std::string keys = "model: flit";
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(' ')) {
      within = line.starts_with("noc:");
    } else if (within && line.find(" model:") == std::string::npos &&
               line.find(" router_cycles:") == std::string::npos) {
      keys += "," + line.substr(0, line.find('#'));
    }
  }
  return "architecture.noc={" + keys + "}";
}

std::string banked_dram() {
  return "architecture.dram={model: banked, device: " + (kSource / "configs/dram/ddr4-2400.yaml").string() + "}";
}

}  // namespace crossweave::test
