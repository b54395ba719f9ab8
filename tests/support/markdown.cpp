#include "tests/support/markdown.h"

#include <array>
#include <cstdio>

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

std::string percent(double ratio, int digits) {
  const std::string text = decimal(100 * ratio, digits);
  return text.find_first_not_of("-0.") == std::string::npos ? "0" : (ratio > 0 ? "+" : "") + text + " %";
}

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace crossweave::test
