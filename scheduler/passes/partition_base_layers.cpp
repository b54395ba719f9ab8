#include "scheduler/passes/partition_base_layers.h"

#include "scheduler/passes/decouple_padding_and_bias.h"
#include "scheduler/passes/drop_top.h"
#include "scheduler/passes/fold_batch_norm.h"

namespace crossweave {

IdVector<LayerId, BaseLayer> partition_base_layers(const NetworkGraph& canonical) {
  IdVector<LayerId, BaseLayer> layers;
  for (const OperationId id : ids(canonical.operations())) {
    const Operation& operation = canonical[id];
    if (!is_base(operation.kind)) {
      continue;
    }
    const Shape input = canonical[operation.inputs.front()].output;
    if (const auto* conv = std::get_if<Conv2d>(&operation.kind)) {
      layers.push_back({id, operation.name, input, operation.output, conv->kernel, conv->stride, conv->dilation,
                        conv->groups, conv->weight_bits});
    } else {
      const Shape flattened{1, 1, static_cast<int>(input.elements())};
      const int weight_bits = std::get<Dense>(operation.kind).weight_bits;
      layers.push_back({id, operation.name, flattened, operation.output, {}, {}, {}, 1, weight_bits});
    }
  }
  return layers;
}

NetworkGraph canonical_form(const NetworkGraph& graph, bool include_top) {
  return decouple_padding_and_bias(fold_batch_norm(include_top ? graph : drop_top(graph)));
}

}  // namespace crossweave
