#include "frontend/report/sweep_plots.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
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

/// What is written for each value of an axis: for a network its name, for a path the name of the file where no other of
/// the axis ends alike.
std::vector<std::string> texts_of(const SweepTable& table, const SweepTable::Axis& axis) {
  std::vector<std::string> texts;
  for (const SweepTable::Value& value : axis.values) {
    // The slash of a number is one of its unit.
    texts.push_back(value.number ? value.text : value.text.substr(value.text.rfind('/') + 1));
  }
  if (axis.named_points || std::set(texts.begin(), texts.end()).size() < texts.size()) {
    std::ranges::transform(axis.values, texts.begin(), &SweepTable::Value::text);
  }
  if (axis.tells_network) {
    for (std::size_t point = 0; point < table.points; ++point) {
      if (const std::optional<std::size_t> network = table.network_of[point]) {
        texts[axis.value_of[point]] = table.networks[*network];
      }
    }
  }
  return texts;
}

using Place = std::vector<std::size_t>;  // on some dimensions: which value of each of their axes

Place place_of(const SweepTable& table, const std::vector<Dimension>& dimensions, std::size_t point) {
  Place place;
  for (const Dimension& dimension : dimensions) {
    for (const std::size_t axis : dimension) {
      place.push_back(table.axes[axis].value_of[point]);
    }
  }
  return place;
}

/// The places of points on some dimensions, numbered in the order in which they come.
struct Places {
  std::vector<Place> places;
  std::map<Place, std::size_t> numbers;

  std::size_t number_of(const Place& place) {
    const auto [found, is_new] = numbers.emplace(place, places.size());
    if (is_new) {
      places.push_back(place);
    }
    return found->second;
  }
};

/// Each of the places in words.
std::vector<std::string> names_of(const SweepTable& table, const std::vector<Dimension>& dimensions,
                                  const std::vector<Place>& places) {
  std::vector<std::string> names(places.size());
  std::size_t column = 0;
  for (const Dimension& dimension : dimensions) {
    for (const std::size_t number : dimension) {
      const SweepTable::Axis& axis = table.axes[number];
      const std::vector<std::string> texts = texts_of(table, axis);
      const std::string key =
          axis.tells_network || axis.named_points ? "" : axis.name.substr(axis.name.rfind('.') + 1) + " ";
      for (std::size_t i = 0; i < places.size(); ++i) {
        names[i] += (column == 0 ? "" : ", ") + key + texts[places[i][column]];
      }
      ++column;
    }
  }
  return names;
}

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

/// Where a value of an axis lies.
double position(const SweepTable::Axis& axis, std::size_t value) {
  return static_cast<double>(axis.numeric ? *axis.values[value].number : static_cast<std::int64_t>(value));
}

/// Whether numbers were made by factors.
bool geometric(const std::set<double>& numbers) {
  if (numbers.size() < 3 || *numbers.begin() <= 0) {
    return false;
  }
  const double factor = *std::next(numbers.begin()) / *numbers.begin();
  return std::adjacent_find(numbers.begin(), numbers.end(), [factor](double a, double b) {
           return std::abs(b / a / factor - 1) > 0.02;
         }) == numbers.end();
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

/// With a tick for each value that one of the points has.
ChartAxis axis_of(const SweepTable& table, std::size_t number, const std::vector<std::size_t>& points) {
  const SweepTable::Axis& axis = table.axes[number];
  const std::vector<std::string> texts = texts_of(table, axis);
  std::set<std::pair<double, std::string>> ticks;
  std::set<double> positions;
  for (const std::size_t point : points) {
    const std::size_t value = axis.value_of[point];
    ticks.emplace(position(axis, value), texts[value]);
    positions.insert(position(axis, value));
  }
  return {axis.name, axis.numeric && geometric(positions), {ticks.begin(), ticks.end()}, !axis.numeric};
}

/// Of things that colours alone would have to tell apart: when there are no more colours, the next mark.
Mark mark_beside_ink(std::size_t number) { return static_cast<Mark>(number / kSeriesInks % kMarks); }

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
  for (std::set<Place> places; marked < others.size(); ++marked) {
    places.clear();
    for (const std::size_t point : points) {
      places.insert(
          place_of(table, {others.begin() + 1, others.begin() + static_cast<std::ptrdiff_t>(marked) + 1}, point));
    }
    if (places.size() > kMarks) {
      break;
    }
  }
  const std::vector<Dimension> coloured{others.begin(),
                                        others.begin() + std::min<std::ptrdiff_t>(1, std::ssize(others))};
  const std::vector<Dimension> with_mark{others.begin() + std::ssize(coloured),
                                         others.begin() + static_cast<std::ptrdiff_t>(marked)};
  std::vector<Dimension> alike{others.begin() + static_cast<std::ptrdiff_t>(marked), others.end()};
  const auto mark_of = [&with_mark](std::size_t colour, std::size_t mark) {
    return with_mark.empty() ? mark_beside_ink(colour) : static_cast<Mark>(mark);
  };
  Places colours;
  Places marks;
  std::map<std::pair<std::size_t, Place>, PointSeries> lines;  // by network and the place on the others
  for (const std::size_t point : points) {
    PointSeries& line = lines[{*table.network_of[point], place_of(table, others, point)}];
    const std::size_t colour = colours.number_of(place_of(table, coloured, point));
    line.ink = series_ink(colour);
    line.mark = mark_of(colour, marks.number_of(place_of(table, with_mark, point)));
    line.join = PointSeries::Join::line;
    const SweepTable::Axis& axis = table.axes[along];
    line.points.push_back({position(axis, axis.value_of[point]), table.number("speedup", point), tip_of(table, point)});
  }
  if (colours.places.size() > kSeriesInks * (with_mark.empty() ? kMarks : 1)) {
    alike.insert(alike.begin(), coloured.front());
  }
  PointChart chart{"Speed-up: " + table.name,
                   axis_of(table, along, points),
                   {"speed-up over layer by layer", false, {}, false},
                   {},
                   ""};
  // The legend: colours, then marks.
  const std::vector<std::string> colour_names = names_of(table, coloured, colours.places);
  for (std::size_t i = 0; i < colour_names.size() && colour_names.size() > 1; ++i) {
    chart.series.push_back({colour_names[i], series_ink(i), mark_of(i, 0), PointSeries::Join::none, 1, {}});
  }
  const std::vector<std::string> mark_names = names_of(table, with_mark, marks.places);
  for (std::size_t i = 0; i < mark_names.size() && mark_names.size() > 1; ++i) {
    chart.series.push_back({mark_names[i], Ink::text, static_cast<Mark>(i), PointSeries::Join::none, 1, {}});
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

/// The largest unit in which the longest latency is at least one, or ps.
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
  if (constexpr std::size_t kLooks = kSeriesInks * kMarks; table.networks.size() > kLooks) {
    chart.note += fmt::format(". Networks that look alike are {} places apart", kLooks);
  }
  const auto placed = [&, unit = unit](std::size_t point) {
    return ChartPoint{table.number("pes", point), table.number("latency_ps", point) / unit, tip_of(table, point)};
  };
  const std::vector<std::vector<std::size_t>> fronts = pareto_fronts(table);
  std::vector<PointSeries> front_series;
  for (std::size_t network = 0; network < fronts.size(); ++network) {
    const bool several = fronts.size() > 1;
    const Ink ink = several ? series_ink(network) : Ink::accent;
    const Mark mark = mark_beside_ink(network);
    PointSeries others{several ? "" : "others", several ? ink : Ink::cool_3, mark,
                       PointSeries::Join::none, several ? 0.25 : 0.6,        {}};
    PointSeries front{
        several ? table.networks[network] : "Pareto front", ink, mark, PointSeries::Join::staircase, 1, {}};
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
