#include "scheduler/passes/drop_top.h"

#include <algorithm>

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {

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
    const bool fed_only_by_classifier =
        !operation.inputs.empty() &&
        std::ranges::none_of(operation.inputs, [&](OperationId input) { return rewriter.image(input).has_value(); });
    if (!classifier && !fed_only_by_classifier) {
      rewriter.copy(id);
    }
  }
  return std::move(rewriter).take();
}

}  // namespace crossweave
