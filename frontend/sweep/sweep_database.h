// The results of a sweep in an SQLite database; docs/sweeps.md has its tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "arch/diagnostics.h"
#include "frontend/sweep/sweep_plan.h"

namespace crossweave {

/// A database cannot be read or written: its file, and what SQLite says.
class DatabaseError : public std::runtime_error {
 public:
  explicit DatabaseError(const Diagnostic& problem) : std::runtime_error{to_string(problem)}, problem_{problem} {}
  [[nodiscard]] const Diagnostic& problem() const { return problem_; }

 private:
  Diagnostic problem_;
};

/// How far a sweep is, in points.
struct SweepState {
  std::size_t points{0};
  std::size_t completed{0};
  std::size_t unfinished{0};  ///< a deadlock or the time limit
  std::size_t failed{0};
  std::size_t faults{0};  ///< of those that failed, by a fault of ours: kExitInternalFault
  [[nodiscard]] std::size_t missing() const { return points - completed - unfinished - failed; }
};

/// Every function throws DatabaseError. What a function has written is there whatever becomes of this process.
class SweepDatabase {
 public:
  /// An empty one for a sweep. When there is one of this sweep already it is taken as it is if `resume`, but for errors
  /// that may not come again (status 70); otherwise fails.
  static Result<SweepDatabase> create(const std::filesystem::path& file, const Sweep& sweep, const SweepPlan& plan,
                                      PointReader& reader, bool resume);
  /// One that exists, of any sweep, to be read.
  static Result<SweepDatabase> open(const std::filesystem::path& file);
  /// The results of several of the same sweep, in one that takes the place of `file`, where there may be one of it.
  static Result<SweepDatabase> merge(const std::filesystem::path& file,
                                     const std::vector<std::filesystem::path>& parts);

  ~SweepDatabase();
  SweepDatabase(SweepDatabase&&) noexcept;
  SweepDatabase& operator=(SweepDatabase&&) noexcept;

  /// Whether the result of a configuration, or the reason why there is none, is there.
  [[nodiscard]] bool has(const std::string& config_hash);
  /// `figures` as from figures_of().
  void add_result(const std::string& config_hash, const nlohmann::ordered_json& figures);
  void add_error(const std::string& config_hash, int status, const std::string& message);

  [[nodiscard]] std::string name();
  [[nodiscard]] SweepState state();

  /// The files that `crossweave run` needs for a point; or why there are none.
  struct PointFiles {
    std::string resolved;  ///< resolved.yaml
    std::string network;   ///< network.yaml, which that names
  };
  Result<PointFiles, Failure> files_of(std::size_t point);

  struct Axis {
    std::string name;
    bool named_points{false};
    std::string zip;  ///< the group that it is zipped in; empty where it stands alone
  };
  [[nodiscard]] std::vector<Axis> axes();
  /// For each point, and for each axis of it: the value as in `runs`, and as a number in its base unit where it is one.
  void read_coordinates(const std::function<void(std::size_t point, std::size_t axis, const std::string& text,
                                                 const std::optional<std::int64_t>& number)>& coordinate);
  /// For each point whose configuration is right: its hash, and that of its network.
  void read_point_configs(const std::function<void(std::size_t point, const std::string& config_hash,
                                                   const std::string& network_hash)>& point_config);
  /// The configurations in the order of the first points that have them: the text of resolved.yaml.
  void read_configs(const std::function<void(const std::string& config_hash, const std::string& resolved)>& config);

  using ReadHeading = std::function<void(const std::vector<std::string>& columns)>;
  using ReadRow = std::function<void(const std::vector<nlohmann::ordered_json>& values)>;
  /// The columns of the view `runs`, and then each of its rows by point.
  void read_runs(const ReadHeading& heading, const ReadRow& row);
  /// The same of `config_hash`, all figures, whatever names axes have, and `error`.
  void read_figures(const ReadHeading& heading, const ReadRow& row);

 private:
  class Connection;
  explicit SweepDatabase(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace crossweave
