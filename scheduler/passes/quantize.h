// Base layers are quantized to the resolution of RRAM cells (paper, Section III-A).
#pragma once

#include "arch/architecture.h"
#include "arch/ids.h"
#include "scheduler/network_graph.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// The widths that an architecture gives to a base layer's numbers.
[[nodiscard]] Quantization quantization_of(const PrecisionSpec& precision, const CrossbarSpec& crossbar);

/// Annotates every base layer: weights wider than a cell multiply the columns that it takes (im2col_mapping.h).
[[nodiscard]] IdVector<LayerId, BaseLayer> quantize(IdVector<LayerId, BaseLayer> layers, const Quantization& widths);

/// The same as a graph: the paper's Fig. 2 has a quantization (Q) of the IFM before every base layer. It is an identity
/// in H, W and C, so that no schedule depends on it; the graph of a run does without, one operation a layer fewer.
[[nodiscard]] NetworkGraph insert_quantization(const NetworkGraph& canonical);

}  // namespace crossweave
