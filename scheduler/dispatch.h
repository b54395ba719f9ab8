// `partition: dispatch`: whichever duplicate is free takes the released set that comes first in the order.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/ofm_sets.h"

namespace crossweave {

/// When the sets of one layer finish, and on which duplicate they run.
struct SetTimes {
  IdVector<SetId, Cycles> finish;
  IdVector<SetId, DuplicateId> duplicate;
};

/// The smallest of a changing set of small numbers: a bitmap with bitmaps above it of which words are not empty.
class SmallestFirst {
 public:
  /// Numbers in [0, count); empty.
  void reset(std::size_t count);
  void insert(std::uint32_t number);
  /// Takes the smallest out; there must be one.
  std::uint32_t take();
  [[nodiscard]] bool empty() const { return levels_.back().front() == 0; }

 private:
  std::vector<std::vector<std::uint64_t>> levels_{{0}};
};

/// List scheduling of a layer's sets on its duplicates: none is idle while a released set waits. Of several free ones,
/// that which has been free for longest takes the set; ties: the first.
class Dispatcher {
 public:
  /// `order` and `order_of_release` hold every set once, `cycles` how long each takes. The assignment is made here,
  /// ahead of time; the hardware runs each duplicate's sets in the order of their starts.
  void run(int duplicates, const std::vector<SetId>& order, const std::vector<SetId>& order_of_release,
           const IdVector<SetId, Cycles>& release, const SetCycles& cycles, SetTimes& times);

 private:
  struct Free {
    Cycles since;
    std::uint32_t duplicate{0};
    friend auto operator<=>(const Free&, const Free&) = default;
  };
  /// Gives the first duplicate of free_ another time, which mostly makes it the last.
  void replace_first(Cycles since);

  SmallestFirst ready_;  ///< places in the order
  std::vector<std::uint32_t> place_;
  std::vector<Free> free_;  ///< sorted, a ring that begins at first_
  std::size_t first_{0};
};

}  // namespace crossweave
