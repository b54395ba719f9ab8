// The choices of a mapping and a schedule, by the names that the method and the configuration use.
#pragma once

#include <array>
#include <string_view>

namespace crossweave {

/// How many copies of each layer's weights there are (method: weight duplication).
enum class Duplication { none, sum, bottleneck, makespan };
inline constexpr std::array<std::string_view, 4> kDuplicationNames{"none", "sum", "bottleneck", "makespan"};

/// Which pixels a duplicate computes.
enum class Partition { interleaved, blocks, dispatch };
inline constexpr std::array<std::string_view, 3> kPartitionNames{"interleaved", "blocks", "dispatch"};

/// Which tiles duplicates lie on, and where these stand in the mesh.
enum class PlacementMethod { snake, random, optimized };
inline constexpr std::array<std::string_view, 3> kPlacementMethodNames{"snake", "random", "optimized"};

/// What becomes of a network that does not fit (F < PE_min): it is refused, or parts of it are resident in turn.
enum class Rewrite { refuse, allow };
inline constexpr std::array<std::string_view, 2> kRewriteNames{"refuse", "allow"};

/// Order of the sets of one layer on its crossbars (Stage III). The first three are rules for a layer by itself;
/// `lookahead` begins with raster order and weighs what each set still has before it up to the output
/// (scheduler/lookahead.h); `automatic` has the rule to begin with searched for (scheduler/mapping_search.h).
enum class SetOrder { raster, ready, diagonal, lookahead, automatic };
inline constexpr std::array<std::string_view, 5> kSetOrderNames{"raster", "ready", "diagonal", "lookahead", "auto"};

/// Whether times of an order are those of scheduler/lookahead.h.
[[nodiscard]] constexpr bool looks_ahead(SetOrder order) {
  return order == SetOrder::lookahead || order == SetOrder::automatic;
}

enum class ScheduleMode { layer_by_layer, cross_layer };
inline constexpr std::array<std::string_view, 2> kScheduleModeNames{"layer_by_layer", "cross_layer"};

/// By what a search weighs its choices: the latency as scheduled, or as simulated on the architecture of the run.
enum class Evaluation { schedule, simulate };
inline constexpr std::array<std::string_view, 2> kEvaluationNames{"schedule", "simulate"};

/// Extent of a set in OFM pixels; 0 means the whole extent of the OFM, or of the block.
struct SetSize {
  int rows{4};
  int columns{4};

  friend bool operator==(SetSize, SetSize) = default;
};

/// What a search for duplicates, orders or set sizes may take.
struct SearchOptions {
  int evaluations{500};      ///< latencies computed, at most
  int simulations{50};       ///< the same of those that are simulated
  int tolerance_percent{2};  ///< `set: auto`: how much latency larger sets may cost

  friend bool operator==(SearchOptions, SearchOptions) = default;
};

}  // namespace crossweave
