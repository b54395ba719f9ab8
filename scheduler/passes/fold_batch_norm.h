// BN folding (paper, Section III-A).
#pragma once

#include "scheduler/network_graph.h"

namespace crossweave {

/// Merges each batch normalisation into the base layer that feeds only it. Structural: the layer gains a bias, weights
/// are not read. Other batch normalisations stay as element-wise operations.
[[nodiscard]] NetworkGraph fold_batch_norm(const NetworkGraph& graph);

}  // namespace crossweave
