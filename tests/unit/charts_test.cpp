// Are the charts well-formed, complete, and the same each time?
#include "frontend/report/charts.h"

#include <algorithm>
#include <limits>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace crossweave {
namespace {

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

/// Every element that is opened is closed, in order, and no "<" or "&" stands where text does.
void check_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    REQUIRE(tag.find('<') == std::string::npos);
    REQUIRE(count_of(tag, "\"") % 2 == 0);
    const std::string name =
        tag.substr(tag.front() == '/' ? 1 : 0, tag.find_first_of(" /", 1) - (tag.front() == '/' ? 1 : 0));
    if (tag.front() == '/') {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  CHECK(open.empty());
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
  CHECK(svg.find("\"-0\"") == std::string::npos);
  for (std::size_t at = svg.find('&'); at != std::string::npos; at = svg.find('&', at + 1)) {
    CHECK(svg.find(';', at) - at <= 5);
  }
}

BarChart bars() {
  return {"Speed-up & more",
          "times <x>",
          1,
          {"A", "B \"b\""},
          {{"one", Ink::warm, {1, 2.54}}, {"two", Ink::cool_1, {0, 4}}}};
}

}  // namespace

TEST_CASE("ticks are round numbers within the range", "[charts]") {
  CHECK(ticks(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(ticks(0, 29.2, 6) == std::vector<double>{0, 5, 10, 15, 20, 25});
  CHECK(ticks(3, 3, 5) == std::vector<double>{3});
  CHECK(ticks(-1, 1, 2) == std::vector<double>{-1, 0, 1});
  const std::vector<double> fine = ticks(0.995, 1.14, 4);
  REQUIRE(fine.size() == 3);
  CHECK(fine.front() == Approx(1.0));
  CHECK(fine.back() == Approx(1.1));
  CHECK(ticks(0, 48181, 8).size() == 5);
}

TEST_CASE("a bar chart has a bar and a number for each value", "[charts]") {
  const std::string svg = to_svg(bars());
  check_well_formed(svg);
  CHECK(svg == to_svg(bars()));
  // Ground, two keys of the legend, four bars.
  CHECK(count_of(svg, "<rect") == 7);
  CHECK(count_of(svg, ">2.5<") == 1);
  CHECK(svg.find("Speed-up &amp; more") != std::string::npos);
  CHECK(svg.find("times &lt;x&gt;") != std::string::npos);
  CHECK(svg.find("<title>B &quot;b&quot;, one: 2.5</title>") != std::string::npos);
  check_well_formed(to_svg(BarChart{"nothing", "", 0, {}, {}}));
  check_well_formed(to_svg(BarChart{"zeros", "", 0, {"A"}, {{"one", Ink::warm, {0}}}}));
}

TEST_CASE("every ink has a colour on light and on dark ground", "[charts]") {
  const std::string svg = Svg{10, 10, "t"}.str();
  const std::size_t dark = svg.find("prefers-color-scheme: dark");
  REQUIRE(dark != std::string::npos);
  for (const char* ink : {"text", "faint", "accent", "cool1", "cool4", "warm", "fresh1", "fresh4", "c1", "c8"}) {
    CAPTURE(ink);
    const std::string rule = std::string{".f-"} + ink + "{fill:#";
    const std::size_t first = svg.find(rule);
    const std::size_t second = svg.find(rule, first + 1);
    REQUIRE(second != std::string::npos);
    CHECK(first < dark);
    CHECK(second > dark);
    CHECK(svg.substr(first, rule.size() + 6) != svg.substr(second, rule.size() + 6));
  }
}

TEST_CASE("a line chart has a line a series and a dot a value", "[charts]") {
  const LineChart chart{"t", "x", "y", {4, 8, 32}, {{"a", Ink::warm, {1, 2, 3}}, {"b", Ink::accent, {3, 2.5, 1}}}};
  const std::string svg = to_svg(chart);
  check_well_formed(svg);
  CHECK(count_of(svg, "<polyline") == 2);
  CHECK(count_of(svg, "<circle") == 6);
  CHECK(svg.find("<title>b, 8: 2.5</title>") != std::string::npos);
  check_well_formed(to_svg(LineChart{"one point", "x", "y", {4}, {{"a", Ink::warm, {1}}}}));
  check_well_formed(to_svg(LineChart{"none", "x", "y", {}, {}}));
}

TEST_CASE("a chart of points has a mark a point, and lines and staircases between them", "[charts]") {
  using Join = PointSeries::Join;
  PointChart chart{"t", {"x", false, {}, false}, {"y", false, {}, false}, {}, "note"};
  chart.series.push_back({"line", Ink::series_1, Mark::square, Join::line, 1, {{1, 5, "tip"}, {2, 6, ""}}});
  chart.series.push_back({"stairs", Ink::series_8, Mark::diamond, Join::staircase, 1, {{1, 9, ""}, {2, 4, ""}}});
  chart.series.push_back({"", Ink::series_2, Mark::ring, Join::none, 0.5, {{1, 7, ""}}});
  const std::string svg = to_svg(chart);
  check_well_formed(svg);
  // Ground, the key of the legend, two points.
  CHECK(count_of(svg, "<rect") == 1 + 1 + 2);
  CHECK(count_of(svg, "<polygon") == 1 + 2);
  CHECK(count_of(svg, "stroke-opacity=\"0.5\"") == 1);
  CHECK(svg.find("<title>tip</title>") != std::string::npos);
  CHECK(svg.find(">note<") != std::string::npos);
  // The staircase goes along at its height before it goes down.
  std::smatch corners;
  const std::regex stairs{
      R"re(<polyline points="([0-9.]+),([0-9.]+) ([0-9.]+),([0-9.]+) ([0-9.]+),([0-9.]+)" class="s-c8")re"};
  REQUIRE(std::regex_search(svg, corners, stairs));
  CHECK(corners[4] == corners[2]);
  CHECK(corners[5] == corners[3]);
  CHECK(std::stod(corners[6]) > std::stod(corners[4]));
  check_well_formed(to_svg(PointChart{"empty", {}, {}, {}, ""}));
  for (const bool logarithmic : {false, true}) {
    PointChart one{"one", {"x", logarithmic, {{3, "three <"}}, logarithmic}, {"y", logarithmic, {}, false}, {}, ""};
    one.series.push_back({"s", Ink::series_3, Mark::triangle, Join::line, 1, {{3, 3, ""}}});
    check_well_formed(to_svg(one));
  }
}

TEST_CASE("an axis by factors has equal steps for equal factors", "[charts]") {
  PointChart chart{
      "t", {"x", true, {{1, "one"}, {10, "ten"}, {100, "hundred"}}, false}, {"y", true, {}, false}, {}, ""};
  chart.series.push_back({"s", Ink::series_1, Mark::circle, PointSeries::Join::none, 1, {{1, 1, ""}, {100, 100, ""}}});
  const std::string svg = to_svg(chart);
  const auto x_of = [&svg](const std::string& text) {
    return std::stod(svg.substr(svg.rfind("<text x=\"", svg.find(">" + text + "<")) + 9));
  };
  CHECK(x_of("ten") - x_of("one") == Approx(x_of("hundred") - x_of("ten")).margin(0.02));
  CHECK(svg.find(">50<") != std::string::npos);
}

TEST_CASE("a Gantt chart has a bar a piece, paler where the share is less", "[charts]") {
  Gantt chart{"t", "d", "cycles", 100, 1, {}};
  chart.rows.push_back({"first", "2 x 1", {{Ink::cool_4, {{0, 50, 1}, {50, 60, 0.3}}}, {Ink::cool_4, {{10, 90, 1}}}}});
  chart.rows.push_back({"second", "1 x 1", {{Ink::fresh_4, {}}}});
  const std::string svg = to_svg(chart);
  check_well_formed(svg);
  CHECK(count_of(svg, "<rect") == 1 + 3);
  CHECK(count_of(svg, "fill-opacity=\"0.3\"") == 1);
  CHECK(count_of(svg, "fill-opacity") == 1);
  CHECK(svg.find(">second<") != std::string::npos);
  check_well_formed(to_svg(Gantt{"empty", "", "", 0, 1, {}}));
}

}  // namespace crossweave
