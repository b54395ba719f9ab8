// Padding and bias leave the base layers (paper, Section III-A and Fig. 2).
#pragma once

#include "scheduler/network_graph.h"

namespace crossweave {

/// Every padded convolution becomes `pad` + convolution without padding, every bias an operation of its own. IFM shapes
/// of base layers are then those after padding, as in the paper's Table I.
[[nodiscard]] NetworkGraph decouple_padding_and_bias(const NetworkGraph& graph);

}  // namespace crossweave
