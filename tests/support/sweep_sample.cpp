#include "tests/support/sweep_sample.h"

#include <sqlite3.h>

#include <stdexcept>

namespace crossweave::test {

std::string query(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* handle = nullptr;
  std::string text;
  if (sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK ||
      sqlite3_busy_timeout(handle, 60'000) != SQLITE_OK ||
      sqlite3_exec(
          handle, sql.c_str(),
          [](void* out, int count, char** values, char** /*names*/) {
            std::string& rows = *static_cast<std::string*>(out);
            for (int i = 0; i < count; ++i) {
              rows += (i > 0 ? "|" : "") + std::string{values[i] == nullptr ? "NULL" : values[i]};
            }
            rows += '\n';
            return 0;
          },
          &text, nullptr) != SQLITE_OK) {
    const std::string reason = sqlite3_errmsg(handle);
    sqlite3_close(handle);
    throw std::runtime_error{database.string() + ": " + reason};
  }
  sqlite3_close(handle);
  return text;
}

std::string content_of(const std::filesystem::path& database) {
  std::string text;
  for (const std::string table :
       {"sweep", "axes", "coordinates", "points", "configs", "networks", "results", "errors", "runs"}) {
    text += "== " + table + "\n" + query(database, "SELECT * FROM " + table + " ORDER BY 1, 2");
  }
  return text;
}

}  // namespace crossweave::test
