// A sweep of small runs, and what its results hold.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace crossweave::test {

/// Writes small.yaml, a network of two layers, and sweep.yaml with these axes, on the architecture of the paper.
inline void write_small_sweep(const std::filesystem::path& directory, const std::string& axes,
                              const std::string& more = "") {
  std::ofstream{directory / "small.yaml"} << "name: small\n"
                                             "input: [8, 8, 3]\n"
                                             "layers:\n"
                                             "  - {op: conv, filters: 8, kernel: 3, padding: same}\n"
                                             "  - {op: conv, filters: 8, kernel: 3, padding: same}\n";
  std::ofstream{directory / "sweep.yaml"} << "base:\n"
                                             "  architecture: " CROSSWEAVE_SOURCE_DIR
                                             "/configs/architectures/paper.yaml\n"
                                             "  network: small.yaml\n"
                                             "axes:\n"
                                          << axes << more;
}

/// Every row of every table and of the view `runs`, in one text.
[[nodiscard]] std::string content_of(const std::filesystem::path& database);

/// The rows that an SQL query gives, columns by '|', rows by line.
[[nodiscard]] std::string query(const std::filesystem::path& database, const std::string& sql);

}  // namespace crossweave::test
