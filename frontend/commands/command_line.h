// What subcommands with many options have in common.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>

#include "arch/diagnostics.h"

namespace crossweave {

[[nodiscard]] Diagnostic problem_with(const std::string& message);

/// The enumerator that `text` names in `names`, which are in the order of the enumeration.
template <class Enum, std::size_t kCount>
Enum choose(const char* option, const std::string& text, const std::array<std::string_view, kCount>& names,
            Diagnostics& problems) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) {
    return static_cast<Enum>(found - names.begin());
  }
  std::string expected;
  for (const std::string_view name : names) {
    expected += (expected.empty() ? "" : name == names.back() ? " or " : ", ") + std::string{name};
  }
  problems.push_back(problem_with(std::string{option} + ": expected " + expected + ", got '" + text + "'" +
                                  did_you_mean(text, {names.begin(), names.end()})));
  return Enum{};
}

/// A file that is opened before a simulation, not after it in vain, and written when that is done; at once, or piece by
/// piece into `stream` with `close` at the end.
class ReservedFile {
 public:
  /// No file is wanted when the name is empty.
  ReservedFile(const std::string& name, Diagnostics& problems);

  [[nodiscard]] bool wanted() const { return !name_.empty(); }
  [[nodiscard]] std::ostream& stream() { return stream_; }
  // False, with a problem, when it cannot be written.
  [[nodiscard]] bool write(const std::string& text, Diagnostics& problems);
  [[nodiscard]] bool close(Diagnostics& problems);

 private:
  std::string name_;
  std::ofstream stream_;
};

}  // namespace crossweave
