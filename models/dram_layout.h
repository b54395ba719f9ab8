// Where things lie in the DRAM: the network's inputs, its outputs, and what tiles spill.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "models/set_transaction.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// Each map of each image lies row by row, channels innermost, and so is read and written mostly in order. Behind them
/// spilled regions follow one another in the order in which they are spilled.
class DramLayout {
 public:
  explicit DramLayout(const ExecutionPlan& plan);

  /// Addresses in bytes of the first element of a region of a network input or output. A region of several rows is
  /// taken to lie in one piece from there on.
  [[nodiscard]] std::int64_t input(const SetTransaction& set) const { return address_of(inputs_, set); }
  [[nodiscard]] std::int64_t output(const SetTransaction& set) const { return address_of(outputs_, set); }
  /// The place of a spilled region, which has one from when it is first asked for.
  [[nodiscard]] std::int64_t spilled(RegionId region, Bytes size);

 private:
  /// Where the map of a station lies: that of image n at base + n * size.
  struct Map {
    std::int64_t base{-1};
    std::int64_t size{0};
    Shape shape;
    int bits{0};
  };
  [[nodiscard]] static std::int64_t address_of(const IdVector<StationId, Map>& maps, const SetTransaction& set);
  void add(Map& map, const Station& station, std::uint32_t images);

  IdVector<StationId, Map> inputs_;
  IdVector<StationId, Map> outputs_;
  std::unordered_map<RegionId, std::int64_t> spilled_;
  std::int64_t end_{0};
};

}  // namespace crossweave
