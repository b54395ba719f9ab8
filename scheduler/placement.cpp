#include "scheduler/placement.h"

namespace crossweave {
namespace {

int ceil_sqrt(int n) {
  int root = 0;
  while (std::int64_t{root} * root < n) {
    ++root;
  }
  return root;
}

}  // namespace

Placement place_snake(const IdVector<LayerId, CrossbarGrid>& crossbars, const IdVector<LayerId, int>& duplicates,
                      std::int64_t pes, const TileSpec& tile) {
  Placement placement;
  const auto tiles = static_cast<int>((pes + tile.pes - 1) / tile.pes);
  placement.mesh_columns = ceil_sqrt(tiles);
  placement.mesh_rows = (tiles + placement.mesh_columns - 1) / placement.mesh_columns;
  for (int t = 0; t < tiles; ++t) {
    const int y = t / placement.mesh_columns;
    const int along = t % placement.mesh_columns;
    placement.position.push_back({y % 2 == 0 ? along : placement.mesh_columns - 1 - along, y});
  }
  placement.tile_of.reserve(static_cast<std::size_t>(pes));
  for (std::int64_t pe = 0; pe < pes; ++pe) {
    placement.tile_of.push_back(TileId{static_cast<std::size_t>(pe / tile.pes)});
  }
  std::size_t next = 0;
  for (const LayerId layer : ids(crossbars)) {
    IdVector<DuplicateId, std::vector<PeId>> copies(static_cast<std::size_t>(duplicates[layer]));
    for (std::vector<PeId>& copy : copies) {
      for (int i = 0; i < crossbars[layer].pes(); ++i) {
        copy.emplace_back(next++);
      }
    }
    placement.pes.push_back(std::move(copies));
  }
  return placement;
}

}  // namespace crossweave
