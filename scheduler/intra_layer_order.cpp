#include "scheduler/intra_layer_order.h"

#include <algorithm>

namespace crossweave {

IdVector<DuplicateId, std::vector<SetId>> order_sets(const SetGrid& grid, Partition partition, int duplicates,
                                                     SetOrder order, const IdVector<SetId, Cycles>& release) {
  std::vector<SetId> sets;
  sets.reserve(grid.size());
  for (std::size_t i = 0; i < grid.size(); ++i) {
    sets.emplace_back(i);
  }
  if (order == SetOrder::ready) {
    std::ranges::stable_sort(sets, {}, [&](SetId set) { return release[set]; });
  }
  const auto copies = static_cast<std::size_t>(duplicates);
  IdVector<DuplicateId, std::vector<SetId>> sequence(copies);
  for (std::size_t k = 0; k < sets.size(); ++k) {
    const DuplicateId duplicate =
        partition == Partition::interleaved ? DuplicateId{k % copies} : grid.block_of(sets[k]);
    sequence[duplicate].push_back(sets[k]);
  }
  return sequence;
}

}  // namespace crossweave
