#include "scheduler/reversed_network.h"

#include <algorithm>

namespace crossweave {
namespace {

/// For each cell of the producer along one axis, the consumer's cells that need it. Windows only move forward from cell
/// to cell, so these are neighbours, and an interval has room for no others.
std::vector<Interval> readers_of(const std::vector<Interval>& needed, int producer_extent) {
  std::vector<Interval> readers(static_cast<std::size_t>(producer_extent));
  for (std::size_t consumer = 0; consumer < needed.size(); ++consumer) {
    const auto at = static_cast<int>(consumer);
    for (int cell = needed[consumer].begin; cell < needed[consumer].end; ++cell) {
      Interval& reader = readers[static_cast<std::size_t>(cell)];
      reader = reader.hull({at, at + 1});
    }
  }
  return readers;
}

}  // namespace

ReversedNetwork::ReversedNetwork(const IdVector<LayerId, SetGrid>& forward_grids, const SetDependencies& forward)
    : dependencies(forward.size()) {
  grids = IdVector<LayerId, SetGrid>{std::vector<SetGrid>(forward_grids.raw().rbegin(), forward_grids.raw().rend())};
  for (const LayerId consumer : ids(forward)) {
    for (const DependencyPath& path : forward[consumer]) {
      const SetGrid& producer = forward_grids[path.producer];
      dependencies[mirror(path.producer)].push_back(
          {mirror(consumer), readers_of(path.rows, producer.rows()), readers_of(path.columns, producer.columns())});
    }
  }
}

}  // namespace crossweave
