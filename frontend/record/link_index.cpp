#include "frontend/record/link_index.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace crossweave {

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
