// Where on the chip each crossbar of each duplicate lies.
#pragma once

#include <vector>

#include "arch/architecture.h"
#include "arch/ids.h"
#include "scheduler/im2col_mapping.h"

namespace crossweave {

/// A place in the mesh.
struct MeshPosition {
  int x{0};
  int y{0};

  friend bool operator==(MeshPosition, MeshPosition) = default;
};

/// Tiles in a mesh and the PEs mapped onto them.
struct Placement {
  int mesh_columns{1};
  int mesh_rows{1};
  IdVector<TileId, MeshPosition> position;
  /// The F mapped PEs; those behind the last layer hold no weights.
  IdVector<PeId, TileId> tile_of;
  /// The c_i PEs of each duplicate, column piece by column piece: piece (p, j) is entry j * P_V + p.
  IdVector<LayerId, IdVector<DuplicateId, std::vector<PeId>>> pes;
};

/// The smallest chip for `pes` PEs (`chip.tiles: auto`): n = ceil(F / tile.pes) tiles in a mesh of ceil(sqrt n) columns
/// and ceil(n / columns) rows, filled in snake order (left to right, then right to left), so that consecutive tiles are
/// neighbours. Layers lie in graph order, the duplicates of a layer side by side.
[[nodiscard]] Placement place_snake(const IdVector<LayerId, CrossbarGrid>& crossbars,
                                    const IdVector<LayerId, int>& duplicates, std::int64_t pes, const TileSpec& tile);

}  // namespace crossweave
