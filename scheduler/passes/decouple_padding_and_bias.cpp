#include "scheduler/passes/decouple_padding_and_bias.h"

#include <utility>

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {
namespace {

/// Takes the bias flag off a base layer; true when it was set.
bool take_bias(OperationKind& kind) {
  if (auto* conv = std::get_if<Conv2d>(&kind)) {
    return std::exchange(conv->bias, false);
  }
  if (auto* dense = std::get_if<Dense>(&kind)) {
    return std::exchange(dense->bias, false);
  }
  return false;
}

}  // namespace

NetworkGraph decouple_padding_and_bias(const NetworkGraph& graph) {
  GraphRewriter rewriter{graph};
  for (const OperationId id : ids(graph.operations())) {
    const Operation& operation = graph[id];
    OperationKind kind = operation.kind;
    std::vector<OperationId> inputs = rewriter.inputs_of(id);
    if (auto* conv = std::get_if<Conv2d>(&kind)) {
      const Padding padding = std::exchange(conv->padding, Padding{});
      if (padding != Padding{}) {
        inputs = {rewriter.add(operation.name + "/pad", Pad{padding}, std::move(inputs))};
      }
    }
    const bool bias = take_bias(kind);
    OperationId result = rewriter.add(operation.name, std::move(kind), std::move(inputs));
    if (bias) {
      result = rewriter.add(operation.name + "/bias", Bias{}, {result});
    }
    rewriter.set_image(id, result);
  }
  return std::move(rewriter).take();
}

}  // namespace crossweave
