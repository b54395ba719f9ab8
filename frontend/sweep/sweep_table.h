// The results of a sweep in memory, as pictures need them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "frontend/sweep/sweep_database.h"

namespace crossweave {

struct SweepTable {
  struct Value {
    std::string text;                    ///< as written
    std::optional<std::int64_t> number;  ///< in its base unit (ps, Hz, bytes, bytes/s), where it is a number
  };
  struct Axis {
    std::string name;
    bool named_points{false};
    std::string zip;
    std::vector<Value> values;          ///< in the order of the points that have them first
    std::vector<std::size_t> value_of;  ///< by point: which of the values
    bool numeric{true};                 ///< each of its values is a number
    /// Its values are names, each stands for one network, and each network for one of them. Of a dimension the first.
    bool tells_network{false};
  };
  struct Figure {
    std::string name;
    std::vector<nlohmann::ordered_json> values;  ///< by point; null where there is none
  };

  std::string name;
  std::size_t points{0};
  std::vector<Axis> axes;
  /// Latencies and numbers of PEs are comparable within a network, not between two: what inputs of two sizes make of a
  /// file are two, too. The names are unique; nothing but completed points gives a network its name.
  std::vector<std::string> networks;
  std::vector<std::optional<std::size_t>> network_of;  ///< by point; of completed points always there
  std::vector<std::string> config_of;                  ///< by point: its hash; empty where the configuration is wrong
  std::vector<bool> completed;                         ///< by point
  std::vector<Figure> figures;                         ///< in the order of summary.json, and `error`

  [[nodiscard]] const Figure* figure(std::string_view figure_name) const;
  /// Of a completed point a figure that it has always, such as "pes" or "latency_ps".
  [[nodiscard]] double number(std::string_view figure_name, std::size_t point) const;
  /// Axes that vary together: the keys of a zipped group, or one axis. In the order of the file.
  [[nodiscard]] std::vector<std::vector<std::size_t>> dimensions() const;
};

/// What there is of any number of points.
inline constexpr std::array<std::string_view, 11> kMainFigures{
    "outcome",    "network.name",   "network.min_pes", "rewriting.segments", "pes",  "tiles",
    "latency_ps", "latency_cycles", "speedup",         "utilization",        "error"};

/// All figures of up to `detailed` points; of more only kMainFigures. Throws DatabaseError.
[[nodiscard]] SweepTable read_sweep_table(SweepDatabase& database, std::size_t detailed);

/// For each network its completed points of which none other has as few PEs and is as fast, and better in one of the
/// two: by ascending PEs.
[[nodiscard]] std::vector<std::vector<std::size_t>> pareto_fronts(const SweepTable& table);

}  // namespace crossweave
