#include "frontend/import/read_text.h"

#include <fstream>
#include <iterator>

#include "arch/strict_yaml.h"

namespace crossweave {

Result<std::string> read_text(const std::filesystem::path& file) {
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    return Diagnostics{{{.file = file.string()}, "cannot open: " + reason}};
  }
  std::ifstream stream{file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  if (stream.bad()) {
    return Diagnostics{{{.file = file.string()}, "cannot read"}};
  }
  return text;
}

}  // namespace crossweave
