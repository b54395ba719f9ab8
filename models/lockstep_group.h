// The crossbars of one duplicate work in lockstep: a set starts on all of them when the last of their tiles has its
// input and the set before it, in the order of the schedule, is done.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/execution_plan.h"

namespace crossweave {

/// Decides which set of a duplicate may start. Holds no time; the tiles do.
class LockstepGroup {
 public:
  explicit LockstepGroup(std::size_t sets) : tiles_waiting_(sets, 0) {}

  /// One of the duplicate's tiles still lacks input for the set at `position`.
  void add_waiting_tile(std::size_t position) { ++tiles_waiting_[position]; }
  /// The feeder has handed over the next set.
  void command() { ++commanded_; }
  /// A tile has all its input for the set at `position`.
  void tile_ready(std::size_t position) { --tiles_waiting_[position]; }

  /// The position of the next set, which nothing hinders any longer.
  [[nodiscard]] bool may_start() const { return !busy_ && next_ < commanded_ && tiles_waiting_[next_] == 0; }
  std::size_t start() {
    busy_ = true;
    return next_;
  }
  /// The running set is done; returns its position.
  std::size_t finish() {
    busy_ = false;
    return next_++;
  }

  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] std::size_t finished() const { return next_; }
  [[nodiscard]] std::size_t commanded() const { return commanded_; }
  [[nodiscard]] std::size_t sets() const { return tiles_waiting_.size(); }

 private:
  std::vector<std::uint32_t> tiles_waiting_;
  std::size_t commanded_{0};
  std::size_t next_{0};
  bool busy_{false};
};

}  // namespace crossweave
