// What lies in a tile's output buffer: results, and how many copies of each have yet to leave.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "arch/diagnostics.h"
#include "arch/units.h"

namespace crossweave {

/// Results are named by numbers that are used again. Copies that are held back, for want of room where they go, have
/// tickets, which count up.
class OutputResults {
 public:
  /// A result that has passed the buffer's port at `stored`. It counts one copy from the beginning.
  [[nodiscard]] std::uint32_t add(Bytes size, Duration stored) {
    std::uint32_t number = static_cast<std::uint32_t>(results_.size());
    if (free_.empty()) {
      results_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    results_[number] = {size, stored, 1, 0};
    ++leaving_;
    return number;
  }
  void add_copy(std::uint32_t number) { ++results_[number].copies; }
  /// True when it was the last one: the result is gone.
  [[nodiscard]] bool copy_left(std::uint32_t number) {
    if (--results_[number].copies > 0) {
      return false;
    }
    check_invariant(results_[number].held == 0, "a copy that is held back has not left");
    --leaving_;
    free_.push_back(number);
    return true;
  }
  [[nodiscard]] Bytes size(std::uint32_t number) const { return results_[number].size; }
  [[nodiscard]] Duration stored(std::uint32_t number) const { return results_[number].stored; }

  /// A copy is held back. `may_spill`: it can go to the DRAM instead.
  void hold(std::uint64_t ticket, std::uint32_t number, bool may_spill) {
    if (results_[number].held++ == 0) {
      --leaving_;
    }
    if (may_spill) {
      may_spill_.emplace(ticket, number);
    }
  }
  void let_go(std::uint64_t ticket, std::uint32_t number) {
    if (--results_[number].held == 0) {
      ++leaving_;
    }
    may_spill_.erase(ticket);
  }
  /// Some result leaves by itself: none of its copies is held back.
  [[nodiscard]] bool any_leaves() const { return leaving_ > 0; }
  /// The tickets of the copies held back of the result that has been so for longest, of those that may spill.
  [[nodiscard]] std::vector<std::uint64_t> oldest_held() const {
    std::vector<std::uint64_t> tickets;
    for (const auto& [ticket, number] : may_spill_) {
      if (number == may_spill_.begin()->second) {
        tickets.push_back(ticket);
      }
    }
    return tickets;
  }

 private:
  struct Result {
    Bytes size;
    Duration stored;
    int copies{0};
    int held{0};
  };
  std::vector<Result> results_;
  std::vector<std::uint32_t> free_;
  std::map<std::uint64_t, std::uint32_t> may_spill_;  ///< number of the result, by ticket
  std::size_t leaving_{0};                            ///< results of which no copy is held back
};

}  // namespace crossweave
