// Columns of text for the terminal.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace crossweave {

enum class Align { left, right };

/// Rows of cells, padded to the width of their column. The first row is the heading and is underlined.
[[nodiscard]] std::string text_table(const std::vector<std::vector<std::string>>& rows,
                                     const std::vector<Align>& columns);

/// A line of the table on the terminal: what, and how much.
using TableLine = std::pair<std::string, std::string>;

/// A line each, and at last one with the files that were written to a folder.
[[nodiscard]] std::string lines_and_files(std::vector<TableLine> lines, const std::string& directory,
                                          const std::vector<std::string>& files);

/// A number with `digits` decimals.
[[nodiscard]] std::string fixed(double value, int digits);

/// "(416, 416, 3)" is how the paper writes H, W, C.
[[nodiscard]] std::string hwc(int height, int width, int channels);

}  // namespace crossweave
