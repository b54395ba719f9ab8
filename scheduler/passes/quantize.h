// Base layers are quantized to the resolution of RRAM cells (paper, Section III-A).
#pragma once

#include <optional>
#include <string>

#include "arch/architecture.h"
#include "arch/ids.h"
#include "scheduler/network_graph.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// The widths of a base layer's numbers: an architecture's, but for weights whose own width is stated (not 0).
[[nodiscard]] Quantization quantization_of(const PrecisionSpec& precision, const CrossbarSpec& crossbar,
                                           int own_weight_bits = 0);

/// Annotates every base layer: weights wider than a cell multiply the columns that it takes (im2col_mapping.h). They
/// may be too wide for a crossbar (misfit_of).
[[nodiscard]] IdVector<LayerId, BaseLayer> quantize(IdVector<LayerId, BaseLayer> layers, const PrecisionSpec& precision,
                                                    const CrossbarSpec& crossbar);

/// Why a layer's own weights do not fit: one weight takes more cells than a row of a crossbar has.
[[nodiscard]] std::optional<std::string> misfit_of(const IdVector<LayerId, BaseLayer>& layers,
                                                   const CrossbarSpec& crossbar);

/// The same as a graph: the paper's Fig. 2 has a quantization (Q) of the IFM before every base layer. It is an identity
/// in H, W and C, so that no schedule depends on it; the graph of a run does without, one operation a layer fewer.
[[nodiscard]] NetworkGraph insert_quantization(const NetworkGraph& canonical);

}  // namespace crossweave
