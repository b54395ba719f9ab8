// ONNX models to test with, built node by node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx/onnx_pb.h>

#include "frontend/import/onnx.h"

namespace crossweave::test {

using Integers = std::vector<std::int64_t>;

/// Builds small models node by node.
class ModelBuilder {
 public:
  explicit ModelBuilder(std::int64_t opset = 13) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(opset);
    model_.mutable_graph()->set_name("built");
  }

  /// 0 is an open extent.
  ModelBuilder& input(const std::string& name, const Integers& dims) {
    onnx::ValueInfoProto* input = model_.mutable_graph()->add_input();
    input->set_name(name);
    onnx::TensorShapeProto* shape = input->mutable_type()->mutable_tensor_type()->mutable_shape();
    for (const std::int64_t dim : dims) {
      onnx::TensorShapeProto::Dimension* added = shape->add_dim();
      if (dim == 0) {
        added->set_dim_param("unk");
      } else {
        added->set_dim_value(dim);
      }
    }
    return *this;
  }

  /// A weight: dimensions without data. Types newer than the library are given as numbers.
  ModelBuilder& weight(const std::string& name, const Integers& dims, int data_type = onnx::TensorProto::FLOAT) {
    onnx::TensorProto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(data_type);
    tensor->mutable_dims()->Assign(dims.begin(), dims.end());
    return *this;
  }

  ModelBuilder& integers(const std::string& name, const Integers& values) {
    onnx::TensorProto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<std::int64_t>(values.size()));
    tensor->mutable_int64_data()->Assign(values.begin(), values.end());
    return *this;
  }

  ModelBuilder& reals(const std::string& name, const std::vector<float>& values) {
    onnx::TensorProto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    tensor->add_dims(static_cast<std::int64_t>(values.size()));
    tensor->mutable_float_data()->Assign(values.begin(), values.end());
    return *this;
  }

  ModelBuilder& node(const std::string& operation, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs, const std::string& name = "") {
    node_ = model_.mutable_graph()->add_node();
    node_->set_op_type(operation);
    node_->set_name(name);
    for (const std::string& input : inputs) {
      node_->add_input(input);
    }
    for (const std::string& output : outputs) {
      node_->add_output(output);
    }
    return *this;
  }

  /// Attributes and the domain of the last node.
  ModelBuilder& with(const std::string& name, const Integers& values) {
    onnx::AttributeProto* attribute = add_attribute(name, onnx::AttributeProto::INTS);
    attribute->mutable_ints()->Assign(values.begin(), values.end());
    return *this;
  }
  ModelBuilder& with(const std::string& name, std::int64_t value) {
    add_attribute(name, onnx::AttributeProto::INT)->set_i(value);
    return *this;
  }
  ModelBuilder& with(const std::string& name, const char* value) {
    add_attribute(name, onnx::AttributeProto::STRING)->set_s(value);
    return *this;
  }
  ModelBuilder& with(const std::string& name, const onnx::TensorProto& value) {
    *add_attribute(name, onnx::AttributeProto::TENSOR)->mutable_t() = value;
    return *this;
  }
  ModelBuilder& domain(const std::string& domain) {
    node_->set_domain(domain);
    return *this;
  }

  /// What the file states about a value within the graph.
  ModelBuilder& value_info(const std::string& name, const Integers& dims) {
    onnx::ValueInfoProto* value = model_.mutable_graph()->add_value_info();
    value->set_name(name);
    for (const std::int64_t dim : dims) {
      value->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
    }
    return *this;
  }

  [[nodiscard]] std::string bytes() const { return model_.SerializeAsString(); }

  [[nodiscard]] Result<NetworkImport> read(const std::optional<Shape>& input_shape = std::nullopt) const {
    return import_onnx_bytes(model_.SerializeAsString(), "built.onnx", "built", input_shape);
  }

  [[nodiscard]] NetworkGraph graph(const std::optional<Shape>& input_shape = std::nullopt) const {
    Result<NetworkImport> import = read(input_shape);
    if (!import) {
      for (const Diagnostic& diagnostic : import.error()) {
        UNSCOPED_INFO(to_string(diagnostic));
      }
    }
    REQUIRE(import);
    return std::move(import->graph);
  }

  [[nodiscard]] std::vector<std::string> problems(const std::optional<Shape>& input_shape = std::nullopt) const {
    const Result<NetworkImport> import = read(input_shape);
    REQUIRE_FALSE(import);
    std::vector<std::string> messages;
    for (const Diagnostic& diagnostic : import.error()) {
      messages.push_back(diagnostic.message);
    }
    return messages;
  }

  [[nodiscard]] std::vector<std::string> warnings() const {
    const Result<NetworkImport> import = read();
    REQUIRE(import);
    std::vector<std::string> messages;
    for (const Diagnostic& diagnostic : import->warnings) {
      CHECK(diagnostic.severity == Severity::warning);
      messages.push_back(diagnostic.message);
    }
    return messages;
  }

 private:
  onnx::AttributeProto* add_attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto* attribute = node_->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }

  onnx::ModelProto model_;
  onnx::NodeProto* node_{nullptr};
};

[[nodiscard]] inline const Operation& last(const NetworkGraph& graph) { return graph.operations().back(); }

[[nodiscard]] inline std::vector<std::string> names_of(const NetworkGraph& graph) {
  std::vector<std::string> names;
  for (const Operation& operation : graph.operations()) {
    names.push_back(operation.name);
  }
  return names;
}

}  // namespace crossweave::test
