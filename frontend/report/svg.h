// Drawings as SVG: shapes and text in a few inks, legible on light and on dark ground.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossweave {

/// Colours by what they are for. Each has a value for light and one for dark ground (svg.cpp).
enum class Ink {
  text,
  faint,  ///< grid lines, what stands back
  accent,
  cool_1,  ///< four shades of one colour, pale to strong
  cool_2,
  cool_3,
  cool_4,
  warm,
  fresh_1,  ///< four shades of another
  fresh_2,
  fresh_3,
  fresh_4,
  series_1,  ///< eight to tell things apart that have no order
  series_2,
  series_3,
  series_4,
  series_5,
  series_6,
  series_7,
  series_8,
};
inline constexpr std::size_t kSeriesInks = 8;
[[nodiscard]] constexpr Ink series_ink(std::size_t number) {
  return static_cast<Ink>(static_cast<std::size_t>(Ink::series_1) + number % kSeriesInks);
}

enum class Anchor { start, middle, end };

/// Where text stands and how.
struct TextStyle {
  Anchor anchor{Anchor::start};
  int size{12};
  bool bold{false};
  bool upright{false};  ///< turned to read upwards
  bool leaning{false};  ///< turned by a third of that
};

/// A drawing in pixels from the top left corner. The same calls give the same bytes: coordinates have two decimals.
class Svg {
 public:
  /// `title` is what screen readers say.
  Svg(double width, double height, std::string_view title);

  /// `opacity` in [0, 1]; `tip` is shown beside the pointer.
  void rect(double x, double y, double width, double height, Ink fill, double opacity = 1, std::string_view tip = {});
  void line(double x1, double y1, double x2, double y2, Ink stroke, double width = 1);
  void polyline(const std::vector<std::pair<double, double>>& points, Ink stroke, bool dashed = false);
  void polygon(const std::vector<std::pair<double, double>>& corners, Ink fill, double opacity = 1,
               std::string_view tip = {});
  void dot(double x, double y, double radius, Ink fill, std::string_view tip = {}, double opacity = 1);
  void ring(double x, double y, double radius, Ink stroke, std::string_view tip = {}, double opacity = 1);
  void text(double x, double y, std::string_view content, TextStyle style = {}, Ink ink = Ink::text);

  /// The file.
  [[nodiscard]] std::string str() const;

 private:
  double width_;
  double height_;
  std::string title_;
  std::string body_;
};

/// About how wide a text of the drawings' typeface is.
[[nodiscard]] double text_width(std::string_view content, int size);

}  // namespace crossweave
