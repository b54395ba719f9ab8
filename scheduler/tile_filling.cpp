#include "scheduler/tile_filling.h"

#include <algorithm>
#include <optional>

namespace crossweave {
namespace {

class TileFiller {
 public:
  TileFiller(std::size_t tiles, int pes) : room_(tiles, pes), pes_{pes} {}

  [[nodiscard]] std::vector<TileId> add(int crossbars, Filling filling) {
    if (filling == Filling::whole && crossbars <= pes_) {
      if (const std::optional<std::size_t> tile = near_with_room_for(crossbars)) {
        at_ = std::max(at_, *tile);
        room_[*tile] -= crossbars;
        return {static_cast<std::size_t>(crossbars), TileId{*tile}};
      }
    }
    std::vector<TileId> tiles;
    while (static_cast<int>(tiles.size()) < crossbars) {
      const std::size_t tile = next_with_room();
      --room_[tile];
      tiles.emplace_back(tile);
    }
    return tiles;
  }

 private:
  /// Tiles further behind are left alone: what lies there is too far from what comes next.
  static constexpr std::size_t kReach = 8;

  /// Of the tile being filled, those behind it, and the next one, the first with enough room.
  [[nodiscard]] std::optional<std::size_t> near_with_room_for(int crossbars) const {
    for (std::size_t back = 0; back <= std::min(at_, kReach); ++back) {
      if (room_[at_ - back] >= crossbars) {
        return at_ - back;
      }
    }
    return at_ + 1 < room_.size() ? std::optional{at_ + 1} : std::nullopt;
  }

  /// From the tile being filled onwards; past the last, what is left free behind.
  [[nodiscard]] std::size_t next_with_room() {
    while (at_ + 1 < room_.size() && room_[at_] == 0) {
      ++at_;
    }
    std::size_t tile = at_;
    while (room_[tile] == 0) {
      check_invariant(tile > 0, "the tiles have room for the network");
      --tile;
    }
    return tile;
  }

  std::vector<int> room_;  ///< crossbars left, by tile
  int pes_;
  std::size_t at_{0};  ///< the tile being filled; those behind it are untouched
};

}  // namespace

std::vector<LayerCopy> copies_in_graph_order(const Duplicates& duplicates) {
  std::vector<LayerCopy> copies;
  for (const LayerId layer : ids(duplicates)) {
    for (int d = 0; d < duplicates[layer]; ++d) {
      copies.push_back({layer, DuplicateId{static_cast<std::size_t>(d)}});
    }
  }
  return copies;
}

CrossbarTiles fill_tiles(const ScheduledNetwork& network, const TileSpec& tile, std::size_t tiles,
                         const std::vector<LayerCopy>& copies, Filling filling) {
  CrossbarTiles result;
  for (const int duplicates : network.duplicates) {
    result.push_back(IdVector<DuplicateId, std::vector<TileId>>(static_cast<std::size_t>(duplicates)));
  }
  TileFiller filler{tiles, tile.pes};
  for (const LayerCopy& copy : copies) {
    result[copy.layer][copy.duplicate] = filler.add(network.mapped.crossbars[copy.layer].pes(), filling);
  }
  return result;
}

}  // namespace crossweave
