#include "frontend/record/link_index.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace crossweave {

void LinkIndex::make_room(const LinkPlace& place) {
  // At least twice as many as before, so that a network is laid out anew a few times only.
  const auto room_for = [](int index, int now) { return index < now ? now : std::max(index + 1, 2 * now); };
  rows_ = room_for(place.router.y, rows_);
  columns_ = room_for(place.router.x, columns_);
  ports_ = room_for(place.port, ports_);
  numbers_.assign(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_ * ports_), 0);
  for (std::size_t number = 0; number < places_.size(); ++number) {
    numbers_[slot(places_[number])] = static_cast<std::uint32_t>(number + 1);
  }
}

std::vector<std::size_t> LinkIndex::in_order() const {
  std::vector<std::size_t> numbers(places_.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  std::ranges::sort(numbers, {}, [this](std::size_t number) {
    const LinkPlace& place = places_[number];
    return std::tuple{place.router.y, place.router.x, place.port};
  });
  return numbers;
}

}  // namespace crossweave
