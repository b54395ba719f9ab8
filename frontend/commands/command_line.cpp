#include "frontend/commands/command_line.h"

#include <cerrno>
#include <system_error>

#include "arch/strict_yaml.h"

namespace crossweave {
namespace {

/// After an operation that set errno.
Diagnostic cannot_write(const std::string& file) {
  return {{file, 0, 0}, "cannot write: " + std::error_code{errno, std::generic_category()}.message(), Severity::error};
}

}  // namespace

Diagnostic problem_with(const std::string& message) {
  return {{std::string{kCommandLine}, 0, 0}, message, Severity::error};
}

ReservedFile::ReservedFile(const std::string& name, Diagnostics& problems) : name_{name} {
  if (wanted()) {
    errno = 0;
    stream_.open(name_, std::ios::binary);
    if (!stream_) {
      problems.push_back(cannot_write(name_));
    }
  }
}

bool ReservedFile::write(const std::string& text, Diagnostics& problems) {
  stream_ << text;
  return close(problems);
}

bool ReservedFile::close(Diagnostics& problems) {
  errno = 0;
  stream_.close();
  if (!stream_) {
    problems.push_back(cannot_write(name_));
  }
  return stream_.good();
}

}  // namespace crossweave
