// The folder that a command writes its files to.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// Writes a whole file into a folder that exists, or says why it could not.
[[nodiscard]] std::optional<Diagnostic> write_file(const std::filesystem::path& file, const std::string& content);

class OutputDirectory {
 public:
  /// Creates the folder, with its parents, and tries that files can be written there: before hours of simulation, not
  /// after them.
  static Result<OutputDirectory> open(const std::filesystem::path& path);

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Writes a whole file, or says why it could not.
  [[nodiscard]] std::optional<Diagnostic> write(const std::string& name, const std::string& content) const;

 private:
  explicit OutputDirectory(std::filesystem::path path) : path_{std::move(path)} {}

  std::filesystem::path path_;
};

}  // namespace crossweave
