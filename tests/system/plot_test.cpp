// Do pictures of a run, or of a sweep, show its figures?
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/sweep_sample.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kSource{CROSSWEAVE_SOURCE_DIR};
const std::string kPaperRun = (kSource / "configs/runs/paper.yaml").string();
const std::string kFinite = "architecture=" + (kSource / "tests/data/runs/finite-chip.yaml").string();

std::string plot(const TemporaryDirectory& work, const std::string& run, const std::string& kind,
                 const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"plot", run, "--kind", kind, "-o", "x.svg"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished finished = run_program(CROSSWEAVE_BINARY, arguments, work.path());
  REQUIRE(finished.err.empty());
  REQUIRE(finished.status == 0);
  return read_file(work.path() / "x.svg");
}

std::vector<std::smatch> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex{pattern};
  return {std::sregex_iterator{text.begin(), text.end(), regex}, std::sregex_iterator{}};
}

// From x1 to x2 at a y.
const std::string kLevelLine = R"re(<line x1="([0-9.]+)" y1="([0-9.]+)" x2="([0-9.]+)" y2="\2")re";

}  // namespace

TEST_CASE("the timeline of a run has a row a layer and a lane a duplicate, up to its latency") {
  const TemporaryDirectory work;
  const std::string svg = plot(work, kPaperRun, "gantt");
  CHECK(svg.find(">tinyyolov4 on paper: 5636 cycles<") != std::string::npos);
  CHECK(svg.find(">conv2d_20<") != std::string::npos);
  CHECK(svg.find(">13 x 1<") != std::string::npos);
  // From the axis, which ends with the run, to the end of what computes last.
  const std::vector<std::smatch> axes = matches(svg, kLevelLine);
  REQUIRE(axes.size() == 1);
  double last = 0;
  for (const std::smatch& piece : matches(svg, R"re(<rect x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)" height="8")re")) {
    last = std::max(last, std::stod(piece[1]) + std::stod(piece[2]));
  }
  CHECK(last == Approx(std::stod(axes.front()[3])).margin(0.02));
}

TEST_CASE("a picture of a folder that a run wrote is that of the run") {
  const TemporaryDirectory work;
  REQUIRE(run_program(CROSSWEAVE_BINARY, {"run", kPaperRun, "--quiet", "--set", kFinite, "--out", "o"}, work.path())
              .status == 0);
  for (const char* kind : {"gantt", "utilization", "heatmap"}) {
    INFO(kind);
    CHECK(plot(work, "o", kind) == plot(work, kPaperRun, kind, {"--set", kFinite}));
  }
  // What each PE computes, in the words beside the pointer, is on average the utilization.
  const Json summary = Json::parse(read_file(work.path() / "o/summary.json"));
  const std::string svg = plot(work, "o", "heatmap");
  const std::vector<std::smatch> pes = matches(svg, R"(<title>tile \d+ PE \d+: ([0-9.]+) %</title>)");
  REQUIRE(pes.size() == summary["pes"].get<std::size_t>());
  double sum = 0;
  for (const std::smatch& pe : pes) {
    sum += std::stod(pe[1]) / 100;
  }
  CHECK(sum / summary["pes"].get<double>() == Approx(summary["utilization"].get<double>()).margin(0.0005));
  // Computing lies at the bottom, and under it lies the utilization of the axis's height.
  const std::string stacked = plot(work, "o", "utilization");
  // By hand: a regular expression takes a frame of the stack for each of so many characters.
  const std::string_view kPoints = "points=\"";
  const std::string_view kComputing = "\" class=\"f-cool4\"><title>computing";
  const std::size_t end_of_points = stacked.find(kComputing);
  REQUIRE(end_of_points != std::string::npos);
  const std::size_t begin_of_points = stacked.rfind(kPoints, end_of_points) + kPoints.size();
  const std::string corners = stacked.substr(begin_of_points, end_of_points - begin_of_points);
  std::vector<std::pair<double, double>> points;
  for (const std::smatch& point : matches(corners, R"(([0-9.]+),([0-9.]+))")) {
    points.emplace_back(std::stod(point[1]), std::stod(point[2]));
  }
  double area = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    area += (points[i].first - points[i - 1].first) * (points.front().second - points[i].second);
  }
  const std::vector<std::smatch> axis = matches(stacked, kLevelLine);
  const double width = std::stod(axis.back()[3]) - std::stod(axis.back()[1]);
  const double height = std::stod(axis.front()[2]) - std::stod(axis[axis.size() - 2][2]);
  CHECK(area / (width * height) == Approx(summary["utilization"].get<double>()).epsilon(0.01));
}

TEST_CASE("pictures of a sweep have the figures of its database, of a folder or of the file") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(),
                    "  mapping.extra_pes: [0, 1, 2, 4]\n"
                    "  network: [small.yaml, large.yaml]\n"
                    "  chip: {points: {any: {architecture.chip.tiles: auto}, four: {architecture.chip.tiles: 1, "
                    "architecture.tile.pes: 4}}}\n");
  std::string large = read_file(work.path() / "small.yaml");
  std::ofstream{work.path() / "large.yaml"} << large.replace(large.find("[8, 8"), 5, "[16, 16");
  REQUIRE(run_program(CROSSWEAVE_BINARY, {"sweep", "sweep.yaml", "--quiet", "--out", "o"}, work.path()).status == 0);
  const fs::path database = work.path() / "o/sweep.db";
  const std::string completed = query(database, "SELECT count(*) FROM runs WHERE outcome = 'completed'");
  REQUIRE(completed == "14\n");
  for (const char* kind : {"speedup", "pareto"}) {
    INFO(kind);
    const std::string svg = plot(work, "o", kind);
    CHECK(svg == plot(work, "o/sweep.db", kind));
    CHECK(matches(svg, R"(<title>point \d+)").size() == 14);
    const std::string row = query(database,
                                  "SELECT pes || ' PEs, ' || CAST(latency_cycles AS INTEGER) || "
                                  "printf(' cycles, %.2fx', speedup) FROM runs WHERE point = 5");
    CHECK(matches(svg, "<title>point 5\n[^<]*\n" + row.substr(0, row.size() - 1) + "</title>").size() == 1);
  }
  // A folder that holds a run, too, has the pictures of both.
  REQUIRE(run_program(CROSSWEAVE_BINARY, {"run", "o", "--point", "5", "--quiet", "--out", "o"}, work.path()).status ==
          0);
  CHECK(plot(work, "o", "pareto") == plot(work, "o/sweep.db", "pareto"));
  CHECK(plot(work, "o", "gantt") == plot(work, "o/resolved.yaml", "gantt"));
  // Two sizes of an input are two networks, each with its own front.
  const std::string pareto = plot(work, "o", "pareto");
  CHECK(matches(pareto, "<polyline").size() == 2);
  CHECK(pareto.find(">small (network large.yaml)<") != std::string::npos);
}

TEST_CASE("a run that does not finish has no picture") {
  const TemporaryDirectory work;
  const Finished finished = run_program(
      CROSSWEAVE_BINARY, {"plot", kPaperRun, "--kind", "gantt", "-o", "x.svg", "--set", "simulation.time_limit=3 ms"},
      work.path());
  CHECK(finished.status == 3);
  CHECK(finished.err.find("time_limit") != std::string::npos);
}

}  // namespace crossweave::test
