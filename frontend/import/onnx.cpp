// ONNX to NetworkGraph. Shapes follow from our own rules: libonnx's inference stops the process on a stride of zero
// (SIGFPE) and is silent on operations newer than itself; its checker refuses models whose weight files are absent.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/onnx_pb.h>

#include "frontend/import/import_limits.h"
#include "frontend/import/network_file.h"

namespace crossweave {
namespace {

using Integers = std::vector<std::int64_t>;

/// Shapes, axes, scales and the like are short; values of longer tensors are weights, which nobody asks for.
constexpr std::int64_t kMaxKnownValues = 1024;

/// A tensor that does not depend on the network's input: a weight, or a parameter of an operation.
struct Constant {
  Integers dims{};
  /// The values of short integer tensors.
  std::optional<Integers> integers{};
  /// The values of short floating-point tensors.
  std::optional<std::vector<double>> reals{};
};

/// A feature map and the rank of its tensor: 4 is N x C x H x W, 3 is N x C x W (H = 1), 2 is N x C (H = W = 1).
/// N is always 1: one inference is simulated.
struct FeatureMap {
  OperationId operation;
  std::size_t rank{4};
};

using Value = std::variant<FeatureMap, Constant>;

constexpr std::size_t kBatchAxis = 0;
constexpr std::size_t kChannelAxis = 1;

/// The extent of `shape` that axis `axis` of a tensor of rank `rank` names.
int& extent_at(Shape& shape, std::size_t rank, std::size_t axis) {
  if (axis == kChannelAxis) {
    return shape.channels;
  }
  return rank == 4 && axis == 2 ? shape.height : shape.width;
}

Integers dims_of(Shape shape, std::size_t rank) {
  Integers dims{1};
  for (std::size_t axis = kChannelAxis; axis < rank; ++axis) {
    dims.push_back(extent_at(shape, rank, axis));
  }
  return dims;
}

/// The map that a tensor of these dimensions is; nullopt when it is none (rank, batch, or an extent out of range).
std::optional<Shape> shape_of(const Integers& dims) {
  const auto fits = [](std::int64_t dim) { return dim >= 1 && dim <= std::numeric_limits<int>::max(); };
  if (dims.size() < 2 || dims.size() > 4 || dims[kBatchAxis] != 1 || !std::all_of(dims.begin(), dims.end(), fits)) {
    return std::nullopt;
  }
  Shape shape{1, 1, 1};
  for (std::size_t axis = kChannelAxis; axis < dims.size(); ++axis) {
    extent_at(shape, dims.size(), axis) = static_cast<int>(dims[axis]);
  }
  return shape;
}

/// Product of dimensions; nullopt when one is negative or the product does not fit.
std::optional<std::int64_t> element_count(const Integers& dims) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count)) {
      return std::nullopt;
    }
  }
  return count;
}

std::string join(const Integers& values) {
  std::string text = "[";
  for (const std::int64_t value : values) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  }
  return text + "]";
}

/// Names go into reports and YAML files: control characters and broken UTF-8 must not.
std::string printable(const std::string& name) {
  std::string clean;
  for (std::size_t i = 0; i < name.size();) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 && byte < 0xF5 ? 4 : byte >= 0xE0 ? 3 : 2;
    const bool lead = byte < 0x80 || (byte >= 0xC2 && byte < 0xF5);
    const auto continues = [&](std::size_t k) { return (static_cast<unsigned char>(name[i + k]) & 0xC0) == 0x80; };
    bool valid = lead && i + length <= name.size();
    for (std::size_t k = 1; valid && k < length; ++k) {
      valid = continues(k);
    }
    if (!valid || byte < 0x20 || byte == 0x7F) {
      clean += '_';
      ++i;
    } else {
      clean += name.substr(i, length);
      i += length;
    }
  }
  return clean;
}

// --- constant tensors ---

template <class T>
std::vector<T> raw_values(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

/// The values of a tensor from its typed field, or from the little-endian bytes of `raw_data`.
template <class T, class Out, class Field>
std::optional<std::vector<Out>> values_of(const onnx::TensorProto& tensor, const Field& field, std::int64_t count) {
  std::vector<Out> values;
  if (tensor.has_raw_data()) {
    const std::vector<T> raw = raw_values<T>(tensor.raw_data());
    values.assign(raw.begin(), raw.end());
  } else {
    values.assign(field.begin(), field.end());
  }
  if (static_cast<std::int64_t>(values.size()) != count) {
    return std::nullopt;
  }
  return values;
}

Constant constant_of(const onnx::TensorProto& tensor) {
  Constant constant{.dims = Integers(tensor.dims().begin(), tensor.dims().end())};
  const std::optional<std::int64_t> count = element_count(constant.dims);
  const bool external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  if (!count || *count > kMaxKnownValues || external) {
    return constant;
  }
  switch (tensor.data_type()) {
    case onnx::TensorProto::INT64:
      constant.integers = values_of<std::int64_t, std::int64_t>(tensor, tensor.int64_data(), *count);
      break;
    case onnx::TensorProto::INT32:
      constant.integers = values_of<std::int32_t, std::int64_t>(tensor, tensor.int32_data(), *count);
      break;
    case onnx::TensorProto::FLOAT:
      constant.reals = values_of<float, double>(tensor, tensor.float_data(), *count);
      break;
    case onnx::TensorProto::DOUBLE:
      constant.reals = values_of<double, double>(tensor, tensor.double_data(), *count);
      break;
    default:
      break;
  }
  return constant;
}

// --- one node ---

/// A node's attributes, and the problems found while reading it. Getters that fail return the fallback; a handler reads
/// everything it needs and gives up afterwards when `failed()`.
class Node {
 public:
  Node(const onnx::NodeProto& proto, std::string label) : proto_{proto}, label_{std::move(label)} {}

  [[nodiscard]] const onnx::NodeProto& proto() const { return proto_; }
  /// The node's own name, or that of its first output.
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] bool failed() const { return !problems_.empty(); }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  void fail(std::string message) { problems_.push_back(std::move(message)); }

  [[nodiscard]] bool has_input(int index) const { return index < proto_.input_size() && !proto_.input(index).empty(); }

  [[nodiscard]] const onnx::AttributeProto* attribute(const std::string& name) const {
    for (const onnx::AttributeProto& attribute : proto_.attribute()) {
      if (attribute.name() == name) {
        return &attribute;
      }
    }
    return nullptr;
  }

  std::int64_t integer(const std::string& name, std::int64_t fallback, std::int64_t min, std::int64_t max) {
    const onnx::AttributeProto* found = attribute(name);
    if (found == nullptr) {
      return fallback;
    }
    if (!found->has_i()) {
      fail("attribute '" + name + "' must be an integer");
      return fallback;
    }
    return in_range("attribute '" + name + "'", found->i(), min, max) ? found->i() : fallback;
  }

  std::optional<Integers> integers(const std::string& name) {
    const onnx::AttributeProto* found = attribute(name);
    if (found == nullptr) {
      return std::nullopt;
    }
    if (found->has_i() || found->has_f() || found->has_s() || found->has_t()) {
      fail("attribute '" + name + "' must be a list of integers");
      return std::nullopt;
    }
    return Integers(found->ints().begin(), found->ints().end());
  }

  std::string text(const std::string& name, const std::string& fallback) {
    const onnx::AttributeProto* found = attribute(name);
    if (found == nullptr) {
      return fallback;
    }
    if (!found->has_s()) {
      fail("attribute '" + name + "' must be a string");
      return fallback;
    }
    return found->s();
  }

  bool in_range(const std::string& what, std::int64_t value, std::int64_t min, std::int64_t max) {
    if (value >= min && value <= max) {
      return true;
    }
    fail(what + " must be in " + std::to_string(min) + ".." + std::to_string(max) + ", got " + std::to_string(value));
    return false;
  }

  /// `values` when there are `count` of them, all in range; else a problem and nullopt.
  std::optional<Integers> checked(const std::string& what, Integers values, std::size_t count, std::int64_t min,
                                  std::int64_t max) {
    if (values.size() != count) {
      fail(what + " must have " + std::to_string(count) + " values, got " + join(values));
      return std::nullopt;
    }
    for (const std::int64_t value : values) {
      if (!in_range(what, value, min, max)) {
        return std::nullopt;
      }
    }
    return values;
  }

 private:
  const onnx::NodeProto& proto_;
  std::string label_;
  std::vector<std::string> problems_;
};

/// Kernel, stride, dilation and padding of a convolution or a pool.
struct Window {
  Extent kernel;
  Extent stride;
  Extent dilation;
  Padding padding;
};

/// Values along the spatial axes as rows and columns; one-dimensional maps lie along the columns.
Extent spatial(const Integers& values) {
  return values.size() == 1 ? Extent{1, static_cast<int>(values[0])}
                            : Extent{static_cast<int>(values[0]), static_cast<int>(values[1])};
}

/// The function of an operation that is element by element whatever its attributes; empty for any other operation.
std::string_view pointwise_function(const std::string& operation) {
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
  const auto found = kFunctions.find(operation);
  return found == kFunctions.end() ? std::string_view{} : found->second;
}

std::string_view elementwise_function(const std::string& operation) {
  static const std::map<std::string, std::string_view> kFunctions{
      {"Add", "add"},     {"Div", "divide"},   {"Max", "maximum"},  {"Mean", "average"},
      {"Min", "minimum"}, {"Mul", "multiply"}, {"Sub", "subtract"}, {"Sum", "add"},
  };
  return kFunctions.at(operation);
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

// --- the model ---

class OnnxReader {
 public:
  OnnxReader(const onnx::ModelProto& model, std::string file, std::string name, const std::optional<Shape>& input_shape)
      : model_{model}, file_{std::move(file)}, input_shape_{input_shape}, graph_{std::move(name)} {}

  Result<NetworkImport> read() {
    if (read_opset()) {
      read_constants();
      read_inputs();
      for (const onnx::NodeProto* node : topological_order()) {
        read_node(*node);
      }
    }
    if (has_errors(diagnostics_)) {
      return diagnostics_;
    }
    return NetworkImport{std::move(graph_), {}};
  }

 private:
  using Handler = void (OnnxReader::*)(Node&);

  static const std::map<std::string, Handler>& handlers();

  void error(std::string message) { diagnostics_.push_back({{.file = file_}, std::move(message)}); }

  bool read_opset();
  void read_constants();
  void read_inputs();
  std::optional<Shape> input_extents(const onnx::ValueInfoProto& input, bool only_input);
  [[nodiscard]] std::vector<const onnx::NodeProto*> topological_order();
  void read_node(const onnx::NodeProto& proto);
  [[nodiscard]] static std::string unsupported(const onnx::NodeProto& proto, const std::string& opset);

  // What a handler reads and writes.
  std::string unique_name(const std::string& wanted);
  const Value* input(Node& node, int index);
  const FeatureMap* feature_map(Node& node, int index);
  const Constant* constant(Node& node, int index, const std::string& what);
  std::optional<Integers> integer_input(Node& node, int index, const std::string& what);
  std::optional<Integers> attribute_or_input(Node& node, const std::string& attribute, int index);
  std::optional<std::size_t> axis_index(Node& node, std::int64_t axis, std::size_t rank);
  std::optional<std::vector<std::size_t>> axis_indices(Node& node, const Integers& axes, std::size_t rank);
  void require_constants(Node& node, int first);
  [[nodiscard]] const Shape& shape(const FeatureMap& map) const { return graph_[map.operation].output; }
  void emit(Node& node, OperationKind kind, std::vector<OperationId> inputs, std::size_t rank, int output = 0);
  void forward(Node& node, Value value) { values_.insert_or_assign(node.proto().output(0), std::move(value)); }
  void rearrange(Node& node, const Integers& dims, bool keeps_values);
  std::optional<Window> window(Node& node, const FeatureMap& in, const Integers& kernel);
  std::optional<Padding> automatic_padding(Node& node, const std::string& mode, const Shape& in, const Window& window);
  void emit_slice(Node& node, const FeatureMap& in, const Slice& slice, int output);
  std::optional<Integers> resize_factors(Node& node, const FeatureMap& in);

  // One handler for each operation, or family of operations.
  void read_average_pool(Node& node) { read_pool(node, Pool::Kind::average); }
  void read_batch_norm(Node& node);
  void read_concat(Node& node);
  void read_constant(Node& node);
  void read_constant_of_shape(Node& node);
  void read_conv(Node& node);
  void read_elementwise(Node& node);
  void read_elementwise_constant(Node& node, const FeatureMap& in, const Constant& operand);
  void read_flatten(Node& node);
  void read_gemm(Node& node);
  void read_global_average_pool(Node& node) { read_global_pool(node, Pool::Kind::average); }
  void read_global_max_pool(Node& node) { read_global_pool(node, Pool::Kind::max); }
  void read_global_pool(Node& node, Pool::Kind kind);
  void read_identity(Node& node);
  void read_matmul(Node& node);
  void read_max_pool(Node& node) { read_pool(node, Pool::Kind::max); }
  void read_pad(Node& node);
  void read_pointwise(Node& node);
  void read_pool(Node& node, Pool::Kind kind);
  void read_reduce(Node& node);
  void read_reshape(Node& node);
  void read_resize(Node& node);
  void read_slice(Node& node);
  void read_softmax(Node& node);
  void read_split(Node& node);
  void read_squeeze(Node& node);
  void read_transpose(Node& node);
  void read_unsqueeze(Node& node);

  const onnx::ModelProto& model_;
  std::string file_;
  std::optional<Shape> input_shape_;
  NetworkGraph graph_;
  Diagnostics diagnostics_;
  std::map<std::string, std::int64_t> opsets_;
  std::int64_t opset_{0};
  /// The batch that the inputs state; a Reshape may repeat it.
  std::int64_t batch_{1};
  std::unordered_map<std::string, Value> values_;
  /// Values that could not be made: what reads them is not reported again.
  std::unordered_set<std::string> broken_;
  /// Second and later outputs (masks, indices, statistics).
  std::unordered_set<std::string> side_outputs_;
  std::unordered_set<std::string> names_;
};

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
    for (const char* operation : {"Add", "Div", "Max", "Mean", "Min", "Mul", "Sub", "Sum"}) {
      table.emplace(operation, &OnnxReader::read_elementwise);
    }
    for (const char* operation :
         {"Abs",       "Celu", "Clip",      "Elu",      "Erf",      "Exp",  "Gelu",  "HardSigmoid",
          "HardSwish", "LRN",  "LeakyRelu", "Log",      "Mish",     "Neg",  "PRelu", "Reciprocal",
          "Relu",      "Selu", "Sigmoid",   "Softplus", "Softsign", "Sqrt", "Tanh",  "ThresholdedRelu"}) {
      table.emplace(operation, &OnnxReader::read_pointwise);
    }
    return table;
  }();
  return kHandlers;
}

bool OnnxReader::read_opset() {
  for (const onnx::OperatorSetIdProto& import : model_.opset_import()) {
    opsets_[import.domain() == "ai.onnx" ? "" : import.domain()] = import.version();
  }
  const auto found = opsets_.find("");
  if (found == opsets_.end()) {
    error("the model states no version of the ONNX operators; the file may be cut short");
    return false;
  }
  opset_ = found->second;
  return true;
}

void OnnxReader::read_constants() {
  for (const onnx::TensorProto& tensor : model_.graph().initializer()) {
    values_.emplace(tensor.name(), constant_of(tensor));
  }
  for (const onnx::SparseTensorProto& tensor : model_.graph().sparse_initializer()) {
    values_.emplace(tensor.values().name(), Constant{.dims = Integers(tensor.dims().begin(), tensor.dims().end())});
  }
}

void OnnxReader::read_inputs() {
  std::vector<const onnx::ValueInfoProto*> inputs;
  for (const onnx::ValueInfoProto& input : model_.graph().input()) {
    // Before IR version 4 every initializer was listed as an input too.
    if (!values_.contains(input.name())) {
      inputs.push_back(&input);
    }
  }
  if (inputs.empty()) {
    error("the model has no input");
  }
  if (input_shape_ && inputs.size() > 1) {
    error("input_shape cannot be given: the model has " + std::to_string(inputs.size()) + " inputs");
  }
  for (const onnx::ValueInfoProto* input : inputs) {
    const std::optional<Shape> extents = input_extents(*input, inputs.size() == 1);
    if (!extents) {
      broken_.insert(input->name());
      continue;
    }
    const Result<OperationId, Failure> added = graph_.add(unique_name(printable(input->name())), Input{*extents}, {});
    if (!added) {
      error("input '" + input->name() + "': " + added.error().message);
      broken_.insert(input->name());
      continue;
    }
    const auto rank = static_cast<std::size_t>(input->type().tensor_type().shape().dim_size());
    values_.emplace(input->name(), FeatureMap{*added, rank});
  }
}

std::optional<Shape> OnnxReader::input_extents(const onnx::ValueInfoProto& input, bool only_input) {
  const std::string prefix = "input '" + input.name() + "': ";
  const onnx::TensorShapeProto& declared = input.type().tensor_type().shape();
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
    error(prefix + "is not a tensor of known rank");
    return std::nullopt;
  }
  const auto rank = static_cast<std::size_t>(declared.dim_size());
  if (rank < 2 || rank > 4) {
    error(prefix + "a tensor of rank " + std::to_string(rank) +
          " is not supported; supported: N x C, N x C x W and N x C x H x W");
    return std::nullopt;
  }
  if (declared.dim(0).has_dim_value()) {
    batch_ = declared.dim(0).dim_value();
  }
  Shape extents{1, 1, 1};
  bool open = false;
  bool valid = true;
  for (std::size_t axis = kChannelAxis; axis < rank; ++axis) {
    const onnx::TensorShapeProto::Dimension& dim = declared.dim(static_cast<int>(axis));
    // Exporters write unknown extents as a name, as nothing, as 0 or as -1.
    const bool known = dim.has_dim_value() && dim.dim_value() > 0;
    if (known && dim.dim_value() > kMaxImportExtent) {
      error(prefix + "an extent of " + std::to_string(dim.dim_value()) + " is too large");
      valid = false;
    }
    open = open || !known;
    extent_at(extents, rank, axis) = known && valid ? static_cast<int>(dim.dim_value()) : 0;
  }
  if (!valid) {
    return std::nullopt;
  }
  const bool given = input_shape_ && only_input;
  if (!given) {
    if (open) {
      error(prefix + "its shape " + to_text(extents) + " is open; give input_shape (H, W, C)");
      return std::nullopt;
    }
    return extents;
  }
  const auto agrees = [](int stated, int wanted) { return stated == 0 || stated == wanted; };
  if (!agrees(extents.height, input_shape_->height) || !agrees(extents.width, input_shape_->width) ||
      !agrees(extents.channels, input_shape_->channels)) {
    error(prefix + "the file states " + to_text(extents) + ", input_shape says " + to_text(*input_shape_));
    return std::nullopt;
  }
  return input_shape_;
}

/// The nodes so that each stands behind those it reads, otherwise in file order.
std::vector<const onnx::NodeProto*> OnnxReader::topological_order() {
  const auto& nodes = model_.graph().node();
  std::unordered_map<std::string, int> producer;
  for (int i = 0; i < nodes.size(); ++i) {
    for (const std::string& output : nodes[i].output()) {
      if (!output.empty() && (!producer.emplace(output, i).second || values_.contains(output))) {
        error("two nodes produce '" + output + "'");
      }
    }
  }
  std::vector<std::vector<int>> readers(static_cast<std::size_t>(nodes.size()));
  std::vector<int> awaited(static_cast<std::size_t>(nodes.size()), 0);
  for (int i = 0; i < nodes.size(); ++i) {
    for (const std::string& input : nodes[i].input()) {
      const auto found = producer.find(input);
      if (!input.empty() && found != producer.end()) {
        readers[static_cast<std::size_t>(found->second)].push_back(i);
        ++awaited[static_cast<std::size_t>(i)];
      }
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < nodes.size(); ++i) {
    if (awaited[static_cast<std::size_t>(i)] == 0) {
      ready.push(i);
    }
  }
  std::vector<const onnx::NodeProto*> order;
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    order.push_back(&nodes[next]);
    for (const int reader : readers[static_cast<std::size_t>(next)]) {
      if (--awaited[static_cast<std::size_t>(reader)] == 0) {
        ready.push(reader);
      }
    }
  }
  if (order.size() < static_cast<std::size_t>(nodes.size())) {
    error(std::to_string(static_cast<std::size_t>(nodes.size()) - order.size()) +
          " nodes form or follow a cycle; a network must be free of cycles");
  }
  return order;
}

std::string OnnxReader::unsupported(const onnx::NodeProto& proto, const std::string& opset) {
  std::string message = "operation '" + proto.op_type() + "' (";
  if (!proto.domain().empty()) {
    message += "domain '" + proto.domain() + "', ";
  }
  message += "opset " + opset + ") is not supported; supported: ";
  bool first = true;
  for (const auto& [operation, handler] : handlers()) {
    message += (first ? "" : ", ") + operation;
    first = false;
  }
  return message;
}

void OnnxReader::read_node(const onnx::NodeProto& proto) {
  std::string label = proto.name();
  for (int i = 0; label.empty() && i < proto.output_size(); ++i) {
    label = proto.output(i);
  }
  Node node{proto, printable(label.empty() ? proto.op_type() : label)};

  const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
  const auto handler = handlers().find(proto.op_type());
  const bool reads_broken = std::any_of(proto.input().begin(), proto.input().end(),
                                        [&](const std::string& input) { return broken_.contains(input); });
  if (!standard || handler == handlers().end()) {
    const auto opset = opsets_.find(standard ? "" : proto.domain());
    node.fail(unsupported(proto, opset == opsets_.end() ? "unknown" : std::to_string(opset->second)));
  } else if (proto.output_size() == 0 || proto.output(0).empty()) {
    node.fail("operation '" + proto.op_type() + "' has no output");
  } else if (!reads_broken) {
    (this->*handler->second)(node);
  }
  for (const std::string& problem : node.problems()) {
    error("node '" + node.label() + "': " + problem);
  }
  for (const std::string& output : proto.output()) {
    if (node.failed() || reads_broken) {
      broken_.insert(output);
    } else if (!values_.contains(output)) {
      side_outputs_.insert(output);
    }
  }
}

// --- what a handler reads and writes ---

std::string OnnxReader::unique_name(const std::string& wanted) {
  std::string name = wanted;
  for (int suffix = 1; !names_.insert(name).second; ++suffix) {
    name = wanted + "_" + std::to_string(suffix);
  }
  return name;
}

const Value* OnnxReader::input(Node& node, int index) {
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

const FeatureMap* OnnxReader::feature_map(Node& node, int index) {
  const Value* value = input(node, index);
  if (value == nullptr) {
    return nullptr;
  }
  const FeatureMap* map = std::get_if<FeatureMap>(value);
  if (map == nullptr) {
    node.fail("reads the constant '" + node.proto().input(index) + "' where a feature map is needed");
  }
  return map;
}

const Constant* OnnxReader::constant(Node& node, int index, const std::string& what) {
  const Value* value = input(node, index);
  if (value == nullptr) {
    return nullptr;
  }
  const Constant* constant = std::get_if<Constant>(value);
  if (constant == nullptr) {
    node.fail(what + " '" + node.proto().input(index) + "' must be constant");
  }
  return constant;
}

std::optional<Integers> OnnxReader::integer_input(Node& node, int index, const std::string& what) {
  const Constant* found = constant(node, index, what);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (!found->integers) {
    node.fail(what + " '" + node.proto().input(index) + "' must be a short tensor of integers stored in the file");
  }
  return found->integers;
}

/// Parameters that were attributes in older opsets and are inputs in newer ones; nullopt also when neither is there.
std::optional<Integers> OnnxReader::attribute_or_input(Node& node, const std::string& attribute, int index) {
  return node.has_input(index) ? integer_input(node, index, attribute) : node.integers(attribute);
}

std::optional<std::size_t> OnnxReader::axis_index(Node& node, std::int64_t axis, std::size_t rank) {
  const auto limit = static_cast<std::int64_t>(rank);
  if (!node.in_range("axis", axis, -limit, limit - 1)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(axis < 0 ? axis + limit : axis);
}

std::optional<std::vector<std::size_t>> OnnxReader::axis_indices(Node& node, const Integers& axes, std::size_t rank) {
  std::vector<std::size_t> indices;
  for (const std::int64_t axis : axes) {
    const std::optional<std::size_t> index = axis_index(node, axis, rank);
    if (!index) {
      return std::nullopt;
    }
    if (std::find(indices.begin(), indices.end(), *index) != indices.end()) {
      node.fail("axes " + join(axes) + " name an axis twice");
      return std::nullopt;
    }
    indices.push_back(*index);
  }
  return indices;
}

/// Inputs from `first` on are parameters: one that depends on the network's input would be a dependency unseen.
void OnnxReader::require_constants(Node& node, int first) {
  for (int i = first; i < node.proto().input_size(); ++i) {
    if (node.has_input(i)) {
      static_cast<void>(constant(node, i, "parameter"));
    }
  }
}

void OnnxReader::emit(Node& node, OperationKind kind, std::vector<OperationId> inputs, std::size_t rank, int output) {
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
  values_.insert_or_assign(node.proto().output(output), FeatureMap{*added, rank});
}

/// Gives input 0 other dimensions with its elements in the same order. What changes no shape is left out of the graph.
void OnnxReader::rearrange(Node& node, const Integers& dims, bool keeps_values) {
  const Value* value = input(node, 0);
  if (value == nullptr || node.failed()) {
    return;
  }
  if (const Constant* source = std::get_if<Constant>(value)) {
    Constant result{.dims = dims};
    if (keeps_values) {
      result.integers = source->integers;
      result.reals = source->reals;
    }
    forward(node, std::move(result));
    return;
  }
  const FeatureMap map = std::get<FeatureMap>(*value);
  const std::optional<Shape> target = shape_of(dims);
  if (!target) {
    node.fail("result of " + join(dims) + " is not supported; supported: 1 x C, 1 x C x W and 1 x C x H x W");
  } else if (*target == shape(map)) {
    forward(node, FeatureMap{map.operation, dims.size()});
  } else {
    emit(node, Reshape{*target}, {map.operation}, dims.size());
  }
}

/// Padding of `auto_pad`: as many outputs as strides fit into the map, the odd position at the end or at the start.
std::optional<Padding> OnnxReader::automatic_padding(Node& node, const std::string& mode, const Shape& in,
                                                     const Window& window) {
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

std::optional<Window> OnnxReader::window(Node& node, const FeatureMap& in, const Integers& kernel) {
  if (in.rank < 3) {
    node.fail("needs an input of rank 3 or 4, got " + join(dims_of(shape(in), in.rank)));
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
  Window result{spatial(*checked_kernel), *stride, *dilation, {}};
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

void OnnxReader::read_conv(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
  const Constant* weights = constant(node, 1, "weight");
  require_constants(node, 2);
  if (in == nullptr || weights == nullptr) {
    return;
  }
  if (weights->dims.size() < 3 || weights->dims.size() != in->rank) {
    node.fail("weights of " + join(weights->dims) + " do not fit an input of " + join(dims_of(shape(*in), in->rank)));
    return;
  }
  const Integers kernel(weights->dims.begin() + 2, weights->dims.end());
  if (const std::optional<Integers> stated = node.integers("kernel_shape"); stated && *stated != kernel) {
    node.fail("kernel_shape " + join(*stated) + " differs from the weights' " + join(kernel));
  }
  const std::int64_t groups = node.integer("group", 1, 1, kMaxImportExtent);
  const bool filters_fit = node.in_range("the number of filters", weights->dims[0], 1, kMaxImportExtent);
  const bool channels_fit = node.in_range("the weights' channels", weights->dims[1], 1, kMaxImportExtent);
  if (filters_fit && channels_fit && weights->dims[1] * groups != shape(*in).channels) {
    node.fail("weights for " + std::to_string(weights->dims[1]) + " channels in " + std::to_string(groups) +
              " group(s) do not fit an input of " + std::to_string(shape(*in).channels) + " channels");
  }
  const std::optional<Window> window_of = window(node, *in, kernel);
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

void OnnxReader::read_gemm(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
  const Constant* weights = constant(node, 1, "weight");
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
    node.fail("needs an input of 1 x C and weights of two dimensions, got " + join(dims_of(shape(*in), in->rank)) +
              " and " + join(weights->dims));
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

void OnnxReader::read_matmul(Node& node) {
  // Without a transposition or a bias it is the same product.
  read_gemm(node);
}

// --- non-base layers ---

void OnnxReader::read_batch_norm(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
  const Constant* scale = constant(node, 1, "scale");
  require_constants(node, 2);
  if (in == nullptr || scale == nullptr) {
    return;
  }
  if (scale->dims != Integers{shape(*in).channels}) {
    node.fail("a scale of " + join(scale->dims) + " does not fit an input of " + std::to_string(shape(*in).channels) +
              " channels");
  }
  emit(node, BatchNorm{}, {in->operation}, in->rank);
}

void OnnxReader::read_pointwise(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
  require_constants(node, 1);
  if (in != nullptr) {
    emit(node, Activation{std::string{pointwise_function(node.proto().op_type())}}, {in->operation}, in->rank);
  }
}

void OnnxReader::read_softmax(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
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

void OnnxReader::read_elementwise(Node& node) {
  std::vector<OperationId> maps;
  std::optional<std::size_t> rank;
  const FeatureMap* first = nullptr;
  const Constant* operand = nullptr;
  for (int i = 0; i < node.proto().input_size(); ++i) {
    const Value* value = input(node, i);
    if (value == nullptr) {
      return;
    }
    if (const Constant* found = std::get_if<Constant>(value)) {
      operand = found;
      continue;
    }
    const FeatureMap& map = std::get<FeatureMap>(*value);
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
    emit(node, Elementwise{std::string{elementwise_function(node.proto().op_type())}}, std::move(maps), *rank);
  } else if (maps.size() != 1 || node.proto().input_size() != 2) {
    node.fail("mixes several feature maps with a constant");
  } else {
    read_elementwise_constant(node, *first, *operand);
  }
}

/// A feature map and a constant: the map keeps its shape, whatever extents of the constant are broadcast to it.
void OnnxReader::read_elementwise_constant(Node& node, const FeatureMap& in, const Constant& operand) {
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
    node.fail("a constant of " + join(operand.dims) + " does not fit an input of " + join(map_dims));
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

void OnnxReader::read_pool(Node& node, Pool::Kind kind) {
  const FeatureMap* in = feature_map(node, 0);
  const std::optional<Integers> kernel = node.integers("kernel_shape");
  const bool ceil_mode = node.integer("ceil_mode", 0, 0, 1) != 0;
  if (!kernel && !node.failed()) {
    node.fail("attribute 'kernel_shape' is missing");
  }
  if (in == nullptr || !kernel) {
    return;
  }
  if (const std::optional<Window> found = window(node, *in, *kernel)) {
    emit(node, Pool{kind, found->kernel, found->stride, found->dilation, found->padding, ceil_mode}, {in->operation},
         in->rank);
  }
}

void OnnxReader::read_global_pool(Node& node, Pool::Kind kind) {
  if (const FeatureMap* in = feature_map(node, 0)) {
    emit(node, GlobalPool{kind}, {in->operation}, in->rank);
  }
}

/// A mean or maximum over all of H and W is a global pool.
void OnnxReader::read_reduce(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
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

void OnnxReader::read_pad(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
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

void OnnxReader::read_concat(Node& node) {
  std::vector<OperationId> maps;
  std::size_t rank = 0;
  for (int i = 0; i < node.proto().input_size(); ++i) {
    const FeatureMap* map = feature_map(node, i);
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

void OnnxReader::emit_slice(Node& node, const FeatureMap& in, const Slice& slice, int output) {
  if (slice.extent == shape(in) && !node.failed()) {
    values_.insert_or_assign(node.proto().output(output), in);
    return;
  }
  emit(node, slice, {in.operation}, in.rank, output);
}

void OnnxReader::read_slice(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
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

void OnnxReader::read_split(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
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
    node.fail("split " + join(*parts) + " does not add up to " + std::to_string(extent));
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
std::optional<Integers> OnnxReader::resize_factors(Node& node, const FeatureMap& in) {
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
    const Constant* found = constant(node, scales_input, "scales");
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

void OnnxReader::read_resize(Node& node) {
  const FeatureMap* in = feature_map(node, 0);
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

void OnnxReader::read_constant(Node& node) {
  const onnx::NodeProto& proto = node.proto();
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    if (attribute.name() == "value" && attribute.has_t()) {
      return forward(node, constant_of(attribute.t()));
    }
    if (attribute.name() == "value_int") {
      return forward(node, Constant{.integers = Integers{attribute.i()}});
    }
    if (attribute.name() == "value_ints") {
      return forward(node, Constant{.dims = {attribute.ints_size()},
                                    .integers = Integers(attribute.ints().begin(), attribute.ints().end())});
    }
    if (attribute.name() == "value_float") {
      return forward(node, Constant{.reals = std::vector<double>{attribute.f()}});
    }
    if (attribute.name() == "value_floats") {
      return forward(node,
                     Constant{.dims = {attribute.floats_size()},
                              .reals = std::vector<double>(attribute.floats().begin(), attribute.floats().end())});
    }
  }
  node.fail("the constant states no numeric value");
}

void OnnxReader::read_constant_of_shape(Node& node) {
  if (const std::optional<Integers> dims = integer_input(node, 0, "shape")) {
    if (element_count(*dims)) {
      forward(node, Constant{.dims = *dims});
    } else {
      node.fail("shape " + join(*dims) + " is out of range");
    }
  }
}

void OnnxReader::read_identity(Node& node) {
  require_constants(node, 1);
  if (const Value* value = input(node, 0); value != nullptr && !node.failed()) {
    forward(node, *value);
  }
}

void OnnxReader::read_reshape(Node& node) {
  const Value* value = input(node, 0);
  std::optional<Integers> target = attribute_or_input(node, "shape", 1);
  const bool zero_is_zero = node.integer("allowzero", 0, 0, 1) != 0;
  if (value == nullptr || node.failed()) {
    return;
  }
  if (!target) {
    node.fail("the new shape is missing");
    return;
  }
  const FeatureMap* map = std::get_if<FeatureMap>(value);
  const Integers dims = map != nullptr ? dims_of(shape(*map), map->rank) : std::get<Constant>(*value).dims;
  if (map != nullptr && !target->empty() && target->front() == batch_) {
    target->front() = 1;
  }
  const std::string stated = join(*target);
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
    node.fail("cannot reshape " + join(dims) + " to " + stated);
    return;
  }
  if (inferred) {
    (*target)[*inferred] = *count / *known;
  }
  rearrange(node, *target, true);
}

void OnnxReader::read_flatten(Node& node) {
  const FeatureMap* map = feature_map(node, 0);
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

void OnnxReader::read_squeeze(Node& node) {
  const FeatureMap* map = feature_map(node, 0);
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
      node.fail("axis " + std::to_string(axis) + " of " + join(dims) + " cannot be squeezed");
      return;
    }
    // Without axes all extents of 1 go.
    if (stated ? !named : dims[axis] != 1) {
      left.push_back(dims[axis]);
    }
  }
  rearrange(node, left, true);
}

void OnnxReader::read_unsqueeze(Node& node) {
  const Value* value = input(node, 0);
  const std::optional<Integers> stated = attribute_or_input(node, "axes", 1);
  if (value == nullptr || node.failed()) {
    return;
  }
  if (!stated) {
    node.fail("the axes are missing");
    return;
  }
  const FeatureMap* map = std::get_if<FeatureMap>(value);
  Integers dims = map != nullptr ? dims_of(shape(*map), map->rank) : std::get<Constant>(*value).dims;
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

void OnnxReader::read_transpose(Node& node) {
  const Value* value = input(node, 0);
  const std::optional<Integers> stated = node.integers("perm");
  if (value == nullptr || node.failed()) {
    return;
  }
  const FeatureMap* map = std::get_if<FeatureMap>(value);
  const Integers dims = map != nullptr ? dims_of(shape(*map), map->rank) : std::get<Constant>(*value).dims;
  Integers reversed(dims.size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const std::optional<std::vector<std::size_t>> order = axis_indices(node, stated.value_or(reversed), dims.size());
  if (!order) {
    return;
  }
  if (order->size() != dims.size()) {
    node.fail("perm " + join(*stated) + " does not fit an input of " + join(dims));
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
    node.fail("a transposition of " + join(dims) + " by " + join(stated.value_or(reversed)) +
              " is not supported; supported: moves of extents of 1");
    return;
  }
  rearrange(node, moved, in_place);
}

// --- the file ---

/// Why a file that protobuf cannot read, or that holds no model, is none.
std::string describe_rejected(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  std::string start(512, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  if (start.empty()) {
    return "the file is empty";
  }
  if (start.starts_with("version https://git-lfs")) {
    return "the file is a Git LFS pointer, not the model itself";
  }
  const bool text = std::all_of(start.begin(), start.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
  return text ? "the file is text, not an ONNX model" : "the file is not an ONNX model, or it is cut short";
}

bool parse(const std::filesystem::path& file, onnx::ModelProto& model) {
  std::ifstream stream{file, std::ios::binary};
  google::protobuf::io::IstreamInputStream bytes{&stream};
  google::protobuf::io::CodedInputStream coded{&bytes};
  coded.SetTotalBytesLimit(std::numeric_limits<int>::max());
  return model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage() && !stream.bad();
}

}  // namespace

Result<NetworkImport> import_onnx(const std::filesystem::path& file, const std::optional<Shape>& input_shape) {
  const auto refuse = [&](std::string message) -> Result<NetworkImport> {
    return Diagnostics{{{.file = file.string()}, std::move(message)}};
  };
  if (!std::ifstream{file, std::ios::binary}) {
    return refuse("cannot be opened");
  }
  onnx::ModelProto model;
  // A file of nothing, or of text by chance, parses as a model that has none of its fields.
  if (!parse(file, model) || !model.has_ir_version()) {
    return refuse(describe_rejected(file));
  }
  if (!model.has_graph() || model.graph().node_size() == 0) {
    return refuse("the model holds no graph; the file may be cut short");
  }
  return OnnxReader{model, file.string(), file.stem().string(), input_shape}.read();
}

}  // namespace crossweave
