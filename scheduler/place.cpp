#include "scheduler/place.h"

#include "scheduler/optimized_placement.h"

namespace crossweave {

Placement place(const ScheduledNetwork& network, const Architecture& architecture, PlacementMethod method,
                std::uint64_t seed) {
  switch (method) {
    case PlacementMethod::snake:
      return place_snake(network, architecture);
    case PlacementMethod::random:
      return place_random(network, architecture, seed);
    case PlacementMethod::optimized:
      return place_optimized(network, architecture);
  }
  throw InternalError{"unknown method of placement"};
}

}  // namespace crossweave
