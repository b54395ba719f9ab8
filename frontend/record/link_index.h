// Numbers for the channels of a network on chip, in the order in which they are first used.
#pragma once

#include <cstddef>
#include <cstdint>
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
    std::uint32_t& number = at(at(at(numbers_, place.router.y), place.router.x), place.port);
    if (number == 0) {
      places_.push_back(place);
      number = static_cast<std::uint32_t>(places_.size());
    }
    return number - 1;
  }
  /// By number.
  [[nodiscard]] const std::vector<LinkPlace>& places() const { return places_; }
  /// Numbers by row, column and port.
  [[nodiscard]] std::vector<std::size_t> in_order() const;

 private:
  template <class Value>
  static Value& at(std::vector<Value>& values, int index) {
    const auto place = static_cast<std::size_t>(index);
    if (place >= values.size()) {
      values.resize(place + 1);
    }
    return values[place];
  }

  std::vector<std::vector<std::vector<std::uint32_t>>> numbers_;  ///< by row, column and port, plus one; 0: none yet
  std::vector<LinkPlace> places_;
};

}  // namespace crossweave
