// Do pictures of a sweep keep networks apart, and draw what the points say?
#include "frontend/report/sweep_plots.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/sweep/sweep_table.h"

namespace crossweave {
namespace {

/// A point: the values of its axes by index, its network, PEs and latency in ps. Speed-up is 1000 ps by the latency.
struct Row {
  std::vector<std::size_t> values;
  std::size_t network{0};
  double pes{0};
  double latency{0};
};

SweepTable table_of(std::vector<SweepTable::Axis> axes, std::vector<std::string> networks,
                    const std::vector<Row>& rows) {
  SweepTable table;
  table.name = "t";
  table.points = rows.size();
  table.axes = std::move(axes);
  table.networks = std::move(networks);
  table.completed.assign(rows.size(), true);
  table.figures = {{"pes", {}}, {"latency_ps", {}}, {"latency_cycles", {}}, {"speedup", {}}};
  for (const Row& row : rows) {
    table.network_of.emplace_back(row.network);
    for (std::size_t axis = 0; axis < row.values.size(); ++axis) {
      table.axes[axis].value_of.push_back(row.values[axis]);
    }
    table.figures[0].values.emplace_back(row.pes);
    table.figures[1].values.emplace_back(row.latency);
    table.figures[2].values.emplace_back(row.latency);
    table.figures[3].values.emplace_back(1000 / row.latency);
  }
  return table;
}

SweepTable::Axis axis(std::string name, std::vector<SweepTable::Value> values, std::string zip = "") {
  const bool numeric = values.front().number.has_value();
  return {std::move(name), false, std::move(zip), std::move(values), {}, numeric, false};
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

/// Two networks with their PEs, and a point of the first that did not complete.
SweepTable two_networks() {
  SweepTable table = table_of({axis("network", {{"a", std::nullopt}, {"b", std::nullopt}}),
                               axis("mapping.extra_pes", {{"0", 0}, {"8", 8}, {"16", 16}})},
                              {"a", "b"},
                              {{{0, 0}, 0, 10, 500},
                               {{0, 1}, 0, 18, 400},
                               {{0, 2}, 0, 26, 400},
                               {{1, 0}, 1, 9, 100},
                               {{1, 1}, 1, 17, 50},
                               {{0, 1}, 0, 18, 1}});
  table.axes[0].tells_network = true;
  table.completed.back() = false;
  return table;
}

}  // namespace

TEST_CASE("a Pareto front is of one network, and has of equal points all", "[sweep]") {
  SweepTable table = two_networks();
  CHECK(pareto_fronts(table) == std::vector<std::vector<std::size_t>>{{0, 1}, {3, 4}});
  table.figures[0].values[2] = 18;
  CHECK(pareto_fronts(table) == std::vector<std::vector<std::size_t>>{{0, 1, 2}, {3, 4}});
  table.figures[1].values[2] = 399;
  CHECK(pareto_fronts(table) == std::vector<std::vector<std::size_t>>{{0, 2}, {3, 4}});
}

TEST_CASE("keys that are zipped are one dimension", "[sweep]") {
  const SweepTable table = table_of(
      {axis("a", {{"1", 1}}), axis("b", {{"1", 1}}, "z"), axis("c", {{"1", 1}}, "z"), axis("d", {{"1", 1}}, "y")},
      {"n"}, {});
  CHECK(table.dimensions() == std::vector<std::vector<std::size_t>>{{0}, {1, 2}, {3}});
}

TEST_CASE("the plot of fronts has a staircase and a colour a network", "[sweep]") {
  const std::string svg = draw(SweepPlot::pareto, two_networks());
  CHECK(count_of(svg, "<polyline") == 2);
  CHECK(count_of(svg, ">a</text>") == 1);
  CHECK(count_of(svg, ">b</text>") == 1);
  // One of the five that completed is on no front, and pale; two keys of the legend.
  CHECK(count_of(svg, "<circle") == 5 + 2);
  CHECK(count_of(svg, "fill-opacity") == 1);
  CHECK(svg.find(">latency (ps)<") != std::string::npos);
  CHECK(svg.find("<title>point 4\nnetwork b\nmapping.extra_pes 8\n17 PEs, 50 cycles, 20.00x</title>") !=
        std::string::npos);
  CHECK(svg == draw(SweepPlot::pareto, two_networks()));
}

TEST_CASE("the plot of one network tells the front from the others", "[sweep]") {
  const SweepTable table =
      table_of({axis("x", {{"1", 1}, {"2", 2}})}, {"n"}, {{{0}, 0, 1, 2e9}, {{1}, 0, 2, 3e9}, {{1}, 0, 2, 1e9}});
  const std::string svg = draw(SweepPlot::pareto, table);
  CHECK(svg.find(">Pareto front<") != std::string::npos);
  CHECK(svg.find(">others<") != std::string::npos);
  CHECK(svg.find(">latency (ms)<") != std::string::npos);
}

TEST_CASE("speed-up is drawn along the first axis of numbers, with a line for each place on the others", "[sweep]") {
  const std::string svg = draw(SweepPlot::speedup, two_networks());
  CHECK(svg.find(">mapping.extra_pes<") != std::string::npos);
  CHECK(count_of(svg, "<polyline") == 2);
  CHECK(count_of(svg, "<circle") == 5 + 2);
  for (const char* tick : {">0<", ">8<", ">16<"}) {
    CHECK(svg.find(tick) != std::string::npos);
  }
}

TEST_CASE("an axis with units has its values as written, and by factors where it was made so", "[sweep]") {
  const SweepTable table =
      table_of({axis("architecture.noc.flit", {{"64 B", 64}, {"4 B", 4}, {"16 B", 16}}),
                axis("rows", {{"1", 1}, {"2", 2}}, "z"), axis("columns", {{"0", 0}, {"4", 4}}, "z")},
               {"n"}, {{{0, 0, 0}, 0, 1, 100}, {{1, 0, 0}, 0, 1, 300}, {{2, 0, 0}, 0, 1, 200}, {{0, 1, 1}, 0, 1, 100}});
  const std::string svg = draw(SweepPlot::speedup, table);
  const auto x_of = [&svg](const std::string& text) {
    const std::size_t at = svg.rfind("<text x=\"", svg.find(">" + text + "<"));
    return std::stod(svg.substr(at + 9));
  };
  CHECK(x_of("16 B") - x_of("4 B") == Approx(x_of("64 B") - x_of("16 B")).margin(0.02));
  CHECK(svg.find(">rows 2, columns 4<") != std::string::npos);
  // A point alone has no line.
  CHECK(count_of(svg, "<polyline") == 1);
}

TEST_CASE("what neither colours nor marks tell apart is said below the plot", "[sweep]") {
  std::vector<Row> rows;
  for (const std::size_t mark : {0, 1, 2, 3, 4, 5, 6}) {
    rows.push_back({{0, 0, mark}, 0, 1, 100});
    rows.push_back({{1, 1, mark}, 0, 1, 100});
  }
  std::vector<SweepTable::Value> many(7);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].text = "v" + std::to_string(i);
  }
  const SweepTable table = table_of(
      {axis("x", {{"1", 1}, {"2", 2}}), axis("colour", {{"a", std::nullopt}, {"b", std::nullopt}}), axis("many", many)},
      {"n"}, rows);
  CHECK(draw(SweepPlot::speedup, table).find(">Lines that look alike differ in many<") != std::string::npos);
}

TEST_CASE("a sweep of one point, or along texts, has its plots", "[sweep]") {
  const SweepTable one = table_of({axis("kind", {{"only", std::nullopt}})}, {"n"}, {{{0}, 0, 1, 100}});
  CHECK(draw(SweepPlot::speedup, one).find(">only<") != std::string::npos);
  CHECK(count_of(draw(SweepPlot::pareto, one), "nan") == 0);
  const SweepTable texts =
      table_of({axis("kind", {{"b", std::nullopt}, {"a", std::nullopt}})}, {"n"}, {{{0}, 0, 1, 100}, {{1}, 0, 1, 50}});
  CHECK(count_of(draw(SweepPlot::speedup, texts), "<polyline") == 1);
}

}  // namespace crossweave
