// Comma-separated values.
#pragma once

#include <string>

namespace crossweave {

/// A cell of a CSV file (RFC 4180): quoted where the text holds a separator.
[[nodiscard]] inline std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

}  // namespace crossweave
