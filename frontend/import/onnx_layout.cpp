#include "frontend/import/onnx_layout.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace crossweave {
namespace {

constexpr std::array kRolesByPreference{AxisRole::channels, AxisRole::columns, AxisRole::rows};

bool holds(const AxisRoles& roles, AxisRole role) { return std::ranges::find(roles, role) != roles.end(); }

/// Axes from `begin` on that one reshape turns into dimensions from `first` on, as few of both as possible.
struct Group {
  std::size_t begin{0};
  std::size_t end{0};
  std::size_t first{0};
  std::size_t last{0};
};

/// `axes` and `dims` without extents of 1, of equal products.
std::vector<Group> group(const Layout& axes, const Integers& dims) {
  std::vector<Group> groups;
  for (std::size_t i = 0, j = 0; i < axes.size() && j < dims.size();) {
    Group next{.begin = i, .first = j};
    std::int64_t from = axes[i++].extent;
    std::int64_t to = dims[j++];
    while (from != to) {
      if (from < to) {
        from *= axes[i++].extent;
      } else {
        to *= dims[j++];
      }
    }
    next.end = i;
    next.last = j;
    groups.push_back(next);
  }
  return groups;
}

bool one_role(const Layout& axes, const Group& group) {
  return std::all_of(axes.begin() + static_cast<std::ptrdiff_t>(group.begin),
                     axes.begin() + static_cast<std::ptrdiff_t>(group.end),
                     [&](const TensorAxis& axis) { return axis.role == axes[group.begin].role; });
}

/// True when each axis of a group goes on counting where the next one ends.
bool is_chain(const Layout& axes, const Group& group) {
  for (std::size_t i = group.begin; i + 1 < group.end; ++i) {
    if (axes[i].stride != axes[i + 1].stride * axes[i + 1].extent) {
      return false;
    }
  }
  return one_role(axes, group);
}

/// The roles of the dimensions above 1.
AxisRoles extended_roles(const Integers& dims, const AxisRoles& roles) {
  AxisRoles extended;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] > 1) {
      extended.push_back(roles[i]);
    }
  }
  return extended;
}

/// Roles for `count` dimensions, those of groups that do not mix kept.
AxisRoles mixed_roles(const Layout& axes, const std::vector<Group>& groups, std::size_t count) {
  AxisRoles kept;
  for (const Group& group : groups) {
    if (one_role(axes, group)) {
      kept.push_back(axes[group.begin].role);
    }
  }
  AxisRoles roles(count, AxisRole::channels);
  for (const Group& group : groups) {
    AxisRole role = axes[group.begin].role;
    if (!one_role(axes, group)) {
      AxisRoles own;
      for (std::size_t i = group.begin; i < group.end; ++i) {
        own.push_back(axes[i].role);
      }
      role = AxisRole::channels;
      for (const AxisRole wanted : {AxisRole::rows, AxisRole::columns, AxisRole::channels}) {
        if (holds(own, wanted) && !holds(kept, wanted)) {
          role = wanted;
        }
      }
      kept.push_back(role);
    }
    std::fill(roles.begin() + static_cast<std::ptrdiff_t>(group.first),
              roles.begin() + static_cast<std::ptrdiff_t>(group.last), role);
  }
  return roles;
}

}  // namespace

Integers dims_of(const Layout& layout) {
  Integers dims;
  for (const TensorAxis& axis : layout) {
    dims.push_back(axis.extent);
  }
  return dims;
}

AxisRoles roles_of(const Layout& layout) {
  AxisRoles roles;
  for (const TensorAxis& axis : layout) {
    roles.push_back(axis.role);
  }
  return roles;
}

AxisRoles channels_first(std::size_t rank) {
  using enum AxisRole;
  switch (rank) {
    case 0:
      return {};
    case 1:
      return {channels};
    case 2:
      return {none, channels};
    case 3:
      return {none, channels, columns};
    default:
      return {none, channels, rows, columns};
  }
}

AxisRoles channels_last(std::size_t rank) {
  AxisRoles roles = channels_first(rank);
  if (rank > 2) {
    std::rotate(roles.begin() + 1, roles.begin() + 2, roles.end());
  }
  return roles;
}

Layout in_order(const Integers& dims, const AxisRoles& roles) {
  Layout layout(dims.size());
  std::array<std::int64_t, 4> steps{1, 1, 1, 1};
  for (std::size_t i = dims.size(); i-- > 0;) {
    std::int64_t& step = steps[static_cast<std::size_t>(roles[i])];
    layout[i] = {roles[i], dims[i], dims[i] == 1 ? 1 : step};
    step *= dims[i];
  }
  return layout;
}

Layout layout_of(const Shape& shape, const AxisRoles& roles) {
  Integers dims;
  for (const AxisRole role : roles) {
    dims.push_back(role == AxisRole::rows       ? shape.height
                   : role == AxisRole::columns  ? shape.width
                   : role == AxisRole::channels ? shape.channels
                                                : 1);
  }
  return in_order(dims, roles);
}

std::optional<Shape> shape_of(const Layout& layout) {
  std::array<std::int64_t, 4> extents{1, 1, 1, 1};
  for (const TensorAxis& axis : layout) {
    std::int64_t& extent = extents[static_cast<std::size_t>(axis.role)];
    if (axis.extent < 1 || __builtin_mul_overflow(extent, axis.extent, &extent) ||
        extent > std::numeric_limits<int>::max()) {
      return std::nullopt;
    }
  }
  const auto of = [&](AxisRole role) { return static_cast<int>(extents[static_cast<std::size_t>(role)]); };
  // More than one inference is no feature map.
  return of(AxisRole::none) == 1
             ? std::optional{Shape{of(AxisRole::rows), of(AxisRole::columns), of(AxisRole::channels)}}
             : std::nullopt;
}

std::int64_t extent_of(const Layout& layout, AxisRole role) {
  std::int64_t extent = 1;
  for (const TensorAxis& axis : layout) {
    extent *= axis.role == role ? axis.extent : 1;
  }
  return extent;
}

bool is_whole_role(const Layout& layout, std::size_t axis) {
  return layout[axis].extent == extent_of(layout, layout[axis].role);
}

AxisRoles fresh_roles(const Integers& dims) {
  AxisRoles standard = channels_first(dims.size());
  if (dims.size() <= standard.size() && (dims.size() < 2 || dims.front() == 1)) {
    return standard;
  }
  AxisRoles roles(dims.size(), AxisRole::none);
  std::vector<std::size_t> extended;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 1) {
      extended.push_back(i);
    }
  }
  for (std::size_t i = 0; i < extended.size(); ++i) {
    const std::size_t behind = extended.size() - 1 - i;
    roles[extended[i]] = i == 0 || behind > 1 ? AxisRole::channels : behind == 1 ? AxisRole::rows : AxisRole::columns;
  }
  return roles;
}

std::optional<AxisRole> unused_role(const Layout& layout) {
  for (const AxisRole role : kRolesByPreference) {
    if (extent_of(layout, role) == 1) {
      return role;
    }
  }
  return std::nullopt;
}

ReshapePlan plan_reshape(const Layout& layout, const Integers& dims) {
  Layout axes;
  std::copy_if(layout.begin(), layout.end(), std::back_inserter(axes),
               [](const auto& axis) { return axis.extent > 1; });
  Integers extended;
  std::copy_if(dims.begin(), dims.end(), std::back_inserter(extended), [](std::int64_t dim) { return dim > 1; });

  const std::vector<Group> groups = group(axes, extended);
  ReshapePlan plan;
  for (const Group& group : groups) {
    if (!one_role(axes, group) || (axes[group.begin].role != AxisRole::channels && !is_chain(axes, group))) {
      plan.kind = ReshapePlan::Kind::rearranged;
    } else if (!is_chain(axes, group) && plan.kind == ReshapePlan::Kind::relabelled) {
      plan.kind = ReshapePlan::Kind::channels_first;
    }
  }
  if (plan.kind == ReshapePlan::Kind::channels_first) {
    axes = in_order(dims_of(axes), roles_of(axes));
  }

  Layout result;
  if (plan.kind != ReshapePlan::Kind::rearranged) {
    for (const Group& group : groups) {
      std::int64_t stride = axes[group.end - 1].stride;
      const std::size_t at = result.size();
      for (std::size_t j = group.last; j-- > group.first;) {
        result.insert(result.begin() + static_cast<std::ptrdiff_t>(at), {axes[group.begin].role, extended[j], stride});
        stride *= extended[j];
      }
    }
  } else {
    // The usual roles of a tensor of this rank, if what does not mix has them already; else what mixes becomes
    // channels, or another of its roles that nothing keeps.
    AxisRoles roles = extended_roles(dims, fresh_roles(dims));
    if (!std::ranges::all_of(groups, [&](const Group& group) {
          return !one_role(axes, group) || std::all_of(roles.begin() + static_cast<std::ptrdiff_t>(group.first),
                                                       roles.begin() + static_cast<std::ptrdiff_t>(group.last),
                                                       [&](AxisRole role) { return role == axes[group.begin].role; });
        })) {
      roles = mixed_roles(axes, groups, extended.size());
    }
    result = in_order(extended, roles);
  }
  std::size_t next = 0;
  for (const std::int64_t dim : dims) {
    plan.layout.push_back(dim == 1 ? TensorAxis{} : result[next++]);
  }
  return plan;
}

}  // namespace crossweave
