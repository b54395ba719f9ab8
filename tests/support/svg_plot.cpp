#include "tests/support/svg_plot.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace crossweave::test {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 400;
constexpr double kLeft = 60;
constexpr double kRight = 470;  // the legend stands beyond
constexpr double kTop = 40;
constexpr double kBottom = 350;
constexpr double kLegendLine = 18;

/// Told apart by the colour-blind too: Okabe and Ito, "Color Universal Design" (2008).
constexpr std::array<std::string_view, 6> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

std::string number(double value, const char* format = "%.2f") {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return result;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text, const std::string& more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\"" + more + ">" +
         escaped(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
         "\" " + style + "/>\n";
}

std::string mark(double x, double y, std::string_view colour) {
  return "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"3.5\" fill=\"white\" stroke=\"" +
         std::string{colour} + "\" stroke-width=\"1.6\"/>\n";
}

std::string_view colour_of(const PlotSeries& series) {
  return series.colour == kBlack ? "black" : kColours.at(static_cast<std::size_t>(series.colour) % kColours.size());
}

std::string stroke(const PlotSeries& series) {
  return "stroke=\"" + std::string{colour_of(series)} + "\" stroke-width=\"1.6\"" +
         (series.style == PlotStyle::dashed ? " stroke-dasharray=\"5 4\"" : "");
}

/// 1, 2 or 5 times a power of ten, so that 4 to 9 steps reach `end`.
double tick_step(double end) {
  const double power = std::pow(10, std::floor(std::log10(end / 4)));
  const double rest = end / 4 / power;
  return power * (rest >= 5 ? 5 : rest >= 2 ? 2 : 1);
}

}  // namespace

std::string to_svg(const Plot& plot) {
  const auto x_of = [&plot](double x) { return kLeft + x / plot.x_end * (kRight - kLeft); };
  const auto y_of = [&plot](double y) { return kBottom - y / plot.y_end * (kBottom - kTop); };
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kWidth, "%.0f") + " " +
                    number(kHeight, "%.0f") + "\" font-family=\"sans-serif\" font-size=\"12\">\n" +
                    "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n" +
                    text_at((kLeft + kRight) / 2, kTop - 16, "middle", plot.title, " font-size=\"14\"") +
                    text_at((kLeft + kRight) / 2, kBottom + 38, "middle", plot.x_label) +
                    text_at(0, 0, "middle", plot.y_label,
                            " transform=\"translate(18 " + number((kTop + kBottom) / 2) + ") rotate(-90)\"");
  const double x_step = tick_step(plot.x_end);
  for (double x = 0; x <= plot.x_end * 1.0001; x += x_step) {
    svg += line(x_of(x), kTop, x_of(x), kBottom, "stroke=\"#e0e0e0\"") +
           text_at(x_of(x), kBottom + 18, "middle", number(x, "%g"));
  }
  const double y_step = tick_step(plot.y_end);
  for (double y = 0; y <= plot.y_end * 1.0001; y += y_step) {
    svg += line(kLeft, y_of(y), kRight, y_of(y), "stroke=\"#e0e0e0\"") +
           text_at(kLeft - 8, y_of(y) + 4, "end", number(y, "%g"));
  }
  svg += "<clipPath id=\"area\"><rect x=\"" + number(kLeft) + "\" y=\"" + number(kTop) + "\" width=\"" +
         number(kRight - kLeft) + "\" height=\"" + number(kBottom - kTop) + "\"/></clipPath>\n" +
         "<g clip-path=\"url(#area)\">\n";
  double legend = kTop + 6;
  std::string legends;
  for (const PlotSeries& series : plot.series) {
    const std::string_view colour = colour_of(series);
    if (series.style == PlotStyle::marks) {
      for (const auto& [x, y] : series.points) {
        svg += mark(x_of(x), y_of(y), colour);
      }
    } else {
      svg += "<polyline fill=\"none\" " + stroke(series) + " points=\"";
      for (const auto& [x, y] : series.points) {
        svg += number(x_of(x)) + "," + number(y_of(y)) + " ";
      }
      svg += "\"/>\n";
    }
    if (!series.label.empty()) {
      legends += (series.style == PlotStyle::marks ? mark(kRight + 26, legend, colour)
                                                   : line(kRight + 14, legend, kRight + 38, legend, stroke(series))) +
                 text_at(kRight + 46, legend + 4, "start", series.label);
      legend += kLegendLine;
    }
  }
  return svg + "</g>\n" + line(kLeft, kTop, kLeft, kBottom, "stroke=\"black\"") +
         line(kLeft, kBottom, kRight, kBottom, "stroke=\"black\"") + legends + "</svg>\n";
}

}  // namespace crossweave::test
