#include "arch/noc_geometry.h"

#include <algorithm>
#include <cstdlib>

namespace crossweave {

int NocGeometry::routers_between(MeshPosition from, MeshPosition to) const {
  int x = std::abs(from.x - to.x);
  int y = std::abs(from.y - to.y);
  if (is_torus()) {
    x = std::min(x, columns - x);
    y = std::min(y, rows - y);
  }
  return x + y + 1;
}

std::optional<MeshPosition> NocGeometry::neighbour(MeshPosition at, RouterSide side) const {
  if (side == RouterSide::local) {
    return std::nullopt;
  }
  MeshPosition to = at;
  to.x += (side == RouterSide::east ? 1 : 0) - (side == RouterSide::west ? 1 : 0);
  to.y += (side == RouterSide::south ? 1 : 0) - (side == RouterSide::north ? 1 : 0);
  if (is_torus()) {
    return MeshPosition{(to.x + columns) % columns, (to.y + rows) % rows};
  }
  const bool inside = to.x >= 0 && to.x < columns && to.y >= 0 && to.y < rows;
  return inside ? std::optional{to} : std::nullopt;
}

MeshPosition NocGeometry::next_router(MeshPosition from, MeshPosition to) const {
  return neighbour(from, side_towards(from, to)).value_or(from);
}

}  // namespace crossweave
