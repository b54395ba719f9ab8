#include "arch/noc_geometry.h"

#include <algorithm>
#include <cstdlib>

namespace crossweave {
namespace {

int distance(int from, int to, int extent, bool ring) {
  const int straight = std::abs(from - to);
  return ring ? std::min(straight, extent - straight) : straight;
}

int step(int from, int to, int extent, bool ring) {
  const bool upwards = ring ? 2 * ((to - from + extent) % extent) <= extent : to > from;
  return (from + (upwards ? 1 : -1) + extent) % extent;
}

}  // namespace

int NocGeometry::routers_between(MeshPosition from, MeshPosition to) const {
  const bool ring = topology == NocTopology::torus;
  return distance(from.x, to.x, columns, ring) + distance(from.y, to.y, rows, ring) + 1;
}

MeshPosition NocGeometry::next_router(MeshPosition from, MeshPosition to) const {
  const bool ring = topology == NocTopology::torus;
  const bool along_x = from.x != to.x && (routing == NocRouting::xy || from.y == to.y);
  if (along_x) {
    return {step(from.x, to.x, columns, ring), from.y};
  }
  return from.y != to.y ? MeshPosition{from.x, step(from.y, to.y, rows, ring)} : from;
}

}  // namespace crossweave
