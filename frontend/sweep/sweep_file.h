// SWEEP.yaml: a run, and what of it varies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "arch/strict_yaml.h"
#include "arch/yaml_keys.h"
#include "frontend/sweep/filter.h"

namespace crossweave {

struct AxisValue {
  /// As written: a scalar, a list or mapping in flow style, or the name of a point.
  std::string text;
  /// In its base unit, where it is a number (integer, ps, Hz, bytes, bytes/s).
  std::optional<std::int64_t> number;
  std::vector<Assignment> assignments;
};

/// A column of the results: a dotted key, or a list of named points.
struct SweepAxis {
  std::string name;
  bool named_points{false};
  /// The name of the zipped group that it belongs to; empty where it stands alone.
  std::string zip;
  std::vector<AxisValue> values;
};

struct SweepFilter {
  SourcePosition where;
  std::string text;
  Filter condition;
};

struct Sweep {
  std::string name;
  /// The content of a RUN.yaml.
  YamlNode base;
  /// In the order of the file; those of a zipped group stand together and have as many values.
  std::vector<SweepAxis> axes;
  std::vector<SweepFilter> filters;
};

/// The most points of one sweep.
inline constexpr std::size_t kMostPoints = 100'000;

/// Reads a sweep and its base; reports every problem at once. Whether axes vary keys that exist shows at their points.
Result<Sweep> load_sweep(const std::filesystem::path& file);

/// Every key of a SWEEP.yaml but `axes`, in which anything may be a key.
[[nodiscard]] KeyTree sweep_keys();

/// The points that the axes span, filters aside: for each the index of the value on each axis. The last axis, or zipped
/// group, varies fastest.
[[nodiscard]] std::vector<std::vector<std::size_t>> combinations(const std::vector<SweepAxis>& axes);

}  // namespace crossweave
