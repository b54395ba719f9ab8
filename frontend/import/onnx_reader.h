// One ONNX model on its way to a NetworkGraph. onnx.cpp reads the model, onnx_operations.cpp the operations that
// compute, onnx_rearrangements.cpp those that move values about.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

#include "arch/diagnostics.h"
#include "frontend/import/network_file.h"
#include "frontend/import/onnx_fold.h"
#include "frontend/import/onnx_layout.h"
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

  Result<NetworkImport> read();

 private:
  using Handler = void (OnnxReader::*)(OnnxNode&);

  static const std::map<std::string, Handler>& handlers();
  /// Operations whose node cannot become part of a network, and why.
  static const std::map<std::string, std::string_view>& refusals();

  void error(std::string message) { diagnostics_.push_back({{.file = file_}, std::move(message)}); }
  void warn(std::string message) { warnings_.push_back({{.file = file_}, std::move(message), Severity::warning}); }

  bool read_opset();
  void read_constants();
  void read_inputs();
  std::optional<Layout> input_layout(const onnx::ValueInfoProto& input, bool only_input);
  [[nodiscard]] AxisRoles input_roles(const std::string& name, std::size_t rank) const;
  [[nodiscard]] std::vector<const onnx::NodeProto*> topological_order();
  void read_node(const onnx::NodeProto& proto);
  void read_folded(OnnxNode& node);
  void compare_with_stated(const OnnxNode& node, const std::string& output);
  [[nodiscard]] std::string unsupported(const onnx::NodeProto& proto) const;

  // What a handler reads and writes.
  std::string unique_name(const std::string& wanted);
  const OnnxValue* input(OnnxNode& node, int index);
  const OnnxFeatureMap* feature_map(OnnxNode& node, int index);
  std::optional<OnnxFeatureMap> feature_map_as(OnnxNode& node, int index, const AxisRoles& roles);
  std::optional<OnnxFeatureMap> channels_first_map(OnnxNode& node, int index, std::size_t least_rank);
  const OnnxConstant* constant(OnnxNode& node, int index, const std::string& what);
  std::optional<Integers> constant_dims(OnnxNode& node, int index, const std::string& what);
  std::optional<Integers> integer_input(OnnxNode& node, int index, const std::string& what);
  std::optional<Integers> attribute_or_input(OnnxNode& node, const std::string& attribute, int index);
  std::optional<std::size_t> axis_index(OnnxNode& node, std::int64_t axis, std::size_t rank);
  std::optional<std::vector<std::size_t>> axis_indices(OnnxNode& node, const Integers& axes, std::size_t rank);
  void require_constants(OnnxNode& node, int first);
  [[nodiscard]] int weight_bits(const OnnxNode& node, int index) const;
  void note_result_bits(const OnnxNode& node);
  void warn_of_widths();
  [[nodiscard]] const Shape& shape(OperationId operation) const { return graph_[operation].output; }

  /// Adds an operation on the way to the node's result, named after the node and `purpose`.
  std::optional<OperationId> add_step(OnnxNode& node, const std::string& purpose, OperationKind kind,
                                      std::vector<OperationId> inputs);
  /// Adds the operation that makes the node's result.
  void emit(OnnxNode& node, OperationKind kind, std::vector<OperationId> inputs, const AxisRoles& roles,
            int output = 0);
  void emit(OnnxNode& node, OperationKind kind, std::vector<OperationId> inputs, Layout layout, int output = 0);
  void forward(OnnxNode& node, OnnxValue value, int output = 0) {
    values_.insert_or_assign(node.proto().output(output), std::move(value));
  }

  // Bringing a map into the form that an operation reads. Each may add operations.
  std::optional<OnnxFeatureMap> arranged(OnnxNode& node, const OnnxFeatureMap& map, const AxisRoles& roles);
  std::optional<OnnxFeatureMap> outermost(OnnxNode& node, const OnnxFeatureMap& map, std::size_t axis);
  std::optional<OperationId> repeated(OnnxNode& node, OperationId map, Concat::Along along, std::int64_t copies);
  std::optional<OperationId> enlarged(OnnxNode& node, OperationId map, const Shape& target);
  std::optional<OnnxFeatureMap> broadcast_map(OnnxNode& node, const OnnxFeatureMap& map, const Integers& dims,
                                              const AxisRoles& roles);

  // What needs whole maps.
  void warn_whole(const OnnxNode& node);
  void emit_whole(OnnxNode& node, const std::vector<OperationId>& inputs, const Layout& layout);
  std::optional<OperationId> as_scalar(OnnxNode& node, OperationId map);

  // Pieces of handlers.
  void reshape_map(OnnxNode& node, const OnnxFeatureMap& map, const Integers& dims);
  std::optional<OnnxWindow> window(OnnxNode& node, const OnnxFeatureMap& in, const Integers& kernel);
  std::optional<Padding> automatic_padding(OnnxNode& node, const std::string& mode, const Shape& in,
                                           const OnnxWindow& window);
  void emit_conv(OnnxNode& node, int weight_index, int bias_index);
  void emit_product(OnnxNode& node, const OnnxFeatureMap& in, std::size_t axis, std::int64_t units, bool bias,
                    int weight_bits);
  void emit_elementwise(OnnxNode& node, const std::string& function, const std::vector<int>& operands);
  [[nodiscard]] static std::string constant_function(const std::string& function, const Integers& dims,
                                                     const OnnxFeatureMap& map);
  void emit_pool(OnnxNode& node, const OnnxFeatureMap& in, Pool::Kind kind);
  void emit_reduction(OnnxNode& node, const OnnxFeatureMap& in, const std::vector<std::size_t>& axes, bool keeps_axes);
  void emit_slice(OnnxNode& node, OnnxFeatureMap in, const std::vector<SlicedAxis>& parts, const Integers& steps,
                  int output);
  void emit_chain(OnnxNode& node, OperationId map, std::vector<std::pair<std::string, OperationKind>> operations,
                  Layout layout, int output);
  std::optional<Integers> resize_target(OnnxNode& node, const Integers& dims);

  // One handler for each operation, or family of operations.
  void read_average_pool(OnnxNode& node) { read_pool(node, Pool::Kind::average); }
  void read_batch_norm(OnnxNode& node);
  void read_concat(OnnxNode& node);
  void read_constant(OnnxNode& node);
  void read_conv(OnnxNode& node) { emit_conv(node, 1, 2); }
  void read_depth_to_space(OnnxNode& node);
  void read_dynamic_quantize(OnnxNode& node);
  void read_elementwise(OnnxNode& node);
  void read_expand(OnnxNode& node);
  void read_flatten(OnnxNode& node);
  void read_fused_conv(OnnxNode& node);
  void read_gather(OnnxNode& node);
  void read_gemm(OnnxNode& node);
  void read_global_average_pool(OnnxNode& node) { read_global_pool(node, Pool::Kind::average); }
  void read_global_max_pool(OnnxNode& node) { read_global_pool(node, Pool::Kind::max); }
  void read_global_pool(OnnxNode& node, Pool::Kind kind);
  void read_identity(OnnxNode& node);
  void read_layer_norm(OnnxNode& node);
  void read_matmul(OnnxNode& node);
  void read_max_pool(OnnxNode& node) { read_pool(node, Pool::Kind::max); }
  void read_pad(OnnxNode& node);
  void read_pointwise(OnnxNode& node);
  void read_pool(OnnxNode& node, Pool::Kind kind);
  void read_prelu(OnnxNode& node);
  void read_qlinear_concat(OnnxNode& node);
  void read_qlinear_conv(OnnxNode& node) { emit_conv(node, 3, 8); }
  void read_qlinear_elementwise(OnnxNode& node);
  void read_quantize(OnnxNode& node);
  void read_reduce(OnnxNode& node);
  void read_reshape(OnnxNode& node);
  void read_resize(OnnxNode& node);
  void read_shape(OnnxNode& node);
  void read_slice(OnnxNode& node);
  void read_softmax(OnnxNode& node);
  void read_space_to_depth(OnnxNode& node);
  void read_split(OnnxNode& node);
  void read_squeeze(OnnxNode& node);
  void read_statistics_norm(OnnxNode& node);
  void read_tile(OnnxNode& node);
  void read_transpose(OnnxNode& node);
  void read_unsqueeze(OnnxNode& node);

  void concatenate(OnnxNode& node, const std::vector<int>& operands, std::int64_t stated_axis);

  const onnx::ModelProto& model_;
  std::string file_;
  std::optional<Shape> input_shape_;
  NetworkGraph graph_;
  Diagnostics diagnostics_;
  Diagnostics warnings_;
  std::map<std::string, std::int64_t> opsets_;
  std::int64_t opset_{0};
  /// The batch that the inputs state; a Reshape may repeat it.
  std::int64_t batch_{1};
  std::unordered_map<std::string, OnnxValue> values_;
  /// The first node that reads a value.
  std::unordered_map<std::string, const onnx::NodeProto*> readers_;
  /// Dimensions that the file states for what its nodes make.
  std::unordered_map<std::string, Integers> stated_dims_;
  /// Values that could not be made: what reads them is not reported again.
  std::unordered_set<std::string> broken_;
  /// Second and later outputs (masks, indices, statistics).
  std::unordered_set<std::string> side_outputs_;
  std::unordered_set<std::string> names_;
};

}  // namespace crossweave
