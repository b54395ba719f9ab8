#include "tests/support/report_blocks.h"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace crossweave::test {

std::string markdown_table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& cell : rows[i]) {
      text += "| " + cell + (cell.empty() ? "" : " ");
    }
    text += "|\n";
    if (i == 0) {
      for (std::size_t column = 0; column < rows[i].size(); ++column) {
        text += column == 0 ? "|---" : "|--:";
      }
      text += "|\n";
    }
  }
  return text;
}

std::string with_part(const std::string& document, const std::string& name, const std::string& content) {
  const std::string begin = "<!-- " + name + " -->\n";
  const std::size_t from = document.find(begin);
  const std::size_t to = document.find("<!-- end " + name + " -->\n");
  if (from == std::string::npos || to == std::string::npos || to < from) {
    throw std::runtime_error{"the document has no part '" + name + "'"};
  }
  return document.substr(0, from + begin.size()) + content + document.substr(to);
}

std::string percent(double ratio) {
  const std::string text = decimal(100 * ratio, 1);
  return text == "0.0" || text == "-0.0" ? "0" : (ratio > 0 ? "+" : "") + text + " %";
}

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace crossweave::test
