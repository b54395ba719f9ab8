#include "tests/support/dot_plot.h"

#include <cstdio>
#include <sstream>

namespace crossweave::test {
namespace {

constexpr double kLabels = 240;
constexpr double kWidth = 460;  // of the axis
constexpr double kRow = 18;
constexpr double kTop = 62;
constexpr double kMargin = 20;

std::string number(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

}  // namespace

std::string to_svg(const DotPlot& plot) {
  const double bottom = kTop + kRow * static_cast<double>(plot.rows.size());
  const auto x_of = [&plot](double value) {
    return kLabels + kWidth * (value - plot.first) / (plot.last - plot.first);
  };
  const auto at = [](double value) { return number(value, 1); };
  std::ostringstream svg;
  const auto text = [&](double x, double y, const char* anchor, const std::string& content) {
    svg << "<text x=\"" << at(x) << "\" y=\"" << at(y) << "\" text-anchor=\"" << anchor << "\">" << content
        << "</text>\n";
  };
  const auto line = [&](double x, const char* colour) {
    svg << "<line x1=\"" << at(x) << "\" y1=\"" << at(kTop - 6) << "\" x2=\"" << at(x) << "\" y2=\"" << at(bottom)
        << "\" stroke=\"" << colour << "\"/>\n";
  };
  const auto dot = [&](double x, double y, const DotSeries& series) {
    svg << "<circle cx=\"" << at(x) << "\" cy=\"" << at(y) << "\" r=\"" << at(series.radius) << "\" fill=\""
        << series.colour << "\"/>\n";
  };
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << at(kLabels + kWidth + 2 * kMargin) << "\" height=\""
      << at(bottom + 40) << "\" font-family=\"sans-serif\" font-size=\"12\">\n"
      << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  text(kMargin, 20, "start", plot.title);
  double legend = kLabels;
  for (const DotSeries& series : plot.series) {
    dot(legend, 38, series);
    text(legend + 10, 42, "start", series.name);
    legend += 110;
  }
  for (int i = 0; plot.first + i * plot.tick <= plot.last + plot.tick / 2; ++i) {
    const double value = plot.first + i * plot.tick;
    line(x_of(value), "#dddddd");
    text(x_of(value), bottom + 16, "middle", number(value, plot.decimals));
  }
  line(x_of(plot.reference), "#888888");
  text(kLabels + kWidth / 2, bottom + 33, "middle", plot.axis);
  for (std::size_t row = 0; row < plot.rows.size(); ++row) {
    const double y = kTop + kRow * static_cast<double>(row) + kRow / 2;
    text(kLabels - 12, y + 4, "end", plot.rows[row].label);
    for (std::size_t i = 0; i < plot.series.size(); ++i) {
      if (const std::optional<double> value = plot.rows[row].values[i]) {
        dot(x_of(*value), y, plot.series[i]);
      }
    }
  }
  svg << "</svg>\n";
  return std::move(svg).str();
}

}  // namespace crossweave::test
