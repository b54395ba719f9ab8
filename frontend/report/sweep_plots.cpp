#include "frontend/report/sweep_plots.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "frontend/report/charts.h"

namespace crossweave {
namespace {

using Dimension = std::vector<std::size_t>;  // indices of axes that vary together

std::vector<std::size_t> completed_points(const SweepTable& table) {
  std::vector<std::size_t> points;
  for (std::size_t point = 0; point < table.points; ++point) {
    if (table.completed[point]) {
      points.push_back(point);
    }
  }
  return points;
}

/// Of a path the name of the file.
std::string short_text(const SweepTable::Value& value) { return value.text.substr(value.text.rfind('/') + 1); }

/// The place of a point on dimensions, in words.
std::string text_of(const SweepTable& table, const std::vector<Dimension>& dimensions, std::size_t point) {
  std::string text;
  for (const Dimension& dimension : dimensions) {
    for (const std::size_t number : dimension) {
      const SweepTable::Axis& axis = table.axes[number];
      text += text.empty() ? "" : ", ";
      if (axis.tells_network) {
        text += table.networks[*table.network_of[point]];
      } else {
        text += (axis.named_points ? "" : axis.name.substr(axis.name.rfind('.') + 1) + " ") +
                short_text(axis.values[axis.value_of[point]]);
      }
    }
  }
  return text;
}

/// Names, numbered in the order in which they come.
struct Names {
  std::vector<std::string> names;

  std::size_t number_of(const std::string& name) {
    const auto found = std::ranges::find(names, name);
    const auto number = static_cast<std::size_t>(found - names.begin());
    if (found == names.end()) {
      names.push_back(name);
    }
    return number;
  }
};

std::string tip_of(const SweepTable& table, std::size_t point) {
  std::string tip = fmt::format("point {}", point);
  for (const SweepTable::Axis& axis : table.axes) {
    tip += fmt::format("\n{} {}", axis.name, axis.values[axis.value_of[point]].text);
  }
  return tip + fmt::format("\n{:g} PEs, {:.10g} cycles, {:.2f}x", table.number("pes", point),
                           table.number("latency_cycles", point), table.number("speedup", point));
}

bool varies(const SweepTable& table, const Dimension& dimension, const std::vector<std::size_t>& points) {
  return std::ranges::any_of(dimension, [&](std::size_t number) {
    const std::vector<std::size_t>& value_of = table.axes[number].value_of;
    return std::ranges::any_of(points, [&](std::size_t point) { return value_of[point] != value_of[points.front()]; });
  });
}

/// Whether values lie rather by factors than by differences: over more than a decade.
bool wide(const std::vector<double>& values) {
  const auto [least, most] = std::ranges::minmax(values);
  return least > 0 && most > 20 * least;
}

/// Whether an axis of numbers was made by factors.
bool geometric(const SweepTable::Axis& axis) {
  std::vector<double> numbers;
  for (const SweepTable::Value& value : axis.values) {
    numbers.push_back(static_cast<double>(*value.number));
  }
  std::ranges::sort(numbers);
  if (numbers.size() < 3 || numbers.front() <= 0) {
    return false;
  }
  const double factor = numbers[1] / numbers[0];
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (std::abs(numbers[i] / numbers[i - 1] / factor - 1) > 0.02) {
      return false;
    }
  }
  return true;
}

/// The axis along which speed-ups are drawn: the first of numbers that varies, otherwise the first that does.
std::size_t choose_axis(const SweepTable& table, const std::vector<std::size_t>& points) {
  std::optional<std::size_t> chosen;
  for (std::size_t i = table.axes.size(); i-- > 0;) {
    const bool is_better = !chosen || table.axes[i].numeric || !table.axes[*chosen].numeric;
    if (is_better && varies(table, {i}, points)) {
      chosen = i;
    }
  }
  return chosen.value_or(0);
}

ChartAxis axis_of(const SweepTable& table, std::size_t number) {
  const SweepTable::Axis& axis = table.axes[number];
  ChartAxis result{axis.name, axis.numeric && geometric(axis), {}, !axis.numeric};
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const SweepTable::Value& value = axis.values[i];
    result.ticks.emplace_back(axis.numeric ? static_cast<double>(*value.number) : static_cast<double>(i),
                              short_text(value));
  }
  std::ranges::sort(result.ticks);
  if (axis.tells_network) {
    for (std::size_t point = 0; point < table.points; ++point) {
      if (const std::optional<std::size_t> network = table.network_of[point]) {
        result.ticks[axis.value_of[point]].second = table.networks[*network];
      }
    }
  }
  return result;
}

std::string draw_speedup(const SweepTable& table) {
  const std::vector<std::size_t> points = completed_points(table);
  const std::size_t along = choose_axis(table, points);
  std::vector<Dimension> others;
  for (const Dimension& dimension : table.dimensions()) {
    if (std::ranges::find(dimension, along) == dimension.end() && varies(table, dimension, points)) {
      others.push_back(dimension);
    }
  }
  // The networks first: they tell lines apart most.
  std::stable_partition(others.begin(), others.end(), [&](const Dimension& dimension) {
    return std::ranges::any_of(dimension, [&](std::size_t axis) { return table.axes[axis].tells_network; });
  });
  // A colour for each value of the first of the others, a mark for each combination of as many more as there are marks
  // for; what then is left tells lines apart that look the same.
  std::size_t marked = std::min<std::size_t>(others.size(), 1);
  for (std::set<std::string> names; marked < others.size(); ++marked) {
    names.clear();
    for (const std::size_t point : points) {
      names.insert(
          text_of(table, {others.begin() + 1, others.begin() + static_cast<std::ptrdiff_t>(marked) + 1}, point));
    }
    if (names.size() > kMarks) {
      break;
    }
  }
  const std::vector<Dimension> coloured{others.begin(),
                                        others.begin() + std::min<std::ptrdiff_t>(1, std::ssize(others))};
  const std::vector<Dimension> with_mark{others.begin() + std::ssize(coloured),
                                         others.begin() + static_cast<std::ptrdiff_t>(marked)};
  const std::vector<Dimension> alike{others.begin() + static_cast<std::ptrdiff_t>(marked), others.end()};
  Names colours;
  Names marks;
  std::map<std::string, PointSeries> lines;
  for (const std::size_t point : points) {
    PointSeries& line = lines[text_of(table, others, point)];
    line.ink = series_ink(colours.number_of(text_of(table, coloured, point)));
    line.mark = static_cast<Mark>(marks.number_of(text_of(table, with_mark, point)));
    line.join = PointSeries::Join::line;
    const SweepTable::Axis& axis = table.axes[along];
    const std::size_t value = axis.value_of[point];
    line.points.push_back({axis.numeric ? static_cast<double>(*axis.values[value].number) : static_cast<double>(value),
                           table.number("speedup", point), tip_of(table, point)});
  }
  PointChart chart{
      "Speed-up: " + table.name, axis_of(table, along), {"speed-up over layer by layer", false, {}, false}, {}, ""};
  // The legend: colours, then marks.
  for (std::size_t i = 0; i < colours.names.size() && colours.names.size() > 1; ++i) {
    chart.series.push_back({colours.names[i], series_ink(i), Mark::circle, PointSeries::Join::none, 1, {}});
  }
  for (std::size_t i = 0; i < marks.names.size() && marks.names.size() > 1; ++i) {
    chart.series.push_back({marks.names[i], Ink::text, static_cast<Mark>(i), PointSeries::Join::none, 1, {}});
  }
  std::vector<double> values;
  for (auto& [unused, line] : lines) {
    std::ranges::stable_sort(line.points, {}, &ChartPoint::x);
    for (const ChartPoint& point : line.points) {
      values.push_back(point.y);
    }
    chart.series.push_back(std::move(line));
  }
  chart.y.logarithmic = wide(values);
  for (const Dimension& dimension : alike) {
    for (const std::size_t axis : dimension) {
      chart.note += (chart.note.empty() ? "Lines that look alike differ in " : ", ") + table.axes[axis].name;
    }
  }
  return to_svg(chart);
}

/// The largest unit in which no latency is below one, or ps.
std::pair<double, std::string_view> time_unit(double longest_ps) {
  for (const auto& [size, name] : {std::pair{1e12, "s"}, {1e9, "ms"}, {1e6, "us"}, {1e3, "ns"}}) {
    if (longest_ps >= size) {
      return {size, name};
    }
  }
  return {1, "ps"};
}

std::string draw_pareto(const SweepTable& table) {
  const std::vector<std::size_t> points = completed_points(table);
  std::vector<double> pes;
  std::vector<double> latencies;
  for (const std::size_t point : points) {
    pes.push_back(table.number("pes", point));
    latencies.push_back(table.number("latency_ps", point));
  }
  const auto [unit, unit_name] = time_unit(std::ranges::max(latencies));
  PointChart chart{"PEs against latency: " + table.name,
                   {"PEs", wide(pes), {}, false},
                   {fmt::format("latency ({})", unit_name), wide(latencies), {}, false},
                   {},
                   table.networks.size() > 1 ? "Pale: slower than another point of the network with as few PEs" : ""};
  const auto placed = [&, unit = unit](std::size_t point) {
    return ChartPoint{table.number("pes", point), table.number("latency_ps", point) / unit, tip_of(table, point)};
  };
  const std::vector<std::vector<std::size_t>> fronts = pareto_fronts(table);
  std::vector<PointSeries> front_series;
  for (std::size_t network = 0; network < fronts.size(); ++network) {
    const bool several = fronts.size() > 1;
    const Ink ink = several ? series_ink(network) : Ink::accent;
    PointSeries others{several ? "" : "others", several ? ink : Ink::cool_3, Mark::circle,
                       PointSeries::Join::none, several ? 0.25 : 0.6,        {}};
    PointSeries front{
        several ? table.networks[network] : "Pareto front", ink, Mark::circle, PointSeries::Join::staircase, 1, {}};
    for (const std::size_t point : points) {
      if (table.network_of[point] == network && std::ranges::find(fronts[network], point) == fronts[network].end()) {
        others.points.push_back(placed(point));
      }
    }
    for (const std::size_t point : fronts[network]) {
      front.points.push_back(placed(point));
    }
    if (others.points.empty()) {
      others.name.clear();
    }
    chart.series.push_back(std::move(others));
    front_series.push_back(std::move(front));
  }
  std::ranges::move(front_series, std::back_inserter(chart.series));
  return to_svg(chart);
}

}  // namespace

std::string draw(SweepPlot plot, const SweepTable& table) {
  return plot == SweepPlot::speedup ? draw_speedup(table) : draw_pareto(table);
}

}  // namespace crossweave
