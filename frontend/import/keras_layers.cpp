// How each Keras layer becomes operations of the graph.

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "frontend/import/import_limits.h"
#include "frontend/import/keras_reader.h"

namespace crossweave {
namespace {

using Functions = std::map<std::string, std::string_view>;

/// Activations by the names that `activation` takes, that classes have, and that calls of TensorFlow functions have.
const Functions& activation_functions() {
  static const Functions kFunctions{
      {"celu", "celu"},
      {"elu", "elu"},
      {"exponential", "exp"},
      {"gelu", "gelu"},
      {"hard_sigmoid", "hard_sigmoid"},
      {"hard_silu", "hard_swish"},
      {"hard_swish", "hard_swish"},
      {"hard_tanh", "clip"},
      {"leaky_relu", "leaky_relu"},
      {"linear", "linear"},
      {"log_softmax", "log_softmax"},
      {"mish", "mish"},
      {"relu", "relu"},
      {"relu6", "relu6"},
      {"selu", "selu"},
      {"sigmoid", "sigmoid"},
      {"silu", "swish"},
      {"softmax", "softmax"},
      {"softplus", "softplus"},
      {"softsign", "softsign"},
      {"swish", "swish"},
      {"tanh", "tanh"},
  };
  return kFunctions;
}

/// Classes that are element by element whatever their configuration: layers, and the operators of Keras 3.
const Functions& pointwise_classes() {
  static const Functions kClasses{
      {"Absolute", "abs"},
      {"Celu", "celu"},
      {"Clip", "clip"},
      {"ELU", "elu"},
      {"Elu", "elu"},
      {"Exp", "exp"},
      {"Gelu", "gelu"},
      {"HardSigmoid", "hard_sigmoid"},
      {"HardSilu", "hard_swish"},
      {"HardSwish", "hard_swish"},
      {"HardTanh", "clip"},
      {"LeakyReLU", "leaky_relu"},
      {"LeakyRelu", "leaky_relu"},
      {"Log", "log"},
      {"Mish", "mish"},
      {"Negative", "negate"},
      {"Normalization", "scale"},
      {"PReLU", "prelu"},
      {"Relu", "relu"},
      {"Relu6", "relu6"},
      {"Rescaling", "scale"},
      {"Selu", "selu"},
      {"Sigmoid", "sigmoid"},
      {"Silu", "swish"},
      {"Softplus", "softplus"},
      {"Softsign", "softsign"},
      {"Sqrt", "sqrt"},
      {"Square", "square"},
      {"Tanh", "tanh"},
      {"ThresholdedReLU", "thresholded_relu"},
      {"UnitNormalization", "lrn"},
  };
  return kClasses;
}

/// Classes that combine maps element by element: layers, and the operators of Keras 3.
const Functions& merge_classes() {
  static const Functions kClasses{
      {"Add", "add"},         {"Average", "average"},   {"Divide", "divide"},     {"Maximum", "maximum"},
      {"Minimum", "minimum"}, {"Multiply", "multiply"}, {"Subtract", "subtract"}, {"TrueDivide", "divide"},
  };
  return kClasses;
}

/// Classes that let their input through when a network is used rather than trained.
constexpr auto kIdentityClasses = std::to_array<std::string_view>({
    "ActivityRegularization",
    "AlphaDropout",
    "Cast",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "StopGradient",
});

/// The last word of "math.multiply", "nn.relu6", "__operators__.add".
std::string last_word(const std::string& function) { return function.substr(function.rfind('.') + 1); }

/// Dimensions of a constant; of nested lists, the first ones stand for all.
KerasDims dims_of_constant(const KerasJson& constant) {
  KerasDims dims;
  for (const KerasJson* value = &constant; value->is_array(); value = &value->front()) {
    dims.push_back(static_cast<std::int64_t>(value->size()));
    if (value->empty()) {
      break;
    }
  }
  return dims;
}

/// The map that these dimensions are; nullopt when they are too large for one.
std::optional<Shape> shape_of(const KerasDims& dims) {
  std::int64_t channels = 1;
  const std::size_t spatial = dims.size() >= 3 ? 2 : dims.size() - 1;
  for (std::size_t i = spatial; i < dims.size(); ++i) {
    if (__builtin_mul_overflow(channels, dims[i], &channels) || channels > std::numeric_limits<int>::max()) {
      return std::nullopt;
    }
  }
  const std::int64_t height = spatial == 2 ? dims[0] : 1;
  const std::int64_t width = spatial == 0 ? 1 : dims[spatial - 1];
  if (std::max(height, width) > kMaxImportExtent) {
    return std::nullopt;
  }
  return Shape{static_cast<int>(height), static_cast<int>(width), static_cast<int>(channels)};
}

/// The dimensions of a map that has `rank` of them.
KerasDims dims_of(const Shape& shape, std::size_t rank) {
  const KerasDims all{shape.height, shape.width, shape.channels};
  return {all.end() - static_cast<std::ptrdiff_t>(rank), all.end()};
}

Conv2d pointwise_conv(int filters, bool bias) {
  Conv2d conv;
  conv.filters = filters;
  conv.bias = bias;
  return conv;
}

std::string list_of(const Functions& functions) {
  std::string names;
  for (const auto& [name, function] : functions) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

const std::map<std::string, KerasReader::Handler>& KerasReader::handlers() {
  static const std::map<std::string, Handler> kHandlers = [] {
    std::map<std::string, Handler> table{
        {"Activation", &KerasReader::read_activation},
        {"AveragePooling1D", &KerasReader::read_average_pool},
        {"AveragePooling2D", &KerasReader::read_average_pool},
        {"BatchNormalization", &KerasReader::read_batch_norm},
        {"Concatenate", &KerasReader::read_concat},
        {"Conv1D", &KerasReader::read_conv},
        {"Conv2D", &KerasReader::read_conv},
        {"Cropping1D", &KerasReader::read_cropping},
        {"Cropping2D", &KerasReader::read_cropping},
        {"Dense", &KerasReader::read_dense},
        {"DepthwiseConv1D", &KerasReader::read_depthwise_conv},
        {"DepthwiseConv2D", &KerasReader::read_depthwise_conv},
        {"Flatten", &KerasReader::read_flatten},
        {"GlobalAveragePooling1D", &KerasReader::read_global_average_pool},
        {"GlobalAveragePooling2D", &KerasReader::read_global_average_pool},
        {"GlobalMaxPooling1D", &KerasReader::read_global_max_pool},
        {"GlobalMaxPooling2D", &KerasReader::read_global_max_pool},
        {"GroupNormalization", &KerasReader::read_group_norm},
        {"LayerNormalization", &KerasReader::read_layer_norm},
        {"LogSoftmax", &KerasReader::read_softmax},
        {"MaxPooling1D", &KerasReader::read_max_pool},
        {"MaxPooling2D", &KerasReader::read_max_pool},
        {"Mean", &KerasReader::read_mean},
        {"Permute", &KerasReader::read_permute},
        {"ReLU", &KerasReader::read_relu},
        {"Reshape", &KerasReader::read_reshape},
        {"SeparableConv1D", &KerasReader::read_separable_conv},
        {"SeparableConv2D", &KerasReader::read_separable_conv},
        {"Softmax", &KerasReader::read_softmax},
        {"TFOpLambda", &KerasReader::read_function},
        {"UpSampling1D", &KerasReader::read_upsampling},
        {"UpSampling2D", &KerasReader::read_upsampling},
        {"ZeroPadding1D", &KerasReader::read_zero_padding},
        {"ZeroPadding2D", &KerasReader::read_zero_padding},
    };
    for (const auto& [class_name, function] : pointwise_classes()) {
      table.emplace(class_name, &KerasReader::read_pointwise);
    }
    for (const auto& [class_name, function] : merge_classes()) {
      table.emplace(class_name, &KerasReader::read_merge);
    }
    for (const std::string_view class_name : kIdentityClasses) {
      table.emplace(class_name, &KerasReader::read_identity);
    }
    return table;
  }();
  return kHandlers;
}

// --- what a handler reads and writes ---

const KerasMap* KerasReader::only_input(KerasCall& call) {
  if (call.inputs.size() != 1) {
    call.fail("takes one feature map, got " + std::to_string(call.inputs.size()));
    return nullptr;
  }
  return &call.inputs.front();
}

/// The input of a layer whose window moves along one axis or two.
const KerasMap* KerasReader::window_input(KerasCall& call) {
  const KerasMap* in = only_input(call);
  if (in != nullptr && in->dims.size() != call.axes() + 1) {
    call.fail(std::string{"needs an input of "} + (call.axes() == 1 ? "N x W x C" : "N x H x W x C") + ", got " +
              keras_text(in->dims));
    return nullptr;
  }
  return in;
}

/// Keras counts axes with the batch as axis 0, or from the end; the result counts without it.
std::optional<std::size_t> KerasReader::axis_index(KerasCall& call, std::int64_t axis, std::size_t rank) {
  const auto limit = static_cast<std::int64_t>(rank);
  const std::int64_t index = axis < 0 ? axis + limit : axis - 1;
  if (index < 0 || index >= limit) {
    call.fail("axis " + std::to_string(axis) + " is the batch or beyond the " + std::to_string(rank + 1) +
              " dimensions of the input");
    return std::nullopt;
  }
  return static_cast<std::size_t>(index);
}

/// True when `axis` names the channels alone, so that each pixel is handled by itself.
bool KerasReader::over_channels(KerasCall& call, const KerasMap& in) {
  const KerasDims axes =
      call.integers("axis", std::numeric_limits<int>::min(), std::numeric_limits<int>::max()).value_or(KerasDims{-1});
  bool channels = !axes.empty() && in.dims.size() <= 3;
  for (const std::int64_t axis : axes) {
    const std::optional<std::size_t> index = axis_index(call, axis, in.dims.size());
    channels = channels && index == in.dims.size() - 1;
  }
  return channels;
}

void KerasReader::emit(KerasCall& call, OperationKind kind, std::vector<OperationId> inputs, std::size_t rank,
                       const std::string& suffix) {
  if (call.failed()) {
    return;
  }
  const Result<OperationId, Failure> added =
      graph_.add(unique_name(call.name() + suffix), std::move(kind), std::move(inputs));
  if (!added) {
    call.fail(added.error().message);
    return;
  }
  call.result = KerasMap{*added, dims_of(graph_[*added].output, rank)};
}

void KerasReader::emit_pointwise(KerasCall& call, OperationKind kind, const KerasMap& in, const std::string& suffix) {
  const KerasDims dims = in.dims;
  emit(call, std::move(kind), {in.operation}, 1, suffix);
  if (!call.failed()) {
    call.result->dims = dims;
  }
}

void KerasReader::forward(KerasCall& call, KerasMap map) const {
  check_invariant(map.operation.value() < graph_.size(), "a feature map has an operation");
  call.result = std::move(map);
}

/// Other dimensions for the same elements in the same order. What keeps H, W and C as they are is no operation.
void KerasReader::rearrange(KerasCall& call, const KerasMap& in, const KerasDims& dims) {
  const std::optional<Shape> target = shape_of(dims);
  if (!target) {
    call.fail("a map of " + keras_text(dims) + " is too large");
    return;
  }
  if (*target == shape(in)) {
    call.result = KerasMap{in.operation, dims};
    return;
  }
  // The end of every classifier: all that reads a vector needs all of the map anyway.
  if (target->pixels() > 1 && shape(in).pixels() > 1) {
    call.warn("a change from " + keras_text(in.dims) + " to " + keras_text(dims) +
              " loses the place of pixels: whatever reads it waits for the whole map");
  }
  emit(call, Reshape{*target}, {in.operation}, 1);
  if (!call.failed()) {
    call.result->dims = dims;
  }
}

/// Makes what follows wait for the whole input, where the dependency of a pixel cannot be said more exactly.
void KerasReader::need_whole_map(KerasCall& call, const std::string& reason) {
  const KerasMap in = call.inputs.front();
  if (shape(in).pixels() == 1 || call.failed()) {
    return;
  }
  call.warn(reason + ": it waits for the whole map");
  emit(call, Reshape{shape(in)}, {in.operation}, 1, "/whole_map");
  if (!call.failed()) {
    call.inputs.front().operation = call.result->operation;
  }
}

/// Applies `activation`: a name, or a layer or function written out as an object.
void KerasReader::append_activation(KerasCall& call) {
  const KerasJson* stated = call.find("activation");
  if (stated == nullptr || call.failed()) {
    return;
  }
  std::string name = stated->is_string() ? stated->get<std::string>() : text_member(*stated, "config");
  const std::string class_name = text_member(*stated, "class_name");
  const auto layer = pointwise_classes().find(class_name);
  if (class_name == "ReLU") {
    name = "relu";
  } else if (class_name == "Softmax") {
    name = "softmax";
  } else if (layer != pointwise_classes().end()) {
    name = layer->second;
  }
  const auto found = activation_functions().find(name);
  if (found == activation_functions().end()) {
    const std::string what = name.empty() ? describe(*stated) : describe(KerasJson(name));
    call.fail("activation " + what + " is not supported; supported: " + list_of(activation_functions()));
    return;
  }
  if (found->second != "linear") {
    const KerasMap in = call.result ? *call.result : call.inputs.front();
    const std::string function{found->second};
    emit_pointwise(call, Activation{function}, in, call.result ? "/" + function : "");
  }
}

// --- base layers ---

std::optional<Padding> KerasReader::window_padding(KerasCall& call, const Shape& in, Extent kernel, Extent stride,
                                                   Extent dilation) {
  const std::string padding = call.text("padding", "valid");
  if (padding == "valid") {
    return Padding{};
  }
  if (padding == "same") {
    return same_padding(in, kernel, stride, dilation);
  }
  if (padding == "causal" && call.axes() == 1) {
    const std::int64_t before = (std::int64_t{kernel.width} - 1) * dilation.width;
    return Padding{0, 0, static_cast<int>(std::min<std::int64_t>(before, kMaxImportExtent)), 0};
  }
  call.fail("padding " + describe(KerasJson(padding)) + " is not supported; supported: valid, same" +
            (call.axes() == 1 ? ", causal" : ""));
  return std::nullopt;
}

void KerasReader::read_windowed_conv(KerasCall& call, std::int64_t filters, std::int64_t groups, bool bias,
                                     const std::string& suffix) {
  const KerasMap* in = window_input(call);
  if (call.find("kernel_size") == nullptr) {
    call.fail("'kernel_size' is missing");
  }
  const Extent kernel = call.extent("kernel_size", {});
  const Extent stride = call.extent("strides", {});
  const Extent dilation = call.extent("dilation_rate", {});
  if (in == nullptr) {
    return;
  }
  const std::optional<Padding> padding = window_padding(call, shape(*in), kernel, stride, dilation);
  if (!padding) {
    return;
  }
  emit(call,
       Conv2d{.filters = static_cast<int>(filters),
              .kernel = kernel,
              .stride = stride,
              .dilation = dilation,
              .padding = *padding,
              .groups = static_cast<int>(groups),
              .bias = bias},
       {in->operation}, in->dims.size(), suffix);
}

void KerasReader::read_conv(KerasCall& call) {
  const std::int64_t filters = call.required_integer("filters", 1, kMaxImportExtent);
  const std::int64_t groups = call.integer("groups", 1, 1, kMaxImportExtent);
  read_windowed_conv(call, filters, groups, call.boolean("use_bias", true), "");
  append_activation(call);
}

void KerasReader::read_depthwise_conv(KerasCall& call) {
  const std::int64_t multiplier = call.integer("depth_multiplier", 1, 1, kMaxImportExtent);
  const std::int64_t channels = call.inputs.front().dims.back();
  if (channels * multiplier > kMaxImportExtent) {
    call.fail(std::to_string(channels) + " channels times 'depth_multiplier' " + std::to_string(multiplier) +
              " are too many");
  }
  read_windowed_conv(call, channels * multiplier, channels, call.boolean("use_bias", true), "");
  append_activation(call);
}

/// A depthwise convolution without bias, then one of 1x1 with it.
void KerasReader::read_separable_conv(KerasCall& call) {
  const std::int64_t filters = call.required_integer("filters", 1, kMaxImportExtent);
  const std::int64_t multiplier = call.integer("depth_multiplier", 1, 1, kMaxImportExtent);
  const bool bias = call.boolean("use_bias", true);
  const std::int64_t channels = call.inputs.front().dims.back();
  if (channels * multiplier > kMaxImportExtent) {
    call.fail(std::to_string(channels) + " channels times 'depth_multiplier' " + std::to_string(multiplier) +
              " are too many");
  }
  read_windowed_conv(call, channels * multiplier, channels, false, "/depthwise");
  if (call.failed()) {
    return;
  }
  const KerasMap depthwise = *call.result;
  emit(call, pointwise_conv(static_cast<int>(filters), bias), {depthwise.operation}, depthwise.dims.size(),
       "/pointwise");
  append_activation(call);
}

/// Keras applies a dense layer to the last axis: at each pixel of a map, which makes it a convolution of 1x1.
void KerasReader::read_dense(KerasCall& call) {
  const KerasMap* in = only_input(call);
  const auto units = static_cast<int>(call.required_integer("units", 1, kMaxImportExtent));
  const bool bias = call.boolean("use_bias", true);
  if (in == nullptr) {
    return;
  }
  if (in->dims.size() > 3) {
    call.fail("an input of " + keras_text(in->dims) + " is not supported");
  } else if (in->dims.size() == 1) {
    emit(call, Dense{units, bias}, {in->operation}, 1);
  } else {
    emit(call, pointwise_conv(units, bias), {in->operation}, in->dims.size());
  }
  append_activation(call);
}

// --- element by element ---

void KerasReader::read_activation(KerasCall& call) {
  const KerasMap* in = only_input(call);
  if (in == nullptr) {
    return;
  }
  if (call.find("activation") == nullptr) {
    call.fail("'activation' is missing");
    return;
  }
  append_activation(call);
  if (!call.failed() && !call.result) {
    forward(call, *in);
  }
}

void KerasReader::read_identity(KerasCall& call) {
  if (const KerasMap* in = only_input(call)) {
    forward(call, *in);
  }
}

void KerasReader::read_pointwise(KerasCall& call) {
  if (const KerasMap* in = only_input(call)) {
    emit_pointwise(call, Activation{std::string{pointwise_classes().at(call.class_name())}}, *in);
  }
}

void KerasReader::read_relu(KerasCall& call) {
  const KerasMap* in = only_input(call);
  const auto number = [&](const std::string& key) {
    const KerasJson* found = call.find(key);
    if (found != nullptr && !found->is_number()) {
      call.fail("'" + key + "' must be a number, got " + describe(*found));
    }
    return found != nullptr && found->is_number() ? found->get<double>() : 0.0;
  };
  const double limit = number("max_value");
  const double slope = number("negative_slope");
  if (in != nullptr) {
    emit_pointwise(call,
                   Activation{slope != 0.0   ? "leaky_relu"
                              : limit == 6.0 ? "relu6"
                              : limit > 0    ? "clip"
                                             : "relu"},
                   *in);
  }
}

void KerasReader::read_softmax(KerasCall& call) {
  if (only_input(call) == nullptr) {
    return;
  }
  if (!over_channels(call, call.inputs.front())) {
    need_whole_map(call, "is normalised over more than the channels of a pixel");
  }
  emit_pointwise(call, Activation{call.class_name() == "Softmax" ? "softmax" : "log_softmax"}, call.inputs.front());
}

void KerasReader::read_batch_norm(KerasCall& call) {
  const KerasMap* in = only_input(call);
  if (in == nullptr) {
    return;
  }
  if (!over_channels(call, *in) && !call.failed()) {
    call.fail("'axis' must be the channels, the last axis");
  }
  emit_pointwise(call, BatchNorm{}, *in);
}

/// Normalises each pixel over its channels, as LRN does: unlike batch normalisation it cannot be folded into weights.
void KerasReader::read_layer_norm(KerasCall& call) {
  if (only_input(call) == nullptr) {
    return;
  }
  if (!over_channels(call, call.inputs.front())) {
    need_whole_map(call, "is normalised over more than the channels of a pixel");
  }
  emit_pointwise(call, Activation{"lrn"}, call.inputs.front());
}

void KerasReader::read_group_norm(KerasCall& call) {
  if (only_input(call) == nullptr) {
    return;
  }
  need_whole_map(call, "is normalised over H and W");
  emit_pointwise(call, Activation{"lrn"}, call.inputs.front());
}

// --- several maps ---

/// A map and a constant: the map keeps its shape.
void KerasReader::combine_with_constant(KerasCall& call, const std::string& function) {
  const KerasMap& in = call.inputs.front();
  const KerasDims dims = dims_of_constant(*call.constants.front());
  // The constant's dimensions end with the map's; those before them are the batch and more that must be 1.
  bool fits = true;
  bool per_channel = true;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const std::size_t from_end = dims.size() - i;
    const bool one = dims[i] == 1;
    fits = fits && (one || (from_end <= in.dims.size() && dims[i] == in.dims[in.dims.size() - from_end]));
    per_channel = per_channel && (one || from_end == 1);
  }
  if (!fits) {
    std::string extents;
    for (const std::int64_t dim : dims) {
      extents += (extents.empty() ? "" : " x ") + std::to_string(dim);
    }
    call.fail("a constant of " + extents + " does not fit an input of " + keras_text(in.dims));
  } else if (function == "add" && per_channel) {
    emit_pointwise(call, Bias{}, in);
  } else if (function == "add" || function == "subtract") {
    emit_pointwise(call, Activation{"offset"}, in);
  } else if (function == "maximum" || function == "minimum") {
    emit_pointwise(call, Activation{"clip"}, in);
  } else {
    emit_pointwise(call, Activation{"scale"}, in);
  }
}

/// Keras puts extents of 1 behind the batch of the map that has fewer dimensions, which is how shapes see it too.
void KerasReader::combine(KerasCall& call, const std::string& function) {
  if (call.inputs.size() == 1 && call.constants.size() == 1) {
    combine_with_constant(call, function);
    return;
  }
  if (!call.constants.empty()) {
    call.fail("combines several feature maps with a constant");
    return;
  }
  if (call.inputs.size() < 2) {
    call.fail("takes several feature maps, or one and a constant");
    return;
  }
  const KerasDims* most = &call.inputs.front().dims;
  std::vector<OperationId> maps;
  for (const KerasMap& in : call.inputs) {
    most = in.dims.size() > most->size() ? &in.dims : most;
    maps.push_back(in.operation);
  }
  const bool split_channels = most->size() > 3;
  if (split_channels &&
      !std::all_of(call.inputs.begin(), call.inputs.end(), [&](const KerasMap& in) { return in.dims == *most; })) {
    call.fail("maps of more than H x W x C must have the same dimensions");
    return;
  }
  const KerasDims dims = *most;
  emit(call, Elementwise{function}, std::move(maps), std::min<std::size_t>(dims.size(), 3));
  if (!call.failed() && split_channels) {
    call.result->dims = dims;
  }
}

void KerasReader::read_merge(KerasCall& call) { combine(call, std::string{merge_classes().at(call.class_name())}); }

void KerasReader::read_concat(KerasCall& call) {
  const std::int64_t stated = call.any_integer("axis", -1);
  const std::size_t rank = call.inputs.front().dims.size();
  std::vector<OperationId> maps;
  for (const KerasMap& in : call.inputs) {
    if (in.dims.size() != rank || rank > 3) {
      call.fail("maps of " + keras_text(call.inputs.front().dims) + " and " + keras_text(in.dims) +
                " cannot be concatenated");
      return;
    }
    maps.push_back(in.operation);
  }
  const std::optional<std::size_t> axis = axis_index(call, stated, rank);
  if (!axis) {
    return;
  }
  const std::size_t from_end = rank - *axis;
  emit(call,
       Concat{from_end == 1   ? Concat::Along::channels
              : from_end == 2 ? Concat::Along::columns
                              : Concat::Along::rows},
       std::move(maps), rank);
}

/// Calls of TensorFlow functions in a functional model of Keras 2.
void KerasReader::read_function(KerasCall& call) {
  const std::string path = call.text("function", "");
  const std::string function = last_word(path);
  static const Functions kMerges{
      {"add", "add"},           {"div", "divide"},        {"divide", "divide"}, {"maximum", "maximum"},
      {"minimum", "minimum"},   {"multiply", "multiply"}, {"mul", "multiply"},  {"sub", "subtract"},
      {"subtract", "subtract"}, {"truediv", "divide"},
  };
  if (const auto merge = kMerges.find(function); merge != kMerges.end()) {
    combine(call, std::string{merge->second});
  } else if (function == "concat") {
    read_concat(call);
  } else if (function == "reduce_mean") {
    read_reduction(call, Pool::Kind::average);
  } else if (function == "reduce_max") {
    read_reduction(call, Pool::Kind::max);
  } else if (function == "cast" || function == "identity" || function == "stop_gradient") {
    read_identity(call);
  } else {
    apply(call, path);
  }
}

/// One of the functions that are element by element.
void KerasReader::apply(KerasCall& call, const std::string& function) {
  const auto found = activation_functions().find(last_word(function));
  const KerasMap* in = only_input(call);
  if (found == activation_functions().end()) {
    call.fail("function " + describe(KerasJson(function)) +
              " is not supported; supported: add, subtract, multiply, divide, maximum, minimum, concat, reduce_mean, "
              "reduce_max, cast, identity, " +
              list_of(activation_functions()));
  } else if (in != nullptr) {
    emit_pointwise(call, Activation{std::string{found->second}}, *in);
  }
}

// --- windows and extents ---

void KerasReader::read_pool(KerasCall& call, Pool::Kind kind) {
  const KerasMap* in = window_input(call);
  const Extent kernel = call.extent("pool_size", call.axes() == 1 ? Extent{1, 2} : Extent{2, 2});
  const Extent stride = call.extent("strides", kernel);
  if (in == nullptr) {
    return;
  }
  if (const std::optional<Padding> padding = window_padding(call, shape(*in), kernel, stride, {})) {
    emit(call, Pool{.kind = kind, .kernel = kernel, .stride = stride, .dilation = {}, .padding = *padding},
         {in->operation}, in->dims.size());
  }
}

void KerasReader::read_global_pool(KerasCall& call, Pool::Kind kind) {
  const KerasMap* in = window_input(call);
  const bool keeps_axes = call.boolean("keepdims", false);
  if (in != nullptr) {
    emit(call, GlobalPool{kind}, {in->operation}, keeps_axes ? in->dims.size() : 1);
  }
}

/// A mean or maximum over all of H and W is a global pool.
void KerasReader::read_reduction(KerasCall& call, Pool::Kind kind) {
  const KerasMap* in = only_input(call);
  const std::optional<KerasDims> stated =
      call.integers("axis", std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  const bool keeps_axes = call.boolean("keepdims", false);
  if (in == nullptr || call.failed()) {
    return;
  }
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : stated.value_or(KerasDims{})) {
    const std::optional<std::size_t> index = axis_index(call, axis, in->dims.size());
    if (!index) {
      return;
    }
    axes.push_back(*index);
  }
  std::sort(axes.begin(), axes.end());
  std::vector<std::size_t> spatial(in->dims.size() - 1);
  std::iota(spatial.begin(), spatial.end(), 0);
  if (axes != spatial || in->dims.size() > 3) {
    call.fail("is supported over all of H and W only");
    return;
  }
  emit(call, GlobalPool{kind}, {in->operation}, keeps_axes ? in->dims.size() : 1);
}

void KerasReader::read_zero_padding(KerasCall& call) {
  const KerasMap* in = window_input(call);
  const Padding padding = call.sides("padding", call.axes() == 1 ? Padding{0, 0, 1, 1} : Padding{1, 1, 1, 1});
  if (in == nullptr) {
    return;
  }
  if (padding == Padding{}) {
    forward(call, *in);
  } else {
    emit(call, Pad{padding}, {in->operation}, in->dims.size());
  }
}

void KerasReader::read_cropping(KerasCall& call) {
  const KerasMap* in = window_input(call);
  const Padding sides = call.sides("cropping", call.axes() == 1 ? Padding{0, 0, 1, 1} : Padding{});
  if (in == nullptr || call.failed()) {
    return;
  }
  if (sides == Padding{}) {
    forward(call, *in);
    return;
  }
  const Shape& whole_map = shape(*in);
  const Shape left{whole_map.height - sides.top - sides.bottom, whole_map.width - sides.left - sides.right,
                   whole_map.channels};
  if (left.height < 1 || left.width < 1) {
    call.fail("'cropping' leaves nothing of an input of " + keras_text(in->dims));
    return;
  }
  emit(call, Slice{{sides.top, sides.left, 0}, left}, {in->operation}, in->dims.size());
}

void KerasReader::read_upsampling(KerasCall& call) {
  const KerasMap* in = window_input(call);
  const Extent factor = call.extent("size", call.axes() == 1 ? Extent{1, 2} : Extent{2, 2});
  const std::string interpolation = call.text("interpolation", "nearest");
  if (in == nullptr) {
    return;
  }
  const std::size_t rank = in->dims.size();
  if (interpolation != "nearest") {
    need_whole_map(call, "interpolation " + describe(KerasJson(interpolation)) + " reads neighbouring pixels");
  }
  emit(call, Upsample{factor}, {call.inputs.front().operation}, rank);
}

// --- dimensions ---

void KerasReader::read_flatten(KerasCall& call) {
  if (const KerasMap* in = only_input(call)) {
    rearrange(call, *in, {shape(*in).elements()});
  }
}

void KerasReader::read_reshape(KerasCall& call) {
  const KerasMap* in = only_input(call);
  std::optional<KerasDims> target = call.integers("target_shape", -1, std::numeric_limits<int>::max());
  if (!target && !call.failed()) {
    call.fail("'target_shape' is missing");
  }
  if (in == nullptr || call.failed()) {
    return;
  }
  const std::int64_t elements = shape(*in).elements();
  std::int64_t known = 1;
  std::int64_t* inferred = nullptr;
  bool fits = !target->empty() && target->size() <= 8;
  for (std::int64_t& dim : *target) {
    if (dim == -1 && inferred == nullptr) {
      inferred = &dim;
    } else {
      fits = fits && dim > 0 && !__builtin_mul_overflow(known, dim, &known);
    }
  }
  if (!fits || (inferred != nullptr ? elements % known != 0 : elements != known)) {
    call.fail("cannot reshape " + keras_text(in->dims) + " to " + keras_text(*target));
    return;
  }
  if (inferred != nullptr) {
    *inferred = elements / known;
  }
  rearrange(call, *in, *target);
}

void KerasReader::read_permute(KerasCall& call) {
  const KerasMap* in = only_input(call);
  const std::optional<KerasDims> order = call.integers("dims", 1, std::numeric_limits<int>::max());
  if (!order && !call.failed()) {
    call.fail("'dims' is missing");
  }
  if (in == nullptr || call.failed()) {
    return;
  }
  KerasDims sorted = *order;
  std::sort(sorted.begin(), sorted.end());
  KerasDims all(in->dims.size());
  std::iota(all.begin(), all.end(), 1);
  if (sorted != all) {
    call.fail("'dims' must name each of the " + std::to_string(all.size()) + " dimensions of " + keras_text(in->dims) +
              " once");
    return;
  }
  KerasDims moved;
  KerasDims extended;
  for (const std::int64_t axis : *order) {
    const std::int64_t dim = in->dims[static_cast<std::size_t>(axis - 1)];
    moved.push_back(dim);
    if (dim != 1) {
      extended.push_back(axis);
    }
  }
  const bool keeps_pixels = order->size() > 3 && (*order)[0] == 1 && (*order)[1] == 2;
  if (keeps_pixels) {
    // Channels change places among themselves: a pixel's channels are handled together.
    call.result = KerasMap{in->operation, moved};
  } else if (std::is_sorted(extended.begin(), extended.end())) {
    // Only extents of 1 move, elements stay where they are.
    rearrange(call, *in, moved);
  } else {
    call.fail("a permutation of " + keras_text(in->dims) +
              " is not supported; supported: moves of extents of 1, and of channels among themselves");
  }
}

}  // namespace crossweave
