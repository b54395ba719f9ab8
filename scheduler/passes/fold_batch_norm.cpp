#include "scheduler/passes/fold_batch_norm.h"

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {
namespace {

OperationKind with_bias(OperationKind kind) {
  if (auto* conv = std::get_if<Conv2d>(&kind)) {
    conv->bias = true;
  } else if (auto* dense = std::get_if<Dense>(&kind)) {
    dense->bias = true;
  }
  return kind;
}

}  // namespace

NetworkGraph fold_batch_norm(const NetworkGraph& graph) {
  const auto consumers = graph.consumers();
  const auto folds_into_input = [&](OperationId id) {
    if (!std::holds_alternative<BatchNorm>(graph[id].kind)) {
      return false;
    }
    const OperationId input = graph[id].inputs.front();
    return is_base(graph[input].kind) && consumers[input].size() == 1;
  };
  GraphRewriter rewriter{graph};
  for (const OperationId id : ids(graph.operations())) {
    const Operation& operation = graph[id];
    if (folds_into_input(id)) {
      rewriter.set_image(id, *rewriter.image(operation.inputs.front()));
    } else if (is_base(operation.kind) && consumers[id].size() == 1 && folds_into_input(consumers[id].front())) {
      rewriter.set_image(id, rewriter.add(operation.name, with_bias(operation.kind), rewriter.inputs_of(id)));
    } else {
      rewriter.copy(id);
    }
  }
  return std::move(rewriter).take();
}

}  // namespace crossweave
