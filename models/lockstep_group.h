// The crossbars of one duplicate work in lockstep: a set starts on all of them when the last of their tiles has its
// input (read out of its buffer, where that takes time) and space for its results, and the set before it, in the order
// of the schedule, is done.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/execution_plan.h"

namespace crossweave {

/// Decides which set of a duplicate may start. Holds no time; the tiles do. Sets are named by their position, those of
/// a second image behind those of the first.
class LockstepGroup {
 public:
  explicit LockstepGroup(std::size_t sets) : tiles_waiting_(sets, 0) {}

  /// One of the duplicate's tiles still lacks input, or space for a result, for the set at `position`.
  void add_waiting_tile(std::size_t position) { ++tiles_waiting_[position]; }
  /// The feeder has handed over the next set.
  void command() { ++commanded_; }
  /// A tile has all its input, or its space, for the set at `position`.
  void tile_ready(std::size_t position) { --tiles_waiting_[position]; }

  /// What the set at `position` lacks, other than its being read in.
  [[nodiscard]] std::uint32_t lacking(std::size_t position) const {
    return tiles_waiting_[position] - (reads_ && position >= read_ ? 1U : 0U);
  }

  /// Sets must be read in before they start. Crossbars hold the input of one set beside that of the one they compute.
  void read_before_start() {
    reads_ = true;
    for (std::uint32_t& waiting : tiles_waiting_) {
      ++waiting;
    }
  }
  [[nodiscard]] bool reads() const { return reads_; }
  /// All is there to read the next set in.
  [[nodiscard]] bool may_read() const {
    return reads_ && !reading_ && read_ < commanded_ && read_ <= next_ + (busy_ ? 1U : 0U) &&
           tiles_waiting_[read_] == 1;
  }
  /// Returns the position of the set.
  std::size_t begin_reading() {
    reading_ = true;
    return read_;
  }
  void end_reading() {
    reading_ = false;
    tile_ready(read_++);
  }

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
  std::size_t read_{0};
  bool reads_{false};
  bool reading_{false};
  bool busy_{false};
};

}  // namespace crossweave
