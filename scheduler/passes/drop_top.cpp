#include "scheduler/passes/drop_top.h"

#include <vector>

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {
namespace {

/// Whether an operation gives the same map without those of its inputs that were dropped. Then all that reads it fits.
bool stands_alone(const NetworkGraph& graph, OperationId id, const GraphRewriter& rewriter) {
  std::vector<Shape> left;
  for (const OperationId input : graph[id].inputs) {
    if (rewriter.image(input)) {
      left.push_back(graph[input].output);
    }
  }
  const Result<Shape, Failure> shape = output_shape(graph[id].kind, left);
  return shape && *shape == graph[id].output;
}

}  // namespace

NetworkGraph drop_top(const NetworkGraph& graph) {
  IdVector<OperationId, bool> reaches_convolution(graph.size(), false);
  for (std::size_t i = graph.size(); i-- > 0;) {
    const Operation& operation = graph[OperationId{i}];
    const bool reaches = reaches_convolution[OperationId{i}] || std::holds_alternative<Conv2d>(operation.kind);
    for (const OperationId input : operation.inputs) {
      reaches_convolution[input] = reaches_convolution[input] || reaches;
    }
  }
  GraphRewriter rewriter{graph};
  for (const OperationId id : ids(graph.operations())) {
    const Operation& operation = graph[id];
    const bool classifier = std::holds_alternative<Dense>(operation.kind) && !reaches_convolution[id];
    if (!classifier && stands_alone(graph, id, rewriter)) {
      rewriter.copy(id);
    }
  }
  return std::move(rewriter).take();
}

}  // namespace crossweave
