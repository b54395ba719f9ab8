// The network divided into base layers (crossbars) and non-base layers (GPEUs) (paper, Section III-A).
#pragma once

#include <string>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/network_graph.h"

namespace crossweave {

/// Widths of a base layer's numbers; see passes/quantize.h.
struct Quantization {
  int weight_bits{0};
  int activation_bits{0};
  int cells_per_weight{1};  ///< columns of the im2col matrix that one output channel takes

  friend bool operator==(const Quantization&, const Quantization&) = default;
};

/// A base layer of a canonical graph.
struct BaseLayer {
  OperationId operation;
  std::string name;
  Shape ifm;  ///< H x W x C after padding
  Shape ofm;  ///< H x W x C
  Extent kernel;
  Extent stride;
  Extent dilation;
  int groups{1};
  /// Bits of its weights where the network file states them, else 0.
  int own_weight_bits{0};
  /// Absent until the pass `quantize`: one column an output channel.
  Quantization quantization{};

  /// t_i = O_H * O_W: latency of the layer alone, one cycle an OFM vector (paper, Section III-B).
  [[nodiscard]] Cycles cycles() const { return Cycles{ofm.pixels()}; }
};

/// The base layers in graph order. A dense layer is the 1 x 1 case on its flattened input.
[[nodiscard]] IdVector<LayerId, BaseLayer> partition_base_layers(const NetworkGraph& canonical);

/// The canonical form of a network: BN folded, padding and bias decoupled; without the top unless `include_top`.
[[nodiscard]] NetworkGraph canonical_form(const NetworkGraph& graph, bool include_top);

}  // namespace crossweave
