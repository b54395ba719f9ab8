#include "frontend/report/output_directory.h"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace crossweave {
namespace {

Diagnostic cannot_write(const std::filesystem::path& path, const std::error_code& reason) {
  return {{path.string(), 0, 0}, "cannot write: " + reason.message(), Severity::error};
}

std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

Result<OutputDirectory> OutputDirectory::open(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) {
    return Diagnostics{cannot_write(path, error ? error : std::make_error_code(std::errc::not_a_directory))};
  }
  OutputDirectory directory{path};
  const std::filesystem::path probe = directory.file(".crossweave-probe");
  errno = 0;
  if (!std::ofstream{probe}) {
    return Diagnostics{cannot_write(path, last_error())};
  }
  std::filesystem::remove(probe, error);
  return directory;
}

std::optional<Diagnostic> OutputDirectory::write(const std::string& name, const std::string& content) const {
  return write_file(file(name), content);
}

std::optional<Diagnostic> write_file(const std::filesystem::path& file, const std::string& content) {
  errno = 0;
  std::ofstream stream{file, std::ios::binary};
  stream << content;
  stream.close();
  if (!stream) {
    return cannot_write(file, last_error());
  }
  return std::nullopt;
}

}  // namespace crossweave
