// Running a program as its user would, and what it left behind.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace crossweave::test {

struct Finished {
  /// Exit status; 128 + the signal when a signal ended it.
  int status{0};
  std::string out;
  std::string err;
};

/// Runs `program` in `directory` with nothing on stdin, and waits for its end. Throws std::system_error when it cannot.
[[nodiscard]] Finished run_program(const std::string& program, const std::vector<std::string>& arguments,
                                   const std::filesystem::path& directory);

/// The whole of a file. Throws std::runtime_error when there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

}  // namespace crossweave::test
