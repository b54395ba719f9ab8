// Reading a network file of any supported kind into a NetworkGraph.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "arch/diagnostics.h"
#include "scheduler/network_graph.h"

namespace crossweave {

struct NetworkImport {
  NetworkGraph graph;
  Diagnostics warnings;
};

/// Reads a network by the extension of its file: .yaml/.yml or .onnx. `input_shape` (H, W, C) fills in what the file
/// leaves open and must agree with what it states. `where` is the place that names the file, if any.
Result<NetworkImport> import_network(const std::filesystem::path& file, const std::optional<Shape>& input_shape,
                                     const SourcePosition& where);

/// Our own format; see docs/network-format.md. One reader a kind of file, side by side.
Result<NetworkImport> import_network_yaml(const std::filesystem::path& file, const std::optional<Shape>& input_shape);
/// ONNX by protobuf and libonnx: only shapes are read, weights may be absent.
Result<NetworkImport> import_onnx(const std::filesystem::path& file, const std::optional<Shape>& input_shape);

/// The network in our own format; import_network_yaml of it gives the same graph, operation by operation.
[[nodiscard]] std::string to_yaml(const NetworkGraph& graph);

}  // namespace crossweave
