// One ONNX model on its way to a NetworkGraph. onnx.cpp reads the model, onnx_operations.cpp its operations.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <onnx/onnx_pb.h>

#include "arch/diagnostics.h"
#include "frontend/import/network_file.h"
#include "frontend/import/onnx_node.h"
#include "frontend/import/onnx_values.h"
#include "scheduler/network_graph.h"
#include "scheduler/operations.h"

namespace crossweave {

/// Kernel, stride, dilation and padding of a convolution or a pool.
struct OnnxWindow {
  Extent kernel;
  Extent stride;
  Extent dilation;
  Padding padding;
};

/// Reads a model once. All problems of all nodes are collected; what follows from one of them is not reported again.
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
  using Handler = void (OnnxReader::*)(OnnxNode&);

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
  const OnnxValue* input(OnnxNode& node, int index);
  const OnnxFeatureMap* feature_map(OnnxNode& node, int index);
  const OnnxConstant* constant(OnnxNode& node, int index, const std::string& what);
  std::optional<Integers> integer_input(OnnxNode& node, int index, const std::string& what);
  std::optional<Integers> attribute_or_input(OnnxNode& node, const std::string& attribute, int index);
  std::optional<std::size_t> axis_index(OnnxNode& node, std::int64_t axis, std::size_t rank);
  std::optional<std::vector<std::size_t>> axis_indices(OnnxNode& node, const Integers& axes, std::size_t rank);
  void require_constants(OnnxNode& node, int first);
  [[nodiscard]] const Shape& shape(const OnnxFeatureMap& map) const { return graph_[map.operation].output; }
  void emit(OnnxNode& node, OperationKind kind, std::vector<OperationId> inputs, std::size_t rank, int output = 0);
  void forward(OnnxNode& node, OnnxValue value) { values_.insert_or_assign(node.proto().output(0), std::move(value)); }
  void rearrange(OnnxNode& node, const Integers& dims, bool keeps_values);
  std::optional<OnnxWindow> window(OnnxNode& node, const OnnxFeatureMap& in, const Integers& kernel);
  std::optional<Padding> automatic_padding(OnnxNode& node, const std::string& mode, const Shape& in,
                                           const OnnxWindow& window);
  void emit_slice(OnnxNode& node, const OnnxFeatureMap& in, const Slice& slice, int output);
  std::optional<Integers> resize_factors(OnnxNode& node, const OnnxFeatureMap& in);

  // One handler for each operation, or family of operations.
  void read_average_pool(OnnxNode& node) { read_pool(node, Pool::Kind::average); }
  void read_batch_norm(OnnxNode& node);
  void read_concat(OnnxNode& node);
  void read_constant(OnnxNode& node);
  void read_constant_of_shape(OnnxNode& node);
  void read_conv(OnnxNode& node);
  void read_elementwise(OnnxNode& node);
  void read_elementwise_constant(OnnxNode& node, const OnnxFeatureMap& in, const OnnxConstant& operand);
  void read_flatten(OnnxNode& node);
  void read_gemm(OnnxNode& node);
  void read_global_average_pool(OnnxNode& node) { read_global_pool(node, Pool::Kind::average); }
  void read_global_max_pool(OnnxNode& node) { read_global_pool(node, Pool::Kind::max); }
  void read_global_pool(OnnxNode& node, Pool::Kind kind);
  void read_identity(OnnxNode& node);
  void read_matmul(OnnxNode& node);
  void read_max_pool(OnnxNode& node) { read_pool(node, Pool::Kind::max); }
  void read_pad(OnnxNode& node);
  void read_pointwise(OnnxNode& node);
  void read_pool(OnnxNode& node, Pool::Kind kind);
  void read_reduce(OnnxNode& node);
  void read_reshape(OnnxNode& node);
  void read_resize(OnnxNode& node);
  void read_slice(OnnxNode& node);
  void read_softmax(OnnxNode& node);
  void read_split(OnnxNode& node);
  void read_squeeze(OnnxNode& node);
  void read_transpose(OnnxNode& node);
  void read_unsqueeze(OnnxNode& node);

  const onnx::ModelProto& model_;
  std::string file_;
  std::optional<Shape> input_shape_;
  NetworkGraph graph_;
  Diagnostics diagnostics_;
  std::map<std::string, std::int64_t> opsets_;
  std::int64_t opset_{0};
  /// The batch that the inputs state; a Reshape may repeat it.
  std::int64_t batch_{1};
  std::unordered_map<std::string, OnnxValue> values_;
  /// Values that could not be made: what reads them is not reported again.
  std::unordered_set<std::string> broken_;
  /// Second and later outputs (masks, indices, statistics).
  std::unordered_set<std::string> side_outputs_;
  std::unordered_set<std::string> names_;
};

}  // namespace crossweave
