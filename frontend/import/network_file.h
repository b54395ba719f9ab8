// Reading a network file of any supported kind into a NetworkGraph.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "arch/diagnostics.h"
#include "arch/yaml_keys.h"
#include "scheduler/network_graph.h"

namespace crossweave {

struct NetworkImport {
  NetworkGraph graph;
  Diagnostics warnings;
};

/// Reads a network by the extension of its file: .yaml/.yml, .onnx, .cfg or .json. `input_shape` (H, W, C) fills in
/// what the file leaves open and must agree with what it states. `where` is the place that names the file, if any.
Result<NetworkImport> import_network(const std::filesystem::path& file, const std::optional<Shape>& input_shape,
                                     const SourcePosition& where);

/// Our own format; see docs/network-format.md. One reader a kind of file, side by side.
Result<NetworkImport> import_network_yaml(const std::filesystem::path& file, const std::optional<Shape>& input_shape);
/// ONNX by protobuf and libonnx: only shapes are read, weights may be absent.
Result<NetworkImport> import_onnx(const std::filesystem::path& file, const std::optional<Shape>& input_shape);
/// The .cfg of Darknet.
Result<NetworkImport> import_darknet(const std::filesystem::path& file, const std::optional<Shape>& input_shape);

/// The same for text; `name` stands in for the file in positions, and its stem names the network.
Result<NetworkImport> parse_darknet(std::string_view text, const std::string& name,
                                    const std::optional<Shape>& input_shape);

/// The JSON of a Keras model: model.to_json() of Keras 2 or 3, or model.json of TensorFlow.js.
Result<NetworkImport> import_keras(const std::filesystem::path& file, const std::optional<Shape>& input_shape);

/// The same for text; `name` stands in for the file in positions, and its stem names the network.
Result<NetworkImport> parse_keras(std::string_view text, const std::string& name,
                                  const std::optional<Shape>& input_shape);

/// Every key of our own format. What each item of `layers` holds is the section of that key.
[[nodiscard]] KeyTree network_keys();

/// The network in our own format; import_network_yaml of it gives the same graph, operation by operation.
[[nodiscard]] std::string to_yaml(const NetworkGraph& graph);

}  // namespace crossweave
