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
    if (place.router.x >= columns_ || place.router.y >= rows_ || place.port >= ports_) {
      make_room(place);
    }
    std::uint32_t& number = numbers_[slot(place)];
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
  [[nodiscard]] std::size_t slot(const LinkPlace& place) const {
    return static_cast<std::size_t>((place.router.y * columns_ + place.router.x) * ports_ + place.port);
  }
  void make_room(const LinkPlace& place);

  int rows_{0};
  int columns_{0};
  int ports_{0};
  std::vector<std::uint32_t> numbers_;  ///< by row, column and port, plus one; 0: none yet
  std::vector<LinkPlace> places_;
};

}  // namespace crossweave
