#include "scheduler/passes/quantize.h"

#include <utility>

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {

Quantization quantization_of(const PrecisionSpec& precision, const CrossbarSpec& crossbar, int own_weight_bits) {
  const int weight_bits = own_weight_bits > 0 ? own_weight_bits : precision.weight_bits;
  return {weight_bits, precision.activation_bits, cells_per_weight(weight_bits, crossbar.bits_per_cell)};
}

IdVector<LayerId, BaseLayer> quantize(IdVector<LayerId, BaseLayer> layers, const PrecisionSpec& precision,
                                      const CrossbarSpec& crossbar) {
  for (BaseLayer& layer : layers) {
    layer.quantization = quantization_of(precision, crossbar, layer.own_weight_bits);
  }
  return layers;
}

std::optional<std::string> misfit_of(const IdVector<LayerId, BaseLayer>& layers, const CrossbarSpec& crossbar) {
  for (const BaseLayer& layer : layers) {
    const Quantization& widths = layer.quantization;
    if (widths.cells_per_weight > crossbar.columns) {
      return "the weights of '" + layer.name + "' have " + std::to_string(widths.weight_bits) + " bits and need " +
             std::to_string(widths.cells_per_weight) + " cells of crossbar.bits_per_cell (" +
             std::to_string(crossbar.bits_per_cell) + ") in one row, more than crossbar.columns (" +
             std::to_string(crossbar.columns) + ")";
    }
  }
  return std::nullopt;
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
