#include "models/router.h"

namespace crossweave {

MeshPosition next_hop_xy(MeshPosition from, MeshPosition to) {
  if (from.x != to.x) {
    return {from.x + (to.x > from.x ? 1 : -1), from.y};
  }
  if (from.y != to.y) {
    return {from.x, from.y + (to.y > from.y ? 1 : -1)};
  }
  return from;
}

MeshPosition next_hop_yx(MeshPosition from, MeshPosition to) {
  const MeshPosition turned = next_hop_xy({from.y, from.x}, {to.y, to.x});
  return {turned.y, turned.x};
}

}  // namespace crossweave
