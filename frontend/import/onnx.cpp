// ONNX to NetworkGraph. Shapes follow from our own rules: libonnx's inference stops the process on a stride of zero
// (SIGFPE) and is silent on operations newer than itself; its checker refuses models whose weight files are absent.

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include "arch/strict_yaml.h"
#include "frontend/import/import_limits.h"
#include "frontend/import/network_file.h"
#include "frontend/import/onnx_reader.h"

namespace crossweave {

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
    values_.emplace(tensor.values().name(), OnnxConstant{.dims = Integers(tensor.dims().begin(), tensor.dims().end())});
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
    const Result<OperationId, Failure> added =
        graph_.add(unique_name(printable_name(input->name())), Input{*extents}, {});
    if (!added) {
      error("input '" + input->name() + "': " + added.error().message);
      broken_.insert(input->name());
      continue;
    }
    const auto rank = static_cast<std::size_t>(input->type().tensor_type().shape().dim_size());
    values_.emplace(input->name(), OnnxFeatureMap{*added, rank});
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
  OnnxNode node{proto, printable_name(label.empty() ? proto.op_type() : label)};

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

// --- the file ---

namespace {

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
  const bool text = std::all_of(start.begin(), start.end(),
                                [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; });
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
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    return refuse("cannot open: " + reason);
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
