// The part of docs/validation.md about the network on chip, as measured.
#pragma once

#include <map>
#include <string>

namespace crossweave::validation {

struct NocReport {
  std::map<std::string, std::string> tables;  ///< by the names of the document's parts
  std::map<std::string, std::string> plots;   ///< SVG, by the names of files
};

/// Runs every comparison: a minute or two.
[[nodiscard]] NocReport noc_report();

}  // namespace crossweave::validation
