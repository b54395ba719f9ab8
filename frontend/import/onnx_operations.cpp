// How each ONNX operation becomes operations of the graph.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "frontend/import/import_limits.h"
#include "frontend/import/onnx_reader.h"

namespace crossweave {
namespace {

/// Values along the spatial axes as rows and columns; one-dimensional maps lie along the columns.
Extent spatial(const Integers& values) {
  return values.size() == 1 ? Extent{1, static_cast<int>(values[0])}
                            : Extent{static_cast<int>(values[0]), static_cast<int>(values[1])};
}

/// Operations that are element by element whatever their attributes, and the functions that they are.
const std::map<std::string, std::string_view>& pointwise_functions() {
  static const std::map<std::string, std::string_view> kFunctions{
      {"Abs", "abs"},
      {"Celu", "celu"},
      {"Clip", "clip"},
      {"Elu", "elu"},
      {"Erf", "erf"},
      {"Exp", "exp"},
      {"Gelu", "gelu"},
      {"HardSigmoid", "hard_sigmoid"},
      {"HardSwish", "hard_swish"},
      {"LRN", "lrn"},
      {"LeakyRelu", "leaky_relu"},
      {"Log", "log"},
      {"Mish", "mish"},
      {"Neg", "negate"},
      {"PRelu", "prelu"},
      {"Reciprocal", "reciprocal"},
      {"Relu", "relu"},
      {"Selu", "selu"},
      {"Sigmoid", "sigmoid"},
      {"Softplus", "softplus"},
      {"Softsign", "softsign"},
      {"Sqrt", "sqrt"},
      {"Tanh", "tanh"},
      {"ThresholdedRelu", "thresholded_relu"},
  };
  return kFunctions;
}

/// Operations that combine several maps element by element, and the functions that they are.
const std::map<std::string, std::string_view>& elementwise_functions() {
  static const std::map<std::string, std::string_view> kFunctions{
      {"Add", "add"},     {"Div", "divide"},   {"Max", "maximum"},  {"Mean", "average"},
      {"Min", "minimum"}, {"Mul", "multiply"}, {"Sub", "subtract"}, {"Sum", "add"},
  };
  return kFunctions;
}

/// True when nearest-neighbour enlargement by `factor` reads input floor(x / factor) for every output x, which is the
/// region rule of Upsample.
bool reads_floor(const std::string& coordinates, const std::string& rounding, int factor) {
  const bool half_pixel = coordinates.find("half_pixel") == 0 || coordinates == "pytorch_half_pixel";
  for (int residue = 0; residue < factor; ++residue) {
    double position = 0;
    if (coordinates == "asymmetric") {
      position = static_cast<double>(residue) / factor;
    } else if (coordinates == "tf_half_pixel_for_nn") {
      position = (residue + 0.5) / factor;
    } else if (half_pixel) {
      position = (residue + 0.5) / factor - 0.5;
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

const std::map<std::string, OnnxReader::Handler>& OnnxReader::handlers() {
  static const std::map<std::string, Handler> kHandlers = [] {
    std::map<std::string, Handler> table{
        {"AveragePool", &OnnxReader::read_average_pool},
        {"BatchNormalization", &OnnxReader::read_batch_norm},
        {"Cast", &OnnxReader::read_identity},
        {"Concat", &OnnxReader::read_concat},
        {"Constant", &OnnxReader::read_constant},
        {"ConstantOfShape", &OnnxReader::read_constant_of_shape},
        {"Conv", &OnnxReader::read_conv},
        {"Dropout", &OnnxReader::read_identity},
        {"Flatten", &OnnxReader::read_flatten},
        {"Gemm", &OnnxReader::read_gemm},
        {"GlobalAveragePool", &OnnxReader::read_global_average_pool},
        {"GlobalMaxPool", &OnnxReader::read_global_max_pool},
        {"Identity", &OnnxReader::read_identity},
        {"LogSoftmax", &OnnxReader::read_softmax},
        {"MatMul", &OnnxReader::read_matmul},
        {"MaxPool", &OnnxReader::read_max_pool},
        {"Pad", &OnnxReader::read_pad},
        {"ReduceMax", &OnnxReader::read_reduce},
        {"ReduceMean", &OnnxReader::read_reduce},
        {"Reshape", &OnnxReader::read_reshape},
        {"Resize", &OnnxReader::read_resize},
        {"Slice", &OnnxReader::read_slice},
        {"Softmax", &OnnxReader::read_softmax},
        {"Split", &OnnxReader::read_split},
        {"Squeeze", &OnnxReader::read_squeeze},
        {"Transpose", &OnnxReader::read_transpose},
        {"Unsqueeze", &OnnxReader::read_unsqueeze},
        {"Upsample", &OnnxReader::read_resize},
    };
    for (const auto& [operation, function] : elementwise_functions()) {
      table.emplace(operation, &OnnxReader::read_elementwise);
    }
    for (const auto& [operation, function] : pointwise_functions()) {
      table.emplace(operation, &OnnxReader::read_pointwise);
    }
    return table;
  }();
  return kHandlers;
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
    node.fail("reads '" + name + "', " +
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
    node.fail("reads the constant '" + node.proto().input(index) + "' where a feature map is needed");
  }
  return map;
}

const OnnxConstant* OnnxReader::constant(OnnxNode& node, int index, const std::string& what) {
  const OnnxValue* value = input(node, index);
  if (value == nullptr) {
    return nullptr;
  }
  const OnnxConstant* constant = std::get_if<OnnxConstant>(value);
  if (constant == nullptr) {
    node.fail(what + " '" + node.proto().input(index) + "' must be constant");
  }
  return constant;
}

std::optional<Integers> OnnxReader::integer_input(OnnxNode& node, int index, const std::string& what) {
  const OnnxConstant* found = constant(node, index, what);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (!found->integers) {
    node.fail(what + " '" + node.proto().input(index) + "' must be a short tensor of integers stored in the file");
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

/// Inputs from `first` on are parameters: one that depends on the network's input would be a dependency unseen.
void OnnxReader::require_constants(OnnxNode& node, int first) {
  for (int i = first; i < node.proto().input_size(); ++i) {
    if (node.has_input(i)) {
      static_cast<void>(constant(node, i, "parameter"));
    }
  }
}

void OnnxReader::emit(OnnxNode& node, OperationKind kind, std::vector<OperationId> inputs, std::size_t rank,
                      int output) {
  if (node.failed()) {
    return;
  }
  const bool several = node.proto().output_size() > 1 && std::holds_alternative<Slice>(kind);
  const std::string name = unique_name(several ? node.label() + "/" + std::to_string(output) : node.label());
  const Result<OperationId, Failure> added = graph_.add(name, std::move(kind), std::move(inputs));
  if (!added) {
    node.fail(added.error().message);
    return;
  }
  values_.insert_or_assign(node.proto().output(output), OnnxFeatureMap{*added, rank});
}

/// Gives input 0 other dimensions with its elements in the same order. What changes no shape is left out of the graph.
void OnnxReader::rearrange(OnnxNode& node, const Integers& dims, bool keeps_values) {
  const OnnxValue* value = input(node, 0);
  if (value == nullptr || node.failed()) {
    return;
  }
  if (const OnnxConstant* source = std::get_if<OnnxConstant>(value)) {
    OnnxConstant result{.dims = dims};
    if (keeps_values) {
      result.integers = source->integers;
      result.reals = source->reals;
    }
    forward(node, std::move(result));
    return;
  }
  const OnnxFeatureMap map = std::get<OnnxFeatureMap>(*value);
  const std::optional<Shape> target = shape_of(dims);
  if (!target) {
    node.fail("result of " + dims_text(dims) + " is not supported; supported: 1 x C, 1 x C x W and 1 x C x H x W");
  } else if (*target == shape(map)) {
    forward(node, OnnxFeatureMap{map.operation, dims.size()});
  } else {
    emit(node, Reshape{*target}, {map.operation}, dims.size());
  }
}

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
  if (in.rank < 3) {
    node.fail("needs an input of rank 3 or 4, got " + dims_text(dims_of(shape(in), in.rank)));
    return std::nullopt;
  }
  const std::size_t axes = in.rank - 2;
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
  const std::optional<Padding> padding = automatic_padding(node, mode, shape(in), result);
  if (!padding) {
    return std::nullopt;
  }
  result.padding = *padding;
  return result;
}

// --- base layers ---

void OnnxReader::read_conv(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const OnnxConstant* weights = constant(node, 1, "weight");
  require_constants(node, 2);
  if (in == nullptr || weights == nullptr) {
    return;
  }
  if (weights->dims.size() < 3 || weights->dims.size() != in->rank) {
    node.fail("weights of " + dims_text(weights->dims) + " do not fit an input of " +
              dims_text(dims_of(shape(*in), in->rank)));
    return;
  }
  const Integers kernel(weights->dims.begin() + 2, weights->dims.end());
  if (const std::optional<Integers> stated = node.integers("kernel_shape"); stated && *stated != kernel) {
    node.fail("kernel_shape " + dims_text(*stated) + " differs from the weights' " + dims_text(kernel));
  }
  const std::int64_t groups = node.integer("group", 1, 1, kMaxImportExtent);
  const bool filters_fit = node.in_range("the number of filters", weights->dims[0], 1, kMaxImportExtent);
  const bool channels_fit = node.in_range("the weights' channels", weights->dims[1], 1, kMaxImportExtent);
  if (filters_fit && channels_fit && weights->dims[1] * groups != shape(*in).channels) {
    node.fail("weights for " + std::to_string(weights->dims[1]) + " channels in " + std::to_string(groups) +
              " group(s) do not fit an input of " + std::to_string(shape(*in).channels) + " channels");
  }
  const std::optional<OnnxWindow> window_of = window(node, *in, kernel);
  if (!window_of || node.failed()) {
    return;
  }
  emit(node,
       Conv2d{.filters = static_cast<int>(weights->dims[0]),
              .kernel = window_of->kernel,
              .stride = window_of->stride,
              .dilation = window_of->dilation,
              .padding = window_of->padding,
              .groups = static_cast<int>(groups),
              .bias = node.has_input(2)},
       {in->operation}, in->rank);
}

void OnnxReader::read_gemm(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const OnnxConstant* weights = constant(node, 1, "weight");
  require_constants(node, 2);
  const bool transposed_input = node.integer("transA", 0, 0, 1) != 0;
  const bool transposed = node.integer("transB", 0, 0, 1) != 0;
  if (in == nullptr || weights == nullptr) {
    return;
  }
  if (transposed_input) {
    node.fail("transA is not supported");
  }
  if (in->rank != 2 || weights->dims.size() != 2) {
    node.fail("needs an input of 1 x C and weights of two dimensions, got " + dims_text(dims_of(shape(*in), in->rank)) +
              " and " + dims_text(weights->dims));
    return;
  }
  const std::int64_t read = weights->dims[transposed ? 1 : 0];
  const std::int64_t units = weights->dims[transposed ? 0 : 1];
  if (read != shape(*in).channels) {
    node.fail("weights for " + std::to_string(read) + " values do not fit an input of " +
              std::to_string(shape(*in).channels));
  }
  if (node.in_range("the number of units", units, 1, kMaxImportExtent)) {
    emit(node, Dense{static_cast<int>(units), node.has_input(2)}, {in->operation}, in->rank);
  }
}

void OnnxReader::read_matmul(OnnxNode& node) {
  // Without a transposition or a bias it is the same product.
  read_gemm(node);
}

// --- non-base layers ---

void OnnxReader::read_batch_norm(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const OnnxConstant* scale = constant(node, 1, "scale");
  require_constants(node, 2);
  if (in == nullptr || scale == nullptr) {
    return;
  }
  if (scale->dims != Integers{shape(*in).channels}) {
    node.fail("a scale of " + dims_text(scale->dims) + " does not fit an input of " +
              std::to_string(shape(*in).channels) + " channels");
  }
  emit(node, BatchNorm{}, {in->operation}, in->rank);
}

void OnnxReader::read_pointwise(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  require_constants(node, 1);
  if (in != nullptr) {
    emit(node, Activation{std::string{pointwise_functions().at(node.proto().op_type())}}, {in->operation}, in->rank);
  }
}

void OnnxReader::read_softmax(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  // From opset 13 on one axis is normalised; before, `axis` and all that follow it together.
  const bool one_axis = opset_ >= 13;
  const std::int64_t stated =
      node.integer("axis", one_axis ? -1 : 1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  if (in == nullptr) {
    return;
  }
  const std::optional<std::size_t> axis = axis_index(node, stated, in->rank);
  if (!axis) {
    return;
  }
  const bool over_channels = one_axis ? *axis == kChannelAxis : *axis == kChannelAxis && shape(*in).pixels() == 1;
  if (!over_channels && shape(*in).pixels() > 1) {
    node.fail("operation '" + node.proto().op_type() + "' is supported over channels only");
  }
  const std::string function = node.proto().op_type() == "Softmax" ? "softmax" : "log_softmax";
  emit(node, Activation{function}, {in->operation}, in->rank);
}

void OnnxReader::read_elementwise(OnnxNode& node) {
  std::vector<OperationId> maps;
  std::optional<std::size_t> rank;
  const OnnxFeatureMap* first = nullptr;
  const OnnxConstant* operand = nullptr;
  for (int i = 0; i < node.proto().input_size(); ++i) {
    const OnnxValue* value = input(node, i);
    if (value == nullptr) {
      return;
    }
    if (const OnnxConstant* found = std::get_if<OnnxConstant>(value)) {
      operand = found;
      continue;
    }
    const OnnxFeatureMap& map = std::get<OnnxFeatureMap>(*value);
    if (rank && *rank != map.rank) {
      node.fail("inputs of rank " + std::to_string(*rank) + " and " + std::to_string(map.rank) + " cannot be combined");
      return;
    }
    rank = map.rank;
    first = first == nullptr ? &map : first;
    maps.push_back(map.operation);
  }
  if (first == nullptr) {
    node.fail("reads no feature map");
  } else if (operand == nullptr) {
    emit(node, Elementwise{std::string{elementwise_functions().at(node.proto().op_type())}}, std::move(maps), *rank);
  } else if (maps.size() != 1 || node.proto().input_size() != 2) {
    node.fail("mixes several feature maps with a constant");
  } else {
    read_elementwise_constant(node, *first, *operand);
  }
}

/// A feature map and a constant: the map keeps its shape, whatever extents of the constant are broadcast to it.
void OnnxReader::read_elementwise_constant(OnnxNode& node, const OnnxFeatureMap& in, const OnnxConstant& operand) {
  const std::string& operation = node.proto().op_type();
  Integers dims = operand.dims;
  const Integers map_dims = dims_of(shape(in), in.rank);
  // Up to opset 6 `axis` says where the constant's dimensions begin; today they end with the map's.
  if (const std::int64_t axis = node.integer("axis", -1, -1, 3); opset_ < 7 && axis >= 0) {
    dims.insert(dims.begin(), static_cast<std::size_t>(axis), 1);
    dims.resize(std::max(dims.size(), map_dims.size()), 1);
  }
  bool broadcast = dims.size() <= map_dims.size();
  bool per_channel = broadcast;
  for (std::size_t i = 0; broadcast && i < dims.size(); ++i) {
    const std::size_t axis = map_dims.size() - dims.size() + i;
    broadcast = dims[i] == 1 || dims[i] == map_dims[axis];
    per_channel = per_channel && (dims[i] == 1 || axis == kChannelAxis);
  }
  if (!broadcast) {
    node.fail("a constant of " + dims_text(operand.dims) + " does not fit an input of " + dims_text(map_dims));
    return;
  }
  const bool sum = operation == "Add" || operation == "Sum" || operation == "Sub";
  if (operation == "Add" && per_channel) {
    emit(node, Bias{}, {in.operation}, in.rank);
  } else if (sum) {
    emit(node, Activation{"offset"}, {in.operation}, in.rank);
  } else if (operation == "Mul" || operation == "Div" || operation == "Mean") {
    emit(node, Activation{"scale"}, {in.operation}, in.rank);
  } else {
    emit(node, Activation{"clip"}, {in.operation}, in.rank);
  }
}

void OnnxReader::read_pool(OnnxNode& node, Pool::Kind kind) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> kernel = node.integers("kernel_shape");
  const bool ceil_mode = node.integer("ceil_mode", 0, 0, 1) != 0;
  if (!kernel && !node.failed()) {
    node.fail("attribute 'kernel_shape' is missing");
  }
  if (in == nullptr || !kernel) {
    return;
  }
  if (const std::optional<OnnxWindow> found = window(node, *in, *kernel)) {
    emit(node, Pool{kind, found->kernel, found->stride, found->dilation, found->padding, ceil_mode}, {in->operation},
         in->rank);
  }
}

void OnnxReader::read_global_pool(OnnxNode& node, Pool::Kind kind) {
  if (const OnnxFeatureMap* in = feature_map(node, 0)) {
    emit(node, GlobalPool{kind}, {in->operation}, in->rank);
  }
}

/// A mean or maximum over all of H and W is a global pool.
void OnnxReader::read_reduce(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "axes", 1);
  const bool keeps_axes = node.integer("keepdims", 1, 0, 1) != 0;
  if (in == nullptr || node.failed()) {
    return;
  }
  std::optional<std::vector<std::size_t>> axes = axis_indices(node, stated.value_or(Integers{}), in->rank);
  if (!axes) {
    return;
  }
  std::sort(axes->begin(), axes->end());
  std::vector<std::size_t> spatial_axes(in->rank - 2);
  std::iota(spatial_axes.begin(), spatial_axes.end(), kChannelAxis + 1);
  if (*axes != spatial_axes || spatial_axes.empty()) {
    node.fail("operation '" + node.proto().op_type() + "' is supported over all of H and W only");
    return;
  }
  const Pool::Kind kind = node.proto().op_type() == "ReduceMax" ? Pool::Kind::max : Pool::Kind::average;
  emit(node, GlobalPool{kind}, {in->operation}, keeps_axes ? in->rank : 2);
}

void OnnxReader::read_pad(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::string mode = node.text("mode", "constant");
  if (mode != "constant") {
    node.fail("mode '" + mode + "' is not supported; supported: constant");
  }
  const std::optional<Integers> pads =
      attribute_or_input(node, node.attribute("paddings") != nullptr ? "paddings" : "pads", 1);
  const std::optional<Integers> stated = node.has_input(3) ? integer_input(node, 3, "axes") : std::nullopt;
  if (in == nullptr || node.failed()) {
    return;
  }
  if (!pads) {
    node.fail("the padding is missing");
    return;
  }
  Integers all(in->rank);
  std::iota(all.begin(), all.end(), 0);
  const std::optional<std::vector<std::size_t>> axes = axis_indices(node, stated.value_or(all), in->rank);
  if (!axes || !node.checked("padding", *pads, 2 * axes->size(), 0, kMaxImportExtent)) {
    return;
  }
  Padding padding;
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const auto before = static_cast<int>((*pads)[i]);
    const auto after = static_cast<int>((*pads)[axes->size() + i]);
    if ((*axes)[i] <= kChannelAxis) {
      if (before != 0 || after != 0) {
        node.fail("padding of batch or channels is not supported");
      }
    } else if (in->rank == 4 && (*axes)[i] == 2) {
      padding.top = before;
      padding.bottom = after;
    } else {
      padding.left = before;
      padding.right = after;
    }
  }
  if (padding == Padding{} && !node.failed()) {
    forward(node, *in);
    return;
  }
  emit(node, Pad{padding}, {in->operation}, in->rank);
}

void OnnxReader::read_concat(OnnxNode& node) {
  std::vector<OperationId> maps;
  std::size_t rank = 0;
  for (int i = 0; i < node.proto().input_size(); ++i) {
    const OnnxFeatureMap* map = feature_map(node, i);
    if (map == nullptr) {
      return;
    }
    if (i > 0 && map->rank != rank) {
      node.fail("inputs of rank " + std::to_string(rank) + " and " + std::to_string(map->rank) +
                " cannot be concatenated");
      return;
    }
    rank = map->rank;
    maps.push_back(map->operation);
  }
  if (maps.empty()) {
    node.fail("reads no feature map");
    return;
  }
  // Opset 3 and older: channels when nothing is stated.
  const std::int64_t stated = node.integer("axis", 1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  const std::optional<std::size_t> axis = axis_index(node, stated, rank);
  if (!axis) {
    return;
  }
  if (*axis == kBatchAxis) {
    node.fail("concatenation of batches is not supported");
    return;
  }
  const Concat::Along along = *axis == kChannelAxis     ? Concat::Along::channels
                              : rank == 4 && *axis == 2 ? Concat::Along::rows
                                                        : Concat::Along::columns;
  emit(node, Concat{along}, std::move(maps), rank);
}

void OnnxReader::emit_slice(OnnxNode& node, const OnnxFeatureMap& in, const Slice& slice, int output) {
  if (slice.extent == shape(in) && !node.failed()) {
    values_.insert_or_assign(node.proto().output(output), in);
    return;
  }
  emit(node, slice, {in.operation}, in.rank, output);
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
  const std::optional<std::vector<std::size_t>> axes = axis_indices(node, stated_axes.value_or(leading), in->rank);
  if (!axes || !node.checked("steps", stated_steps.value_or(Integers(starts->size(), 1)), starts->size(), 1, 1)) {
    return;
  }
  if (axes->size() != starts->size()) {
    node.fail("needs as many axes as starts");
    return;
  }
  Slice slice{.first = {0, 0, 0}, .extent = shape(*in)};
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const std::size_t axis = (*axes)[i];
    const std::int64_t extent = axis == kBatchAxis ? 1 : extent_at(slice.extent, in->rank, axis);
    // Negative positions count from the end, and what lies beyond an edge is that edge.
    const auto position = [&](std::int64_t value) {
      return std::clamp<std::int64_t>(value < 0 ? std::max(value, -extent) + extent : value, 0, extent);
    };
    const std::int64_t begin = position((*starts)[i]);
    const std::int64_t end = position((*ends)[i]);
    if (begin >= end) {
      node.fail("the slice along axis " + std::to_string(axis) + " is empty");
      return;
    }
    if (axis != kBatchAxis) {
      extent_at(slice.first, in->rank, axis) = static_cast<int>(begin);
      extent_at(slice.extent, in->rank, axis) = static_cast<int>(end - begin);
    }
  }
  emit_slice(node, *in, slice, 0);
}

void OnnxReader::read_split(OnnxNode& node) {
  const OnnxFeatureMap* in = feature_map(node, 0);
  const std::int64_t stated = node.integer("axis", 0, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  std::optional<Integers> parts = attribute_or_input(node, "split", 1);
  if (in == nullptr || node.failed()) {
    return;
  }
  const std::optional<std::size_t> axis = axis_index(node, stated, in->rank);
  if (!axis) {
    return;
  }
  if (*axis == kBatchAxis) {
    node.fail("a split of the batch is not supported");
    return;
  }
  Shape whole_map = shape(*in);
  const std::int64_t extent = extent_at(whole_map, in->rank, *axis);
  const auto outputs = static_cast<std::int64_t>(node.proto().output_size());
  if (!parts) {
    // Equal parts; where they cannot be equal (opset 18) the last one is smaller.
    const std::int64_t part = (extent + outputs - 1) / outputs;
    parts.emplace(static_cast<std::size_t>(outputs), part);
    parts->back() = extent - part * (outputs - 1);
    if (opset_ < 18 && extent % outputs != 0) {
      node.fail(std::to_string(extent) + " cannot be split into " + std::to_string(outputs) + " equal parts");
      return;
    }
  }
  if (!node.checked("split", *parts, static_cast<std::size_t>(outputs), 1, extent)) {
    return;
  }
  if (std::accumulate(parts->begin(), parts->end(), std::int64_t{0}) != extent) {
    node.fail("split " + dims_text(*parts) + " does not add up to " + std::to_string(extent));
    return;
  }
  Slice slice{.first = {0, 0, 0}, .extent = whole_map};
  for (int output = 0; output < node.proto().output_size(); ++output) {
    const auto part = static_cast<int>((*parts)[static_cast<std::size_t>(output)]);
    extent_at(slice.extent, in->rank, *axis) = part;
    if (!node.proto().output(output).empty()) {
      emit_slice(node, *in, slice, output);
    }
    extent_at(slice.first, in->rank, *axis) += part;
  }
}

/// How much larger each axis becomes; nullopt with a problem when that is not a whole number of times.
std::optional<Integers> OnnxReader::resize_factors(OnnxNode& node, const OnnxFeatureMap& in) {
  const Integers dims = dims_of(shape(in), in.rank);
  const bool upsample = node.proto().op_type() == "Upsample";
  const int scales_input = upsample || opset_ < 11 ? 1 : 2;
  constexpr int kSizesInput = 3;

  Integers all(in.rank);
  std::iota(all.begin(), all.end(), 0);
  const std::optional<std::vector<std::size_t>> axes = axis_indices(node, node.integers("axes").value_or(all), in.rank);
  if (!axes) {
    return std::nullopt;
  }
  std::vector<double> scales;
  if (const onnx::AttributeProto* attribute = node.attribute("scales")) {
    scales.assign(attribute->floats().begin(), attribute->floats().end());
  } else if (scales_input == 2 && node.has_input(kSizesInput)) {
    const std::optional<Integers> sizes = integer_input(node, kSizesInput, "sizes");
    if (!sizes || sizes->size() != axes->size()) {
      node.fail("needs one size for each axis");
      return std::nullopt;
    }
    for (std::size_t i = 0; i < sizes->size(); ++i) {
      // The batch that the file states is one inference here.
      const bool batch = (*axes)[i] == kBatchAxis && (*sizes)[i] == batch_;
      scales.push_back(batch ? 1.0 : static_cast<double>((*sizes)[i]) / static_cast<double>(dims[(*axes)[i]]));
    }
  } else {
    const OnnxConstant* found = constant(node, scales_input, "scales");
    if (found == nullptr) {
      return std::nullopt;
    }
    if (!found->reals) {
      node.fail("scales must be stored in the file");
      return std::nullopt;
    }
    scales = *found->reals;
  }
  if (scales.size() != axes->size()) {
    node.fail("needs one scale for each axis, got " + std::to_string(scales.size()));
    return std::nullopt;
  }
  Integers factors(in.rank, 1);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    // Written so that NaN is refused too.
    if (!(scales[i] >= 1.0 && scales[i] <= kMaxImportExtent && std::floor(scales[i]) == scales[i])) {
      node.fail("is supported for enlargement by whole factors only, got " + std::to_string(scales[i]));
      return std::nullopt;
    }
    factors[(*axes)[i]] = static_cast<std::int64_t>(scales[i]);
  }
  return factors;
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
  if (in == nullptr || node.failed()) {
    return;
  }
  const std::optional<Integers> factors = resize_factors(node, *in);
  if (!factors || node.failed()) {
    return;
  }
  if ((*factors)[kBatchAxis] != 1 || (*factors)[kChannelAxis] != 1) {
    node.fail("enlargement of batch or channels is not supported");
    return;
  }
  Shape by_axis{1, 1, 1};
  for (std::size_t axis = kChannelAxis + 1; axis < in->rank; ++axis) {
    extent_at(by_axis, in->rank, axis) = static_cast<int>((*factors)[axis]);
  }
  const Extent factor{by_axis.height, by_axis.width};
  if (factor == Extent{1, 1}) {
    forward(node, *in);
    return;
  }
  if (mode != "nearest") {
    node.fail("mode '" + mode + "' is not supported; supported: nearest");
  } else if (!reads_floor(coordinates, rounding, factor.height) || !reads_floor(coordinates, rounding, factor.width)) {
    node.fail("coordinates '" + coordinates + "' with '" + rounding + "' do not repeat each value " +
              std::to_string(factor.height) + "x" + std::to_string(factor.width) +
              " times, which is all that is supported");
  }
  emit(node, Upsample{factor}, {in->operation}, in->rank);
}

// --- constants, and operations that only change dimensions ---

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
      return forward(node, OnnxConstant{.dims = {attribute.ints_size()},
                                        .integers = Integers(attribute.ints().begin(), attribute.ints().end())});
    }
    if (attribute.name() == "value_float") {
      return forward(node, OnnxConstant{.reals = std::vector<double>{attribute.f()}});
    }
    if (attribute.name() == "value_floats") {
      return forward(node,
                     OnnxConstant{.dims = {attribute.floats_size()},
                                  .reals = std::vector<double>(attribute.floats().begin(), attribute.floats().end())});
    }
  }
  node.fail("the constant states no numeric value");
}

void OnnxReader::read_constant_of_shape(OnnxNode& node) {
  if (const std::optional<Integers> dims = integer_input(node, 0, "shape")) {
    if (element_count(*dims)) {
      forward(node, OnnxConstant{.dims = *dims});
    } else {
      node.fail("shape " + dims_text(*dims) + " is out of range");
    }
  }
}

void OnnxReader::read_identity(OnnxNode& node) {
  require_constants(node, 1);
  if (const OnnxValue* value = input(node, 0); value != nullptr && !node.failed()) {
    forward(node, *value);
  }
}

void OnnxReader::read_reshape(OnnxNode& node) {
  const OnnxValue* value = input(node, 0);
  std::optional<Integers> target = attribute_or_input(node, "shape", 1);
  const bool zero_is_zero = node.integer("allowzero", 0, 0, 1) != 0;
  if (value == nullptr || node.failed()) {
    return;
  }
  if (!target) {
    node.fail("the new shape is missing");
    return;
  }
  const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(value);
  const Integers dims = map != nullptr ? dims_of(shape(*map), map->rank) : std::get<OnnxConstant>(*value).dims;
  if (map != nullptr && !target->empty() && target->front() == batch_) {
    target->front() = 1;
  }
  const std::string stated = dims_text(*target);
  std::optional<std::size_t> inferred;
  for (std::size_t i = 0; i < target->size(); ++i) {
    std::int64_t& extent = (*target)[i];
    if (extent == 0 && !zero_is_zero && i < dims.size()) {
      extent = dims[i];
    }
    if (extent == -1) {
      if (inferred) {
        node.fail("shape " + stated + " leaves two extents open");
        return;
      }
      inferred = i;
      extent = 1;
    }
  }
  const std::optional<std::int64_t> count = element_count(dims);
  const std::optional<std::int64_t> known = element_count(*target);
  const bool fits = count && known && (inferred ? *known > 0 && *count % *known == 0 : *known == *count);
  if (!fits) {
    node.fail("cannot reshape " + dims_text(dims) + " to " + stated);
    return;
  }
  if (inferred) {
    (*target)[*inferred] = *count / *known;
  }
  rearrange(node, *target, true);
}

void OnnxReader::read_flatten(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::int64_t stated = node.integer("axis", 1, -4, 4);
  if (map == nullptr || node.failed()) {
    return;
  }
  const Integers dims = dims_of(shape(*map), map->rank);
  const auto rank = static_cast<std::int64_t>(map->rank);
  if (!node.in_range("axis", stated, -rank, rank)) {
    return;
  }
  const auto split = dims.begin() + (stated < 0 ? stated + rank : stated);
  const std::optional<std::int64_t> before = element_count({dims.begin(), split});
  const std::optional<std::int64_t> after = element_count({split, dims.end()});
  if (before && after) {
    rearrange(node, {*before, *after}, true);
  }
}

void OnnxReader::read_squeeze(OnnxNode& node) {
  const OnnxFeatureMap* map = feature_map(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "axes", 1);
  if (map == nullptr || node.failed()) {
    return;
  }
  const Integers dims = dims_of(shape(*map), map->rank);
  const std::optional<std::vector<std::size_t>> axes = axis_indices(node, stated.value_or(Integers{}), map->rank);
  if (!axes) {
    return;
  }
  Integers left;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const bool named = std::find(axes->begin(), axes->end(), axis) != axes->end();
    if (named && dims[axis] != 1) {
      node.fail("axis " + std::to_string(axis) + " of " + dims_text(dims) + " cannot be squeezed");
      return;
    }
    // Without axes all extents of 1 go.
    if (stated ? !named : dims[axis] != 1) {
      left.push_back(dims[axis]);
    }
  }
  rearrange(node, left, true);
}

void OnnxReader::read_unsqueeze(OnnxNode& node) {
  const OnnxValue* value = input(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "axes", 1);
  if (value == nullptr || node.failed()) {
    return;
  }
  if (!stated) {
    node.fail("the axes are missing");
    return;
  }
  const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(value);
  Integers dims = map != nullptr ? dims_of(shape(*map), map->rank) : std::get<OnnxConstant>(*value).dims;
  std::optional<std::vector<std::size_t>> axes = axis_indices(node, *stated, dims.size() + stated->size());
  if (!axes) {
    return;
  }
  std::sort(axes->begin(), axes->end());
  for (const std::size_t axis : *axes) {
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  }
  rearrange(node, dims, true);
}

void OnnxReader::read_transpose(OnnxNode& node) {
  const OnnxValue* value = input(node, 0);
  const std::optional<Integers> stated = node.integers("perm");
  if (value == nullptr || node.failed()) {
    return;
  }
  const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(value);
  const Integers dims = map != nullptr ? dims_of(shape(*map), map->rank) : std::get<OnnxConstant>(*value).dims;
  Integers reversed(dims.size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const std::optional<std::vector<std::size_t>> order = axis_indices(node, stated.value_or(reversed), dims.size());
  if (!order) {
    return;
  }
  if (order->size() != dims.size()) {
    node.fail("perm " + dims_text(*stated) + " does not fit an input of " + dims_text(dims));
    return;
  }
  Integers moved;
  std::vector<std::size_t> extended;
  for (const std::size_t axis : *order) {
    moved.push_back(dims[axis]);
    if (dims[axis] != 1) {
      extended.push_back(axis);
    }
  }
  // The elements stay in place as long as only extents of 1 move.
  const bool in_place = std::is_sorted(extended.begin(), extended.end());
  if (map != nullptr && !in_place) {
    node.fail("a transposition of " + dims_text(dims) + " by " + dims_text(stated.value_or(reversed)) +
              " is not supported; supported: moves of extents of 1");
    return;
  }
  rearrange(node, moved, in_place);
}

}  // namespace crossweave
