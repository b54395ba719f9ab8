// ONNX to NetworkGraph. Shapes follow from our own rules: libonnx's inference stops the process on a stride of zero
// (SIGFPE) and is silent on operations newer than itself; its checker refuses models whose weight files are absent.

#include "frontend/import/onnx.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "arch/strict_yaml.h"
#include "frontend/import/import_limits.h"
#include "frontend/import/network_file.h"
#include "frontend/import/onnx_reader.h"
#include "frontend/import/onnx_strip.h"

namespace crossweave {
namespace {

/// The versions of the ONNX operators that the handlers were written from.
constexpr std::int64_t kOldestOpset = 7;
constexpr std::int64_t kNewestOpset = 21;

/// No node has as many inputs: an input that an operation does not have.
constexpr int kNoInput = std::numeric_limits<int>::max();

bool is_standard(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

/// The key of an operation in the table of handlers.
std::string handler_name(const onnx::NodeProto& proto) {
  return is_standard(proto.domain()) ? proto.op_type() : proto.domain() + "." + proto.op_type();
}

}  // namespace

bool OnnxReader::read_opset() {
  for (const onnx::OperatorSetIdProto& import : model_.opset_import()) {
    opsets_[import.domain() == "ai.onnx" ? "" : import.domain()] = import.version();
  }
  if (opsets_.empty()) {
    error("the model states no version of the ONNX operators; the file may be cut short");
    return false;
  }
  const auto found = opsets_.find("");
  opset_ = found == opsets_.end() ? kNewestOpset : found->second;
  if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
    warn("the model is of opset " + std::to_string(opset_) + "; operations are read as in opsets " +
         std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset));
  }
  return true;
}

void OnnxReader::read_constants() {
  for (const onnx::TensorProto& tensor : model_.graph().initializer()) {
    values_.emplace(tensor.name(), constant_of(tensor));
  }
  for (const onnx::SparseTensorProto& tensor : model_.graph().sparse_initializer()) {
    values_.emplace(tensor.values().name(), OnnxConstant{.dims = Integers(tensor.dims().begin(), tensor.dims().end())});
  }
  std::vector<const onnx::ValueInfoProto*> stated;
  for (const auto* values : {&model_.graph().value_info(), &model_.graph().output()}) {
    for (const onnx::ValueInfoProto& value : *values) {
      stated.push_back(&value);
    }
  }
  for (const onnx::ValueInfoProto* each : stated) {
    const onnx::ValueInfoProto& value = *each;
    Integers dims;
    for (const onnx::TensorShapeProto::Dimension& dim : value.type().tensor_type().shape().dim()) {
      dims.push_back(dim.has_dim_value() ? dim.dim_value() : 0);
    }
    const auto is_known = [](std::int64_t dim) { return dim > 0; };
    if (value.type().tensor_type().has_shape() && std::ranges::all_of(dims, is_known) && element_count(dims)) {
      stated_dims_.emplace(value.name(), std::move(dims));
    }
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
    const std::optional<Layout> layout = input_layout(*input, inputs.size() == 1);
    if (!layout) {
      broken_.insert(input->name());
      continue;
    }
    const Result<OperationId, Failure> added =
        graph_.add(unique_name(printable_name(input->name())), Input{*shape_of(*layout)}, {});
    if (!added) {
      error("input '" + input->name() + "': " + added.error().message);
      broken_.insert(input->name());
      continue;
    }
    values_.emplace(input->name(), OnnxFeatureMap{*added, *layout});
  }
}

/// What the axes of an input are, by the first node that tells: models of TensorFlow read N x H x W x C and transpose
/// it, or multiply its last axis.
AxisRoles OnnxReader::input_roles(const std::string& name, std::size_t rank) const {
  // Nodes in front of it that leave the axes alone.
  static const std::set<std::string_view> kPassing{
      "Add", "Cast", "Clip", "DequantizeLinear", "Div", "Dropout", "Identity", "Mul", "QuantizeLinear", "Relu", "Sub"};
  std::string at = name;
  for (int steps = 0; rank > 2 && steps <= model_.graph().node_size(); ++steps) {
    const auto reader = readers_.find(at);
    if (reader == readers_.end()) {
      break;
    }
    const onnx::NodeProto& node = *reader->second;
    if (node.op_type() == "Transpose" && node.attribute_size() == 1) {
      const auto& order = node.attribute(0).ints();
      Integers to_channels_first(rank);
      std::iota(to_channels_first.begin(), to_channels_first.end(), 0);
      std::rotate(to_channels_first.begin() + 1, to_channels_first.end() - 1, to_channels_first.end());
      return std::ranges::equal(order, to_channels_first) ? channels_last(rank) : channels_first(rank);
    }
    if ((node.op_type() == "MatMul" || node.op_type() == "LayerNormalization") && node.input(0) == at) {
      return channels_last(rank);
    }
    if (!kPassing.contains(node.op_type()) || node.output_size() == 0) {
      break;
    }
    at = node.output(0);
  }
  return channels_first(rank);
}

std::optional<Layout> OnnxReader::input_layout(const onnx::ValueInfoProto& input, bool only_input) {
  const std::string prefix = "input '" + input.name() + "': ";
  const onnx::TensorShapeProto& declared = input.type().tensor_type().shape();
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
    error(prefix + "is not a tensor of known rank");
    return std::nullopt;
  }
  const auto rank = static_cast<std::size_t>(declared.dim_size());
  if (rank > 4) {
    error(prefix + "a tensor of rank " + std::to_string(rank) +
          " is not supported; supported: N x C, N x C x W and N x C x H x W");
    return std::nullopt;
  }
  const AxisRoles roles = input_roles(input.name(), rank);
  if (rank > 1 && declared.dim(0).has_dim_value()) {
    batch_ = declared.dim(0).dim_value();
  }
  Shape extents{1, 1, 1};
  const auto extent_of_role = [&](AxisRole role) -> int& {
    return role == AxisRole::rows ? extents.height : role == AxisRole::columns ? extents.width : extents.channels;
  };
  bool open = false;
  bool valid = true;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (roles[axis] == AxisRole::none) {
      continue;
    }
    const onnx::TensorShapeProto::Dimension& dim = declared.dim(static_cast<int>(axis));
    // Exporters write unknown extents as a name, as nothing, as 0 or as -1.
    const bool known = dim.has_dim_value() && dim.dim_value() > 0;
    if (known && dim.dim_value() > kMaxImportExtent) {
      error(prefix + "an extent of " + std::to_string(dim.dim_value()) + " is too large");
      valid = false;
    }
    open = open || !known;
    extent_of_role(roles[axis]) = known && valid ? static_cast<int>(dim.dim_value()) : 0;
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
    return layout_of(extents, roles);
  }
  const auto agrees = [](int stated, int wanted) { return stated == 0 || stated == wanted; };
  if (!agrees(extents.height, input_shape_->height) || !agrees(extents.width, input_shape_->width) ||
      !agrees(extents.channels, input_shape_->channels)) {
    error(prefix + "the file states " + to_text(extents) + ", input_shape says " + to_text(*input_shape_));
    return std::nullopt;
  }
  return layout_of(*input_shape_, roles);
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

std::string OnnxReader::unsupported(const onnx::NodeProto& proto) const {
  const bool standard = is_standard(proto.domain());
  const auto opset = opsets_.find(standard ? "" : proto.domain());
  std::string message = "operation '" + printable_name(proto.op_type()) + "' (";
  if (!standard) {
    message += "domain '" + printable_name(proto.domain()) + "', ";
  }
  message += "opset " + (opset == opsets_.end() ? "unknown" : std::to_string(opset->second)) + ") is not supported; ";
  if (const auto reason = refusals().find(proto.op_type()); standard && reason != refusals().end()) {
    return message.append(reason->second);
  }
  message += "supported: ";
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
  OnnxNode node{proto, printable_name(label.empty() ? proto.op_type() : label)};

  const bool reads_broken = std::any_of(proto.input().begin(), proto.input().end(),
                                        [&](const std::string& input) { return broken_.contains(input); });
  const bool has_output = proto.output_size() > 0 && !proto.output(0).empty();
  const bool all_constant = std::all_of(proto.input().begin(), proto.input().end(), [&](const std::string& input) {
    const auto found = values_.find(input);
    return input.empty() || (found != values_.end() && std::holds_alternative<OnnxConstant>(found->second));
  });
  if (is_standard(proto.domain()) && has_output && all_constant && proto.input_size() > 0) {
    read_folded(node);
  } else if (!handlers().contains(handler_name(proto))) {
    node.fail(unsupported(proto));
  } else if (!has_output) {
    node.fail("operation '" + proto.op_type() + "' has no output");
  } else if (!reads_broken) {
    (this->*handlers().at(handler_name(proto)))(node);
    note_result_bits(node);
  }
  for (const std::string& problem : node.problems()) {
    error("node '" + node.label() + "': " + problem);
  }
  for (const std::string& output : proto.output()) {
    if (node.failed() || reads_broken) {
      broken_.insert(output);
    } else if (!values_.contains(output)) {
      side_outputs_.insert(output);
    } else {
      compare_with_stated(node, output);
    }
  }
}

/// Whoever made a map that a node quantizes gives elements of that width. Of several widths it is the widest: the map
/// is stored once.
void OnnxReader::note_result_bits(const OnnxNode& node) {
  /// Where each operation that quantizes its result has its zero point.
  static const std::map<std::string_view, int> kZeroPoints{{"DynamicQuantizeLinear", kNoInput},
                                                           {"QLinearAdd", 7},
                                                           {"QLinearAveragePool", 4},
                                                           {"QLinearConcat", 1},
                                                           {"QLinearConv", 7},
                                                           {"QLinearGlobalAveragePool", 4},
                                                           {"QLinearLeakyRelu", 4},
                                                           {"QLinearMatMul", 7},
                                                           {"QLinearMul", 7},
                                                           {"QLinearSigmoid", 4},
                                                           {"QuantizeLinear", 2}};
  const auto found = kZeroPoints.find(node.proto().op_type());
  if (node.failed() || found == kZeroPoints.end()) {
    return;
  }
  const auto result = values_.find(node.proto().output(0));
  const auto* map = result == values_.end() ? nullptr : std::get_if<OnnxFeatureMap>(&result->second);
  // What the network is given has the width of the architecture's activations: our own format states none for it.
  if (map == nullptr || std::holds_alternative<Input>(graph_[map->operation].kind)) {
    return;
  }
  const bool stated = node.has_input(found->second);
  const auto zero_point = stated ? values_.find(node.proto().input(found->second)) : values_.end();
  const int bits =
      bits_quantized_to(node, zero_point == values_.end() ? nullptr : std::get_if<OnnxConstant>(&zero_point->second));
  graph_.set_output_bits(map->operation, std::max(bits, graph_[map->operation].output_bits));
}

void OnnxReader::warn_of_widths() {
  int weights = 0;
  int results = 0;
  for (const Operation& operation : graph_.operations()) {
    const auto* conv = std::get_if<Conv2d>(&operation.kind);
    const auto* dense = std::get_if<Dense>(&operation.kind);
    weights += (conv != nullptr && conv->weight_bits > 0) || (dense != nullptr && dense->weight_bits > 0) ? 1 : 0;
    results += operation.output_bits > 0 ? 1 : 0;
  }
  if (weights + results > 0) {
    warn("bit widths of the file take the place of the architecture's: for the weights of " + std::to_string(weights) +
         " layer(s) and the results of " + std::to_string(results) + " operation(s)");
  }
}

/// The exporter inferred the same shapes by its own rules. Of more than one inference they differ anyway.
void OnnxReader::compare_with_stated(const OnnxNode& node, const std::string& output) {
  const auto stated = stated_dims_.find(output);
  const OnnxFeatureMap* map = std::get_if<OnnxFeatureMap>(&values_.at(output));
  if (stated != stated_dims_.end() && map != nullptr && batch_ == 1 && dims_of(map->axes) != stated->second) {
    warn("node '" + node.label() + "': the file states " + dims_text(stated->second) + " for its result, which is " +
         dims_text(dims_of(map->axes)));
  }
}

/// A node that does not depend on the network's input makes a constant, whatever its operation.
void OnnxReader::read_folded(OnnxNode& node) {
  Constants operands;
  for (const std::string& name : node.proto().input()) {
    operands.push_back(name.empty() ? nullptr : &std::get<OnnxConstant>(values_.at(name)));
  }
  std::vector<OnnxConstant> results = fold_constants(node, operands);
  for (int i = 0; i < node.proto().output_size() && !node.failed(); ++i) {
    OnnxConstant& result = results[static_cast<std::size_t>(i)];
    const auto stated = stated_dims_.find(node.proto().output(i));
    if (!result.dims && stated != stated_dims_.end()) {
      result.dims = stated->second;
    }
    if (!node.proto().output(i).empty()) {
      forward(node, std::move(result), i);
    }
  }
}

Result<NetworkImport> OnnxReader::read() {
  if (read_opset()) {
    read_constants();
    for (const onnx::NodeProto& node : model_.graph().node()) {
      for (const std::string& input : node.input()) {
        readers_.emplace(input, &node);
      }
    }
    read_inputs();
    for (const onnx::NodeProto* node : topological_order()) {
      read_node(*node);
    }
  }
  if (has_errors(diagnostics_)) {
    return diagnostics_;
  }
  warn_of_widths();
  return NetworkImport{std::move(graph_), std::move(warnings_)};
}

// --- the file ---

namespace {

/// Why a file that protobuf cannot read, or that holds no model, is none.
std::string describe_rejected(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 512);
  if (start.empty()) {
    return "the file is empty";
  }
  if (start.starts_with("version https://git-lfs")) {
    return "the file is a Git LFS pointer, not the model itself";
  }
  const bool text = std::all_of(start.begin(), start.end(),
                                [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; });
  return text ? "the file is text, not an ONNX model" : "the file is not an ONNX model, or it is cut short";
}

/// A file mapped into memory: a weight that nobody looks at is never read from the disk.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return;
    }
    struct stat status {};
    if (fstat(descriptor, &status) == 0 && status.st_size > 0) {
      const auto size = static_cast<std::size_t>(status.st_size);
      void* const start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (start != MAP_FAILED) {
        bytes_ = {static_cast<const char*>(start), size};
        // No reading ahead into the weights behind each name.
        static_cast<void>(madvise(start, size, MADV_RANDOM));
      }
    }
    close(descriptor);
  }
  ~MappedFile() {
    if (!bytes_.empty()) {
      munmap(const_cast<char*>(bytes_.data()), bytes_.size());
    }
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Empty for an empty file, and for one that cannot be read.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

bool parse(std::string_view bytes, onnx::ModelProto& model) {
  const std::optional<std::string> structure = strip_weights(bytes);
  return structure && structure->size() <= std::numeric_limits<int>::max() && model.ParseFromString(*structure);
}

}  // namespace

Result<NetworkImport> import_onnx_bytes(std::string_view bytes, const std::string& file, const std::string& name,
                                        const std::optional<Shape>& input_shape) {
  const auto refuse = [&](std::string message) -> Result<NetworkImport> {
    return Diagnostics{{{.file = file}, std::move(message)}};
  };
  onnx::ModelProto model;
  // A file of nothing, or of text by chance, parses as a model that has none of its fields.
  if (!parse(bytes, model) || !model.has_ir_version()) {
    return refuse(describe_rejected(bytes));
  }
  if (!model.has_graph() || model.graph().node_size() == 0) {
    return refuse("the model holds no graph; the file may be cut short");
  }
  return OnnxReader{model, file, name, input_shape}.read();
}

Result<NetworkImport> import_onnx(const std::filesystem::path& file, const std::optional<Shape>& input_shape) {
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    Diagnostic problem;
    problem.where.file = file.string();
    problem.message = "cannot open: " + reason;
    return Diagnostics{problem};
  }
  const MappedFile mapped{file};
  return import_onnx_bytes(mapped.bytes(), file.string(), file.stem().string(), input_shape);
}

}  // namespace crossweave
