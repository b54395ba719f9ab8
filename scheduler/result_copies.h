// The copies of a result that its delivery list asks for.
#pragma once

#include "scheduler/execution_plan.h"

namespace crossweave {

/// Calls send(delivery, channels) for each endpoint region that needs something of one slice of a set's result.
template <class Send>
void for_each_copy(const Station& station, SetId set, const ResultSlice& slice, Send&& send) {
  const DeliveryLists& lists = station.deliveries;
  for (std::uint32_t i = lists.first[set.value()]; i < lists.first[set.value() + 1]; ++i) {
    const Delivery& delivery = lists.items[i];
    const Interval channels = delivery.channels.intersect(slice.channels);
    if (!channels.empty()) {
      send(delivery, channels);
    }
  }
}

}  // namespace crossweave
