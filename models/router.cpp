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

}  // namespace crossweave
