// ONNX models of a size, to measure with. Free of Catch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

namespace crossweave::test {

/// A residual network of `convolutions` 3 x 3 convolutions of 64 channels on 56 x 56, each with batch normalisation and
/// ReLU, every second with an addition; its weights are in the file, 147 kB each.
[[nodiscard]] inline onnx::ModelProto deep_model(int convolutions) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  onnx::GraphProto& graph = *model.mutable_graph();
  const auto add_tensor = [&](const std::string& name, std::initializer_list<std::int64_t> dims) {
    onnx::TensorProto* tensor = graph.add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    tensor->mutable_dims()->Assign(dims.begin(), dims.end());
    std::size_t bytes = sizeof(float);
    for (const std::int64_t dim : dims) {
      bytes *= static_cast<std::size_t>(dim);
    }
    tensor->set_raw_data(std::string(bytes, '\x01'));
  };
  const auto add_node = [&](const std::string& operation, const std::vector<std::string>& inputs,
                            const std::string& output) -> onnx::NodeProto& {
    onnx::NodeProto* node = graph.add_node();
    node->set_op_type(operation);
    node->set_name(output);
    for (const std::string& input : inputs) {
      node->add_input(input);
    }
    node->add_output(output);
    return *node;
  };
  onnx::ValueInfoProto* input = graph.add_input();
  input->set_name("x");
  for (const std::int64_t dim : {1, 64, 56, 56}) {
    input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  }
  std::string at = "x";
  std::string shortcut = at;
  for (int i = 0; i < convolutions; ++i) {
    const std::string layer = std::to_string(i);
    const std::string conv = "conv" + layer;
    const std::string norm = "norm" + layer;
    add_tensor(conv + ".weight", {64, 64, 3, 3});
    onnx::AttributeProto* pads = add_node("Conv", {at, conv + ".weight"}, conv).add_attribute();
    pads->set_name("pads");
    pads->set_type(onnx::AttributeProto::INTS);
    for (int side = 0; side < 4; ++side) {
      pads->add_ints(1);
    }
    for (const char* parameter : {".scale", ".bias", ".mean", ".variance"}) {
      add_tensor(norm + parameter, {64});
    }
    add_node("BatchNormalization", {conv, norm + ".scale", norm + ".bias", norm + ".mean", norm + ".variance"}, norm);
    at = norm;
    if (i % 2 == 1) {
      add_node("Add", {at, shortcut}, "sum" + layer);
      at = "sum" + layer;
    }
    add_node("Relu", {at}, "relu" + layer);
    at = "relu" + layer;
    shortcut = i % 2 == 1 ? at : shortcut;
  }
  graph.add_output()->set_name(at);
  return model;
}

}  // namespace crossweave::test
