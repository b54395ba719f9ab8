#include "scheduler/passes/quantize.h"

#include <utility>

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {

Quantization quantization_of(const PrecisionSpec& precision, const CrossbarSpec& crossbar) {
  return {precision.weight_bits, precision.activation_bits,
          cells_per_weight(precision.weight_bits, crossbar.bits_per_cell)};
}

IdVector<LayerId, BaseLayer> quantize(IdVector<LayerId, BaseLayer> layers, const Quantization& widths) {
  for (BaseLayer& layer : layers) {
    layer.quantization = widths;
  }
  return layers;
}

NetworkGraph insert_quantization(const NetworkGraph& canonical) {
  GraphRewriter rewriter{canonical};
  for (const OperationId id : ids(canonical.operations())) {
    const Operation& operation = canonical[id];
    if (!is_base(operation.kind)) {
      rewriter.copy(id);
      continue;
    }
    const OperationId quantized =
        rewriter.add(operation.name + "/quantize", Activation{"quantize"}, rewriter.inputs_of(id));
    rewriter.set_image(id, rewriter.add(operation.name, operation.kind, {quantized}));
  }
  return std::move(rewriter).take();
}

}  // namespace crossweave
