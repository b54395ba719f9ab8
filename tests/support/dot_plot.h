// A plot with a line of dots for each case, one dot a series, as SVG.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace crossweave::test {

struct DotSeries {
  std::string name;
  std::string colour;
  double radius{4};  ///< a smaller dot is seen on a larger one that was drawn before it
};

struct DotRow {
  std::string label;
  std::vector<std::optional<double>> values;  ///< by series
};

struct DotPlot {
  std::string title;
  std::string axis;
  double first{0};  ///< of the axis
  double last{1};
  double tick{0.1};
  int decimals{1};
  double reference{0};  ///< where a line is drawn
  std::vector<DotSeries> series;
  std::vector<DotRow> rows;
};

[[nodiscard]] std::string to_svg(const DotPlot& plot);

}  // namespace crossweave::test
