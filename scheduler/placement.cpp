#include "scheduler/placement.h"

#include <algorithm>
#include <random>
#include <utility>

namespace crossweave {
namespace {

int ceil_div(std::int64_t a, std::int64_t b) { return static_cast<int>((a + b - 1) / b); }

int ceil_sqrt(int n) {
  int root = 0;
  while (std::int64_t{root} * root < n) {
    ++root;
  }
  return root;
}

std::int64_t places(const MeshExtent& mesh, const NocSpec& noc) {
  return std::int64_t{mesh.columns} * mesh.rows * noc.concentration;
}

ChipSize size_of(const ScheduledNetwork& network, const Architecture& architecture) {
  Result<ChipSize, ChipTooSmall> size = chip_size(architecture, network.pes);
  check_invariant(size.has_value(), "what is placed fits the chip");
  return *size;
}

/// Every place for a tile, router by router along the snake.
std::vector<MeshPosition> places_along_snake(const MeshExtent& mesh, int concentration) {
  std::vector<MeshPosition> result;
  for (int y = 0; y < mesh.rows; ++y) {
    for (int along = 0; along < mesh.columns; ++along) {
      const MeshPosition router{y % 2 == 0 ? along : mesh.columns - 1 - along, y};
      result.insert(result.end(), static_cast<std::size_t>(concentration), router);
    }
  }
  return result;
}

/// The distributions of the standard library differ between libraries; its engines do not.
template <class T>
void shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random() % i]);
  }
}

}  // namespace

Result<ChipSize, ChipTooSmall> chip_size(const Architecture& architecture, std::int64_t pes) {
  const ChipSpec& chip = architecture.chip;
  const int concentration = architecture.noc.concentration;
  const int needed = ceil_div(pes, architecture.tile.pes);
  ChipSize size;
  size.tiles = chip.tiles.value_or(needed);
  if (size.tiles < needed) {
    return ChipTooSmall{ChipTooSmall::Key::tiles, std::to_string(size.tiles) + " x " +
                                                      std::to_string(architecture.tile.pes) +
                                                      " PEs cannot hold the mapping's " + std::to_string(pes) +
                                                      "; it needs at least " + std::to_string(needed) + " tiles"};
  }
  const int routers = ceil_div(size.tiles, concentration);
  const int columns = ceil_sqrt(routers);
  size.mesh = chip.mesh.value_or(MeshExtent{columns, ceil_div(routers, columns)});
  if (const std::int64_t room = places(size.mesh, architecture.noc); room < size.tiles) {
    return ChipTooSmall{ChipTooSmall::Key::mesh, std::to_string(size.mesh.columns) + " x " +
                                                     std::to_string(size.mesh.rows) + " routers have places for " +
                                                     std::to_string(room) + " tiles; the chip has " +
                                                     std::to_string(size.tiles) + ", which need at least " +
                                                     std::to_string(routers) + " routers"};
  }
  return size;
}

NocGeometry geometry_of(const Placement& placement, const NocSpec& noc) {
  return {noc.topology, noc.routing, placement.mesh_columns, placement.mesh_rows};
}

Placement place_on_tiles(const ScheduledNetwork& network, const Architecture& architecture, const CrossbarTiles& tiles,
                         IdVector<TileId, MeshPosition> position) {
  const ChipSize size = size_of(network, architecture);
  Placement placement{size.mesh.columns, size.mesh.rows, std::move(position), {}, {}};
  IdVector<TileId, std::int64_t> held(placement.position.size(), 0);
  std::int64_t unused = network.pes;
  for (const auto& layer : tiles) {
    for (const std::vector<TileId>& copy : layer) {
      for (const TileId tile : copy) {
        ++held[tile];
        --unused;
      }
    }
  }
  IdVector<TileId, std::size_t> next;
  placement.tile_of.reserve(static_cast<std::size_t>(network.pes));
  for (const TileId tile : ids(held)) {
    check_invariant(held[tile] <= architecture.tile.pes, "a tile holds no more crossbars than it has");
    const std::int64_t fill = std::min(unused, architecture.tile.pes - held[tile]);
    unused -= fill;
    next.push_back(placement.tile_of.size());
    for (std::int64_t pe = 0; pe < held[tile] + fill; ++pe) {
      placement.tile_of.push_back(tile);
    }
  }
  check_invariant(unused == 0, "the mapped PEs are those of the chip");
  for (const LayerId layer : ids(tiles)) {
    IdVector<DuplicateId, std::vector<PeId>> copies(tiles[layer].size());
    for (const DuplicateId duplicate : ids(copies)) {
      for (const TileId tile : tiles[layer][duplicate]) {
        copies[duplicate].emplace_back(next[tile]++);
      }
    }
    placement.pes.push_back(std::move(copies));
  }
  return placement;
}

Placement place_snake(const ScheduledNetwork& network, const Architecture& architecture) {
  const ChipSize size = size_of(network, architecture);
  std::vector<MeshPosition> position = places_along_snake(size.mesh, architecture.noc.concentration);
  position.resize(static_cast<std::size_t>(size.tiles));
  const CrossbarTiles tiles = fill_tiles(network, architecture.tile, position.size(),
                                         copies_in_graph_order(network.duplicates), Filling::dense);
  return place_on_tiles(network, architecture, tiles, IdVector<TileId, MeshPosition>{std::move(position)});
}

Placement place_random(const ScheduledNetwork& network, const Architecture& architecture, std::uint64_t seed) {
  const ChipSize size = size_of(network, architecture);
  std::mt19937_64 random{seed};
  std::vector<MeshPosition> position = places_along_snake(size.mesh, architecture.noc.concentration);
  shuffle(position, random);
  position.resize(static_cast<std::size_t>(size.tiles));
  std::vector<LayerCopy> copies = copies_in_graph_order(network.duplicates);
  shuffle(copies, random);
  const CrossbarTiles tiles = fill_tiles(network, architecture.tile, position.size(), copies, Filling::dense);
  return place_on_tiles(network, architecture, tiles, IdVector<TileId, MeshPosition>{std::move(position)});
}

}  // namespace crossweave
