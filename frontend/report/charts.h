// Charts as SVG: bars, lines and points over axes, and activity over time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "frontend/report/svg.h"

namespace crossweave {

/// One colour of bars, or one line: a value for each category or x, in their order.
struct Series {
  std::string name;
  Ink ink{Ink::cool_4};
  std::vector<double> values;
};

/// Groups of bars side by side, the value above each. The axis begins at 0.
struct BarChart {
  std::string title;
  std::string value_label;
  int decimals{1};  ///< of the values above the bars
  std::vector<std::string> categories;
  std::vector<Series> series;
};
[[nodiscard]] std::string to_svg(const BarChart& chart);

/// Lines with a dot at each x. The y axis spans the values, not from 0.
struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<double> xs;  ///< ascending
  std::vector<Series> series;
};
[[nodiscard]] std::string to_svg(const LineChart& chart);

/// How a point is drawn.
enum class Mark { circle, square, diamond, triangle, down_triangle, ring };
inline constexpr std::size_t kMarks = 6;

struct ChartPoint {
  double x{0};
  double y{0};
  std::string tip;  ///< shown beside the pointer
};

/// Points of one colour and mark. What is joined stands in the order of the line.
struct PointSeries {
  enum class Join { none, line, staircase };  ///< a staircase keeps the height until the next point
  std::string name;                           ///< in the legend; empty: not there
  Ink ink{Ink::cool_4};
  Mark mark{Mark::circle};
  Join join{Join::none};
  double opacity{1};
  std::vector<ChartPoint> points;
};

/// An axis that spans the values.
struct ChartAxis {
  std::string label;
  bool logarithmic{false};  ///< of positive values
  /// What stands where; empty: round numbers.
  std::vector<std::pair<double, std::string>> ticks;
  bool names{false};  ///< the ticks are names, of which none may be left out
};

/// Points over two axes; later series lie over earlier ones.
struct PointChart {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  std::vector<PointSeries> series;
  std::string note;  ///< below it all
};
[[nodiscard]] std::string to_svg(const PointChart& chart);

/// Values that are piled up, the first series lowest, in steps of one width.
struct StackedChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  double step{1};  ///< the width of a value; the last may reach beyond the end
  double end{0};
  std::vector<Series> series;
};
[[nodiscard]] std::string to_svg(const StackedChart& chart);

/// What something does over time: the share of each piece of time in which it is busy.
struct Lane {
  struct Piece {
    std::int64_t begin{0};
    std::int64_t end{0};
    double share{1};  ///< in (0, 1], the opacity
  };
  Ink ink{Ink::cool_4};
  std::vector<Piece> pieces;
};

/// From when to when something is busy.
struct Stretch {
  std::int64_t begin{0};
  std::int64_t end{0};
};
/// Of stretches in order, cut into pieces that a picture can show; what is finer is a paler piece.
[[nodiscard]] Lane lane_of(const std::vector<Stretch>& busy, std::int64_t end, Ink ink);

/// Rows of lanes below each other, such as a layer and its duplicates; `note` stands at the right end.
struct Gantt {
  struct Row {
    std::string label;
    std::string note;
    std::vector<Lane> lanes;
  };
  std::string title;
  std::string note_title;
  std::string time_label;
  std::int64_t end{0};
  std::int64_t unit{1};  ///< of the labels: times are so many of it
  std::vector<Row> rows;
};
[[nodiscard]] std::string to_svg(const Gantt& chart);

/// Round numbers from the first at or above `least` to the last at or below `most`, about `count` of them.
[[nodiscard]] std::vector<double> ticks(double least, double most, int count);

}  // namespace crossweave
