// The choices of a mapping and a schedule, by the names that the method and the configuration use.
#pragma once

#include <array>
#include <string_view>

namespace crossweave {

/// How many copies of each layer's weights there are (method: weight duplication).
enum class Duplication { none, sum, bottleneck, makespan };
inline constexpr std::array<std::string_view, 4> kDuplicationNames{"none", "sum", "bottleneck", "makespan"};

/// Which pixels a duplicate computes.
enum class Partition { interleaved, blocks };
inline constexpr std::array<std::string_view, 2> kPartitionNames{"interleaved", "blocks"};

/// Which tiles duplicates lie on, and where these stand in the mesh.
enum class PlacementMethod { snake, random, optimized };
inline constexpr std::array<std::string_view, 3> kPlacementMethodNames{"snake", "random", "optimized"};

/// Order of the sets of one layer on its crossbars (Stage III).
enum class SetOrder { raster, ready };
inline constexpr std::array<std::string_view, 2> kSetOrderNames{"raster", "ready"};

enum class ScheduleMode { layer_by_layer, cross_layer };
inline constexpr std::array<std::string_view, 2> kScheduleModeNames{"layer_by_layer", "cross_layer"};

/// Extent of a set in OFM pixels; 0 means the whole extent of the OFM, or of the block.
struct SetSize {
  int rows{4};
  int columns{4};

  friend bool operator==(SetSize, SetSize) = default;
};

}  // namespace crossweave
