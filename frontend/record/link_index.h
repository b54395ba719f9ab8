// Numbers for the channels of a network on chip, in the order in which they are first used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "scheduler/placement.h"

namespace crossweave {

/// A channel from a router: by `port`, a RouterSide, to its neighbour; from `local` on to what stands at it.
struct LinkPlace {
  MeshPosition router;
  int port{0};
};

class LinkIndex {
 public:
  /// Channels are numbered from 0 on.
  std::size_t number_of(const LinkPlace& place) {
    const auto key = static_cast<std::uint64_t>(place.router.y) << 40U |
                     static_cast<std::uint64_t>(place.router.x) << 16U | static_cast<std::uint64_t>(place.port);
    const auto [found, is_new] = numbers_.try_emplace(key, places_.size());
    if (is_new) {
      places_.push_back(place);
    }
    return found->second;
  }
  /// By number.
  [[nodiscard]] const std::vector<LinkPlace>& places() const { return places_; }
  /// Numbers by row, column and port.
  [[nodiscard]] std::vector<std::size_t> in_order() const;

 private:
  std::unordered_map<std::uint64_t, std::size_t> numbers_;
  std::vector<LinkPlace> places_;
};

}  // namespace crossweave
