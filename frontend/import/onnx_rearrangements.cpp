// How ONNX operations that move values about become operations of the graph, or merely another layout.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "frontend/import/import_limits.h"
#include "frontend/import/onnx_reader.h"

namespace crossweave {
namespace {

constexpr std::int64_t kAnyAxis = std::numeric_limits<int>::max();

int narrow(std::int64_t value) { return static_cast<int>(value); }

/// The extent of a map that a role names.
int& extent_of(Shape& shape, AxisRole role) {
  return role == AxisRole::rows ? shape.height : role == AxisRole::columns ? shape.width : shape.channels;
}

Concat::Along along(AxisRole role) {
  return role == AxisRole::rows      ? Concat::Along::rows
         : role == AxisRole::columns ? Concat::Along::columns
                                     : Concat::Along::channels;
}

/// Nearest-neighbour enlargement by `factor` reads floor(x / factor) for every output x.
bool reads_floor(const std::string& coordinates, const std::string& rounding, std::int64_t factor) {
  const auto scale = static_cast<double>(factor);
  for (std::int64_t residue = 0; residue < factor; ++residue) {
    const auto at = static_cast<double>(residue);
    double position = 0;
    if (coordinates == "asymmetric") {
      position = at / scale;
    } else if (coordinates == "tf_half_pixel_for_nn") {
      position = (at + 0.5) / scale;
    } else if (coordinates == "half_pixel" || coordinates == "half_pixel_symmetric" ||
               coordinates == "pytorch_half_pixel") {
      position = (at + 0.5) / scale - 0.5;
    } else {
      return factor == 1;
    }
    const double nearest = rounding == "floor"               ? std::floor(position)
                           : rounding == "ceil"              ? std::ceil(position)
                           : rounding == "round_prefer_ceil" ? std::floor(position + 0.5)
                                                             : std::ceil(position - 0.5);
    if (nearest != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

// --- other dimensions ---

void OnnxReader::reshape_map(OnnxNode& node, const OnnxFeatureMap& map, const Integers& dims) {
  if (dims.size() > kMaxRank) {
    node.fail("a result of " + std::to_string(dims.size()) + " dimensions is not supported");
    return;
  }
  ReshapePlan plan = plan_reshape(map.axes, dims);
  const std::optional<Shape> target = shape_of(plan.layout);
  if (!target) {
    node.fail("a result of " + dims_text(dims) + " is too large");
    return;
  }
  switch (plan.kind) {
    case ReshapePlan::Kind::relabelled:
      if (!node.failed()) {
        forward(node, OnnxFeatureMap{map.operation, std::move(plan.layout)});
      }
      return;
    case ReshapePlan::Kind::channels_first:
      emit(node, Activation{"channel_shuffle"}, {map.operation}, std::move(plan.layout));
      return;
    case ReshapePlan::Kind::rearranged:
      // One pixel has no neighbours to lose, and nobody asks which of a vector's values came from where.
      if (shape(map.operation).pixels() > 1 && target->pixels() > 1) {
        warn_whole(node);
      }
      emit(node, Reshape{*target}, {map.operation}, std::move(plan.layout));
      return;
  }
}

void OnnxReader::read_reshape(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "shape", 1);
  const bool zero_is_zero = node.integer("allowzero", 0, 0, 1) != 0;
  if (map == nullptr || node.failed()) {
    return;
  }
  if (!stated) {
    node.fail("the new shape is missing");
    return;
  }
  const Integers dims = dims_of(map->axes);
  Integers target = *stated;
  if (!target.empty() && target.front() == batch_) {
    target.front() = 1;
  }
  const std::optional<Integers> reached = reshape_target(dims, target, zero_is_zero);
  if (!reached) {
    node.fail("cannot reshape " + dims_text(dims) + " to " + dims_text(*stated));
    return;
  }
  reshape_map(node, *map, *reached);
}

void OnnxReader::read_flatten(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::int64_t stated = node.integer("axis", 1, -kAnyAxis, kAnyAxis);
  if (map == nullptr || node.failed()) {
    return;
  }
  const Integers dims = dims_of(map->axes);
  const auto rank = static_cast<std::int64_t>(dims.size());
  if (!node.in_range("axis", stated, -rank, rank)) {
    return;
  }
  const auto split = dims.begin() + (stated < 0 ? stated + rank : stated);
  const std::optional<std::int64_t> before = element_count({dims.begin(), split});
  const std::optional<std::int64_t> after = element_count({split, dims.end()});
  if (before && after) {
    reshape_map(node, *map, {*before, *after});
  }
}

void OnnxReader::read_squeeze(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "axes", 1);
  if (map == nullptr || node.failed()) {
    return;
  }
  const std::optional<std::vector<std::size_t>> axes =
      axis_indices(node, stated.value_or(Integers{}), map->axes.size());
  if (!axes) {
    return;
  }
  Layout left;
  for (std::size_t axis = 0; axis < map->axes.size(); ++axis) {
    const bool named = std::ranges::find(*axes, axis) != axes->end();
    if (named && map->axes[axis].extent != 1) {
      node.fail("axis " + std::to_string(axis) + " of " + dims_text(dims_of(map->axes)) + " cannot be squeezed");
      return;
    }
    // Without axes all extents of 1 go.
    if (stated ? !named : map->axes[axis].extent != 1) {
      left.push_back(map->axes[axis]);
    }
  }
  forward(node, OnnxFeatureMap{map->operation, std::move(left)});
}

void OnnxReader::read_unsqueeze(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "axes", 1);
  if (map == nullptr || node.failed()) {
    return;
  }
  if (!stated) {
    node.fail("the axes are missing");
    return;
  }
  if (map->axes.size() + stated->size() > kMaxRank) {
    node.fail("a result of more than " + std::to_string(kMaxRank) + " dimensions is not supported");
    return;
  }
  std::optional<std::vector<std::size_t>> axes = axis_indices(node, *stated, map->axes.size() + stated->size());
  if (!axes) {
    return;
  }
  std::ranges::sort(*axes);
  Layout layout = map->axes;
  for (const std::size_t axis : *axes) {
    layout.insert(layout.begin() + static_cast<std::ptrdiff_t>(axis), TensorAxis{});
  }
  forward(node, OnnxFeatureMap{map->operation, std::move(layout)});
}

/// A transposition moves no value: it only names the axes in another order, until something reads them in that order.
void OnnxReader::read_transpose(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::optional<Integers> stated = node.integers("perm");
  if (map == nullptr || node.failed()) {
    return;
  }
  Integers reversed(map->axes.size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const std::optional<std::vector<std::size_t>> order = axis_indices(node, stated.value_or(reversed), map->axes.size());
  if (!order) {
    return;
  }
  if (order->size() != map->axes.size()) {
    node.fail("perm " + dims_text(*stated) + " does not fit an input of " + dims_text(dims_of(map->axes)));
    return;
  }
  Layout layout;
  for (const std::size_t axis : *order) {
    layout.push_back(map->axes[axis]);
  }
  forward(node, OnnxFeatureMap{map->operation, std::move(layout)});
}

// --- parts ---

/// Operations one behind the other, of which the last makes the node's result; none leaves the map as it is.
void OnnxReader::emit_chain(OnnxNode& node, OperationId map,
                            std::vector<std::pair<std::string, OperationKind>> operations, Layout layout, int output) {
  for (std::size_t i = 0; i + 1 < operations.size(); ++i) {
    const std::optional<OperationId> added =
        add_step(node, operations[i].first, std::move(operations[i].second), {map});
    if (!added) {
      return;
    }
    map = *added;
  }
  if (!operations.empty()) {
    emit(node, std::move(operations.back().second), {map}, std::move(layout), output);
  } else if (!node.failed()) {
    forward(node, OnnxFeatureMap{map, std::move(layout)}, output);
  }
}

/// `parts` and `steps` have one entry for each axis of `in`; no part is empty.
void OnnxReader::emit_slice(OnnxNode& node, OnnxFeatureMap in, const std::vector<SlicedAxis>& parts,
                            const Integers& steps, int output) {
  Integers dims;
  std::vector<bool> taken;
  bool expressed = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    dims.push_back(parts[i].count);
    taken.push_back(parts[i].count != in.axes[i].extent || (steps[i] < 0 && parts[i].count > 1));
    const bool in_steps = parts[i].count == 1 || steps[i] > 0;
    expressed =
        expressed && (!taken[i] || in.axes[i].role == AxisRole::channels || (is_whole_role(in.axes, i) && in_steps));
  }
  if (!expressed) {
    warn_whole(node);
    emit_whole(node, {in.operation}, in_order(dims, roles_of(in.axes)));
    return;
  }
  Slice slice{.first = {0, 0, 0}, .extent = shape(in.operation)};
  Extent stride;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!taken[i]) {
      continue;
    }
    const AxisRole role = in.axes[i].role;
    if (role != AxisRole::channels) {
      const std::int64_t step = parts[i].count == 1 ? 1 : steps[i];
      extent_of(slice.first, role) = narrow(parts[i].first);
      extent_of(slice.extent, role) = narrow((parts[i].count - 1) * step + 1);
      (role == AxisRole::rows ? stride.height : stride.width) = narrow(step);
      in.axes[i].extent = parts[i].count;
      continue;
    }
    // A slice takes neighbouring channels: those of another axis first, then those that this one brings together.
    const Shape now = shape(in.operation);
    if (slice.extent.channels != now.channels) {
      const Slice so_far{.first = {0, 0, slice.first.channels},
                         .extent = {now.height, now.width, slice.extent.channels}};
      const std::optional<OperationId> step = add_step(node, "channels", so_far, {in.operation});
      if (!step) {
        return;
      }
      in = {*step, in_order(dims_of(in.axes), roles_of(in.axes))};
    }
    const bool neighbours = steps[i] == 1 || parts[i].count == 1;
    std::optional<OnnxFeatureMap> moved = outermost(node, in, i);
    if (moved && !neighbours) {
      const std::optional<OperationId> chosen =
          add_step(node, "channel_shuffle", Activation{"channel_shuffle"}, {moved->operation});
      moved = chosen ? std::optional{OnnxFeatureMap{*chosen, moved->axes}} : std::nullopt;
    }
    if (!moved) {
      return;
    }
    in = *moved;
    const std::int64_t rest = in.axes[i].stride;
    slice.first.channels = narrow(neighbours ? parts[i].first * rest : 0);
    slice.extent.channels = narrow(parts[i].count * rest);
    in.axes[i].extent = parts[i].count;
  }
  std::vector<std::pair<std::string, OperationKind>> operations;
  if (slice.extent != shape(in.operation)) {
    operations.emplace_back("offset", slice);
  }
  if (stride != Extent{1, 1}) {
    // Every second row, say: a pool of single positions is exactly such a choice.
    operations.emplace_back("pick", Pool{Pool::Kind::max, {1, 1}, stride, {1, 1}, {}, false});
  }
  emit_chain(node, in.operation, std::move(operations), std::move(in.axes), output);
}

void OnnxReader::read_slice(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> starts = attribute_or_input(node, "starts", 1);
  const std::optional<Integers> ends = attribute_or_input(node, "ends", 2);
  const std::optional<Integers> stated_axes = attribute_or_input(node, "axes", 3);
  const std::optional<Integers> stated_steps = node.has_input(4) ? integer_input(node, 4, "steps") : std::nullopt;
  if (in == nullptr || node.failed()) {
    return;
  }
  if (!starts || !ends || starts->size() != ends->size()) {
    node.fail("needs as many starts as ends");
    return;
  }
  Integers leading(starts->size());
  std::iota(leading.begin(), leading.end(), 0);
  const std::optional<std::vector<std::size_t>> axes =
      axis_indices(node, stated_axes.value_or(leading), in->axes.size());
  const std::optional<Integers> steps = node.checked("steps", stated_steps.value_or(Integers(starts->size(), 1)),
                                                     starts->size(), -kMaxImportExtent, kMaxImportExtent);
  if (!axes || !steps) {
    return;
  }
  if (axes->size() != starts->size()) {
    node.fail("needs as many axes as starts");
    return;
  }
  std::vector<SlicedAxis> parts;
  for (const TensorAxis& axis : in->axes) {
    parts.push_back({0, axis.extent});
  }
  Integers all_steps(parts.size(), 1);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    if ((*steps)[i] == 0) {
      node.fail("a step of 0 is no step");
      return;
    }
    const std::size_t axis = (*axes)[i];
    all_steps[axis] = (*steps)[i];
    parts[axis] = sliced_axis(parts[axis].count, (*starts)[i], (*ends)[i], (*steps)[i]);
    if (parts[axis].count == 0) {
      node.fail("the slice along axis " + std::to_string(axis) + " is empty");
      return;
    }
  }
  emit_slice(node, *in, parts, all_steps, 0);
}

void OnnxReader::read_split(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::int64_t stated = node.integer("axis", 0, -kAnyAxis, kAnyAxis);
  std::optional<Integers> sizes = attribute_or_input(node, "split", 1);
  if (in == nullptr || node.failed()) {
    return;
  }
  const std::optional<std::size_t> axis = axis_index(node, stated, in->axes.size());
  if (!axis) {
    return;
  }
  const std::int64_t extent = in->axes[*axis].extent;
  const auto outputs = static_cast<std::int64_t>(node.proto().output_size());
  if (!sizes) {
    // Equal parts; where they cannot be equal (opset 18) the last one is smaller.
    const std::int64_t part = (extent + outputs - 1) / outputs;
    sizes.emplace(static_cast<std::size_t>(outputs), part);
    sizes->back() = extent - part * (outputs - 1);
    if (opset_ < 18 && extent % outputs != 0) {
      node.fail(std::to_string(extent) + " cannot be split into " + std::to_string(outputs) + " equal parts");
      return;
    }
  }
  if (!node.checked("split", *sizes, static_cast<std::size_t>(outputs), 1, extent)) {
    return;
  }
  if (std::accumulate(sizes->begin(), sizes->end(), std::int64_t{0}) != extent) {
    node.fail("split " + dims_text(*sizes) + " does not add up to " + std::to_string(extent));
    return;
  }
  std::optional<OnnxFeatureMap> map = *in;
  if (outputs > 1 && map->axes[*axis].role == AxisRole::channels) {
    // Once for all parts.
    map = outermost(node, *map, *axis);
  }
  std::vector<SlicedAxis> parts;
  for (const TensorAxis& each : in->axes) {
    parts.push_back({0, each.extent});
  }
  parts[*axis].count = 0;
  for (int output = 0; map && output < node.proto().output_size(); ++output) {
    parts[*axis] = {parts[*axis].first + parts[*axis].count, (*sizes)[static_cast<std::size_t>(output)]};
    if (!node.proto().output(output).empty()) {
      emit_slice(node, *map, parts, Integers(parts.size(), 1), output);
    }
  }
}

/// Constant positions along an axis. One of them, or a run of them, is a slice.
void OnnxReader::read_gather(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const OnnxConstant* indices = constant(node, 1, "indices");
  const std::int64_t stated = node.integer("axis", 0, -kAnyAxis, kAnyAxis);
  if (in == nullptr || indices == nullptr) {
    return;
  }
  const std::optional<std::size_t> axis = axis_index(node, stated, in->axes.size());
  if (!axis) {
    return;
  }
  if (!indices->integers || !indices->dims || indices->integers->empty() || indices->dims->size() > 1) {
    node.fail("indices must be an integer or a short list of integers stored in the file");
    return;
  }
  const OnnxFeatureMap map = *in;
  const std::int64_t extent = map.axes[*axis].extent;
  Integers wanted = *indices->integers;
  for (std::int64_t& index : wanted) {
    if (!node.in_range("an index", index, -extent, extent - 1)) {
      return;
    }
    index += index < 0 ? extent : 0;
  }
  const auto count = static_cast<std::int64_t>(wanted.size());
  const std::int64_t step = count > 1 ? wanted[1] - wanted[0] : 1;
  bool even = step != 0;
  for (std::size_t i = 1; i < wanted.size(); ++i) {
    even = even && wanted[i] - wanted[i - 1] == step;
  }
  std::vector<SlicedAxis> parts;
  for (const TensorAxis& each : map.axes) {
    parts.push_back({0, each.extent});
  }
  Integers steps(parts.size(), 1);
  parts[*axis] = {wanted.front(), count};
  steps[*axis] = step;
  if (even) {
    emit_slice(node, map, parts, steps, 0);
  } else if (map.axes[*axis].role == AxisRole::channels && count <= extent) {
    // A choice of channels without order, too, is one of neighbours after a permutation.
    parts[*axis].first = 0;
    steps[*axis] = 1;
    const std::optional<OperationId> moved =
        add_step(node, "channel_shuffle", Activation{"channel_shuffle"}, {map.operation});
    if (moved) {
      emit_slice(node, OnnxFeatureMap{*moved, in_order(dims_of(map.axes), roles_of(map.axes))}, parts, steps, 0);
    }
  } else {
    Integers dims = dims_of(map.axes);
    dims[*axis] = count;
    warn_whole(node);
    emit_whole(node, {map.operation}, in_order(dims, roles_of(map.axes)));
  }
  if (indices->dims->empty() && !node.failed()) {
    // A single index takes its axis away.
    Layout& layout = std::get<OnnxFeatureMap>(values_.at(node.proto().output(0))).axes;
    layout.erase(layout.begin() + static_cast<std::ptrdiff_t>(*axis));
  }
}

// --- several maps into one ---

void OnnxReader::read_concat(OnnxNode& node) {
  std::vector<int> operands(static_cast<std::size_t>(node.proto().input_size()));
  std::iota(operands.begin(), operands.end(), 0);
  // Opset 3 and older: channels when nothing is stated.
  concatenate(node, operands, node.integer("axis", 1, -kAnyAxis, kAnyAxis));
}

void OnnxReader::read_qlinear_concat(OnnxNode& node) {
  std::vector<int> operands;
  for (int i = 2; i < node.proto().input_size(); i += 3) {
    operands.push_back(i);
  }
  concatenate(node, operands, node.integer("axis", 1, -kAnyAxis, kAnyAxis));
}

void OnnxReader::concatenate(OnnxNode& node, const std::vector<int>& operands, std::int64_t stated_axis) {
  std::vector<OnnxFeatureMap> maps;
  /// Of each operand; nullopt for a map.
  std::vector<std::optional<Integers>> constants;
  for (const int index : operands) {
    const OnnxValue* value = input(node, index);
    if (value == nullptr) {
      return;
    }
    if (const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(value)) {
      maps.push_back(*map);
      constants.emplace_back();
    } else if (std::optional<Integers> dims = constant_dims(node, index, "constant")) {
      constants.push_back(std::move(dims));
    } else {
      return;
    }
  }
  if (maps.empty()) {
    node.fail("reads no feature map");
    return;
  }
  const std::size_t rank = maps.front().axes.size();
  const std::optional<std::size_t> axis = axis_index(node, stated_axis, rank);
  if (!axis) {
    return;
  }
  Layout layout = maps.front().axes;
  for (const OnnxFeatureMap& map : maps) {
    if (map.axes.size() != rank) {
      node.fail("inputs of rank " + std::to_string(rank) + " and " + std::to_string(map.axes.size()) +
                " cannot be concatenated");
      return;
    }
    if (layout[*axis].extent == 1) {
      layout[*axis] = map.axes[*axis];
    }
  }
  // Inputs of extent 1 along the axis leave it open what they become parts of.
  if (layout[*axis].extent == 1) {
    Layout others = layout;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(*axis));
    AxisRole role = layout[*axis].role;
    const AxisRoles standard = channels_first(rank);
    if (role == AxisRole::none || extent_of(others, role) > 1) {
      role = *axis < standard.size() ? standard[*axis] : AxisRole::none;
    }
    if (role == AxisRole::none || extent_of(others, role) > 1) {
      const std::optional<AxisRole> unused = unused_role(others);
      if (!unused) {
        node.fail("the result has more axes than a feature map");
        return;
      }
      role = *unused;
    }
    layout[*axis].role = role;
  }
  const AxisRoles roles = roles_of(layout);
  const AxisRole role = roles[*axis];
  // Rows or columns that several axes count, in parts.
  bool expressed = true;
  std::int64_t total = 0;
  for (OnnxFeatureMap& map : maps) {
    const std::optional<OnnxFeatureMap> ordered = arranged(node, map, roles);
    if (!ordered) {
      return;
    }
    map = *ordered;
    total += map.axes[*axis].extent;
    for (std::size_t i = 0; i < rank; ++i) {
      if (i != *axis && map.axes[i].extent != maps.front().axes[i].extent) {
        node.fail("inputs of " + dims_text(dims_of(maps.front().axes)) + " and " + dims_text(dims_of(map.axes)) +
                  " cannot be concatenated");
        return;
      }
    }
    expressed = expressed && (role == AxisRole::channels || is_whole_role(map.axes, *axis));
  }
  for (const std::optional<Integers>& constant : constants) {
    if (constant && constant->size() != rank) {
      node.fail("a constant of " + dims_text(*constant) + " does not fit the other inputs");
      return;
    }
    total += constant ? (*constant)[*axis] : 0;
  }
  if (!node.in_range("the extent of the result", total, 1, std::numeric_limits<int>::max())) {
    return;
  }
  layout = maps.front().axes;
  Integers dims = dims_of(layout);
  dims[*axis] = total;
  if (!expressed) {
    std::vector<OperationId> inputs;
    inputs.reserve(maps.size());
    for (const OnnxFeatureMap& map : maps) {
      inputs.push_back(map.operation);
    }
    warn_whole(node);
    emit_whole(node, inputs, in_order(dims, roles));
    return;
  }
  std::vector<OperationId> parts;
  std::size_t next = 0;
  // What a constant adds needs nothing: rows or columns of it are padding of the map beside it, channels of it are
  // stood in for by channels of the map, which says as little about other pixels.
  std::int64_t padding_before = 0;
  const auto padded = [&](OperationId map, std::int64_t before, std::int64_t after) -> std::optional<OperationId> {
    if (before == 0 && after == 0) {
      return map;
    }
    Padding padding;
    (role == AxisRole::rows ? padding.top : padding.left) = narrow(before);
    (role == AxisRole::rows ? padding.bottom : padding.right) = narrow(after);
    return add_step(node, "constant", Pad{padding}, {map});
  };
  for (const std::optional<Integers>& constant : constants) {
    if (!constant) {
      std::optional<OnnxFeatureMap> map = maps[next++];
      if (role == AxisRole::channels) {
        map = outermost(node, *map, *axis);
        if (map) {
          layout = map->axes;
        }
      } else {
        const std::optional<OperationId> part = padded(map->operation, padding_before, 0);
        padding_before = 0;
        map = part ? std::optional{OnnxFeatureMap{*part, {}}} : std::nullopt;
      }
      if (!map) {
        return;
      }
      parts.push_back(map->operation);
    } else if (role != AxisRole::channels) {
      if (parts.empty()) {
        padding_before += (*constant)[*axis];
      } else if (const auto part = padded(parts.back(), 0, (*constant)[*axis])) {
        parts.back() = *part;
      }
    } else {
      const OperationId source = maps.front().operation;
      const Shape from = shape(source);
      std::int64_t missing = (*constant)[*axis] * (from.channels / maps.front().axes[*axis].extent);
      const std::optional<OperationId> repeats =
          repeated(node, source, Concat::Along::channels, (missing + from.channels - 1) / from.channels);
      if (!repeats) {
        return;
      }
      const Slice slice{.first = {0, 0, 0}, .extent = {from.height, from.width, narrow(missing)}};
      if (const auto part = add_step(node, "constant", slice, {*repeats})) {
        parts.push_back(*part);
      }
    }
  }
  layout[*axis].extent = total;
  if (parts.size() == 1 && !node.failed()) {
    forward(node, OnnxFeatureMap{parts.front(), std::move(layout)});
    return;
  }
  emit(node, Concat{along(role)}, std::move(parts), std::move(layout));
}

// --- larger maps ---

void OnnxReader::read_expand(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> target = integer_input(node, 1, "shape");
  if (in == nullptr || !target) {
    return;
  }
  Integers wanted = *target;
  if (!wanted.empty() && wanted.front() == batch_ && wanted.size() >= in->axes.size()) {
    wanted.front() = 1;
  }
  const OnnxFeatureMap map = *in;
  const std::optional<Integers> dims = broadcast(dims_of(map.axes), wanted);
  if (!dims || dims->size() > kMaxRank || !element_count(*dims)) {
    node.fail("cannot expand " + dims_text(dims_of(map.axes)) + " to " + dims_text(*target));
    return;
  }
  Layout layout = map.axes;
  layout.insert(layout.begin(), dims->size() - map.axes.size(), TensorAxis{});
  for (std::size_t i = 0; i < dims->size(); ++i) {
    if ((*dims)[i] != layout[i].extent) {
      const bool fits = layout[i].role != AxisRole::none && extent_of(layout, layout[i].role) == 1;
      const std::optional<AxisRole> role = fits ? std::optional{layout[i].role} : unused_role(layout);
      if (!role) {
        node.fail("a result of " + dims_text(*dims) + " has more axes than a feature map");
        return;
      }
      layout[i] = {*role, (*dims)[i], 1};
    }
  }
  const std::optional<Shape> to = shape_of(layout);
  if (!to) {
    node.fail("a result of " + dims_text(*dims) + " is too large");
    return;
  }
  if (const std::optional<OperationId> large = enlarged(node, map.operation, *to)) {
    check_invariant(shape(*large) == *to, "a layout describes its map");
    forward(node, OnnxFeatureMap{*large, std::move(layout)});
  }
}

void OnnxReader::read_tile(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> repeats = integer_input(node, 1, "repeats");
  if (in == nullptr || !repeats || !node.checked("repeats", *repeats, in->axes.size(), 1, kMaxImportExtent)) {
    return;
  }
  OnnxFeatureMap map = *in;
  for (std::size_t i = 0; i < map.axes.size(); ++i) {
    const std::int64_t copies = (*repeats)[i];
    if (copies == 1) {
      continue;
    }
    if (map.axes[i].extent == 1) {
      Layout others = map.axes;
      const bool fits = others[i].role != AxisRole::none && extent_of(others, others[i].role) == 1;
      const std::optional<AxisRole> role = fits ? std::optional{others[i].role} : unused_role(others);
      if (!role) {
        node.fail("the result has more axes than a feature map");
        return;
      }
      map.axes[i] = {*role, 1, 1};
    } else if (!is_whole_role(map.axes, i)) {
      node.fail("repetition along axis " + std::to_string(i) + " of " + dims_text(dims_of(map.axes)) +
                " is not supported");
      return;
    }
    const std::optional<OperationId> tiled = repeated(node, map.operation, along(map.axes[i].role), copies);
    if (!tiled) {
      return;
    }
    map.operation = *tiled;
    map.axes[i].extent *= copies;
  }
  forward(node, std::move(map));
}

void OnnxReader::read_pad(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::string mode = node.text("mode", "constant");
  const std::optional<Integers> pads =
      attribute_or_input(node, node.attribute("paddings") != nullptr ? "paddings" : "pads", 1);
  const std::optional<Integers> stated = node.has_input(3) ? integer_input(node, 3, "axes") : std::nullopt;
  if (in == nullptr || node.failed()) {
    return;
  }
  if (mode != "constant" && mode != "reflect" && mode != "edge") {
    node.fail("mode '" + printable_name(mode) + "' is not supported; supported: constant, reflect, edge");
    return;
  }
  if (!pads) {
    node.fail("the padding is missing");
    return;
  }
  OnnxFeatureMap map = *in;
  Integers all(map.axes.size());
  std::iota(all.begin(), all.end(), 0);
  const std::optional<std::vector<std::size_t>> axes = axis_indices(node, stated.value_or(all), map.axes.size());
  if (!axes || !node.checked("padding", *pads, 2 * axes->size(), -kMaxImportExtent, kMaxImportExtent)) {
    return;
  }
  const Shape from = shape(map.operation);
  Slice cut{.first = {0, 0, 0}, .extent = from};
  Padding padding;
  std::int64_t more_channels = 0;
  Layout layout = map.axes;
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const std::int64_t before = (*pads)[i];
    const std::int64_t after = (*pads)[axes->size() + i];
    if (before == 0 && after == 0) {
      continue;
    }
    TensorAxis& axis = layout[(*axes)[i]];
    if (axis.role == AxisRole::none && (*axes)[i] != kBatchAxis) {
      axis.role = unused_role(layout).value_or(AxisRole::none);
    }
    // Negative padding cuts off.
    const std::int64_t first = std::max<std::int64_t>(-before, 0);
    const std::int64_t count = axis.extent - first - std::max<std::int64_t>(-after, 0);
    if (count < 1 || axis.role == AxisRole::none || !is_whole_role(layout, (*axes)[i]) ||
        (axis.role == AxisRole::channels && mode != "constant")) {
      node.fail("padding of " + std::to_string(before) + " and " + std::to_string(after) + " along axis " +
                std::to_string((*axes)[i]) + " is not supported");
      return;
    }
    extent_of(cut.first, axis.role) = narrow(first);
    extent_of(cut.extent, axis.role) = narrow(count);
    const int leading = narrow(std::max<std::int64_t>(before, 0));
    const int trailing = narrow(std::max<std::int64_t>(after, 0));
    axis.extent = count + leading + trailing;
    if (axis.role == AxisRole::rows) {
      padding.top = leading;
      padding.bottom = trailing;
    } else if (axis.role == AxisRole::columns) {
      padding.left = leading;
      padding.right = trailing;
    } else {
      more_channels = std::int64_t{leading} + trailing;
    }
  }
  if (more_channels > 0) {
    // Channels of zeros need nothing. Channels of the map stand in for them, which say as little about other pixels.
    const std::optional<OperationId> wide =
        repeated(node, map.operation, Concat::Along::channels, 1 + (more_channels + from.channels - 1) / from.channels);
    if (!wide) {
      return;
    }
    map.operation = *wide;
    cut.extent.channels += narrow(more_channels);
  }
  std::vector<std::pair<std::string, OperationKind>> operations;
  if (cut.extent != shape(map.operation)) {
    operations.emplace_back("cut", cut);
  }
  if (padding != Padding{}) {
    operations.emplace_back("zeros", Pad{padding});
  }
  if (padding != Padding{} && mode != "constant") {
    // A mirrored position stands up to twice the padding from its source, a repeated edge up to the padding: a window
    // of that reach around each position covers them all.
    const int times = mode == "reflect" ? 2 : 1;
    const int rows = times * std::max(padding.top, padding.bottom);
    const int columns = times * std::max(padding.left, padding.right);
    warn("node '" + node.label() + "' (Pad): mode '" + mode + "' is taken to need " + std::to_string(rows) +
         " rows and " + std::to_string(columns) + " columns around each position");
    operations.emplace_back("reach", Pool{Pool::Kind::average,
                                          {2 * rows + 1, 2 * columns + 1},
                                          {1, 1},
                                          {1, 1},
                                          {rows, rows, columns, columns},
                                          false});
  }
  emit_chain(node, map.operation, std::move(operations), std::move(layout), 0);
}

// --- resizing ---

/// The new extents; nullopt with a problem when the node does not tell.
std::optional<Integers> OnnxReader::resize_target(OnnxNode& node, const Integers& dims) {
  const bool upsample = node.proto().op_type() == "Upsample";
  const int scales_input = upsample || opset_ < 11 ? 1 : 2;
  constexpr int kSizesInput = 3;

  Integers all(dims.size());
  std::iota(all.begin(), all.end(), 0);
  const std::optional<std::vector<std::size_t>> axes =
      axis_indices(node, node.integers("axes").value_or(all), dims.size());
  if (!axes) {
    return std::nullopt;
  }
  Integers target = dims;
  if (scales_input == 2 && node.has_input(kSizesInput)) {
    const std::optional<Integers> sizes = integer_input(node, kSizesInput, "sizes");
    if (!sizes || !node.checked("sizes", *sizes, axes->size(), 1, kMaxImportExtent)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < sizes->size(); ++i) {
      const std::size_t axis = (*axes)[i];
      // The batch that the file states is one inference here.
      if (axis != kBatchAxis || (*sizes)[i] != batch_) {
        target[axis] = (*sizes)[i];
      }
    }
    return target;
  }
  std::optional<std::vector<double>> stated;
  if (const onnx::AttributeProto* attribute = node.attribute("scales")) {
    stated.emplace(attribute->floats().begin(), attribute->floats().end());
  } else {
    const OnnxConstant* found = constant(node, scales_input, "scales");
    if (found == nullptr) {
      return std::nullopt;
    }
    stated = found->reals;
  }
  if (!stated) {
    node.fail("scales must be stored in the file");
    return std::nullopt;
  }
  if (stated->size() != axes->size()) {
    node.fail("needs one scale for each axis, got " + std::to_string(stated->size()));
    return std::nullopt;
  }
  for (std::size_t i = 0; i < stated->size(); ++i) {
    const std::size_t axis = (*axes)[i];
    const double scale = (*stated)[i];
    const double extent = std::floor(scale * static_cast<double>(dims[axis]));
    // Written so that NaN is refused too.
    if (!(scale > 0 && extent >= 1 && extent <= kMaxImportExtent)) {
      node.fail("a scale of " + std::to_string(scale) + " is out of range");
      return std::nullopt;
    }
    target[axis] = static_cast<std::int64_t>(extent);
  }
  return target;
}

void OnnxReader::read_resize(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const bool legacy = node.proto().op_type() == "Upsample" || opset_ < 11;
  const std::string mode = node.text("mode", "nearest");
  const std::string coordinates = legacy ? "asymmetric" : node.text("coordinate_transformation_mode", "half_pixel");
  const std::string rounding = legacy ? "floor" : node.text("nearest_mode", "round_prefer_floor");
  if (node.text("keep_aspect_ratio_policy", "stretch") != "stretch") {
    node.fail("keep_aspect_ratio_policy is not supported");
  }
  const bool known_mode = mode == "nearest" || mode == "linear" || mode == "bilinear" || mode == "cubic";
  if (!known_mode) {
    node.fail("mode '" + printable_name(mode) + "' is not supported; supported: nearest, linear, cubic");
  }
  if (in == nullptr || node.failed()) {
    return;
  }
  const OnnxFeatureMap map = *in;
  const std::optional<Integers> resized = resize_target(node, dims_of(map.axes));
  if (!resized || node.failed()) {
    return;
  }
  const Integers& target = *resized;
  Layout layout = map.axes;
  Extent up;
  Extent down;
  // Positions before and behind floor(x / factor), in steps of the enlarged map, that are read for x.
  Padding reach;
  bool expressed = true;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const std::int64_t from = layout[i].extent;
    const std::int64_t to = target[i];
    layout[i].extent = to;
    if (from == to) {
      continue;
    }
    if (layout[i].role == AxisRole::none && i != kBatchAxis) {
      layout[i].role = unused_role(map.axes).value_or(AxisRole::none);
    }
    const AxisRole role = layout[i].role;
    if (role == AxisRole::none || role == AxisRole::channels) {
      node.fail("enlargement of batch or channels is not supported");
      return;
    }
    const bool rows = role == AxisRole::rows;
    const bool whole_factor = to % from == 0;
    const bool whole_divisor = from % to == 0;
    if (!is_whole_role(map.axes, i) || (!whole_factor && !whole_divisor) || coordinates == "tf_crop_and_resize") {
      expressed = false;
    } else if (whole_factor) {
      const std::int64_t factor = to / from;
      (rows ? up.height : up.width) = narrow(factor);
      std::int64_t before = 0;
      std::int64_t after = 0;
      if (mode == "nearest") {
        // Any other rounding is at most one position off.
        if (!reads_floor(coordinates, rounding, factor)) {
          before = factor;
          after = factor;
        }
      } else if (coordinates == "align_corners") {
        // Positions fall behind x / factor by less than one.
        before = factor;
        after = factor;
      } else if (coordinates == "asymmetric") {
        after = factor;
      } else {
        before = factor / 2;
        after = factor - factor / 2;
      }
      if (mode == "cubic") {
        before += factor;
        after += factor;
      }
      (rows ? reach.top : reach.left) = narrow(before);
      (rows ? reach.bottom : reach.right) = narrow(after);
    } else {
      // Within the block of positions that an output stands for, unless a wider filter or other coordinates reach out.
      const bool filtered =
          mode == "cubic" || coordinates == "align_corners" || node.integer("antialias", 0, 0, 1) != 0;
      expressed = expressed && !filtered;
      (rows ? down.height : down.width) = narrow(from / to);
    }
  }
  if (!expressed) {
    warn_whole(node);
    emit_whole(node, {map.operation}, in_order(target, roles_of(layout)));
    return;
  }
  const bool filters = reach != Padding{};
  std::vector<std::pair<std::string, OperationKind>> operations;
  if (down != Extent{1, 1}) {
    operations.emplace_back("shrink", Pool{Pool::Kind::average, down, down, {}, {}, false});
  }
  if (up != Extent{1, 1}) {
    operations.emplace_back("enlarge", Upsample{up});
  }
  if (filters) {
    // Interpolation between neighbours is a window over repeated positions: of 2 x 2 enlargement by half-pixel
    // coordinates it is exactly a window of 3 x 3.
    const Extent kernel{reach.top + reach.bottom + 1, reach.left + reach.right + 1};
    operations.emplace_back("interpolate", Pool{Pool::Kind::average, kernel, {}, {}, reach, false});
  }
  emit_chain(node, map.operation, std::move(operations), std::move(layout), 0);
}

// --- channels and blocks of pixels ---

/// Each output pixel reads the input pixel that it lies in, and one of blocksize^2 groups of its channels: as many
/// channels, repeated, depend on the same.
void OnnxReader::read_depth_to_space(OnnxNode& node) {
  const std::optional<OnnxFeatureMap> in = channels_first_map(node, 0, 3);
  const std::int64_t block = node.integer("blocksize", 0, 1, 1024);
  if (!in || node.failed()) {
    return;
  }
  const Shape from = shape(in->operation);
  if (in->axes.size() != 4 || block == 0 || from.channels % (block * block) != 0) {
    node.fail("blocks of " + std::to_string(block) + " do not fit an input of " + dims_text(dims_of(in->axes)));
    return;
  }
  const Slice group{.first = {0, 0, 0}, .extent = {from.height, from.width, narrow(from.channels / (block * block))}};
  if (const std::optional<OperationId> part = add_step(node, "channels", group, {in->operation})) {
    emit(node, Upsample{{narrow(block), narrow(block)}}, {*part}, channels_first(4));
  }
}

/// Each position within a block becomes a group of channels: strided slices side by side, as the Focus layer writes it.
void OnnxReader::read_space_to_depth(OnnxNode& node) {
  const std::optional<OnnxFeatureMap> in = channels_first_map(node, 0, 3);
  const std::int64_t block = node.integer("blocksize", 0, 1, 32);
  if (!in || node.failed()) {
    return;
  }
  const Shape from = shape(in->operation);
  if (in->axes.size() != 4 || block == 0 || from.height % block != 0 || from.width % block != 0) {
    node.fail("blocks of " + std::to_string(block) + " do not fit an input of " + dims_text(dims_of(in->axes)));
    return;
  }
  const int size = narrow(block);
  std::vector<OperationId> groups;
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      const Slice offset{.first = {row, column, 0},
                         .extent = {from.height - size + 1, from.width - size + 1, from.channels}};
      const std::optional<OperationId> part = add_step(node, "offset", offset, {in->operation});
      const std::optional<OperationId> picked =
          part ? add_step(node, "pick", Pool{Pool::Kind::max, {1, 1}, {size, size}, {}, {}, false}, {*part})
               : std::nullopt;
      if (!picked) {
        return;
      }
      groups.push_back(*picked);
    }
  }
  emit(node, Concat{Concat::Along::channels}, std::move(groups), channels_first(4));
}

}  // namespace crossweave
