#include "frontend/report/text_table.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace crossweave {

std::string text_table(const std::vector<std::vector<std::string>>& rows, const std::vector<Align>& columns) {
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], row[c].size());
    }
  }
  std::string text;
  const auto add_line = [&text](std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const std::string padding(widths[c] - rows[r][c].size(), ' ');
      line += (c == 0 ? "" : "  ") + (columns[c] == Align::right ? padding + rows[r][c] : rows[r][c] + padding);
    }
    add_line(std::move(line));
    if (r == 0) {
      std::string rule;
      for (std::size_t c = 0; c < widths.size(); ++c) {
        rule += (c == 0 ? "" : "  ") + std::string(widths[c], '-');
      }
      add_line(std::move(rule));
    }
  }
  return text;
}

std::string lines_and_files(std::vector<TableLine> lines, const std::string& directory,
                            const std::vector<std::string>& files) {
  std::string names;
  for (const std::string& file : files) {
    names += (names.empty() ? "" : ", ") + file;
  }
  lines.emplace_back("files", directory + ": " + names);
  std::string text;
  for (const auto& [key, value] : lines) {
    text += fmt::format("{:<13} {}\n", key, value);
  }
  return text;
}

std::string fixed(double value, int digits) { return fmt::format("{:.{}f}", value, digits); }

std::string hwc(int height, int width, int channels) { return fmt::format("({}, {}, {})", height, width, channels); }

}  // namespace crossweave
