#include "scheduler/intra_layer_order.h"

#include <algorithm>

namespace crossweave {

void SetSorter::sort(const SetGrid& grid, LayerOrder order, const IdVector<SetId, Cycles>& release,
                     std::vector<SetId>& sorted) {
  if (order.by == LayerOrder::By::release) {
    sort_by_time(release, sorted);
    return;
  }
  keys_.clear();
  keys_.reserve(grid.size());
  const std::int64_t rows = grid.rows();
  const std::int64_t columns = grid.columns();
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      switch (order.by) {
        case LayerOrder::By::diagonal:
          keys_.push_back(order.slope * r + c);
          break;
        case LayerOrder::By::growing:
          keys_.push_back(std::max((r + 1) * columns, (c + 1) * rows));
          break;
        case LayerOrder::By::closing:
          keys_.push_back(-std::max((rows - r) * columns, (columns - c) * rows));
          break;
        case LayerOrder::By::raster:
        case LayerOrder::By::release:
          keys_.push_back(0);
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
