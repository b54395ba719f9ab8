// How much does peak mode leave out? (docs/peak-mode.md)
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/studies/study_runs.h"
#include "tests/support/generated_page.h"
#include "tests/support/svg_plot.h"

namespace crossweave::test {
namespace {

using Table = std::vector<std::vector<std::string>>;
using nlohmann::json;

constexpr const char* kPage = "docs/peak-mode.md";
const std::string kMobileNet = "tests/data/keras/keras_mobilenet_v2.json";

void check_part(const std::string& part, const Table& table) {
  INFO(part);
  CHECK(is_up_to_date(kPage, part, markdown_table(table)));
}

/// How much longer than in peak mode: "+1.2 %"; "–" when the chip was too small.
std::string excess(const json& chip, const json& peak) {
  return chip.is_null() ? "–" : percent(latency_of(chip) / latency_of(peak) - 1);
}

/// The largest shares of the latency in which the critical path is not in a crossbar.
std::string largest_waits(const json& summary) {
  std::vector<std::pair<double, std::string>> waits;
  for (const auto& [state, share] : summary["critical_path"]["states"].items()) {
    if (state != "active" && share >= 0.0005) {
      waits.emplace_back(share.get<double>(), state);
    }
  }
  std::ranges::sort(waits, std::greater{});
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(waits.size(), 2); ++i) {
    text += (i == 0 ? "" : ", ") + waits[i].second + " " + decimal(100 * waits[i].first, 1) + " %";
  }
  return text.empty() ? "crossbars alone" : text;
}

/// Values of a parameter of the chip, as its column is called and as assignments.
struct Column {
  std::string name;
  std::vector<std::string> settings;
  double value{0};  ///< on the axis of a plot
};

std::vector<Column> columns_of(const std::vector<int>& values, const std::string& unit,
                               const std::vector<std::string>& keys) {
  std::vector<Column> columns;
  for (const int value : values) {
    Column column{std::to_string(value) + (unit.empty() ? "" : " " + unit), {}, static_cast<double>(value)};
    for (const std::string& key : keys) {
      column.settings.push_back("architecture." + key + "=" + column.name);
    }
    columns.push_back(column);
  }
  return columns;
}

/// A row for each network with its excess over peak mode in each column; and the same as curves.
struct Scan {
  Table table;
  std::vector<PlotSeries> curves;
};

Scan scan(const std::vector<Column>& columns) {
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    runs.push_back({network, "paper"});
    for (const Column& column : columns) {
      StudyRun run{network, "paper-mesh"};
      run.settings = column.settings;
      run.may_not_fit = true;
      runs.push_back(run);
    }
  }
  const std::vector<json> results = measure(runs);
  Scan scan;
  scan.table.push_back({"network"});
  for (const Column& column : columns) {
    scan.table[0].push_back(column.name);
  }
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    const json& peak = results[next++];
    std::vector<std::string> row{network};
    PlotSeries curve{network, PlotStyle::line, static_cast<int>(scan.curves.size()), {}};
    for (const Column& column : columns) {
      const json& chip = results[next++];
      row.push_back(excess(chip, peak));
      if (!chip.is_null()) {
        curve.points.emplace_back(column.value, 100 * (latency_of(chip) / latency_of(peak) - 1));
      }
    }
    scan.table.push_back(row);
    scan.curves.push_back(curve);
  }
  return scan;
}

struct Schedule {
  std::string name;
  std::string mode;
  int extra_pes;
};
const std::vector<Schedule> kSchedules{
    {"layer by layer", "layer_by_layer", 0}, {"xinf", "cross_layer", 0}, {"wdup+32 & xinf", "cross_layer", 32}};

}  // namespace

TEST_CASE("the page on peak mode says by how much it is too fast", "[slow]") {
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    for (const Schedule& schedule : kSchedules) {
      runs.push_back({network, "paper", schedule.extra_pes, schedule.mode});
      runs.push_back({network, "paper-mesh", schedule.extra_pes, schedule.mode});
    }
  }
  const std::vector<json> results = measure(runs);
  Table table{{"network", "schedule", "peak mode", "`paper-mesh`", "longer by", "most of the path outside crossbars"}};
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    for (const Schedule& schedule : kSchedules) {
      const json& peak = results[next++];
      const json& chip = results[next++];
      table.push_back({network, schedule.name, decimal(latency_of(peak), 0), decimal(latency_of(chip), 1),
                       excess(chip, peak), largest_waits(chip)});
    }
  }
  check_part("peak", table);
}

TEST_CASE("the page on peak mode says what links, buffers, GPEUs and crossbars do to it", "[slow]") {
  const Scan links = scan(columns_of({1, 2, 4, 8, 16, 32, 64}, "B", {"noc.flit"}));
  check_part("flits", links.table);
  check_part("buffers",
             scan(columns_of({32, 48, 64, 96, 128, 256}, "KiB", {"tile.buffer.input", "tile.buffer.output"})).table);
  check_part("lanes", scan(columns_of({1, 2, 4, 8, 16, 64}, "", {"tile.gpeu.lanes"})).table);
  const Scan crossbars = scan(columns_of({50, 100, 200, 400, 800, 1400}, "ns", {"crossbar.mvm_latency"}));
  check_part("crossbars", crossbars.table);
  CHECK(is_up_to_date("docs/images/peak-mode-crossbars.svg",
                      to_svg({"What peak mode leaves out, by the speed of crossbars", "t_MVM in ns",
                              "longer than peak mode, %", 1400, 500, crossbars.curves})));
}

TEST_CASE("the page on peak mode says what the size of sets does to it", "[slow]") {
  const std::vector<int> sizes{1, 2, 4, 8};
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    for (const int size : sizes) {
      for (const std::string architecture : {"paper", "paper-mesh"}) {
        runs.push_back({network, architecture, 32, "cross_layer", size});
        if (architecture == "paper-mesh") {
          // Room for the largest sets.
          runs.back().settings = {"architecture.tile.buffer.input=256 KiB", "architecture.tile.buffer.output=256 KiB"};
        }
      }
    }
  }
  const std::vector<json> results = measure(runs);
  Table table{{"network"}};
  for (const int size : sizes) {
    table[0].push_back(std::to_string(size) + "x" + std::to_string(size));
  }
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    table.push_back({network});
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const json& peak = results[next++];
      const json& chip = results[next++];
      table.back().push_back(decimal(latency_of(peak), 0) + " → " + decimal(latency_of(chip), 0) + " (" +
                             excess(chip, peak) + ")");
    }
  }
  check_part("sets", table);
}

TEST_CASE("the page on peak mode says which partition is better when data moves", "[slow]") {
  const std::vector<std::string> partitions{"interleaved", "blocks"};
  const std::vector<std::string> speeds{"1400 ns", "100 ns"};
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    for (const std::string& partition : partitions) {
      runs.push_back({network, "paper"});
      runs.back().settings = {"mapping.partition=" + partition};
      for (const std::string& speed : speeds) {
        runs.push_back({network, "paper-mesh"});
        runs.back().settings = {"mapping.partition=" + partition, "architecture.crossbar.mvm_latency=" + speed};
      }
    }
  }
  const std::vector<json> results = measure(runs);
  Table table{
      {"network", "partition", "peak mode", "`paper-mesh`", "the same, t_MVM 100 ns", "MB moved", "MB times routers"}};
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    for (const std::string& partition : partitions) {
      const json& peak = results[next++];
      const json& chip = results[next++];
      const json& fast = results[next++];
      table.push_back({network, "`" + partition + "`", decimal(latency_of(peak), 0), decimal(latency_of(chip), 1),
                       decimal(latency_of(fast), 1), decimal(chip["traffic"]["bytes"].get<double>() / 1e6, 2),
                       decimal(chip["traffic"]["byte_hops"].get<double>() / 1e6, 2)});
    }
  }
  check_part("partitions", table);
}

TEST_CASE("the page on peak mode says what a few percent more buffer do to MobileNetV2", "[slow]") {
  const std::vector<double> more{0, 0.025, 0.05, 0.075, 0.1, 0.2, 0.5, 1};
  struct Case {
    std::string name;
    int extra_pes;
    int set;
    std::string speed;
    std::string spill;
  };
  std::vector<Case> cases;
  for (const std::string speed : {"1400 ns", "100 ns"}) {
    for (const std::string spill : {"none", "dram"}) {
      for (const int extra_pes : {0, 32}) {
        for (const int set : {2, 4}) {
          cases.push_back({"x = " + std::to_string(extra_pes) + ", " + std::to_string(set) + "x" + std::to_string(set) +
                               ", " + speed + ", spill `" + spill + "`",
                           extra_pes, set, speed, spill});
        }
      }
    }
  }
  Table table{{"run", "least: in, out"}};
  for (const double part : more) {
    table[0].push_back(part == 0 ? "the least" : "+" + decimal(100 * part, part < 0.1 ? 1 : 0) + " %");
  }
  for (const Case& of : cases) {
    StudyRun run{kMobileNet, "paper-mesh", of.extra_pes, "cross_layer", of.set};
    run.settings = {"architecture.crossbar.mvm_latency=" + of.speed, "architecture.tile.buffer.spill=" + of.spill};
    const auto [input, output] = least_buffers(run);
    std::vector<StudyRun> runs;
    for (const double part : more) {
      const auto enlarged = [part](std::int64_t least) {
        return std::to_string(std::llround(static_cast<double>(least) * (1 + part))) + " B";
      };
      runs.push_back(run);
      runs.back().settings.push_back("architecture.tile.buffer.input=" + enlarged(input));
      runs.back().settings.push_back("architecture.tile.buffer.output=" + enlarged(output));
    }
    const std::vector<json> results = measure(runs);
    std::vector<std::string> row{of.name, std::to_string(input) + " B, " + std::to_string(output) + " B"};
    for (const json& result : results) {
      row.push_back(&result == &results.front() ? decimal(latency_of(result), 1)
                                                : percent(latency_of(results.front()) / latency_of(result) - 1));
    }
    table.push_back(row);
  }
  check_part("mobilenet", table);
}

}  // namespace crossweave::test
