// What a paper publishes, as data (configs/paper).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "scheduler/geometry.h"
#include "scheduler/mapping_options.h"

namespace crossweave {

/// A choice of all that the paper leaves open.
struct Preset {
  Duplication duplication{Duplication::none};
  Partition partition{Partition::interleaved};
  SetSize set;
  SetOrder order{SetOrder::raster};
  bool automatic_sets{false};  ///< `set: auto`, beginning with `set`

  friend bool operator==(const Preset&, const Preset&) = default;
};

/// "bottleneck, interleaved, 4x4, raster"; an extent of 0 is "all", sets that a search chooses are "auto".
[[nodiscard]] std::string to_string(const Preset& preset);

struct PublishedBenchmark {
  std::string name;
  std::filesystem::path network;
  SourcePosition network_where;
  Shape input;
  int base_layers{0};
  int min_pes{0};
  std::string where;  ///< in the paper
};

struct PublishedLayer {
  std::string name;
  Shape ifm;  ///< after padding
  Shape ofm;
  int pes{0};
  int cycles{0};
};

/// A number with its unit, as printed.
struct PublishedValue {
  double value{0};
  int decimals{0};
  std::string unit;  ///< "x" or " %"

  /// With as many decimals as the paper prints.
  [[nodiscard]] std::string text(double number) const;
  /// Whether a number becomes the published one by rounding.
  [[nodiscard]] bool rounds_to(double number) const;
};

struct PublishedNumber {
  enum class Quantity { speedup, utilization };
  enum class Take { largest, smallest };

  std::string name;
  std::string where;
  Quantity quantity{Quantity::speedup};
  Take take{Take::largest};
  ScheduleMode mode{ScheduleMode::cross_layer};
  std::vector<std::size_t> benchmarks;  ///< indices
  std::vector<int> extra_pes;
  std::optional<int> over;  ///< the speed-up is divided by that with so many extra PEs
  PublishedValue published;
  Preset closest;
};

struct Erratum {
  std::string where;
  std::string published;
  std::string found;
};

struct Publication {
  std::string name;
  std::filesystem::path architecture;
  SourcePosition architecture_where;
  std::vector<PublishedBenchmark> benchmarks;
  std::vector<PublishedLayer> layers;  ///< of the case study's network
  std::size_t case_study{0};           ///< index of its benchmark
  int case_study_extra_pes{0};
  int case_study_duplicated_layers{0};  ///< the first so many are duplicated, the others not
  Preset preset;
  std::vector<PublishedNumber> numbers;
  std::vector<Erratum> errata;
};

/// Reads the file; paths in it are relative to it. Reports every problem at once.
Result<Publication> load_publication(const std::filesystem::path& file);

}  // namespace crossweave
