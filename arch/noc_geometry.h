// Where routers stand, and which of them a packet passes.
#pragma once

#include "arch/architecture.h"

namespace crossweave {

/// The place of a router. Columns count from the west, rows from the north.
struct MeshPosition {
  int x{0};
  int y{0};

  friend bool operator==(MeshPosition, MeshPosition) = default;
};

/// Routers in columns and rows; those of a torus close to rings.
struct NocGeometry {
  NocTopology topology{NocTopology::mesh};
  NocRouting routing{NocRouting::xy};
  int columns{1};
  int rows{1};

  /// Routers on the way, those of both ends included: the "hops" that a transfer is charged with.
  [[nodiscard]] int routers_between(MeshPosition from, MeshPosition to) const;
  /// The next router on the way, by dimension order; `to` itself when there. A torus takes the shorter way round, east
  /// and south when both are as long.
  [[nodiscard]] MeshPosition next_router(MeshPosition from, MeshPosition to) const;
};

}  // namespace crossweave
