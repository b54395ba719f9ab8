#include "frontend/sweep/sweep_database.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "frontend/commands/command.h"
#include "frontend/sweep/sweep_figures.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using ReadHeading = SweepDatabase::ReadHeading;
using ReadRow = SweepDatabase::ReadRow;

/// PRAGMA user_version: of the tables, for those who read them.
constexpr std::int64_t kFormat = 1;

/// How long to wait for another process that holds the database.
constexpr int kBusyMilliseconds = 60'000;

/// An SQL identifier.
std::string identifier(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text += c == '"' ? "\"\"" : std::string(1, c);
  }
  return text + "\"";
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

Diagnostics at(const fs::path& file, const std::string& message) {
  return {{{file.string(), 0, 0}, message, Severity::error}};
}

}  // namespace

/// The one place that calls SQLite.
class SweepDatabase::Connection {
 public:
  Connection(fs::path file, int flags) : file_{std::move(file)} {
    if (sqlite3_open_v2(file_.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
      const std::string reason = sqlite3_errmsg(handle_);
      sqlite3_close(handle_);
      throw DatabaseError{at(file_, "cannot open: " + reason).front()};
    }
    sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  }
  ~Connection() {
    add_result_.reset();
    sqlite3_close(handle_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A prepared statement.
  class Statement {
   public:
    Statement(Connection& connection, const std::string& sql) : connection_{connection} {
      connection_.check(sqlite3_prepare_v2(connection_.handle_, sql.c_str(), -1, &statement_, nullptr));
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(const std::string& text) {
      connection_.check(
          sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
      return *this;
    }
    Statement& bind(std::int64_t value) {
      connection_.check(sqlite3_bind_int64(statement_, ++bound_, value));
      return *this;
    }
    Statement& bind_index(std::size_t value) { return bind(static_cast<std::int64_t>(value)); }
    Statement& bind(double value) {
      connection_.check(sqlite3_bind_double(statement_, ++bound_, value));
      return *this;
    }
    Statement& bind_null() {
      connection_.check(sqlite3_bind_null(statement_, ++bound_));
      return *this;
    }
    Statement& bind_text_or_null(const std::string& text) { return text.empty() ? bind_null() : bind(text); }
    Statement& bind_json(const Json& value) {
      return value.is_null()             ? bind_null()
             : value.is_number_integer() ? bind(value.get<std::int64_t>())
             : value.is_number()         ? bind(value.get<double>())
                                         : bind(value.get<std::string>());
    }

    /// The next row, if there is one.
    bool step() {
      const int result = sqlite3_step(statement_);
      if (result != SQLITE_ROW && result != SQLITE_DONE) {
        connection_.fail();
      }
      return result == SQLITE_ROW;
    }
    /// Carries it out, and makes it ready for other values.
    void run() {
      step();
      sqlite3_reset(statement_);
      sqlite3_clear_bindings(statement_);
      bound_ = 0;
    }

    [[nodiscard]] int columns() { return sqlite3_column_count(statement_); }
    [[nodiscard]] std::string column_name(int column) { return sqlite3_column_name(statement_, column); }
    [[nodiscard]] std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] std::size_t index(int column) { return static_cast<std::size_t>(integer(column)); }
    [[nodiscard]] std::string text(int column) {
      const void* const data = sqlite3_column_blob(statement_, column);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
      return data == nullptr ? "" : std::string{static_cast<const char*>(data), size};
    }
    [[nodiscard]] Json value(int column) {
      switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_NULL:
          return nullptr;
        case SQLITE_INTEGER:
          return integer(column);
        case SQLITE_FLOAT:
          return sqlite3_column_double(statement_, column);
        default:
          return text(column);
      }
    }

   private:
    Connection& connection_;
    sqlite3_stmt* statement_{nullptr};
    int bound_{0};
  };

  void check(int result) {
    if (result != SQLITE_OK) {
      fail();
    }
  }
  [[noreturn]] void fail() {
    throw DatabaseError{at(file_, std::string{"SQLite: "} + sqlite3_errmsg(handle_)).front()};
  }

  void run(const std::string& sql) { check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr)); }

  std::int64_t integer(const std::string& sql) {
    Statement statement{*this, sql};
    return statement.step() ? statement.integer(0) : 0;
  }
  std::string text(const std::string& sql) {
    Statement statement{*this, sql};
    return statement.step() ? statement.text(0) : "";
  }

  /// The columns that a query gives, and then each of its rows.
  void read(const std::string& sql, const ReadHeading& heading, const ReadRow& row) {
    Statement statement{*this, sql};
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(statement.columns()));
    for (int column = 0; column < statement.columns(); ++column) {
      names.push_back(statement.column_name(column));
    }
    heading(names);
    std::vector<Json> values(names.size());
    while (statement.step()) {
      for (int column = 0; column < statement.columns(); ++column) {
        values[static_cast<std::size_t>(column)] = statement.value(column);
      }
      row(values);
    }
  }

  /// 0: there is nothing in it yet.
  std::int64_t format() { return integer("PRAGMA user_version"); }

  /// Why it is no database of sweeps that we can read; empty when it is.
  std::string why_unreadable() {
    if (const std::int64_t found = format(); found != kFormat) {
      return "not a database of a sweep in format " + std::to_string(kFormat) +
             (found == 0 ? "" : ": its format is " + std::to_string(found));
    }
    return "";
  }

  /// Prepared once: there is one for each run.
  Statement& add_result() {
    if (!add_result_) {
      std::string places = "?";
      for (std::size_t i = 0; i < sweep_figures().size(); ++i) {
        places += ", ?";
      }
      add_result_ = std::make_unique<Statement>(*this, "INSERT OR IGNORE INTO results VALUES (" + places + ")");
    }
    return *add_result_;
  }

  [[nodiscard]] const fs::path& file() const { return file_; }

 private:
  fs::path file_;
  sqlite3* handle_{nullptr};
  std::unique_ptr<Statement> add_result_;
};

namespace {

void create_tables(const std::function<void(const std::string&)>& run, const Sweep& sweep) {
  std::string figures;
  for (const std::string& figure : sweep_figures()) {
    figures += ", " + identifier(figure);
  }
  run("CREATE TABLE sweep (name TEXT NOT NULL, points INTEGER NOT NULL, identity TEXT NOT NULL)");
  run("CREATE TABLE axes (axis INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, zip TEXT)");
  // Without an affinity, so that integers and texts stay what they are.
  run("CREATE TABLE coordinates (point INTEGER NOT NULL, axis INTEGER NOT NULL, value, number INTEGER, "
      "PRIMARY KEY (point, axis)) WITHOUT ROWID");
  run("CREATE TABLE points (point INTEGER PRIMARY KEY, config_hash TEXT, problem TEXT)");
  run("CREATE TABLE configs (config_hash TEXT PRIMARY KEY, resolved TEXT NOT NULL, network_hash TEXT NOT NULL) "
      "WITHOUT ROWID");
  run("CREATE TABLE networks (network_hash TEXT PRIMARY KEY, network TEXT NOT NULL) WITHOUT ROWID");
  run("CREATE TABLE results (config_hash TEXT PRIMARY KEY" + figures + ") WITHOUT ROWID");
  run("CREATE TABLE errors (config_hash TEXT PRIMARY KEY, status INTEGER NOT NULL, message TEXT NOT NULL) "
      "WITHOUT ROWID");
  std::vector<std::string> taken;
  std::string columns = "points.point";
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    const std::string& name = sweep.axes[axis].name;
    taken.push_back(lower_case(name));
    columns +=
        ", (SELECT value FROM coordinates WHERE coordinates.point = points.point AND axis = " + std::to_string(axis) +
        ") AS " + identifier(name);
  }
  columns += ", points.config_hash";
  for (const std::string& figure : sweep_figures()) {
    // Of two columns of one name SQLite would show the first.
    if (std::ranges::find(taken, figure) == taken.end()) {
      columns += ", results." + identifier(figure);
    }
  }
  run("CREATE VIEW runs AS SELECT " + columns +
      ", coalesce(points.problem, errors.message) AS error FROM points LEFT JOIN results USING (config_hash) "
      "LEFT JOIN errors USING (config_hash)");
}

}  // namespace

SweepDatabase::SweepDatabase(std::unique_ptr<Connection> connection) : connection_{std::move(connection)} {}
SweepDatabase::~SweepDatabase() = default;
SweepDatabase::SweepDatabase(SweepDatabase&&) noexcept = default;
SweepDatabase& SweepDatabase::operator=(SweepDatabase&&) noexcept = default;

Result<SweepDatabase> SweepDatabase::create(const fs::path& file, const Sweep& sweep, const SweepPlan& plan,
                                            PointReader& reader, bool resume) {
  auto opened = std::make_unique<Connection>(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  Connection& database = *opened;
  if (database.format() != 0) {
    if (const std::string reason = database.why_unreadable(); !reason.empty()) {
      return at(file, reason);
    }
    if (!resume) {
      return at(file, "holds results already: --resume goes on with them, --out puts new ones elsewhere");
    }
    if (database.text("SELECT identity FROM sweep") != plan.identity) {
      return at(file,
                "holds the results of another sweep (its axes, its files or the version of Crossweave are not "
                "the same): --out puts those of this one elsewhere");
    }
    database.run("PRAGMA synchronous = NORMAL; DELETE FROM errors WHERE status = " +
                 std::to_string(kExitInternalFault));
    return SweepDatabase{std::move(opened)};
  }
  if (database.integer("SELECT count(*) FROM sqlite_master") != 0) {
    return at(file, database.why_unreadable());
  }
  // With a write-ahead log it can be read meanwhile, and what is committed survives the end of this process; NORMAL
  // does not wait for the disk each time.
  database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
  create_tables([&database](const std::string& sql) { database.run(sql); }, sweep);
  using Statement = Connection::Statement;
  Statement{database, "INSERT INTO sweep VALUES (?, ?, ?)"}
      .bind(sweep.name)
      .bind_index(plan.points.size())
      .bind(plan.identity)
      .run();
  Statement add_axis{database, "INSERT INTO axes VALUES (?, ?, ?, ?)"};
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) {
    const SweepAxis& axis = sweep.axes[i];
    add_axis.bind_index(i).bind(axis.name).bind(std::string{axis.named_points ? "points" : "values"});
    add_axis.bind_text_or_null(axis.zip).run();
  }
  Statement add_coordinate{database, "INSERT INTO coordinates VALUES (?, ?, ?, ?)"};
  Statement add_point{database, "INSERT INTO points VALUES (?, ?, ?)"};
  for (std::size_t number = 0; number < plan.points.size(); ++number) {
    const SweepPoint& point = plan.points[number];
    for (std::size_t axis = 0; axis < point.values.size(); ++axis) {
      const AxisValue& value = sweep.axes[axis].values[point.values[axis]];
      const bool integer = value.number && std::to_string(*value.number) == value.text;
      add_coordinate.bind_index(number).bind_index(axis);
      integer ? add_coordinate.bind(*value.number) : add_coordinate.bind(value.text);
      value.number ? add_coordinate.bind(*value.number) : add_coordinate.bind_null();
      add_coordinate.run();
    }
    add_point.bind_index(number);
    point.config ? add_point.bind(plan.configs[*point.config].hash) : add_point.bind_null();
    add_point.bind_text_or_null(point.problem).run();
  }
  Statement add_config{database, "INSERT INTO configs VALUES (?, ?, ?)"};
  for (std::size_t i = 0; i < plan.configs.size(); ++i) {
    const SweepNetwork& network = plan.networks[plan.configs[i].network];
    add_config.bind(plan.configs[i].hash).bind(identity_of(reader.config(plan, i), network).resolved_yaml);
    add_config.bind(network.hash).run();
  }
  Statement add_network{database, "INSERT INTO networks VALUES (?, ?)"};
  for (const SweepNetwork& network : plan.networks) {
    add_network.bind(network.hash).bind(network.text).run();
  }
  database.run("PRAGMA user_version = " + std::to_string(kFormat) + "; COMMIT");
  return SweepDatabase{std::move(opened)};
}

Result<SweepDatabase> SweepDatabase::open(const fs::path& file) {
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    return at(file, "cannot open: " + reason);
  }
  try {
    auto opened = std::make_unique<Connection>(file, SQLITE_OPEN_READWRITE);
    if (const std::string reason = opened->why_unreadable(); !reason.empty()) {
      return at(file, reason);
    }
    return SweepDatabase{std::move(opened)};
  } catch (const DatabaseError& error) {
    return Diagnostics{error.problem()};
  }
}

Result<SweepDatabase> SweepDatabase::merge(const fs::path& file, const std::vector<fs::path>& parts) {
  Diagnostics problems;
  std::string identity;
  std::vector<fs::path> all = parts;
  if (fs::exists(file)) {
    all.push_back(file);
  }
  for (const fs::path& part : all) {
    const Result<SweepDatabase> opened = open(part);
    if (!opened) {
      problems.insert(problems.end(), opened.error().begin(), opened.error().end());
      continue;
    }
    const std::string own = opened->connection_->text("SELECT identity FROM sweep");
    if (identity.empty()) {
      identity = own;
    } else if (own != identity) {
      problems.push_back(at(part, "holds another sweep than " + parts.front().string()).front());
    }
  }
  if (!problems.empty()) {
    return problems;
  }
  // Made beside the old one and put in its place as a whole. Databases that are merged may be of that name.
  const fs::path fresh = file.string() + ".merging";
  std::error_code ignored;
  fs::remove(fresh, ignored);
  {
    Connection first{parts.front(), SQLITE_OPEN_READWRITE};
    Connection::Statement{first, "VACUUM INTO ?"}.bind(fresh.string()).run();
  }
  {
    Connection database{fresh, SQLITE_OPEN_READWRITE};
    for (std::size_t i = 1; i < parts.size(); ++i) {
      Connection::Statement{database, "ATTACH ? AS part"}.bind(parts[i].string()).run();
      database.run(
          "INSERT OR IGNORE INTO results SELECT * FROM part.results;"
          "INSERT OR IGNORE INTO errors SELECT * FROM part.errors; DETACH part");
    }
    // A part may have failed where another one did not.
    database.run("DELETE FROM errors WHERE config_hash IN (SELECT config_hash FROM results)");
  }
  for (const char* suffix : {"-wal", "-shm"}) {
    fs::remove(file.string() + suffix, ignored);
  }
  std::error_code error;
  fs::rename(fresh, file, error);
  if (error) {
    return at(file, "cannot write: " + error.message());
  }
  return open(file);
}

bool SweepDatabase::has(const std::string& config_hash) {
  Connection::Statement statement{*connection_,
                                  "SELECT 1 FROM results WHERE config_hash = ?1 "
                                  "UNION ALL SELECT 1 FROM errors WHERE config_hash = ?1"};
  return statement.bind(config_hash).step();
}

void SweepDatabase::add_result(const std::string& config_hash, const Json& figures) {
  Connection::Statement& statement = connection_->add_result();
  statement.bind(config_hash);
  for (const Json& figure : figures) {
    statement.bind_json(figure);
  }
  statement.run();
}

void SweepDatabase::add_error(const std::string& config_hash, int status, const std::string& message) {
  Connection::Statement{*connection_, "INSERT OR IGNORE INTO errors VALUES (?, ?, ?)"}
      .bind(config_hash)
      .bind(std::int64_t{status})
      .bind(message)
      .run();
}

std::string SweepDatabase::name() { return connection_->text("SELECT name FROM sweep"); }

SweepState SweepDatabase::state() {
  Connection::Statement statement{*connection_,
                                  "SELECT count(*), count(CASE outcome WHEN 'completed' THEN 1 END), "
                                  "count(CASE WHEN outcome <> 'completed' THEN 1 END), "
                                  "count(coalesce(problem, message)), count(CASE status WHEN " +
                                      std::to_string(kExitInternalFault) +
                                      " THEN 1 END) FROM points LEFT JOIN results USING (config_hash) "
                                      "LEFT JOIN errors USING (config_hash)"};
  statement.step();
  return {statement.index(0), statement.index(1), statement.index(2), statement.index(3), statement.index(4)};
}

Result<SweepDatabase::PointFiles, Failure> SweepDatabase::files_of(std::size_t point) {
  Connection::Statement statement{*connection_,
                                  "SELECT problem, resolved, network FROM points LEFT JOIN configs USING (config_hash) "
                                  "LEFT JOIN networks USING (network_hash) WHERE point = ?"};
  if (!statement.bind_index(point).step()) {
    return Failure{"there are points 0 to " + std::to_string(state().points - 1)};
  }
  if (!statement.value(0).is_null()) {
    return Failure{"its configuration is wrong: " + statement.text(0)};
  }
  return PointFiles{statement.text(1), statement.text(2)};
}

std::vector<SweepDatabase::Axis> SweepDatabase::axes() {
  Connection::Statement statement{*connection_, "SELECT name, kind, zip FROM axes ORDER BY axis"};
  std::vector<Axis> axes;
  while (statement.step()) {
    axes.push_back({statement.text(0), statement.text(1) == "points", statement.text(2)});
  }
  return axes;
}

void SweepDatabase::read_coordinates(const std::function<void(std::size_t, std::size_t, const std::string&,
                                                              const std::optional<std::int64_t>&)>& coordinate) {
  Connection::Statement statement{*connection_,
                                  "SELECT point, axis, value, number FROM coordinates ORDER BY point, axis"};
  while (statement.step()) {
    const bool has_number = !statement.value(3).is_null();
    coordinate(statement.index(0), statement.index(1), statement.text(2),
               has_number ? std::optional{statement.integer(3)} : std::nullopt);
  }
}

void SweepDatabase::read_point_configs(
    const std::function<void(std::size_t, const std::string&, const std::string&)>& point_config) {
  Connection::Statement statement{*connection_,
                                  "SELECT point, config_hash, network_hash FROM points JOIN configs "
                                  "USING (config_hash) ORDER BY point"};
  while (statement.step()) {
    point_config(statement.index(0), statement.text(1), statement.text(2));
  }
}

void SweepDatabase::read_configs(const std::function<void(const std::string&, const std::string&)>& config) {
  Connection::Statement statement{*connection_,
                                  "SELECT config_hash, resolved FROM configs JOIN "
                                  "(SELECT config_hash, min(point) AS first FROM points GROUP BY config_hash) "
                                  "USING (config_hash) ORDER BY first"};
  while (statement.step()) {
    config(statement.text(0), statement.text(1));
  }
}

void SweepDatabase::read_runs(const ReadHeading& heading, const ReadRow& row) {
  connection_->read("SELECT * FROM runs ORDER BY point", heading, row);
}

void SweepDatabase::read_figures(const ReadHeading& heading, const ReadRow& row) {
  connection_->read(
      "SELECT results.*, coalesce(problem, message) AS error FROM points LEFT JOIN results USING (config_hash) "
      "LEFT JOIN errors USING (config_hash) ORDER BY point",
      heading, row);
}

}  // namespace crossweave
