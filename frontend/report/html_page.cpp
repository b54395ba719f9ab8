#include "frontend/report/html_page.h"

#include <nlohmann/json.hpp>

#include "frontend/report/assets.h"

namespace crossweave {
namespace {

/// JSON in which no text can end the script element that holds it.
std::string script_json(const nlohmann::ordered_json& data) {
  std::string safe;
  for (const char c : data.dump()) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    safe += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return safe;
}

}  // namespace

std::string html_page(std::string_view title, const nlohmann::ordered_json& data,
                      const std::vector<std::string_view>& scripts) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // What a page does not hold, it does not get.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>";
  page += escaped(title);
  page += "</title>\n<style>\n";
  page += assets::uplot_style();
  page += assets::page_style();
  page += "</style>\n</head>\n<body>\n<main></main>\n<script type=\"application/json\" id=\"data\">";
  page += script_json(data);
  page += "</script>\n<!-- uPlot:\n";
  page += assets::uplot_licence();
  page += "-->\n<script>\n";
  page += assets::uplot_script();
  page += "</script>\n<script>\n";
  page += assets::common_script();
  for (const std::string_view script : scripts) {
    page += script;
  }
  page += "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace crossweave
