// Where on the chip each crossbar of each duplicate lies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "arch/diagnostics.h"
#include "arch/ids.h"
#include "arch/noc_geometry.h"
#include "scheduler/mapped_network.h"
#include "scheduler/tile_filling.h"

namespace crossweave {

/// Tiles of a chip, and the mesh that they stand in: up to `concentration` of them at a router.
struct ChipSize {
  int tiles{1};
  MeshExtent mesh;
};

/// Why a chip does not hold what is mapped onto it, and which of its keys says so.
struct ChipTooSmall {
  enum class Key { tiles, mesh };
  Key key;
  std::string message;
};

/// The chip for `pes` PEs: its own size, or where that is `auto` the smallest: n = ceil(F / tile.pes) tiles, at
/// r = ceil(n / concentration) routers in ceil(sqrt r) columns and ceil(r / columns) rows.
Result<ChipSize, ChipTooSmall> chip_size(const Architecture& architecture, std::int64_t pes);

/// Where the DRAM's port is, beside those of the tiles there.
inline constexpr MeshPosition kDramPosition{0, 0};

/// Tiles in a mesh and the PEs mapped onto them.
struct Placement {
  int mesh_columns{1};
  int mesh_rows{1};
  IdVector<TileId, MeshPosition> position;
  /// The F mapped PEs, tile by tile. A tile may have more, which are `unused` and left out.
  IdVector<PeId, TileId> tile_of;
  /// The c_i PEs of each duplicate, column piece by column piece: piece (p, j) is entry j * P_V + p. Other PEs hold no
  /// weights.
  IdVector<LayerId, IdVector<DuplicateId, std::vector<PeId>>> pes;
};

/// The routers of a placement, connected as `noc` says.
[[nodiscard]] NocGeometry geometry_of(const Placement& placement, const NocSpec& noc);

/// Tiles are filled one after the other, along a snake through the mesh (left to right, then right to left), so that
/// consecutive tiles are neighbours. Layers lie in graph order, the duplicates of a layer side by side.
[[nodiscard]] Placement place_snake(const ScheduledNetwork& network, const Architecture& architecture);

/// Tiles stand anywhere in the mesh, and duplicates fill them in any order, each with its crossbars side by side. The
/// same seed gives the same placement everywhere.
[[nodiscard]] Placement place_random(const ScheduledNetwork& network, const Architecture& architecture,
                                     std::uint64_t seed);

/// Numbers the PEs: those with weights where `tiles` has them, the rest of the F in the first places that are left.
[[nodiscard]] Placement place_on_tiles(const ScheduledNetwork& network, const Architecture& architecture,
                                       const CrossbarTiles& tiles, IdVector<TileId, MeshPosition> position);

}  // namespace crossweave
