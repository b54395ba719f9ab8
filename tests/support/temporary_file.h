// A file that lives as long as a test needs it.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace crossweave::test {

class TemporaryFile {
 public:
  /// `extension` with its dot.
  TemporaryFile(std::string_view content, const std::string& extension) {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            ("crossweave_test_" + std::to_string(::getpid()) + "_" + std::to_string(count++) + extension);
    std::ofstream{path_, std::ios::binary} << content;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace crossweave::test
