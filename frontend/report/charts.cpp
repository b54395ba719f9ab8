#include "frontend/report/charts.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <spdlog/fmt/fmt.h>

#include "frontend/report/text_table.h"

namespace crossweave {
namespace {

constexpr double kMargin = 16;
constexpr double kTitleHeight = 30;
constexpr int kSmall = 11;

/// A frame with a value axis at its left.
struct Plot {
  double left{0};
  double top{0};
  double width{0};
  double height{0};
  double least{0};
  double most{1};

  [[nodiscard]] double y(double value) const { return top + height * (most - value) / (most - least); }
  [[nodiscard]] double bottom() const { return top + height; }
  [[nodiscard]] double right() const { return left + width; }
};

/// As many decimals as the step of an axis needs.
std::string tick_text(double value, double step) {
  const int decimals = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return fixed(value, decimals);
}

double step_of(const std::vector<double>& values) { return values.size() > 1 ? values[1] - values[0] : 1; }

void draw_value_axis(Svg& svg, const Plot& plot, const std::string& label) {
  const std::vector<double> values = ticks(plot.least, plot.most, 6);
  for (const double value : values) {
    svg.line(plot.left, plot.y(value), plot.right(), plot.y(value), Ink::faint);
    svg.text(plot.left - 6, plot.y(value) + 4, tick_text(value, step_of(values)), {Anchor::end, kSmall});
  }
  svg.text(kMargin + 4, plot.top + plot.height / 2, label, {Anchor::middle, 12, false, true});
}

/// Keys of what is drawn, from left to right in as many lines as they take; returns the height of it all. `swatch`
/// draws that of an entry at a place; without it, this only measures.
double draw_legend(Svg* svg, const std::vector<std::string>& names, double left, double right, double top,
                   const std::function<void(std::size_t entry, double x, double y)>& swatch) {
  constexpr double kLineHeight = 18;
  double x = left;
  double y = top;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double width = 18 + text_width(names[i], kSmall) + 16;
    if (x > left && x + width > right) {
      x = left;
      y += kLineHeight;
    }
    if (svg != nullptr) {
      swatch(i, x, y);
      svg->text(x + 17, y + 10, names[i], {Anchor::start, kSmall});
    }
    x += width;
  }
  return names.empty() ? 0 : y + kLineHeight - top;
}

double draw_legend(Svg* svg, const std::vector<Series>& series, double left, double right, double top) {
  std::vector<std::string> names(series.size());
  std::ranges::transform(series, names.begin(), &Series::name);
  return draw_legend(svg, names, left, right, top,
                     [&](std::size_t i, double x, double y) { svg->rect(x, y, 12, 12, series[i].ink); });
}

void draw_title(Svg& svg, const std::string& title) { svg.text(kMargin, 24, title, {Anchor::start, 15, true}); }

}  // namespace

std::vector<double> ticks(double least, double most, int count) {
  const double raw = (most - least) / std::max(count, 1);
  if (!(raw > 0)) {
    return {least};
  }
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * (1 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> result;
  for (double k = std::ceil(least / step - 1e-9); k * step <= most + step * 1e-9; ++k) {
    result.push_back(k * step + 0.0);  // not -0
  }
  return result;
}

std::string to_svg(const BarChart& chart) {
  constexpr double kBar = 17;
  constexpr double kGap = 18;
  constexpr double kLeastWidth = 420;
  const double bars = kBar * static_cast<double>(chart.series.size());
  const auto count = static_cast<double>(std::max<std::size_t>(chart.categories.size(), 1));
  double group = std::max(bars + kGap, kLeastWidth / count);
  for (const std::string& category : chart.categories) {
    group = std::max(group, text_width(category, 12) + kGap);
  }
  Plot plot;
  plot.left = 64;
  plot.width = group * count;
  const double legend = draw_legend(nullptr, chart.series, plot.left, plot.right(), 0);
  plot.top = kTitleHeight + legend + 48;
  plot.height = 280;
  plot.most = 0;
  for (const Series& series : chart.series) {
    for (const double value : series.values) {
      plot.most = std::max(plot.most, value);
    }
  }
  plot.most = plot.most > 0 ? plot.most : 1;
  Svg svg{plot.right() + kMargin, plot.bottom() + 40, chart.title};
  draw_title(svg, chart.title);
  draw_legend(&svg, chart.series, plot.left, plot.right(), kTitleHeight + 8);
  draw_value_axis(svg, plot, chart.value_label);
  for (std::size_t c = 0; c < chart.categories.size(); ++c) {
    const double middle = plot.left + group * (static_cast<double>(c) + 0.5);
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      const double value = chart.series[s].values[c];
      const double x = middle - bars / 2 + kBar * static_cast<double>(s);
      const std::string text = fixed(value, chart.decimals);
      svg.rect(x + 1, plot.y(value), kBar - 2, plot.bottom() - plot.y(value), chart.series[s].ink, 1,
               chart.categories[c] + ", " + chart.series[s].name + ": " + text);
      svg.text(x + kBar / 2 + 4, plot.y(value) - 4, text, {Anchor::start, 10, false, true});
    }
    svg.text(middle, plot.bottom() + 18, chart.categories[c], {Anchor::middle, 12});
  }
  svg.line(plot.left, plot.bottom(), plot.right(), plot.bottom(), Ink::text);
  return svg.str();
}

std::string to_svg(const LineChart& chart) {
  Plot plot;
  plot.left = 72;
  plot.width = 560;
  const double legend = draw_legend(nullptr, chart.series, plot.left, plot.right(), 0);
  plot.top = kTitleHeight + legend + 20;
  plot.height = 300;
  bool first = true;
  for (const Series& series : chart.series) {
    for (const double value : series.values) {
      plot.least = first ? value : std::min(plot.least, value);
      plot.most = first ? value : std::max(plot.most, value);
      first = false;
    }
  }
  const double span = plot.most > plot.least ? plot.most - plot.least : 1;
  plot.least -= 0.05 * span;
  plot.most += 0.05 * span;
  const double x_least = chart.xs.empty() ? 0 : chart.xs.front();
  const double x_most = chart.xs.empty() || chart.xs.back() == x_least ? x_least + 1 : chart.xs.back();
  const auto x_of = [&](double x) { return plot.left + 12 + (plot.width - 24) * (x - x_least) / (x_most - x_least); };
  Svg svg{plot.right() + kMargin, plot.bottom() + 56, chart.title};
  draw_title(svg, chart.title);
  draw_legend(&svg, chart.series, plot.left, plot.right(), kTitleHeight + 8);
  draw_value_axis(svg, plot, chart.y_label);
  for (const double x : chart.xs) {
    svg.line(x_of(x), plot.bottom(), x_of(x), plot.bottom() + 5, Ink::text);
    svg.text(x_of(x), plot.bottom() + 19, fmt::format("{:g}", x), {Anchor::middle, kSmall});
  }
  svg.text(plot.left + plot.width / 2, plot.bottom() + 42, chart.x_label, {Anchor::middle, 12});
  svg.line(plot.left, plot.bottom(), plot.right(), plot.bottom(), Ink::text);
  for (const Series& series : chart.series) {
    std::vector<std::pair<double, double>> points;
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      points.emplace_back(x_of(chart.xs[i]), plot.y(series.values[i]));
    }
    svg.polyline(points, series.ink);
    for (std::size_t i = 0; i < points.size(); ++i) {
      svg.dot(points[i].first, points[i].second, 3.5, series.ink,
              fmt::format("{}, {:g}: {:g}", series.name, chart.xs[i], series.values[i]));
    }
  }
  return svg.str();
}

namespace {

/// From values of a ChartAxis to places in [0, 1].
struct Scale {
  double least{0};
  double most{1};
  bool logarithmic{false};

  [[nodiscard]] double share(double value) const {
    return logarithmic ? std::log(value / least) / std::log(most / least) : (value - least) / (most - least);
  }
};

/// Of the values with a little room about them. Where nought is not far, the scale begins with it, so that heights
/// compare as they look.
Scale scale_of(const ChartAxis& axis, const std::vector<double>& values, bool from_nought) {
  if (values.empty()) {
    return {};
  }
  const auto [least, most] = std::ranges::minmax(values);
  if (axis.logarithmic) {
    const double room = most > least ? std::pow(most / least, 0.05) : 2;
    return {least / room, most * room, true};
  }
  const double room = most > least ? 0.05 * (most - least) : std::max(std::abs(most) / 2, 0.5);
  return {from_nought && least >= 0 && least < most / 2 ? 0 : least - room, most + room, false};
}

std::vector<std::pair<double, std::string>> ticks_of(const ChartAxis& axis, const Scale& scale, int count) {
  if (!axis.ticks.empty()) {
    return axis.ticks;
  }
  std::vector<std::pair<double, std::string>> result;
  if (scale.logarithmic) {
    for (double power = std::pow(10, std::floor(std::log10(scale.least))); power < scale.most; power *= 10) {
      for (const double factor : {1, 2, 5}) {
        if (const double value = factor * power; value >= scale.least && value <= scale.most) {
          result.emplace_back(value, fmt::format("{:g}", value));
        }
      }
    }
  }
  if (result.size() < 2) {
    const std::vector<double> values = ticks(scale.least, scale.most, count);
    result.clear();
    for (const double value : values) {
      result.emplace_back(value, tick_text(value, step_of(values)));
    }
  }
  return result;
}

void draw_mark(Svg& svg, Mark mark, double x, double y, Ink ink, double opacity, std::string_view tip) {
  switch (mark) {
    case Mark::circle:
      return svg.dot(x, y, 4, ink, tip, opacity);
    case Mark::square:
      return svg.rect(x - 3.6, y - 3.6, 7.2, 7.2, ink, opacity, tip);
    case Mark::diamond:
      return svg.polygon({{x, y - 5}, {x + 5, y}, {x, y + 5}, {x - 5, y}}, ink, opacity, tip);
    case Mark::triangle:
      return svg.polygon({{x, y - 4.8}, {x + 4.8, y + 4}, {x - 4.8, y + 4}}, ink, opacity, tip);
    case Mark::down_triangle:
      return svg.polygon({{x, y + 4.8}, {x + 4.8, y - 4}, {x - 4.8, y - 4}}, ink, opacity, tip);
    case Mark::ring:
      return svg.ring(x, y, 3.6, ink, tip, opacity);
  }
}

}  // namespace

std::string to_svg(const PointChart& chart) {
  std::vector<double> xs;
  std::vector<double> ys;
  std::vector<std::string> names;
  std::vector<std::size_t> named;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    if (!chart.series[i].name.empty()) {
      names.push_back(chart.series[i].name);
      named.push_back(i);
    }
    for (const ChartPoint& point : chart.series[i].points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
  const Scale x_scale = scale_of(chart.x, xs, false);
  const Scale y_scale = scale_of(chart.y, ys, true);
  Plot plot;
  plot.left = 78;
  plot.width = 600;
  plot.top = kTitleHeight + draw_legend(nullptr, names, plot.left, plot.right(), 0, {}) + 20;
  plot.height = 340;
  const auto x_of = [&](double x) { return plot.left + plot.width * x_scale.share(x); };
  const auto y_of = [&](double y) { return plot.bottom() - plot.height * y_scale.share(y); };
  const std::vector<std::pair<double, std::string>> x_ticks = ticks_of(chart.x, x_scale, 8);
  // Names that do not fit side by side lean.
  double widest = 0;
  for (const auto& [x, text] : x_ticks) {
    widest = std::max(widest, text_width(text, kSmall));
  }
  const bool lean = chart.x.names && widest + 8 > plot.width / static_cast<double>(x_ticks.size());
  const double names_height = lean ? 0.5 * widest + 14 : 22;
  const double label_y = plot.bottom() + names_height + 20;
  const double height = label_y + (chart.note.empty() ? 14 : 38);
  Svg svg{plot.right() + kMargin, height, chart.title};
  draw_title(svg, chart.title);
  if (!chart.note.empty()) {
    svg.text(plot.left, height - 14, chart.note, {Anchor::start, kSmall});
  }
  draw_legend(&svg, names, plot.left, plot.right(), kTitleHeight + 8, [&](std::size_t i, double x, double y) {
    const PointSeries& series = chart.series[named[i]];
    draw_mark(svg, series.mark, x + 6, y + 6, series.ink, series.opacity, "");
  });
  for (const auto& [y, text] : ticks_of(chart.y, y_scale, 6)) {
    svg.line(plot.left, y_of(y), plot.right(), y_of(y), Ink::faint);
    svg.text(plot.left - 6, y_of(y) + 4, text, {Anchor::end, kSmall});
  }
  svg.text(kMargin + 4, plot.top + plot.height / 2, chart.y.label, {Anchor::middle, 12, false, true});
  double free_from = -1;
  for (const auto& [x, text] : x_ticks) {
    svg.line(x_of(x), plot.bottom(), x_of(x), plot.bottom() + 5, Ink::text);
    if (lean) {
      svg.text(x_of(x) + 4, plot.bottom() + 16, text, {Anchor::end, kSmall, false, false, true});
    } else if (const double half = text_width(text, kSmall) / 2; x_of(x) - half >= free_from) {
      svg.text(x_of(x), plot.bottom() + 19, text, {Anchor::middle, kSmall});
      free_from = x_of(x) + half + 6;
    }
  }
  svg.text(plot.left + plot.width / 2, label_y, chart.x.label, {Anchor::middle, 12});
  svg.line(plot.left, plot.bottom(), plot.right(), plot.bottom(), Ink::text);
  for (const PointSeries& series : chart.series) {
    std::vector<std::pair<double, double>> corners;
    for (const ChartPoint& point : series.points) {
      if (series.join == PointSeries::Join::staircase && !corners.empty()) {
        corners.emplace_back(x_of(point.x), corners.back().second);
      }
      corners.emplace_back(x_of(point.x), y_of(point.y));
    }
    if (series.join != PointSeries::Join::none && corners.size() > 1) {
      svg.polyline(corners, series.ink);
    }
  }
  for (const PointSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      draw_mark(svg, series.mark, x_of(point.x), y_of(point.y), series.ink, series.opacity, point.tip);
    }
  }
  return svg.str();
}

std::string to_svg(const StackedChart& chart) {
  Plot plot;
  plot.left = 72;
  plot.width = 760;
  const double legend = draw_legend(nullptr, chart.series, plot.left, plot.right(), 0);
  plot.top = kTitleHeight + legend + 20;
  plot.height = 240;
  const std::size_t steps = chart.series.empty() ? 0 : chart.series.front().values.size();
  const double end = chart.end > 0 ? chart.end : 1;
  std::vector<double> tops(steps);
  plot.most = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    double sum = 0;
    for (const Series& series : chart.series) {
      sum += series.values[i];
    }
    plot.most = std::max(plot.most, sum);
  }
  plot.most = plot.most > 0 ? plot.most : 1;
  const auto x_of = [&](double x) { return plot.left + plot.width * std::min(x, end) / end; };
  Svg svg{plot.right() + kMargin, plot.bottom() + 56, chart.title};
  draw_title(svg, chart.title);
  draw_legend(&svg, chart.series, plot.left, plot.right(), kTitleHeight + 8);
  draw_value_axis(svg, plot, chart.y_label);
  // Each lies before those that reach higher.
  std::vector<std::vector<std::pair<double, double>>> outlines;
  for (const Series& series : chart.series) {
    std::vector<std::pair<double, double>> outline{{plot.left, plot.bottom()}};
    for (std::size_t i = 0; i < steps; ++i) {
      tops[i] += series.values[i];
      const double y = plot.y(tops[i]);
      if (outline.back().second != y) {
        outline.emplace_back(x_of(chart.step * static_cast<double>(i)), outline.back().second);
        outline.emplace_back(outline.back().first, y);
      }
    }
    outline.emplace_back(plot.right(), outline.back().second);
    outline.emplace_back(plot.right(), plot.bottom());
    outlines.push_back(std::move(outline));
  }
  for (std::size_t i = outlines.size(); i-- > 0;) {
    svg.polygon(outlines[i], chart.series[i].ink, 1, chart.series[i].name);
  }
  for (const double x : ticks(0, end, 8)) {
    svg.line(x_of(x), plot.bottom(), x_of(x), plot.bottom() + 5, Ink::text);
    svg.text(x_of(x), plot.bottom() + 19, fixed(x, 0), {Anchor::middle, kSmall});
  }
  svg.text(plot.left + plot.width / 2, plot.bottom() + 42, chart.x_label, {Anchor::middle, 12});
  svg.line(plot.left, plot.bottom(), plot.right(), plot.bottom(), Ink::text);
  return svg.str();
}

Lane lane_of(const std::vector<Stretch>& stretches, std::int64_t end, Ink ink) {
  constexpr std::int64_t kPieces = 380;
  constexpr double kShades = 10;  // of a piece
  const std::int64_t width = std::max<std::int64_t>(1, (end + kPieces - 1) / kPieces);
  std::vector<std::int64_t> busy(static_cast<std::size_t>((end + width - 1) / width));
  for (const Stretch& stretch : stretches) {
    for (std::int64_t at = stretch.begin; at < stretch.end;) {
      const std::int64_t piece = at / width;
      const std::int64_t until = std::min(stretch.end, (piece + 1) * width);
      busy[static_cast<std::size_t>(piece)] += until - at;
      at = until;
    }
  }
  Lane lane{ink, {}};
  for (std::size_t i = 0; i < busy.size(); ++i) {
    if (busy[i] == 0) {
      continue;
    }
    const std::int64_t begin = static_cast<std::int64_t>(i) * width;
    const std::int64_t stop = std::min(end, begin + width);
    const double share =
        std::ceil(kShades * static_cast<double>(busy[i]) / static_cast<double>(stop - begin)) / kShades;
    if (!lane.pieces.empty() && lane.pieces.back().end == begin && lane.pieces.back().share == share) {
      lane.pieces.back().end = stop;
    } else {
      lane.pieces.push_back({begin, stop, share});
    }
  }
  return lane;
}

std::string to_svg(const Gantt& chart) {
  constexpr double kLane = 9;
  constexpr double kRowGap = 7;
  std::size_t longest_label = 0;
  std::size_t longest_note = chart.note_title.size();
  double height = 0;
  for (const Gantt::Row& row : chart.rows) {
    longest_label = std::max(longest_label, row.label.size());
    longest_note = std::max(longest_note, row.note.size());
    height += kLane * static_cast<double>(row.lanes.size()) + kRowGap;
  }
  Plot plot;
  plot.left = kMargin + text_width(std::string(longest_label, 'x'), kSmall) + 10;
  plot.top = kTitleHeight + 22;
  plot.width = 760;
  plot.height = height;
  const double end = static_cast<double>(std::max<std::int64_t>(chart.end, 1));
  const auto x_of = [&](double time) { return plot.left + plot.width * time / end; };
  Svg svg{plot.right() + 14 + text_width(std::string(longest_note, 'x'), kSmall) + kMargin, plot.bottom() + 48,
          chart.title};
  draw_title(svg, chart.title);
  svg.text(plot.right() + 12, plot.top - 8, chart.note_title, {Anchor::start, kSmall, true});
  const auto unit = static_cast<double>(chart.unit);
  for (const double time : ticks(0, end / unit, 8)) {
    svg.line(x_of(time * unit), plot.top, x_of(time * unit), plot.bottom(), Ink::faint);
    svg.text(x_of(time * unit), plot.bottom() + 16, fixed(time, 0), {Anchor::middle, kSmall});
  }
  svg.text(plot.left + plot.width / 2, plot.bottom() + 38, chart.time_label, {Anchor::middle, 12});
  double y = plot.top + kRowGap / 2;
  for (const Gantt::Row& row : chart.rows) {
    const double row_height = kLane * static_cast<double>(row.lanes.size());
    svg.text(plot.left - 8, y + row_height / 2 + 4, row.label, {Anchor::end, kSmall});
    svg.text(plot.right() + 12, y + row_height / 2 + 4, row.note, {Anchor::start, kSmall});
    for (const Lane& lane : row.lanes) {
      for (const Lane::Piece& piece : lane.pieces) {
        const double x = x_of(static_cast<double>(piece.begin));
        svg.rect(x, y + 0.5, x_of(static_cast<double>(piece.end)) - x, kLane - 1, lane.ink, piece.share);
      }
      y += kLane;
    }
    y += kRowGap;
  }
  svg.line(plot.left, plot.bottom(), plot.right(), plot.bottom(), Ink::text);
  return svg.str();
}

}  // namespace crossweave
