// RUN.yaml as typed values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "arch/diagnostics.h"
#include "arch/strict_yaml.h"
#include "arch/units.h"
#include "arch/yaml_keys.h"
#include "scheduler/geometry.h"
#include "scheduler/mapping_options.h"

namespace crossweave {

/// PEs beyond the minimum, or the total; exactly one of the two is given.
struct PeBudget {
  enum class Kind { extra, total };
  Kind kind{Kind::extra};
  int count{0};

  friend bool operator==(PeBudget, PeBudget) = default;
};

struct RunConfig {
  Architecture architecture;
  /// Where the capacities of the tiles' buffers stand, for "too small".
  SourcePosition input_buffer_where;
  SourcePosition output_buffer_where;
  /// Where crossbars are described, for figures that rewriting lacks.
  SourcePosition crossbar_where;
  /// Where the chip's size stands, for "too small".
  SourcePosition chip_tiles_where;
  SourcePosition chip_mesh_where;
  std::filesystem::path network;
  /// Where `network` is named in the configuration: problems with opening the file are reported there.
  SourcePosition network_where;
  /// False: dense layers from which no convolution is reachable, and what only they feed, are left out.
  bool include_top{false};
  /// H, W, C of the input where the network file leaves it open.
  std::optional<Shape> input_shape;
  PeBudget budget;
  /// Where the budget stands, for "too few PEs".
  SourcePosition budget_where;
  Rewrite rewrite{Rewrite::refuse};
  Duplication duplication{Duplication::none};
  Evaluation evaluate{Evaluation::schedule};
  Partition partition{Partition::interleaved};
  PlacementMethod placement{PlacementMethod::snake};
  std::uint64_t placement_seed{0};  ///< of `random`
  ScheduleMode mode{ScheduleMode::cross_layer};
  SetSize set;
  /// `set: auto`; `set` is then of no importance.
  bool automatic_sets{false};
  SetOrder order{SetOrder::raster};
  SearchOptions search;
  /// Inferences, one behind the other.
  int images{1};
  /// Where their number stands, for "too many sets".
  SourcePosition images_where;
  /// From one image's arrival to the next one's; without, they are back to back: all there from the beginning.
  std::optional<Duration> arrival;
  /// The simulation ends with outcome `time_limit` at this simulated time; none by default.
  std::optional<Duration> time_limit;
};

/// Every key of a run, with its default and its meaning.
void list_keys(Keys& keys, RunConfig& config);

/// Reads a run with its architecture (inline or a file of its own) and applies `--set` assignments, whose keys may lead
/// into the architecture ("architecture.tile.pes=4"). Relative paths are relative to the file they stand in, in
/// assignments to the working directory. Reports every problem at once.
Result<RunConfig> load_run_config(const std::filesystem::path& file, const std::vector<std::string>& assignments);

/// The same for a document that has been read, with files that it names from `load`.
Result<RunConfig> read_run_config(YamlNode root, const std::vector<Assignment>& assignments, const YamlLoader& load);

/// resolved.yaml: every key, defaults included, the architecture inline, `network` as given here (see run_record.h).
[[nodiscard]] std::string to_yaml(const RunConfig& config, const std::string& network);

}  // namespace crossweave
