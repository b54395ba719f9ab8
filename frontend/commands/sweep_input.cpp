#include "frontend/commands/sweep_input.h"

#include <fstream>
#include <string_view>
#include <system_error>

#include "frontend/commands/run_options.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

fs::path database_of(const fs::path& given) {
  std::error_code unreadable;
  return fs::is_directory(given, unreadable) ? given / "sweep.db" : given;
}

/// By the first bytes of its file format.
bool is_database(const fs::path& file) {
  constexpr std::string_view kMagic{"SQLite format 3\0", 16};
  std::string begin(kMagic.size(), '\0');
  return std::ifstream{file, std::ios::binary}.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         begin == kMagic;
}

}  // namespace

bool is_sweep(const fs::path& given) { return is_database(database_of(given)); }

Result<SweepDatabase> open_sweep(const fs::path& given) {
  const fs::path file = database_of(given);
  if (std::error_code unreadable; fs::is_regular_file(file, unreadable) && !is_database(file)) {
    return Diagnostics{{{file.string(), 0, 0},
                        "not a sweep: expected its database, or the folder that it was written to",
                        Severity::error}};
  }
  return SweepDatabase::open(file);
}

Result<OutputDirectory> unpack_point(const fs::path& sweep, std::size_t point, const std::string& out) {
  Result<SweepDatabase> database = open_sweep(sweep);
  if (!database) {
    return database.error();
  }
  const Result<SweepDatabase::PointFiles, Failure> files = database->files_of(point);
  if (!files) {
    return Diagnostics{{{database_of(sweep).string(), 0, 0},
                        "--point " + std::to_string(point) + ": " + files.error().message,
                        Severity::error}};
  }
  Result<OutputDirectory> directory = OutputDirectory::open(
      out.empty() ? database_of(sweep).parent_path() / "runs" / std::to_string(point) : fs::path{out});
  if (!directory) {
    return directory;
  }
  const Diagnostics problems =
      write_all(*directory, {{"resolved.yaml", files->resolved}, {"network.yaml", files->network}});
  if (!problems.empty()) {
    return problems;
  }
  return directory;
}

}  // namespace crossweave
