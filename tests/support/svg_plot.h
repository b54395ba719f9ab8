// Plots for documents: curves and marks over two linear axes, as SVG. The same numbers give the same bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace crossweave::test {

enum class PlotStyle { line, dashed, marks };
inline constexpr int kBlack = -1;

struct PlotSeries {
  std::string label;  ///< empty: not in the legend
  PlotStyle style{PlotStyle::line};
  int colour{0};  ///< series of one colour belong together; kBlack
  std::vector<std::pair<double, double>> points;
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  double x_end{1};  ///< axes begin at 0; what is beyond their ends is cut off
  double y_end{1};
  std::vector<PlotSeries> series;
};

[[nodiscard]] std::string to_svg(const Plot& plot);

}  // namespace crossweave::test
