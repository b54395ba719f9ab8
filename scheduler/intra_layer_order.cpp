#include "scheduler/intra_layer_order.h"

#include <algorithm>

namespace crossweave {

void SetSorter::sort(const SetGrid& grid, LayerOrder order, const IdVector<SetId, Cycles>& release,
                     std::vector<SetId>& sorted) {
  if (order.by == LayerOrder::By::release) {
    sort_by_time(release, sorted);
    return;
  }
  keys_.assign(grid.size(), 0);
  if (order.by == LayerOrder::By::diagonal) {
    std::size_t set = 0;
    for (int r = 0; r < grid.rows(); ++r) {
      for (int c = 0; c < grid.columns(); ++c) {
        keys_[set++] = std::int64_t{order.slope} * r + c;
      }
    }
  }
  sort_by_keys(sorted);
}

void SetSorter::sort_by_time(const IdVector<SetId, Cycles>& times, std::vector<SetId>& sorted) {
  keys_.resize(times.size());
  std::ranges::transform(times, keys_.begin(), &Cycles::count);
  sort_by_keys(sorted);
}

void SetSorter::sort_latest_first(const IdVector<SetId, Cycles>& times, std::vector<SetId>& sorted) {
  keys_.resize(times.size());
  std::ranges::transform(times, keys_.begin(), [](Cycles time) { return -time.count(); });
  sort_by_keys(sorted);
}

void SetSorter::sort_by_keys(std::vector<SetId>& sorted) {
  const std::size_t count = keys_.size();
  sorted.resize(count);
  if (count == 0) {
    return;
  }
  const auto [least, most] = std::ranges::minmax(keys_);
  const auto range = static_cast<std::uint64_t>(most - least);
  if (range > 8 * count + 1024) {
    for (std::size_t i = 0; i < count; ++i) {
      sorted[i] = SetId{i};
    }
    std::ranges::stable_sort(sorted, {}, [&](SetId set) { return keys_[set.value()]; });
    return;
  }
  // Keys are dense: a counting sort.
  places_.assign(range + 2, 0);
  for (const std::int64_t key : keys_) {
    ++places_[static_cast<std::size_t>(key - least) + 1];
  }
  for (std::size_t i = 1; i < places_.size(); ++i) {
    places_[i] += places_[i - 1];
  }
  for (std::size_t i = 0; i < count; ++i) {
    sorted[places_[static_cast<std::size_t>(keys_[i] - least)]++] = SetId{i};
  }
}

}  // namespace crossweave
