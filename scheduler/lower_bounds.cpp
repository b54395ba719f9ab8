#include "scheduler/lower_bounds.h"

#include <algorithm>

namespace crossweave {

Cycles work_bound(const IdVector<LayerId, BaseLayer>& layers, const IdVector<LayerId, int>& duplicates) {
  Cycles bound;
  for (const LayerId layer : ids(layers)) {
    const std::int64_t d = duplicates[layer];
    bound = std::max(bound, Cycles{(layers[layer].cycles().count() + d - 1) / d});
  }
  return bound;
}

}  // namespace crossweave
