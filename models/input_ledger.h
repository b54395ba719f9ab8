// What lies in a tile's input buffer, and until when: each region stays until the last set that needs it has finished.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/units.h"

namespace crossweave {

/// A line buffer's bookkeeping. Sets are named by a dense index over all sets of the tile.
class InputLedger {
 public:
  explicit InputLedger(std::size_t sets) : first_(sets, kNone) {}

  /// A region of `size` bytes has arrived; sets that use it are named next.
  void begin_region(Bytes size) {
    region_ = take(regions_, free_regions_);
    regions_[region_] = {size, 0};
  }
  void add_use(std::size_t set) {
    const std::uint32_t use = take(uses_, free_uses_);
    uses_[use] = {region_, first_[set]};
    first_[set] = use;
    ++regions_[region_].uses;
  }
  /// A use of the region that is no set's; it ends by end_use().
  [[nodiscard]] std::uint32_t add_use_of_its_own() {
    ++regions_[region_].uses;
    return region_;
  }
  /// Returns the bytes that nobody needs any longer.
  [[nodiscard]] Bytes end_use(std::uint32_t region) {
    return --regions_[region].uses == 0 ? free_region(region) : Bytes{};
  }
  /// Bytes to free at once because nobody here uses the region.
  [[nodiscard]] Bytes end_region() { return regions_[region_].uses == 0 ? free_region(region_) : Bytes{}; }

  /// A set has finished; returns the bytes that nobody needs any longer.
  [[nodiscard]] Bytes finish(std::size_t set) {
    Bytes freed;
    for (std::uint32_t use = first_[set]; use != kNone;) {
      const Use done = uses_[use];
      free_uses_.push_back(use);
      if (--regions_[done.region].uses == 0) {
        freed += free_region(done.region);
      }
      use = done.next;
    }
    first_[set] = kNone;
    return freed;
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Region {
    Bytes size;
    std::uint32_t uses{0};
  };
  /// One set's use of one region; the uses of a set form a list.
  struct Use {
    std::uint32_t region{0};
    std::uint32_t next{kNone};
  };

  template <class T>
  static std::uint32_t take(std::vector<T>& slots, std::vector<std::uint32_t>& free) {
    if (free.empty()) {
      slots.emplace_back();
      return static_cast<std::uint32_t>(slots.size() - 1);
    }
    const std::uint32_t slot = free.back();
    free.pop_back();
    return slot;
  }
  Bytes free_region(std::uint32_t region) {
    free_regions_.push_back(region);
    return regions_[region].size;
  }

  std::vector<std::uint32_t> first_;
  std::vector<Region> regions_;
  std::vector<std::uint32_t> free_regions_;
  std::vector<Use> uses_;
  std::vector<std::uint32_t> free_uses_;
  std::uint32_t region_{0};
};

}  // namespace crossweave
