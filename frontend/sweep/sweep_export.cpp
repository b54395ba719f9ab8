#include "frontend/sweep/sweep_export.h"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "frontend/report/csv.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

std::string csv_text(const Json& value) {
  return value.is_null() ? "" : csv_cell(value.is_string() ? value.get<std::string>() : value.dump());
}

template <class Range, class Text>
std::string csv_line(const Range& cells, Text text) {
  std::string line;
  for (const auto& cell : cells) {
    line += (&cell == &cells.front() ? "" : ",") + text(cell);
  }
  return line + "\n";
}

}  // namespace

Diagnostics export_runs(SweepDatabase& database, const std::filesystem::path& directory) {
  const std::filesystem::path csv_file = directory / "sweep.csv";
  const std::filesystem::path json_file = directory / "sweep.json";
  errno = 0;
  std::ofstream csv{csv_file, std::ios::binary};
  std::ofstream json{json_file, std::ios::binary};
  std::vector<std::string> columns;
  bool first = true;
  database.read_runs(
      [&](const std::vector<std::string>& names) {
        columns = names;
        csv << csv_line(columns, csv_cell);
      },
      [&](const std::vector<Json>& values) {
        csv << csv_line(values, csv_text);
        Json object;
        for (std::size_t i = 0; i < values.size(); ++i) {
          object[columns[i]] = values[i];
        }
        json << (first ? "[\n" : ",\n") << object.dump();
        first = false;
      });
  json << "\n]\n";
  csv.close();
  json.close();
  Diagnostics problems;
  for (const auto& [file, stream] : {std::pair{&csv_file, &csv}, std::pair{&json_file, &json}}) {
    if (!*stream) {
      const std::error_code reason{errno, std::generic_category()};
      problems.push_back({{file->string(), 0, 0}, "cannot write: " + reason.message(), Severity::error});
    }
  }
  return problems;
}

}  // namespace crossweave
