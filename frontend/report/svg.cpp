#include "frontend/report/svg.h"

#include <array>

#include <spdlog/fmt/fmt.h>

namespace crossweave {
namespace {

struct InkColors {
  std::string_view name;
  std::string_view light;
  std::string_view dark;
};

/// In the order of Ink. Hues that people with any colour vision tell apart: blue, orange, green of different lightness.
constexpr std::array<InkColors, 20> kInks{{{"text", "#1c2430", "#e6e9ee"},
                                           {"faint", "#c9d0da", "#444c58"},
                                           {"accent", "#c2255c", "#ff8fb1"},
                                           {"cool1", "#c6dbf5", "#29415f"},
                                           {"cool2", "#90b8ea", "#3f6ba3"},
                                           {"cool3", "#4f8bd6", "#6a9fe0"},
                                           {"cool4", "#1f5fad", "#a9cdfa"},
                                           {"warm", "#e8870e", "#f5a742"},
                                           {"fresh1", "#bfe5cf", "#1f4a35"},
                                           {"fresh2", "#7fcaa2", "#2f7a56"},
                                           {"fresh3", "#36a46f", "#4fb583"},
                                           {"fresh4", "#0d7346", "#94e2ba"},
                                           // As in page.css.
                                           {"c1", "#0b63b0", "#5aa9f0"},
                                           {"c2", "#d1490b", "#ff8a4a"},
                                           {"c3", "#0a8f6a", "#3cc79c"},
                                           {"c4", "#8a3fb0", "#c58ae8"},
                                           {"c5", "#c98a00", "#f2c04a"},
                                           {"c6", "#2aa5c9", "#8fdcf2"},
                                           {"c7", "#b8447f", "#f09ac2"},
                                           {"c8", "#5f6b3a", "#b3bd85"}}};

std::string_view name_of(Ink ink) { return kInks[static_cast<std::size_t>(ink)].name; }

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// Two decimals at most, no zeros behind them and no minus before a nought.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') {
    text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

/// Corners as SVG lists them.
std::string points_of(const std::vector<std::pair<double, double>>& points) {
  std::string list;
  for (const auto& [x, y] : points) {
    list += fmt::format("{}{},{}", list.empty() ? "" : " ", number(x), number(y));
  }
  return list;
}

std::string opacity_of(double opacity) {
  return opacity < 1 ? fmt::format(R"( fill-opacity="{}")", number(opacity)) : "";
}

std::string with_tip(std::string_view tip, std::string_view element) {
  return tip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", escape(tip), element);
}

}  // namespace

Svg::Svg(double width, double height, std::string_view title) : width_{width}, height_{height}, title_{title} {}

void Svg::rect(double x, double y, double width, double height, Ink fill, double opacity, std::string_view tip) {
  body_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" class="f-{}")", number(x), number(y),
                       number(width), number(height), name_of(fill));
  body_ += opacity_of(opacity) + with_tip(tip, "rect");
}

void Svg::line(double x1, double y1, double x2, double y2, Ink stroke, double width) {
  body_ += fmt::format(R"(<line x1="{}" y1="{}" x2="{}" y2="{}" class="s-{}" stroke-width="{}"/>)", number(x1),
                       number(y1), number(x2), number(y2), name_of(stroke), number(width)) +
           "\n";
}

void Svg::polyline(const std::vector<std::pair<double, double>>& points, Ink stroke, bool dashed) {
  body_ += fmt::format(R"(<polyline points="{}" class="s-{}" fill="none" stroke-width="2"{}/>)", points_of(points),
                       name_of(stroke), dashed ? R"( stroke-dasharray="6 4")" : "") +
           "\n";
}

void Svg::polygon(const std::vector<std::pair<double, double>>& corners, Ink fill, double opacity,
                  std::string_view tip) {
  body_ += fmt::format(R"(<polygon points="{}" class="f-{}")", points_of(corners), name_of(fill)) +
           opacity_of(opacity) + with_tip(tip, "polygon");
}

void Svg::dot(double x, double y, double radius, Ink fill, std::string_view tip, double opacity) {
  body_ += fmt::format(R"(<circle cx="{}" cy="{}" r="{}" class="f-{}")", number(x), number(y), number(radius),
                       name_of(fill)) +
           opacity_of(opacity) + with_tip(tip, "circle");
}

void Svg::ring(double x, double y, double radius, Ink stroke, std::string_view tip, double opacity) {
  body_ += fmt::format(R"(<circle cx="{}" cy="{}" r="{}" class="s-{}" fill="none" stroke-width="1.8")", number(x),
                       number(y), number(radius), name_of(stroke)) +
           (opacity < 1 ? fmt::format(R"( stroke-opacity="{}")", number(opacity)) : "") + with_tip(tip, "circle");
}

void Svg::text(double x, double y, std::string_view content, TextStyle style, Ink ink) {
  constexpr std::array<std::string_view, 3> kAnchors{"start", "middle", "end"};
  body_ += fmt::format(R"(<text x="{}" y="{}" font-size="{}" text-anchor="{}" class="f-{}"{}{}>{}</text>)", number(x),
                       number(y), style.size, kAnchors[static_cast<std::size_t>(style.anchor)], name_of(ink),
                       style.bold ? R"( font-weight="600")" : "",
                       style.upright || style.leaning ? fmt::format(" transform=\"rotate({} {} {})\"",
                                                                    style.upright ? -90 : -30, number(x), number(y))
                                                      : "",
                       escape(content)) +
           "\n";
}

std::string Svg::str() const {
  std::string light;
  std::string dark;
  for (const InkColors& ink : kInks) {
    light += fmt::format(".f-{0}{{fill:{1}}}.s-{0}{{stroke:{1}}}\n", ink.name, ink.light);
    dark += fmt::format(".f-{0}{{fill:{1}}}.s-{0}{{stroke:{1}}}\n", ink.name, ink.dark);
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n<title>{2}</title>\n<style>\n"
      ".ground{{fill:#ffffff}}\n{3}@media (prefers-color-scheme: dark) {{\n.ground{{fill:#14181f}}\n{4}}}\n</style>\n"
      "<rect width=\"100%\" height=\"100%\" class=\"ground\"/>\n{5}</svg>\n",
      number(width_), number(height_), escape(title_), light, dark, body_);
}

double text_width(std::string_view content, int size) { return 0.58 * size * static_cast<double>(content.size()); }

}  // namespace crossweave
