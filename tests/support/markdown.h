// Tables and figures for documents.
#pragma once

#include <string>
#include <vector>

namespace crossweave::test {

/// A Markdown table; the first row is its heading. The first column is aligned to the left, the others to the right.
[[nodiscard]] std::string markdown_table(const std::vector<std::vector<std::string>>& rows);

/// "+1.2 %" with that many digits after the point; "0" for what rounds to it.
[[nodiscard]] std::string percent(double ratio, int digits = 1);
/// With that many digits after the point.
[[nodiscard]] std::string decimal(double value, int digits);

}  // namespace crossweave::test
