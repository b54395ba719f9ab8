// Does each channel keep its number, however large the network turns out to be?
#include "frontend/record/link_index.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace crossweave;

TEST_CASE("channels keep their numbers while the network grows") {
  LinkIndex index;
  std::vector<LinkPlace> places;
  // Rows, columns and ports, each beyond what was known, and what lies between.
  for (const LinkPlace& place : {LinkPlace{{0, 0}, 0}, LinkPlace{{3, 0}, 4}, LinkPlace{{0, 5}, 0}, LinkPlace{{1, 1}, 9},
                                 LinkPlace{{40, 2}, 1}, LinkPlace{{0, 5}, 1}, LinkPlace{{1, 0}, 0}}) {
    CHECK(index.number_of(place) == places.size());
    places.push_back(place);
  }
  for (std::size_t number = 0; number < places.size(); ++number) {
    CHECK(index.number_of(places[number]) == number);
    CHECK(index.places()[number].router == places[number].router);
    CHECK(index.places()[number].port == places[number].port);
  }
  CHECK(index.in_order() == std::vector<std::size_t>{0, 6, 1, 3, 4, 2, 5});
}
