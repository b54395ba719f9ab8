// Who reads what on each tile.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/arrival_tracker.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// The parts of stations on all tiles, with what their sets still lack.
class TileReaders {
 public:
  struct Reader {
    StationId station;
    DuplicateId duplicate;
    ArrivalTracker tracker;
  };

  explicit TileReaders(const ExecutionPlan& plan) {
    for (const StationId id : ids(plan.stations)) {
      const Station& station = plan.stations[id];
      for (const DuplicateId duplicate : ids(station.duplicates)) {
        for (const StationPart& part : station.duplicates[duplicate].parts) {
          add(id, duplicate, ArrivalTracker{station, duplicate, part, plan.images}, part);
        }
      }
    }
  }

  [[nodiscard]] const std::vector<Reader>& all() const { return readers_; }

  /// A region of `producer`'s result comes to `tile`: calls touch(reader, position, now_complete) for each set that
  /// needs some of it.
  template <class Touch>
  void arrive(EndpointId tile, std::uint32_t image, StationId producer, const Rect& rect, Interval channels,
              Touch&& touch) {
    const auto found = by_tile_.find(key(tile, producer));
    if (found == by_tile_.end()) {
      return;
    }
    for (const std::size_t number : found->second) {
      Reader& reader = readers_[number];
      reader.tracker.arrive(
          image, producer, rect, channels, [](std::size_t) { return true; },
          [&](std::size_t position, std::int64_t /*elements*/, bool complete) { touch(reader, position, complete); });
    }
  }

 private:
  static std::uint64_t key(EndpointId tile, StationId producer) {
    return std::uint64_t{tile.value()} << 32U | producer.value();
  }

  void add(StationId station, DuplicateId duplicate, ArrivalTracker tracker, const StationPart& part) {
    const std::size_t number = readers_.size();
    readers_.push_back({station, duplicate, std::move(tracker)});
    for (const InputNeed& need : part.needs) {
      std::vector<std::size_t>& here = by_tile_[key(part.tile, need.producer)];
      if (here.empty() || here.back() != number) {
        here.push_back(number);
      }
    }
  }

  std::vector<Reader> readers_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_tile_;
};

}  // namespace crossweave
