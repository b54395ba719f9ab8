// Which tile each crossbar of each duplicate goes to, before it is known where the tiles stand.
#pragma once

#include <cstddef>
#include <vector>

#include "arch/architecture.h"
#include "arch/ids.h"
#include "scheduler/mapped_network.h"

namespace crossweave {

/// One copy of a layer's weights.
struct LayerCopy {
  LayerId layer;
  DuplicateId duplicate;
};

/// Layer by layer, the duplicates of a layer side by side.
[[nodiscard]] std::vector<LayerCopy> copies_in_graph_order(const Duplicates& duplicates);

/// The tiles of all crossbars: entry j * P_V + p of a copy is that of its piece (p, j).
using CrossbarTiles = IdVector<LayerId, IdVector<DuplicateId, std::vector<TileId>>>;

/// `dense`: crossbars take the next place there is. `whole`: a copy that fits one tile is split only when no tile near
/// by has room for it, so that its partial sums stay inside and its input is delivered once.
enum class Filling { dense, whole };

/// Fills `tiles` tiles, which must have room, one after the other with the copies in their order.
[[nodiscard]] CrossbarTiles fill_tiles(const ScheduledNetwork& network, const TileSpec& tile, std::size_t tiles,
                                       const std::vector<LayerCopy>& copies, Filling filling);

}  // namespace crossweave
