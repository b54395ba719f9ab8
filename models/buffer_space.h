// Space in a buffer, reserved in a fixed order of turns: a turn that does not fit makes those behind it wait.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "arch/units.h"

namespace crossweave {

class BufferSpace {
 public:
  BufferSpace() = default;
  /// `turns`: how much each takes.
  BufferSpace(Bytes capacity, std::vector<Bytes> turns) : capacity_{capacity}, turns_{std::move(turns)} {}

  [[nodiscard]] Bytes capacity() const { return capacity_; }
  /// Of the turns that have come, what has not been given back.
  [[nodiscard]] Bytes reserved() const { return reserved_; }
  /// Turns count from 1 on; 0 is that of what needs no space.
  [[nodiscard]] bool has_come(std::uint32_t turn) const { return turn <= come_; }
  [[nodiscard]] Bytes size(std::uint32_t turn) const { return turns_[turn - 1]; }
  /// There is a next turn, and no room for it.
  [[nodiscard]] bool is_short() const { return come_ < turns_.size() && reserved_ + turns_[come_] > capacity_; }

  /// What the turn takes that finds no room.
  [[nodiscard]] Bytes short_of() const { return turns_[come_]; }

  /// The next turn, for which there is room now; 0 when there is none.
  [[nodiscard]] std::uint32_t take_turn() {
    if (come_ == turns_.size() || is_short()) {
      return 0;
    }
    reserved_ += turns_[come_];
    return ++come_;
  }
  void give_back(Bytes size) { reserved_ -= size; }

 private:
  Bytes capacity_;
  std::vector<Bytes> turns_;
  std::uint32_t come_{0};
  Bytes reserved_;
};

}  // namespace crossweave
