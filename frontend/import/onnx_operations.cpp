// How each ONNX operation that computes becomes operations of the graph.

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "frontend/import/import_limits.h"
#include "frontend/import/onnx_reader.h"

namespace crossweave {
namespace {

/// Larger maps are not taken apart value by value; it keeps every count within an int.
constexpr std::int64_t kMaxFlatElements = std::int64_t{1} << 29;

/// Values along the spatial axes as rows and columns; one-dimensional maps lie along the columns.
Extent spatial(const Integers& values) {
  return values.size() == 1 ? Extent{1, static_cast<int>(values[0])}
                            : Extent{static_cast<int>(values[0]), static_cast<int>(values[1])};
}

/// Operations that are element by element whatever their attributes, and the functions that they are.
const std::map<std::string, std::string_view>& pointwise_functions() {
  static const std::map<std::string, std::string_view> kFunctions{
      {"Abs", "abs"},
      {"Acos", "trigonometric"},
      {"Acosh", "trigonometric"},
      {"Asin", "trigonometric"},
      {"Asinh", "trigonometric"},
      {"Atan", "trigonometric"},
      {"Atanh", "trigonometric"},
      {"Ceil", "round"},
      {"Celu", "celu"},
      {"Clip", "clip"},
      {"Cos", "trigonometric"},
      {"Cosh", "trigonometric"},
      {"Elu", "elu"},
      {"Erf", "erf"},
      {"Exp", "exp"},
      {"Floor", "round"},
      {"Gelu", "gelu"},
      {"HardSigmoid", "hard_sigmoid"},
      {"HardSwish", "hard_swish"},
      {"IsInf", "threshold"},
      {"IsNaN", "threshold"},
      {"LeakyRelu", "leaky_relu"},
      {"Log", "log"},
      {"Mish", "mish"},
      {"Neg", "negate"},
      {"Not", "threshold"},
      {"Reciprocal", "reciprocal"},
      {"Relu", "relu"},
      {"Round", "round"},
      {"Selu", "selu"},
      {"Shrink", "shrink"},
      {"Sigmoid", "sigmoid"},
      {"Sign", "threshold"},
      {"Sin", "trigonometric"},
      {"Sinh", "trigonometric"},
      {"Softplus", "softplus"},
      {"Softsign", "softsign"},
      {"Sqrt", "sqrt"},
      {"Swish", "swish"},
      {"Tan", "trigonometric"},
      {"Tanh", "tanh"},
      {"ThresholdedRelu", "thresholded_relu"},
      {"com.microsoft.Gelu", "gelu"},
      {"com.microsoft.QLinearLeakyRelu", "leaky_relu"},
      {"com.microsoft.QLinearSigmoid", "sigmoid"},
      {"com.microsoft.QuickGelu", "gelu"},
  };
  return kFunctions;
}

/// Operations that combine several maps element by element, and the functions that they are.
const std::map<std::string, std::string_view>& elementwise_functions() {
  static const std::map<std::string, std::string_view> kFunctions{
      {"Add", "add"},         {"And", "compare"},
      {"Div", "divide"},      {"Equal", "compare"},
      {"Greater", "compare"}, {"GreaterOrEqual", "compare"},
      {"Less", "compare"},    {"LessOrEqual", "compare"},
      {"Max", "maximum"},     {"Mean", "average"},
      {"Min", "minimum"},     {"Mod", "divide"},
      {"Mul", "multiply"},    {"Or", "compare"},
      {"Pow", "power"},       {"Sub", "subtract"},
      {"Sum", "add"},         {"Where", "select"},
      {"Xor", "compare"},
  };
  return kFunctions;
}

/// Reductions, and the pool that reads what they read.
const std::map<std::string, Pool::Kind>& reductions() {
  using enum Pool::Kind;
  static const std::map<std::string, Pool::Kind> kReductions{
      {"ReduceL1", average},  {"ReduceL2", average},        {"ReduceLogSum", average}, {"ReduceLogSumExp", average},
      {"ReduceMax", max},     {"ReduceMean", average},      {"ReduceMin", max},        {"ReduceProd", average},
      {"ReduceSum", average}, {"ReduceSumSquare", average},
  };
  return kReductions;
}

}  // namespace

const std::map<std::string, OnnxReader::Handler>& OnnxReader::handlers() {
  static const std::map<std::string, Handler> kHandlers = [] {
    std::map<std::string, Handler> table{
        {"ArgMax", &OnnxReader::read_reduce},
        {"ArgMin", &OnnxReader::read_reduce},
        {"AveragePool", &OnnxReader::read_average_pool},
        {"BatchNormalization", &OnnxReader::read_batch_norm},
        {"Cast", &OnnxReader::read_identity},
        {"CastLike", &OnnxReader::read_identity},
        {"Concat", &OnnxReader::read_concat},
        {"Constant", &OnnxReader::read_constant},
        {"Conv", &OnnxReader::read_conv},
        {"ConvInteger", &OnnxReader::read_conv},
        {"DepthToSpace", &OnnxReader::read_depth_to_space},
        {"DequantizeLinear", &OnnxReader::read_quantize},
        {"Dropout", &OnnxReader::read_identity},
        {"DynamicQuantizeLinear", &OnnxReader::read_dynamic_quantize},
        {"Expand", &OnnxReader::read_expand},
        {"Flatten", &OnnxReader::read_flatten},
        {"Gather", &OnnxReader::read_gather},
        {"Gemm", &OnnxReader::read_gemm},
        {"GlobalAveragePool", &OnnxReader::read_global_average_pool},
        {"GlobalLpPool", &OnnxReader::read_global_average_pool},
        {"GlobalMaxPool", &OnnxReader::read_global_max_pool},
        {"GroupNormalization", &OnnxReader::read_statistics_norm},
        {"Hardmax", &OnnxReader::read_softmax},
        {"Identity", &OnnxReader::read_identity},
        {"InstanceNormalization", &OnnxReader::read_statistics_norm},
        {"LRN", &OnnxReader::read_batch_norm},
        {"LayerNormalization", &OnnxReader::read_layer_norm},
        {"LogSoftmax", &OnnxReader::read_softmax},
        {"LpNormalization", &OnnxReader::read_softmax},
        {"LpPool", &OnnxReader::read_average_pool},
        {"MatMul", &OnnxReader::read_matmul},
        {"MatMulInteger", &OnnxReader::read_matmul},
        {"MeanVarianceNormalization", &OnnxReader::read_statistics_norm},
        {"MaxPool", &OnnxReader::read_max_pool},
        {"PRelu", &OnnxReader::read_prelu},
        {"Pad", &OnnxReader::read_pad},
        {"QLinearConv", &OnnxReader::read_qlinear_conv},
        {"QLinearMatMul", &OnnxReader::read_matmul},
        {"QuantizeLinear", &OnnxReader::read_quantize},
        {"Reshape", &OnnxReader::read_reshape},
        {"Resize", &OnnxReader::read_resize},
        {"Shape", &OnnxReader::read_shape},
        {"Size", &OnnxReader::read_shape},
        {"Slice", &OnnxReader::read_slice},
        {"Softmax", &OnnxReader::read_softmax},
        {"SpaceToDepth", &OnnxReader::read_space_to_depth},
        {"Split", &OnnxReader::read_split},
        {"Squeeze", &OnnxReader::read_squeeze},
        {"Tile", &OnnxReader::read_tile},
        {"Transpose", &OnnxReader::read_transpose},
        {"Unsqueeze", &OnnxReader::read_unsqueeze},
        {"Upsample", &OnnxReader::read_resize},
        {"com.microsoft.FusedConv", &OnnxReader::read_fused_conv},
        {"com.microsoft.QLinearAdd", &OnnxReader::read_qlinear_elementwise},
        {"com.microsoft.QLinearAveragePool", &OnnxReader::read_average_pool},
        {"com.microsoft.QLinearConcat", &OnnxReader::read_qlinear_concat},
        {"com.microsoft.QLinearGlobalAveragePool", &OnnxReader::read_global_average_pool},
        {"com.microsoft.QLinearMul", &OnnxReader::read_qlinear_elementwise},
    };
    for (const auto& [operation, function] : elementwise_functions()) {
      table.emplace(operation, &OnnxReader::read_elementwise);
    }
    for (const auto& [operation, function] : pointwise_functions()) {
      table.emplace(operation, &OnnxReader::read_pointwise);
    }
    for (const auto& [operation, kind] : reductions()) {
      table.emplace(operation, &OnnxReader::read_reduce);
    }
    return table;
  }();
  return kHandlers;
}

const std::map<std::string, std::string_view>& OnnxReader::refusals() {
  static const std::map<std::string, std::string_view> kRefusals{
      {"ConvTranspose",
       "a transposed convolution is no matrix-vector product per output pixel as crossbars compute it; "
       "replace it by Resize and Conv, or cut the model in front of it"},
      {"GRU", "recurrent layers are not read"},
      {"If", "control flow is not read; export the model with constant conditions folded"},
      {"LSTM", "recurrent layers are not read"},
      {"Loop", "control flow is not read; export the model unrolled"},
      {"NonMaxSuppression", "its result has no fixed shape; cut the model in front of it"},
      {"NonZero", "its result has no fixed shape; cut the model in front of it"},
      {"RNN", "recurrent layers are not read"},
      {"Scan", "control flow is not read; export the model unrolled"},
  };
  return kRefusals;
}

// --- what a handler reads and writes ---

std::string OnnxReader::unique_name(const std::string& wanted) {
  std::string name = wanted;
  for (int suffix = 1; !names_.insert(name).second; ++suffix) {
    name = wanted + "_" + std::to_string(suffix);
  }
  return name;
}

const OnnxValue* OnnxReader::input(OnnxNode& node, int index) {
  if (!node.has_input(index)) {
    node.fail("input " + std::to_string(index) + " is missing");
    return nullptr;
  }
  const std::string& name = node.proto().input(index);
  const auto found = values_.find(name);
  if (found == values_.end()) {
    node.fail("reads '" + printable_name(name) + "', " +
              (side_outputs_.contains(name) ? "an optional output that is not supported" : "which nothing produces"));
    return nullptr;
  }
  return &found->second;
}

const OnnxFeatureMap* OnnxReader::feature_map(OnnxNode& node, int index) {
  const OnnxValue* value = input(node, index);
  if (value == nullptr) {
    return nullptr;
  }
  const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(value);
  if (map == nullptr) {
    node.fail("reads the constant '" + printable_name(node.proto().input(index)) + "' where a feature map is needed");
  }
  return map;
}

std::optional<OnnxFeatureMap> OnnxReader::feature_map_as(OnnxNode& node, int index, const AxisRoles& roles) {
  const OnnxFeatureMap* map = feature_map(node, index);
  return map == nullptr ? std::nullopt : arranged(node, *map, roles);
}

/// Input `index` as N x C x H x W, N x C x W or N x C.
std::optional<OnnxFeatureMap> OnnxReader::channels_first_map(OnnxNode& node, int index, std::size_t least_rank) {
  const OnnxFeatureMap* map = feature_map(node, index);
  if (map == nullptr) {
    return std::nullopt;
  }
  const std::size_t rank = map->axes.size();
  if (rank < least_rank || rank > 4) {
    node.fail("needs an input of rank " + std::string{least_rank == 3 ? "3 or 4" : "2 to 4"} + ", got " +
              dims_text(dims_of(map->axes)));
    return std::nullopt;
  }
  return arranged(node, *map, channels_first(rank));
}

const OnnxConstant* OnnxReader::constant(OnnxNode& node, int index, const std::string& what) {
  const OnnxValue* value = input(node, index);
  if (value == nullptr) {
    return nullptr;
  }
  const OnnxConstant* constant = std::get_if<OnnxConstant>(value);
  if (constant == nullptr) {
    node.fail(what + " '" + printable_name(node.proto().input(index)) + "' must be constant");
  }
  return constant;
}

std::optional<Integers> OnnxReader::constant_dims(OnnxNode& node, int index, const std::string& what) {
  const OnnxConstant* found = constant(node, index, what);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (!found->dims) {
    node.fail("nothing in the file tells the shape of " + what + " '" + printable_name(node.proto().input(index)) +
              "'");
  }
  return found->dims;
}

std::optional<Integers> OnnxReader::integer_input(OnnxNode& node, int index, const std::string& what) {
  const OnnxConstant* found = constant(node, index, what);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (!found->integers) {
    node.fail(what + " '" + printable_name(node.proto().input(index)) +
              "' must be a short tensor of integers stored in the file");
  }
  return found->integers;
}

/// Parameters that were attributes in older opsets and are inputs in newer ones; nullopt also when neither is there.
std::optional<Integers> OnnxReader::attribute_or_input(OnnxNode& node, const std::string& attribute, int index) {
  return node.has_input(index) ? integer_input(node, index, attribute) : node.integers(attribute);
}

std::optional<std::size_t> OnnxReader::axis_index(OnnxNode& node, std::int64_t axis, std::size_t rank) {
  const auto limit = static_cast<std::int64_t>(rank);
  if (!node.in_range("axis", axis, -limit, limit - 1)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(axis < 0 ? axis + limit : axis);
}

std::optional<std::vector<std::size_t>> OnnxReader::axis_indices(OnnxNode& node, const Integers& axes,
                                                                 std::size_t rank) {
  std::vector<std::size_t> indices;
  for (const std::int64_t axis : axes) {
    const std::optional<std::size_t> index = axis_index(node, axis, rank);
    if (!index) {
      return std::nullopt;
    }
    if (std::find(indices.begin(), indices.end(), *index) != indices.end()) {
      node.fail("axes " + dims_text(axes) + " name an axis twice");
      return std::nullopt;
    }
    indices.push_back(*index);
  }
  return indices;
}

/// Bits of a constant's elements as the file stores them; 0 when they are no quantized ones.
int OnnxReader::weight_bits(const OnnxNode& node, int index) const {
  const OnnxConstant* constant = std::get_if<OnnxConstant>(&values_.at(node.proto().input(index)));
  return constant == nullptr ? 0 : constant->bits;
}

/// Inputs from `first` on are parameters: one that depends on the network's input would be a dependency unseen.
void OnnxReader::require_constants(OnnxNode& node, int first) {
  for (int i = first; i < node.proto().input_size(); ++i) {
    if (node.has_input(i)) {
      static_cast<void>(constant(node, i, "parameter"));
    }
  }
}

std::optional<OperationId> OnnxReader::add_step(OnnxNode& node, const std::string& purpose, OperationKind kind,
                                                std::vector<OperationId> inputs) {
  if (node.failed()) {
    return std::nullopt;
  }
  const Result<OperationId, Failure> added =
      graph_.add(unique_name(node.label() + "/" + purpose), std::move(kind), std::move(inputs));
  if (!added) {
    node.fail(added.error().message);
    return std::nullopt;
  }
  return *added;
}

void OnnxReader::emit(OnnxNode& node, OperationKind kind, std::vector<OperationId> inputs, const AxisRoles& roles,
                      int output) {
  if (node.failed()) {
    return;
  }
  // The outputs of a Split are operations of their own.
  const bool several = node.proto().op_type() == "Split" && node.proto().output_size() > 1;
  const std::string name = unique_name(several ? node.label() + "/" + std::to_string(output) : node.label());
  const Result<OperationId, Failure> added = graph_.add(name, std::move(kind), std::move(inputs));
  if (!added) {
    node.fail(added.error().message);
    return;
  }
  forward(node, OnnxFeatureMap{*added, layout_of(shape(*added), roles)}, output);
}

void OnnxReader::emit(OnnxNode& node, OperationKind kind, std::vector<OperationId> inputs, Layout layout, int output) {
  emit(node, std::move(kind), std::move(inputs), AxisRoles{}, output);
  if (!node.failed()) {
    OnnxFeatureMap& map = std::get<OnnxFeatureMap>(values_.at(node.proto().output(output)));
    check_invariant(shape_of(layout) == shape(map.operation), "a layout describes its map");
    map.axes = std::move(layout);
  }
}

// --- maps in the form that an operation reads ---

/// `map` with its values in the order of its axes, which count `roles`. A mere order of channels is a permutation of
/// them; anything else moves values between pixels.
std::optional<OnnxFeatureMap> OnnxReader::arranged(OnnxNode& node, const OnnxFeatureMap& map, const AxisRoles& roles) {
  const Layout wanted = in_order(dims_of(map.axes), roles);
  bool same_roles = true;
  bool same_order = true;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].extent == 1) {
      continue;
    }
    if (wanted[i].role == AxisRole::none) {
      node.fail("axis " + std::to_string(i) + " of " + dims_text(dims_of(map.axes)) +
                " stands for the batch, of which one is simulated");
      return std::nullopt;
    }
    same_roles = same_roles && wanted[i].role == map.axes[i].role &&
                 (wanted[i].role == AxisRole::channels || wanted[i].stride == map.axes[i].stride);
    same_order = same_order && wanted[i].stride == map.axes[i].stride;
  }
  if (same_roles && same_order) {
    return OnnxFeatureMap{map.operation, wanted};
  }
  const std::optional<Shape> target = shape_of(wanted);
  if (!target) {
    node.fail("a map of " + dims_text(dims_of(map.axes)) + " is too large");
    return std::nullopt;
  }
  if (!same_roles && shape(map.operation).pixels() > 1 && target->pixels() > 1) {
    warn_whole(node);
  }
  const std::optional<OperationId> moved =
      same_roles ? add_step(node, "channel_shuffle", Activation{"channel_shuffle"}, {map.operation})
                 : add_step(node, "transpose", Reshape{*target}, {map.operation});
  return moved ? std::optional{OnnxFeatureMap{*moved, wanted}} : std::nullopt;
}

/// The same with `axis`, one of several parts of the channels, as their outermost: then a part of the axis is a
/// contiguous part of the channels.
std::optional<OnnxFeatureMap> OnnxReader::outermost(OnnxNode& node, const OnnxFeatureMap& map, std::size_t axis) {
  const std::int64_t rest = extent_of(map.axes, AxisRole::channels) / map.axes[axis].extent;
  if (map.axes[axis].stride == rest || map.axes[axis].extent == 1) {
    OnnxFeatureMap moved = map;
    moved.axes[axis].stride = rest;
    return moved;
  }
  Layout layout = in_order(dims_of(map.axes), roles_of(map.axes));
  // Those in front of it lose it from what they step over.
  for (std::size_t i = 0; i < axis; ++i) {
    if (layout[i].role == AxisRole::channels && layout[i].extent > 1) {
      layout[i].stride /= layout[axis].extent;
    }
  }
  layout[axis].stride = rest;
  const std::optional<OperationId> moved =
      add_step(node, "channel_shuffle", Activation{"channel_shuffle"}, {map.operation});
  return moved ? std::optional{OnnxFeatureMap{*moved, std::move(layout)}} : std::nullopt;
}

/// `copies` of a map side by side.
std::optional<OperationId> OnnxReader::repeated(OnnxNode& node, OperationId map, Concat::Along along,
                                                std::int64_t copies) {
  constexpr std::int64_t kMostCopies = 4096;
  if (copies == 1) {
    return map;
  }
  if (!node.in_range("the number of repetitions", copies, 1, kMostCopies)) {
    return std::nullopt;
  }
  return add_step(node, "repeat", Concat{along}, std::vector<OperationId>(static_cast<std::size_t>(copies), map));
}

/// A map with its extents of 1 repeated up to those of `target`.
std::optional<OperationId> OnnxReader::enlarged(OnnxNode& node, OperationId map, const Shape& target) {
  const Shape from = shape(map);
  const Extent factor{target.height / from.height, target.width / from.width};
  std::optional<OperationId> result = map;
  if (factor != Extent{1, 1}) {
    result = add_step(node, "repeat", Upsample{factor}, {map});
  }
  return result ? repeated(node, *result, Concat::Along::channels, target.channels / from.channels) : std::nullopt;
}

/// `map` ready to be combined with a tensor of `dims` whose axes count `roles`: whole extents of 1 stay, which
/// Elementwise repeats; missing parts of an axis are filled in.
std::optional<OnnxFeatureMap> OnnxReader::broadcast_map(OnnxNode& node, const OnnxFeatureMap& map, const Integers& dims,
                                                        const AxisRoles& roles) {
  OnnxFeatureMap padded = map;
  padded.axes.insert(padded.axes.begin(), dims.size() - map.axes.size(), TensorAxis{});
  std::optional<OnnxFeatureMap> result = arranged(node, padded, roles);
  if (!result) {
    return std::nullopt;
  }
  const Layout full = in_order(dims, roles);
  for (const AxisRole role : {AxisRole::rows, AxisRole::columns, AxisRole::channels}) {
    const std::int64_t own = extent_of(result->axes, role);
    const std::int64_t copies = extent_of(full, role) / own;
    if (own == 1 || copies == 1) {
      continue;
    }
    const Concat::Along along = role == AxisRole::rows      ? Concat::Along::rows
                                : role == AxisRole::columns ? Concat::Along::columns
                                                            : Concat::Along::channels;
    if (role != AxisRole::channels) {
      // Which of the copies a row or column comes from depends on the axes: the whole of it is needed.
      warn_whole(node);
      const Shape now = shape(result->operation);
      const std::optional<OperationId> whole = add_step(node, "whole", Reshape{now}, {result->operation});
      if (!whole) {
        return std::nullopt;
      }
      result->operation = *whole;
    }
    const std::optional<OperationId> filled = repeated(node, result->operation, along, copies);
    if (!filled) {
      return std::nullopt;
    }
    result->operation = *filled;
  }
  return result;
}

// --- what needs whole maps ---

void OnnxReader::warn_whole(const OnnxNode& node) {
  warn("node '" + node.label() + "' (" + printable_name(node.proto().op_type()) +
       "): its spatial dependency is not expressed; it is taken to need the whole map");
}

/// One value that every value of a map goes into.
std::optional<OperationId> OnnxReader::as_scalar(OnnxNode& node, OperationId map) {
  std::optional<OperationId> result = map;
  if (shape(map).pixels() > 1) {
    result = add_step(node, "whole", GlobalPool{}, {map});
  }
  if (result && shape(*result).channels > 1) {
    result = add_step(node, "whole", Reshape{{1, 1, shape(*result).channels}}, {*result});
    const Slice one{.first = {0, 0, 0}, .extent = {1, 1, 1}};
    return result ? add_step(node, "whole", one, {*result}) : std::nullopt;
  }
  return result;
}

/// The result of a node each of whose values may need all of its inputs: the first input cut or repeated to the size
/// of `layout`, which none of its values decides, combined with a summary of each other one.
void OnnxReader::emit_whole(OnnxNode& node, const std::vector<OperationId>& inputs, const Layout& layout) {
  const std::optional<Shape> target = shape_of(layout);
  const Shape first = shape(inputs.front());
  if (!target || target->elements() > kMaxFlatElements || first.elements() > kMaxFlatElements) {
    node.fail("a result of " + dims_text(dims_of(layout)) + " is too large");
    return;
  }
  OperationId result = inputs.front();
  const auto then = [&](OperationKind kind) {
    const std::optional<OperationId> added = add_step(node, "whole", std::move(kind), {result});
    result = added.value_or(result);
  };
  if (first.elements() != target->elements()) {
    const auto flat = [](std::int64_t elements) { return Shape{1, 1, static_cast<int>(elements)}; };
    const std::int64_t copies = (target->elements() + first.elements() - 1) / first.elements();
    then(Reshape{flat(first.elements())});
    if (copies > 1) {
      then(Upsample{{1, static_cast<int>(std::min<std::int64_t>(copies, kMaxImportExtent))}});
      then(Reshape{flat(shape(result).elements())});
    }
    if (shape(result).elements() > target->elements()) {
      then(Slice{.first = {0, 0, 0}, .extent = flat(target->elements())});
    }
  }
  std::vector<OperationId> operands;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (const std::optional<OperationId> scalar = as_scalar(node, inputs[i])) {
      operands.push_back(*scalar);
    }
  }
  if (node.failed()) {
    return;
  }
  if (operands.empty()) {
    emit(node, Reshape{*target}, {result}, layout);
    return;
  }
  then(Reshape{*target});
  operands.insert(operands.begin(), result);
  emit(node, Elementwise{"multiply"}, std::move(operands), layout);
}

// --- windows ---

/// Padding of `auto_pad`: as many outputs as strides fit into the map, the odd position at the end or at the start.
std::optional<Padding> OnnxReader::automatic_padding(OnnxNode& node, const std::string& mode, const Shape& in,
                                                     const OnnxWindow& window) {
  if (mode == "VALID") {
    return Padding{};
  }
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    node.fail("auto_pad '" + mode + "' is not supported; supported: NOTSET, SAME_UPPER, SAME_LOWER, VALID");
    return std::nullopt;
  }
  Padding padding = same_padding(in, window.kernel, window.stride, window.dilation);
  if (mode == "SAME_LOWER") {
    std::swap(padding.top, padding.bottom);
    std::swap(padding.left, padding.right);
  }
  return padding;
}

std::optional<OnnxWindow> OnnxReader::window(OnnxNode& node, const OnnxFeatureMap& in, const Integers& kernel) {
  const std::size_t axes = in.axes.size() - 2;
  const auto extents = [&](const std::string& name) -> std::optional<Extent> {
    const std::optional<Integers> values = node.checked(
        "attribute '" + name + "'", node.integers(name).value_or(Integers(axes, 1)), axes, 1, kMaxImportExtent);
    return values ? std::optional{spatial(*values)} : std::nullopt;
  };
  const std::optional<Integers> checked_kernel = node.checked("kernel", kernel, axes, 1, kMaxImportExtent);
  const std::optional<Extent> stride = extents("strides");
  const std::optional<Extent> dilation = extents("dilations");
  const std::optional<Integers> pads = node.checked(
      "attribute 'pads'", node.integers("pads").value_or(Integers(2 * axes, 0)), 2 * axes, 0, kMaxImportExtent);
  const std::string mode = node.text("auto_pad", "NOTSET");
  if (!checked_kernel || !stride || !dilation || !pads || node.failed()) {
    return std::nullopt;
  }
  OnnxWindow result{spatial(*checked_kernel), *stride, *dilation, {}};
  if (mode == "NOTSET" || mode.empty()) {
    const Extent before = spatial({pads->begin(), pads->begin() + static_cast<std::ptrdiff_t>(axes)});
    const Extent after = spatial({pads->begin() + static_cast<std::ptrdiff_t>(axes), pads->end()});
    const bool flat = axes == 1;
    result.padding = {flat ? 0 : before.height, flat ? 0 : after.height, before.width, after.width};
    return result;
  }
  const std::optional<Padding> padding = automatic_padding(node, mode, shape(in.operation), result);
  if (!padding) {
    return std::nullopt;
  }
  result.padding = *padding;
  return result;
}

// --- base layers ---

void OnnxReader::emit_conv(OnnxNode& node, int weight_index, int bias_index) {
  const std::optional<OnnxFeatureMap> in = channels_first_map(node, 0, 3);
  const std::optional<Integers> weights = constant_dims(node, weight_index, "weight");
  // Scales and zero points of a quantized convolution may be made anew for each map (DynamicQuantizeLinear).
  require_constants(node, weight_index + 1);
  if (!in || !weights) {
    return;
  }
  const int channels = shape(in->operation).channels;
  if (weights->size() != in->axes.size()) {
    node.fail("weights of " + dims_text(*weights) + " do not fit an input of " + dims_text(dims_of(in->axes)));
    return;
  }
  const Integers kernel(weights->begin() + 2, weights->end());
  if (const std::optional<Integers> stated = node.integers("kernel_shape"); stated && *stated != kernel) {
    node.fail("kernel_shape " + dims_text(*stated) + " differs from the weights' " + dims_text(kernel));
  }
  const std::int64_t groups = node.integer("group", 1, 1, kMaxImportExtent);
  const bool filters_fit = node.in_range("the number of filters", (*weights)[0], 1, kMaxImportExtent);
  const bool channels_fit = node.in_range("the weights' channels", (*weights)[1], 1, kMaxImportExtent);
  if (filters_fit && channels_fit && (*weights)[1] * groups != channels) {
    node.fail("weights for " + std::to_string((*weights)[1]) + " channels in " + std::to_string(groups) +
              " group(s) do not fit an input of " + std::to_string(channels) + " channels");
  }
  const std::optional<OnnxWindow> window_of = window(node, *in, kernel);
  if (!window_of || node.failed()) {
    return;
  }
  emit(
      node,
      Conv2d{.filters = static_cast<int>((*weights)[0]),
             .kernel = window_of->kernel,
             .stride = window_of->stride,
             .dilation = window_of->dilation,
             .padding = window_of->padding,
             .groups = static_cast<int>(groups),
             .bias = bias_index > weight_index && node.proto().op_type() != "ConvInteger" && node.has_input(bias_index),
             .weight_bits = weight_bits(node, weight_index)},
      {in->operation}, channels_first(in->axes.size()));
}

/// ONNX Runtime's convolution with an activation behind it.
void OnnxReader::read_fused_conv(OnnxNode& node) {
  if (node.has_input(3)) {
    node.fail("a sum within the fused convolution is not supported; export without graph optimization");
    return;
  }
  emit_conv(node, 1, 2);
  const std::string activation = node.text("activation", "");
  if (node.failed() || activation.empty()) {
    return;
  }
  const auto function = pointwise_functions().find(activation);
  if (function == pointwise_functions().end()) {
    node.fail("activation '" + printable_name(activation) + "' is not supported");
    return;
  }
  const auto conv = std::get<OnnxFeatureMap>(values_.at(node.proto().output(0)));
  if (const auto added =
          add_step(node, std::string{function->second}, Activation{std::string{function->second}}, {conv.operation})) {
    forward(node, OnnxFeatureMap{*added, conv.axes});
  }
}

/// The product of constant weights with each vector along `axis`: a dense layer when there is only one vector, else a
/// convolution of 1 x 1 with all other axes as its pixels.
void OnnxReader::emit_product(OnnxNode& node, const OnnxFeatureMap& in, std::size_t axis, std::int64_t units, bool bias,
                              int weight_bits) {
  if (!node.in_range("the number of units", units, 1, kMaxImportExtent)) {
    return;
  }
  AxisRoles roles(in.axes.size(), AxisRole::none);
  roles[axis] = AxisRole::channels;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < in.axes.size(); ++i) {
    if (i != axis && in.axes[i].extent > 1) {
      others.push_back(i);
    }
  }
  if (others.empty()) {
    if (const std::optional<OnnxFeatureMap> vector = arranged(node, in, roles)) {
      emit(node, Dense{static_cast<int>(units), bias, weight_bits}, {vector->operation}, roles);
    }
    return;
  }
  if (others.size() > 2) {
    node.fail("a product along axis " + std::to_string(axis) + " of " + dims_text(dims_of(in.axes)) +
              " is not supported; supported: up to two other axes above 1");
    return;
  }
  // Rows and columns stay what they are; of others, a single axis lies along the columns.
  const auto is = [&](std::size_t i, AxisRole role) { return in.axes[others[i]].role == role; };
  if (others.size() == 1) {
    roles[others[0]] = is(0, AxisRole::rows) ? AxisRole::rows : AxisRole::columns;
  } else {
    const bool swapped = is(0, AxisRole::columns) || is(1, AxisRole::rows);
    roles[others[0]] = swapped ? AxisRole::columns : AxisRole::rows;
    roles[others[1]] = swapped ? AxisRole::rows : AxisRole::columns;
  }
  if (const std::optional<OnnxFeatureMap> map = arranged(node, in, roles)) {
    Conv2d conv;
    conv.filters = static_cast<int>(units);
    conv.bias = bias;
    conv.weight_bits = weight_bits;
    emit(node, conv, {map->operation}, roles);
  }
}

void OnnxReader::read_gemm(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> weights = constant_dims(node, 1, "weight");
  require_constants(node, 2);
  const bool transposed_input = node.integer("transA", 0, 0, 1) != 0;
  const bool transposed = node.integer("transB", 0, 0, 1) != 0;
  if (in == nullptr || !weights) {
    return;
  }
  if (in->axes.size() != 2 || weights->size() != 2) {
    node.fail("needs an input of 1 x C and weights of two dimensions, got " + dims_text(dims_of(in->axes)) + " and " +
              dims_text(*weights));
    return;
  }
  OnnxFeatureMap rows = *in;
  if (transposed_input) {
    std::swap(rows.axes[0], rows.axes[1]);
  }
  const std::int64_t read = (*weights)[transposed ? 1 : 0];
  const std::int64_t units = (*weights)[transposed ? 0 : 1];
  if (read != rows.axes[1].extent) {
    node.fail("weights for " + std::to_string(read) + " values do not fit an input of " +
              std::to_string(rows.axes[1].extent));
    return;
  }
  emit_product(node, rows, 1, units, node.has_input(2), weight_bits(node, 1));
}

void OnnxReader::read_matmul(OnnxNode& node) {
  const std::string& operation = node.proto().op_type();
  const int second = operation == "QLinearMatMul" ? 3 : 1;
  for (int i = 2; i < node.proto().input_size(); ++i) {
    if (i != second && node.has_input(i)) {
      static_cast<void>(constant(node, i, "parameter"));
    }
  }
  const OnnxValue* a = input(node, 0);
  const OnnxValue* b = input(node, second);
  if (a == nullptr || b == nullptr || node.failed()) {
    return;
  }
  const OnnxFeatureMap* left = std::get_if<OnnxFeatureMap>(a);
  const OnnxFeatureMap* right = std::get_if<OnnxFeatureMap>(b);
  if (left == nullptr && right == nullptr) {
    node.fail("reads no feature map");
    return;
  }
  const std::optional<Integers> left_dims = left != nullptr ? dims_of(left->axes) : constant_dims(node, 0, "weight");
  const std::optional<Integers> right_dims =
      right != nullptr ? dims_of(right->axes) : constant_dims(node, second, "weight");
  if (!left_dims || !right_dims) {
    return;
  }
  if (left_dims->empty() || right_dims->empty()) {
    node.fail("needs inputs of at least one dimension");
    return;
  }
  // A vector on the left is a row, one on the right a column; that dimension goes again afterwards.
  Integers rows = *left_dims;
  Integers columns = *right_dims;
  const bool row_vector = rows.size() == 1;
  const bool column_vector = columns.size() == 1;
  if (row_vector) {
    rows.insert(rows.begin(), 1);
  }
  if (column_vector) {
    columns.push_back(1);
  }
  const std::int64_t read = columns[columns.size() - 2];
  if (rows.back() != read) {
    node.fail("weights for " + std::to_string(read) + " values do not fit an input of " + std::to_string(rows.back()));
    return;
  }
  const auto is_matrix = [](const Integers& dims) {
    return std::all_of(dims.begin(), dims.end() - 2, [](std::int64_t dim) { return dim == 1; });
  };
  if (right == nullptr && is_matrix(columns) && columns.size() <= std::max<std::size_t>(rows.size(), 2) &&
      !column_vector) {
    emit_product(node, *left, left->axes.size() - 1, columns.back(), false, weight_bits(node, second));
    return;
  }
  if (left == nullptr && is_matrix(rows) && rows.size() <= std::max<std::size_t>(columns.size(), 2) && !row_vector &&
      !column_vector) {
    emit_product(node, *right, right->axes.size() - 2, rows[rows.size() - 2], false, weight_bits(node, 0));
    return;
  }
  const std::optional<Integers> stack = broadcast({rows.begin(), rows.end() - 2}, {columns.begin(), columns.end() - 2});
  if (!stack || stack->size() + 2 > kMaxRank) {
    node.fail("inputs of " + dims_text(*left_dims) + " and " + dims_text(*right_dims) + " cannot be multiplied");
    return;
  }
  Integers dims = *stack;
  if (!row_vector) {
    dims.push_back(rows[rows.size() - 2]);
  }
  if (!column_vector) {
    dims.push_back(columns.back());
  }
  std::vector<OperationId> maps;
  for (const OnnxFeatureMap* map : {left, right}) {
    if (map != nullptr) {
      maps.push_back(map->operation);
    }
  }
  // A product of two maps is none of weights, so no crossbar computes it. Its axes count what the operands' do, as far
  // as that gives no axis to two of them.
  AxisRoles roles = fresh_roles(dims);
  if (left != nullptr && right != nullptr && !row_vector && !column_vector && left->axes.size() == dims.size()) {
    Layout layout = in_order(dims, roles_of(left->axes));
    layout.back().extent = 1;
    const AxisRole last = right->axes.back().role;
    const bool fits = last == AxisRole::channels || (last != AxisRole::none && extent_of(layout, last) == 1);
    roles = roles_of(left->axes);
    roles.back() = fits ? last : unused_role(layout).value_or(AxisRole::channels);
    if (!shape_of(in_order(dims, roles))) {
      roles = fresh_roles(dims);
    }
  }
  warn_whole(node);
  emit_whole(node, maps, in_order(dims, roles));
}

// --- normalisation and activation ---

void OnnxReader::read_batch_norm(OnnxNode& node) {
  const bool response = node.proto().op_type() == "LRN";
  const std::optional<OnnxFeatureMap> in = channels_first_map(node, 0, 2);
  const std::optional<Integers> scale = response ? Integers{} : constant_dims(node, 1, "scale");
  require_constants(node, 2);
  if (!in || !scale) {
    return;
  }
  const int channels = shape(in->operation).channels;
  if (!response && *scale != Integers{channels}) {
    node.fail("a scale of " + dims_text(*scale) + " does not fit an input of " + std::to_string(channels) +
              " channels");
  }
  emit(node, response ? OperationKind{Activation{"lrn"}} : OperationKind{BatchNorm{}}, {in->operation}, in->axes);
}

/// Statistics over all pixels: every value needs the whole map.
void OnnxReader::read_statistics_norm(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  require_constants(node, 1);
  if (in != nullptr) {
    const bool one_pixel = shape(in->operation).pixels() == 1;
    emit(node, one_pixel ? OperationKind{Activation{"normalize"}} : OperationKind{Reshape{shape(in->operation)}},
         {in->operation}, in->axes);
  }
}

/// Over `axis` and all that follow it. Over channels alone every pixel stands for itself.
void OnnxReader::read_layer_norm(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::int64_t stated =
      node.integer("axis", -1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  require_constants(node, 1);
  if (in == nullptr) {
    return;
  }
  const std::optional<std::size_t> axis = axis_index(node, stated, in->axes.size());
  if (!axis) {
    return;
  }
  const bool channels =
      std::all_of(in->axes.begin() + static_cast<std::ptrdiff_t>(*axis), in->axes.end(),
                  [](const TensorAxis& each) { return each.extent == 1 || each.role == AxisRole::channels; });
  emit(node, channels ? OperationKind{Activation{"normalize"}} : OperationKind{Reshape{shape(in->operation)}},
       {in->operation}, in->axes);
}

void OnnxReader::read_pointwise(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  require_constants(node, 1);
  if (in != nullptr) {
    const bool standard = node.proto().domain().empty() || node.proto().domain() == "ai.onnx";
    const std::string name = (standard ? "" : node.proto().domain() + ".") + node.proto().op_type();
    emit(node, Activation{std::string{pointwise_functions().at(name)}}, {in->operation}, in->axes);
  }
}

void OnnxReader::read_prelu(OnnxNode& node) {
  const OnnxValue* slope = input(node, 1);
  const OnnxFeatureMap* in = feature_map(node, 0);
  if (slope == nullptr || in == nullptr) {
    return;
  }
  if (std::holds_alternative<OnnxConstant>(*slope)) {
    emit(node, Activation{"prelu"}, {in->operation}, in->axes);
  } else {
    emit_elementwise(node, "multiply", {0, 1});
  }
}

void OnnxReader::read_softmax(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::string& operation = node.proto().op_type();
  // From opset 13 on one axis is normalised; before, `axis` and all that follow it together.
  const bool one_axis = opset_ >= 13 || operation == "LpNormalization";
  const std::int64_t stated =
      node.integer("axis", one_axis ? -1 : 1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  if (in == nullptr) {
    return;
  }
  const std::optional<std::size_t> axis = axis_index(node, stated, in->axes.size());
  if (!axis) {
    return;
  }
  const auto first = in->axes.begin() + static_cast<std::ptrdiff_t>(*axis);
  const bool over_channels = std::all_of(first, one_axis ? first + 1 : in->axes.end(), [](const TensorAxis& each) {
    return each.extent == 1 || each.role == AxisRole::channels;
  });
  if (!over_channels) {
    warn_whole(node);
    emit(node, Reshape{shape(in->operation)}, {in->operation}, in->axes);
    return;
  }
  const std::string function = operation == "LogSoftmax"        ? "log_softmax"
                               : operation == "LpNormalization" ? "normalize"
                                                                : "softmax";
  emit(node, Activation{function}, {in->operation}, in->axes);
}

// --- element by element ---

void OnnxReader::read_elementwise(OnnxNode& node) {
  std::vector<int> operands(static_cast<std::size_t>(node.proto().input_size()));
  std::iota(operands.begin(), operands.end(), 0);
  emit_elementwise(node, std::string{elementwise_functions().at(node.proto().op_type())}, operands);
}

void OnnxReader::read_qlinear_elementwise(OnnxNode& node) {
  emit_elementwise(node, node.proto().op_type() == "QLinearAdd" ? "add" : "multiply", {0, 3});
}

/// What a map becomes beside a constant.
std::string OnnxReader::constant_function(const std::string& function, const Integers& dims,
                                          const OnnxFeatureMap& map) {
  if (function == "add") {
    // One value for each channel is a bias, as long as no other axis of the constant extends.
    bool per_channel = true;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const TensorAxis& axis = map.axes[map.axes.size() - 1 - i];
      per_channel = per_channel && (dims[dims.size() - 1 - i] == 1 || axis.role == AxisRole::channels);
    }
    return per_channel ? "bias" : "offset";
  }
  if (function == "subtract") {
    return "offset";
  }
  if (function == "maximum" || function == "minimum") {
    return "clip";
  }
  if (function == "power" || function == "compare") {
    return function == "power" ? "exponent" : "threshold";
  }
  return "scale";
}

/// Feature maps and constants, broadcast to one another. Constants need nothing: where they have fewer elements than
/// the maps they leave no operation but that of a map by itself.
void OnnxReader::emit_elementwise(OnnxNode& node, const std::string& function, const std::vector<int>& operands) {
  std::vector<OnnxFeatureMap> maps;
  std::vector<Integers> constants;
  std::optional<Integers> dims = Integers{};
  for (const int index : operands) {
    const OnnxValue* value = input(node, index);
    if (value == nullptr) {
      return;
    }
    const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(value);
    std::optional<Integers> own;
    if (map != nullptr) {
      maps.push_back(*map);
      own = dims_of(map->axes);
    } else if (own = constant_dims(node, index, "constant"); own) {
      constants.push_back(*own);
    } else {
      return;
    }
    const std::optional<Integers> both = broadcast(*dims, *own);
    if (!both || both->size() > kMaxRank) {
      if (map == nullptr) {
        node.fail("a constant of " + dims_text(*own) + " does not fit an input of " + dims_text(*dims));
      } else {
        node.fail("inputs of " + dims_text(*dims) + " and " + dims_text(*own) +
                  " cannot be combined element by element");
      }
      return;
    }
    dims = both;
  }
  if (maps.empty()) {
    node.fail("reads no feature map");
    return;
  }
  // The axes count what they count for the largest map, so that this one need not be rearranged.
  const auto elements = [&](const OnnxFeatureMap& map) { return shape(map.operation).elements(); };
  const OnnxFeatureMap& largest =
      *std::ranges::max_element(maps, [&](const auto& a, const auto& b) { return elements(a) < elements(b); });
  Layout layout = largest.axes;
  layout.insert(layout.begin(), dims->size() - largest.axes.size(), TensorAxis{});
  for (std::size_t i = 0; i < dims->size(); ++i) {
    if ((*dims)[i] == 1 || layout[i].extent > 1) {
      continue;
    }
    // Another operand extends where the largest map does not.
    const std::optional<AxisRole> unused = unused_role(layout);
    AxisRole role = extent_of(layout, layout[i].role) == 1 ? layout[i].role : AxisRole::none;
    for (const OnnxFeatureMap& map : maps) {
      const std::size_t behind = dims->size() - i;
      if (role == AxisRole::none && behind <= map.axes.size()) {
        const TensorAxis& axis = map.axes[map.axes.size() - behind];
        role = axis.extent > 1 && extent_of(layout, axis.role) == 1 ? axis.role : role;
      }
    }
    if (role == AxisRole::none && !unused) {
      node.fail("a result of " + dims_text(*dims) + " has more axes than a feature map");
      return;
    }
    layout[i] = {role == AxisRole::none ? *unused : role, (*dims)[i], 1};
  }
  const bool keeps_layout = maps.size() == 1 && dims_of(largest.axes) == *dims;
  const AxisRoles roles = roles_of(layout);
  layout = keeps_layout ? largest.axes : in_order(*dims, roles);
  const std::optional<Shape> target = shape_of(layout);
  if (!target) {
    node.fail("a result of " + dims_text(*dims) + " is too large");
    return;
  }
  std::vector<OperationId> inputs;
  for (const OnnxFeatureMap& map : maps) {
    const std::optional<OnnxFeatureMap> ready =
        keeps_layout ? std::optional{map} : broadcast_map(node, map, *dims, roles);
    if (!ready) {
      return;
    }
    inputs.push_back(ready->operation);
  }
  std::vector<Shape> shapes;
  shapes.reserve(inputs.size());
  for (const OperationId id : inputs) {
    shapes.push_back(shape(id));
  }
  // Extents that only a constant has.
  if (const Result<Shape, Failure> joint = output_shape(Elementwise{function}, shapes); joint && *joint != *target) {
    const std::optional<OperationId> large = enlarged(node, inputs.front(), *target);
    if (!large) {
      return;
    }
    inputs.front() = *large;
  }
  if (inputs.size() > 1) {
    emit(node, Elementwise{function}, std::move(inputs), std::move(layout));
    return;
  }
  const std::string alone = constants.empty()   ? "linear"
                            : keeps_layout      ? constant_function(function, constants.front(), largest)
                            : function == "add" ? "offset"
                                                : constant_function(function, constants.front(), largest);
  emit(node, alone == "bias" ? OperationKind{Bias{}} : OperationKind{Activation{alone}}, std::move(inputs),
       std::move(layout));
}

// --- pooling ---

void OnnxReader::read_pool(OnnxNode& node, Pool::Kind kind) {
  const std::optional<OnnxFeatureMap> in = channels_first_map(node, 0, 3);
  require_constants(node, 1);
  if (in) {
    emit_pool(node, *in, kind);
  }
}

void OnnxReader::emit_pool(OnnxNode& node, const OnnxFeatureMap& in, Pool::Kind kind) {
  const std::optional<Integers> kernel = node.integers("kernel_shape");
  const bool ceil_mode = node.integer("ceil_mode", 0, 0, 1) != 0;
  if (!kernel && !node.failed()) {
    node.fail("attribute 'kernel_shape' is missing");
  }
  if (!kernel) {
    return;
  }
  if (const std::optional<OnnxWindow> found = window(node, in, *kernel)) {
    emit(node, Pool{kind, found->kernel, found->stride, found->dilation, found->padding, ceil_mode}, {in.operation},
         channels_first(in.axes.size()));
  }
}

void OnnxReader::read_global_pool(OnnxNode& node, Pool::Kind kind) {
  const bool channels_behind = node.integer("channels_last", 0, 0, 1) != 0;
  const OnnxFeatureMap* map = feature_map(node, 0);
  require_constants(node, 1);
  if (map == nullptr) {
    return;
  }
  const std::size_t rank = map->axes.size();
  if (rank < 2 || rank > 4) {
    node.fail("needs an input of rank 2 to 4, got " + dims_text(dims_of(map->axes)));
    return;
  }
  const AxisRoles roles = channels_behind ? channels_last(rank) : channels_first(rank);
  if (const std::optional<OnnxFeatureMap> in = arranged(node, *map, roles)) {
    emit(node, GlobalPool{kind}, {in->operation}, roles);
  }
}

void OnnxReader::read_reduce(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const bool index = node.proto().op_type().starts_with("Arg");
  const bool keeps_axes = node.integer("keepdims", 1, 0, 1) != 0;
  const bool empty_is_none = node.integer("noop_with_empty_axes", 0, 0, 1) != 0;
  std::optional<Integers> stated =
      index ? Integers{node.integer("axis", 0, -8, 8)} : attribute_or_input(node, "axes", 1);
  if (in == nullptr || node.failed()) {
    return;
  }
  if (!stated || (stated->empty() && !empty_is_none)) {
    stated.emplace(empty_is_none ? 0 : in->axes.size());
    std::iota(stated->begin(), stated->end(), 0);
  }
  if (const auto axes = axis_indices(node, *stated, in->axes.size())) {
    emit_reduction(node, *in, *axes, keeps_axes);
  }
}

/// A reduction of rows, columns or both is a pool that spans them. One of channels leaves every pixel to itself: it is
/// an activation, of whose channels one for each result is read.
void OnnxReader::emit_reduction(OnnxNode& node, const OnnxFeatureMap& in, const std::vector<std::size_t>& axes,
                                bool keeps_axes) {
  const auto found = reductions().find(node.proto().op_type());
  const Pool::Kind kind = found == reductions().end() ? Pool::Kind::max : found->second;
  Layout left;
  bool expressed = true;
  bool rows = false;
  bool columns = false;
  for (std::size_t i = 0; i < in.axes.size(); ++i) {
    const TensorAxis& axis = in.axes[i];
    const bool reduced = std::ranges::find(axes, i) != axes.end();
    if (!reduced) {
      left.push_back(axis);
      continue;
    }
    if (keeps_axes) {
      left.push_back({axis.role, 1, 1});
    }
    if (axis.extent > 1) {
      rows = rows || axis.role == AxisRole::rows;
      columns = columns || axis.role == AxisRole::columns;
      expressed = expressed && (axis.role == AxisRole::channels || is_whole_role(in.axes, i));
    }
  }
  const std::int64_t channels = extent_of(left, AxisRole::channels);
  const bool fewer_channels = channels < extent_of(in.axes, AxisRole::channels);
  if (fewer_channels) {
    left = in_order(dims_of(left), roles_of(left));
  }
  if (!rows && !columns && !fewer_channels) {
    forward(node, OnnxFeatureMap{in.operation, std::move(left)});
    return;
  }
  const Shape from = shape(in.operation);
  if (!expressed) {
    warn_whole(node);
    emit_whole(node, {in.operation}, in_order(dims_of(left), roles_of(left)));
    return;
  }
  const bool all = (rows || from.height == 1) && (columns || from.width == 1);
  const Extent window{rows ? from.height : 1, columns ? from.width : 1};
  const OperationKind pool =
      all ? OperationKind{GlobalPool{kind}} : OperationKind{Pool{kind, window, window, {}, {}, false}};
  if (!fewer_channels) {
    emit(node, pool, {in.operation}, std::move(left));
    return;
  }
  std::optional<OperationId> map = in.operation;
  if (rows || columns) {
    map = add_step(node, "pool", pool, {*map});
  }
  map = map ? add_step(node, "channel_reduce", Activation{"channel_reduce"}, {*map}) : std::nullopt;
  if (map) {
    const Shape now = shape(*map);
    emit(node, Slice{.first = {0, 0, 0}, .extent = {now.height, now.width, static_cast<int>(channels)}}, {*map},
         std::move(left));
  }
}

// --- what changes nothing, or only numbers ---

void OnnxReader::read_identity(OnnxNode& node) {
  for (int i = 1; i < node.proto().input_size(); ++i) {
    if (node.has_input(i) && node.proto().op_type() != "CastLike") {
      static_cast<void>(constant(node, i, "parameter"));
    }
  }
  if (const OnnxValue* value = input(node, 0); value != nullptr && !node.failed()) {
    forward(node, *value);
  }
}

/// Quantization changes the numbers of a map and their width (note_result_bits), not what depends on what.
void OnnxReader::read_quantize(OnnxNode& node) {
  require_constants(node, 1);
  if (const OnnxFeatureMap* in = feature_map(node, 0); in != nullptr && !node.failed()) {
    forward(node, *in);
  }
}

/// The range of all values decides how each is quantized (to 8 bits). The scale and the zero point, made with the map,
/// are taken for constants: whoever reads them reads the map too.
void OnnxReader::read_dynamic_quantize(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  if (in == nullptr) {
    return;
  }
  const OnnxFeatureMap map = *in;
  emit(node, Reshape{shape(map.operation)}, {map.operation}, map.axes);
  for (int i = 1; i < node.proto().output_size() && !node.failed(); ++i) {
    forward(node, OnnxConstant{.bits = 8}, i);
  }
}

void OnnxReader::read_constant(OnnxNode& node) {
  const onnx::NodeProto& proto = node.proto();
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    if (attribute.name() == "value" && attribute.has_t()) {
      return forward(node, constant_of(attribute.t()));
    }
    if (attribute.name() == "value_int") {
      return forward(node, OnnxConstant{.integers = Integers{attribute.i()}});
    }
    if (attribute.name() == "value_ints") {
      return forward(node, integer_list(Integers(attribute.ints().begin(), attribute.ints().end())));
    }
    if (attribute.name() == "value_float") {
      return forward(node, OnnxConstant{.reals = std::vector<double>{attribute.f()}});
    }
    if (attribute.name() == "value_floats") {
      return forward(node,
                     OnnxConstant{.dims = Integers{attribute.floats_size()},
                                  .reals = std::vector<double>(attribute.floats().begin(), attribute.floats().end())});
    }
    if (attribute.name() == "sparse_value") {
      const auto& dims = attribute.sparse_tensor().dims();
      return forward(node, OnnxConstant{.dims = Integers(dims.begin(), dims.end())});
    }
  }
  node.fail("the constant states no numeric value");
}

/// The shape of a map is known while the model is read.
void OnnxReader::read_shape(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  if (in == nullptr) {
    return;
  }
  const Integers dims = dims_of(in->axes);
  if (node.proto().op_type() == "Shape") {
    forward(node, shape_part(node, dims));
  } else {
    forward(node, OnnxConstant{.integers = Integers{shape(in->operation).elements()}});
  }
}

}  // namespace crossweave
