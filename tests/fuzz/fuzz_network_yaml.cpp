// Fuzzes the YAML network reader with libFuzzer: any bytes are read as a network or refused, and what was read is
// written and read again unchanged.
// A libFuzzer target; tests/fuzz/CMakeLists.txt says how it is built and run.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "frontend/import/network_file.h"

namespace {

/// A file that is in memory only; the reader takes a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_{memfd_create("fuzz.yaml", MFD_CLOEXEC)} {
    if (descriptor_ < 0 || write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      std::abort();
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crossweave;
  const MemoryFile file{{reinterpret_cast<const char*>(data), size}};
  for (const std::optional<Shape>& shape : {std::optional<Shape>{}, std::optional{Shape{32, 24, 3}}}) {
    const Result<NetworkImport> import = import_network_yaml(file.path(), shape);
    if (!import) {
      if (!has_errors(import.error())) {
        std::abort();
      }
      continue;
    }
    const std::string written = to_yaml(import->graph);
    const MemoryFile copy{written};
    const Result<NetworkImport> again = import_network_yaml(copy.path(), std::nullopt);
    if (!again || to_yaml(again->graph) != written) {
      std::abort();
    }
  }
  return 0;
}
