// Where routers stand, which are neighbours, and which of them a packet passes.
#pragma once

#include <optional>

#include "arch/architecture.h"

namespace crossweave {

/// The place of a router. Columns count from the west, rows from the north.
struct MeshPosition {
  int x{0};
  int y{0};

  friend bool operator==(MeshPosition, MeshPosition) = default;
};

/// The side of a router on which a port lies; local ports follow from `local` on.
enum class RouterSide { east, west, south, north, local };  // +x, -x, +y, -y

/// Routers in columns and rows; those of a torus close to rings.
struct NocGeometry {
  NocTopology topology{NocTopology::mesh};
  NocRouting routing{NocRouting::xy};
  int columns{1};
  int rows{1};

  [[nodiscard]] bool is_torus() const { return topology == NocTopology::torus; }
  /// Routers on the way, those of both ends included: the "hops" that a transfer is charged with.
  [[nodiscard]] int routers_between(MeshPosition from, MeshPosition to) const;
  /// On which side a packet leaves a router, by dimension order; `local` when there. A torus takes the shorter way
  /// round, east and south when both are as long.
  [[nodiscard]] RouterSide side_towards(MeshPosition from, MeshPosition to) const {
    if (from.x != to.x && (routing == NocRouting::xy || from.y == to.y)) {
      return upwards(from.x, to.x, columns) ? RouterSide::east : RouterSide::west;
    }
    if (from.y != to.y) {
      return upwards(from.y, to.y, rows) ? RouterSide::south : RouterSide::north;
    }
    return RouterSide::local;
  }
  /// The router beyond a side; none at the edge of a mesh, nor beyond `local`.
  [[nodiscard]] std::optional<MeshPosition> neighbour(MeshPosition at, RouterSide side) const;
  /// The next router on the way; `to` itself when there.
  [[nodiscard]] MeshPosition next_router(MeshPosition from, MeshPosition to) const;

 private:
  [[nodiscard]] bool upwards(int from, int to, int extent) const {
    return is_torus() ? 2 * ((to - from + extent) % extent) <= extent : to > from;
  }
};

}  // namespace crossweave
