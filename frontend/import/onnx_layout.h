// Which axis of an ONNX tensor is what of a feature map. Transpositions, reshapes and unit extents move axes about
// without moving a value; a layout follows them, so that only what truly rearranges a map becomes an operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/geometry.h"

namespace crossweave {

using Integers = std::vector<std::int64_t>;

/// What an axis counts; `none` is the batch, which is always 1 here, and any other extent of 1.
enum class AxisRole { none, rows, columns, channels };

/// One axis of a tensor. A step along it is `stride` steps along what it counts: 12 channels reshaped to 3 x 4 are two
/// axes of channels with strides 4 and 1. An extent of 1 fits any role.
struct TensorAxis {
  AxisRole role{AxisRole::none};
  std::int64_t extent{1};
  std::int64_t stride{1};

  friend bool operator==(const TensorAxis&, const TensorAxis&) = default;
};

/// The axes of a tensor. Those of one role together count it exactly: strides and extents of 3 x 4 as above.
using Layout = std::vector<TensorAxis>;

using AxisRoles = std::vector<AxisRole>;

[[nodiscard]] Integers dims_of(const Layout& layout);
[[nodiscard]] AxisRoles roles_of(const Layout& layout);

/// N x C x H x W, N x C x W (H = 1), N x C, or C: what convolutions and poolings read, and inputs are taken for.
[[nodiscard]] AxisRoles channels_first(std::size_t rank);

/// N x H x W x C, N x W x C, N x C.
[[nodiscard]] AxisRoles channels_last(std::size_t rank);

/// A tensor whose values lie in the order of its axes.
[[nodiscard]] Layout in_order(const Integers& dims, const AxisRoles& roles);

/// The layout of a map as a tensor of these roles, one axis each.
[[nodiscard]] Layout layout_of(const Shape& shape, const AxisRoles& roles);

/// The map that a layout describes; nullopt when an extent is not positive or too large for one.
[[nodiscard]] std::optional<Shape> shape_of(const Layout& layout);

/// Product of the extents of a role.
[[nodiscard]] std::int64_t extent_of(const Layout& layout, AxisRole role);

/// True when an axis has its role to itself, apart from extents of 1.
[[nodiscard]] bool is_whole_role(const Layout& layout, std::size_t axis);

/// Roles for a tensor that some operation makes anew: channels first; with more axes than roles, the leading ones are
/// parts of the channels.
[[nodiscard]] AxisRoles fresh_roles(const Integers& dims);

/// A role that no axis of an extent above 1 has, channels first; nullopt when all are taken.
[[nodiscard]] std::optional<AxisRole> unused_role(const Layout& layout);

/// How a reshape of a tensor turns out.
struct ReshapePlan {
  enum class Kind {
    relabelled,      ///< no value moves: only the layout changes
    channels_first,  ///< the same once the channels lie in the order of their axes
    rearranged,      ///< rows, columns and channels mix
  };
  Kind kind{Kind::relabelled};
  Layout layout;
};

/// `dims` has as many elements as `layout`.
[[nodiscard]] ReshapePlan plan_reshape(const Layout& layout, const Integers& dims);

}  // namespace crossweave
