// Do pictures of a sweep keep networks apart, and draw what the points say?
#include "frontend/report/sweep_plots.h"

#include <cstddef>
#include <iterator>
#include <optional>
#include <regex>
#include <set>
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

/// What stands at the ticks of the x axis, from left to right.
struct Tick {
  std::string text;
  double x{0};
};
std::vector<Tick> x_ticks(const std::string& svg) {
  static const std::regex kPattern{
      R"re(<text x="([^"]+)" y="[^"]+" font-size="11" text-anchor="middle"[^>]*>([^<]*)<)re"};
  std::vector<Tick> ticks;
  for (std::sregex_iterator match{svg.begin(), svg.end(), kPattern}; match != std::sregex_iterator{}; ++match) {
    ticks.push_back({(*match)[2], std::stod((*match)[1])});
  }
  return ticks;
}

std::vector<std::string> texts_of(const std::vector<Tick>& ticks) {
  std::vector<std::string> texts;
  texts.reserve(ticks.size());
  for (const Tick& tick : ticks) {
    texts.push_back(tick.text);
  }
  return texts;
}

/// Where a point that is a circle is drawn.
double x_of_point(const std::string& svg, std::size_t point) {
  const std::size_t tip = svg.find("<title>point " + std::to_string(point) + "\n");
  return std::stod(svg.substr(svg.rfind("cx=\"", tip) + 4));
}

/// The looks of marks: the shape and the colour of each point.
std::vector<std::string> looks_of(const std::string& svg) {
  static const std::regex kPattern{R"re(<(\w+) [^>]*class="([^"]+)"[^>]*><title>point)re"};
  std::vector<std::string> looks;
  for (std::sregex_iterator match{svg.begin(), svg.end(), kPattern}; match != std::sregex_iterator{}; ++match) {
    looks.push_back((*match)[1].str() + " " + (*match)[2].str());
  }
  return looks;
}

std::vector<SweepTable::Value> names(std::size_t count) {
  std::vector<SweepTable::Value> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i].text = "v" + std::to_string(i);
  }
  return values;
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
  CHECK(texts_of(x_ticks(svg)) == std::vector<std::string>{"0", "8", "16"});
}

TEST_CASE("ticks stand below the points that they are of, and only where a point completed", "[sweep]") {
  SweepTable table = table_of({axis("mapping.pes", {{"90", 90}, {"40", 40}, {"20", 20}, {"10", 10}})}, {"n"},
                              {{{0}, 0, 1, 100}, {{1}, 0, 1, 100}, {{2}, 0, 1, 100}, {{3}, 0, 1, 100}});
  table.completed.front() = false;
  const std::string svg = draw(SweepPlot::speedup, table);
  const std::vector<Tick> ticks = x_ticks(svg);
  REQUIRE(texts_of(ticks) == std::vector<std::string>{"10", "20", "40"});
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    CHECK(ticks[i].x == x_of_point(svg, 3 - i));
  }
  // The values that completed lie by factors.
  CHECK(ticks[1].x - ticks[0].x == Approx(ticks[2].x - ticks[1].x).margin(0.02));
  // So it is with names, of which none that has no point makes the others lean.
  SweepTable texts =
      table_of({axis("kind", {{"b", std::nullopt}, {std::string(99, 'x'), std::nullopt}, {"a", std::nullopt}})}, {"n"},
               {{{0}, 0, 1, 100}, {{1}, 0, 1, 100}, {{2}, 0, 1, 100}});
  texts.completed[1] = false;
  CHECK(texts_of(x_ticks(draw(SweepPlot::speedup, texts))) == std::vector<std::string>{"b", "a"});
}

TEST_CASE("no line joins two networks", "[sweep]") {
  SweepTable table = table_of(
      {axis("network", {{"l.yaml", std::nullopt}, {"s.yaml", std::nullopt}}, "nets"),
       axis("mapping.pes", {{"40", 40}, {"20", 20}}, "nets"), axis("kind", {{"a", std::nullopt}, {"b", std::nullopt}})},
      {"large", "small"}, {{{0, 0, 0}, 0, 40, 100}, {{1, 1, 0}, 1, 20, 100}});
  table.axes[0].tells_network = true;
  CHECK(count_of(draw(SweepPlot::speedup, table), "<polyline") == 0);
}

TEST_CASE("values that end alike are told apart", "[sweep]") {
  const std::vector<Row> rows{{{0, 0}, 0, 1, 100}, {{1, 0}, 0, 1, 200}, {{0, 1}, 0, 1, 300}, {{1, 1}, 0, 1, 400}};
  const SweepTable::Axis numbers = axis("x", {{"1", 1}, {"2", 2}});
  const auto drawn = [&](SweepTable::Axis other) {
    return draw(SweepPlot::speedup, table_of({numbers, std::move(other)}, {"n"}, rows));
  };
  const std::string paths = drawn(axis("architecture", {{"a/chip.yaml", std::nullopt}, {"b/chip.yaml", std::nullopt}}));
  CHECK(count_of(paths, "<polyline") == 2);
  CHECK(count_of(paths, ">architecture a/chip.yaml<") == 1);
  CHECK(count_of(paths, ">architecture b/chip.yaml<") == 1);
  // Names that do not are short.
  CHECK(count_of(drawn(axis("network", {{"a/n.yaml", std::nullopt}, {"b/m.yaml", std::nullopt}})),
                 ">network m.yaml<") == 1);
  SweepTable::Axis named = axis("kind", {{"rd/write", std::nullopt}, {"read/erase", std::nullopt}});
  named.named_points = true;
  CHECK(count_of(drawn(named), ">read/erase<") == 1);
}

TEST_CASE("more values than there are colours have other marks, or a note says that they look alike", "[sweep]") {
  std::vector<Row> rows;
  for (std::size_t value = 0; value < 9; ++value) {
    for (const std::size_t other : {0, 1}) {
      rows.push_back({{value, other}, 0, 1, 100});
    }
  }
  const std::vector<SweepTable::Value> two{{"0", 0}, {"1", 1}};
  const std::string one_dimension =
      draw(SweepPlot::speedup, table_of({axis("many", names(9)), axis("x", two)}, {"n"}, rows));
  const std::vector<std::string> looks = looks_of(one_dimension);
  REQUIRE(looks.size() == 18);
  CHECK(std::set(looks.begin(), looks.end()).size() == 9);
  CHECK(one_dimension.find("look alike") == std::string::npos);
  // The ninth looks so in the legend, too.
  CHECK(count_of(one_dimension, "<rect") == 1 + 2 + 1);
  for (Row& row : rows) {
    row.values.push_back(row.values[0] % 2);
  }
  const std::string two_dimensions = draw(
      SweepPlot::speedup, table_of({axis("many", names(9)), axis("x", two), axis("other", names(2))}, {"n"}, rows));
  CHECK(two_dimensions.find(">Lines that look alike differ in many<") != std::string::npos);
}

TEST_CASE("more networks than there are colours have other marks on their fronts", "[sweep]") {
  std::vector<std::string> networks;
  std::vector<Row> rows;
  for (std::size_t network = 0; network < 49; ++network) {
    networks.push_back("n" + std::to_string(network));
    rows.push_back({{network}, network, 1, 100});
  }
  const auto drawn = [&](std::size_t count) {
    return draw(SweepPlot::pareto, table_of({axis("network", names(count))},
                                            {networks.begin(), networks.begin() + static_cast<std::ptrdiff_t>(count)},
                                            {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count)}));
  };
  const std::vector<std::string> looks = looks_of(drawn(17));
  CHECK(std::set(looks.begin(), looks.end()).size() == 17);
  CHECK(drawn(48).find("look alike") == std::string::npos);
  CHECK(drawn(49).find("look alike") != std::string::npos);
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
  const SweepTable table =
      table_of({axis("x", {{"1", 1}, {"2", 2}}), axis("colour", {{"a", std::nullopt}, {"b", std::nullopt}}),
                axis("many", names(7))},
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
