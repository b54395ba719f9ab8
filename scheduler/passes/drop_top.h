// `include_top: false`: the classifier at the end of a network is left out.
#pragma once

#include "scheduler/network_graph.h"

namespace crossweave {

/// Removes the dense layers from which no convolution is reachable, and what does not give the same map without them
/// (what only they feed, a concatenation). Dense layers inside the network (squeeze-and-excite gates) stay.
[[nodiscard]] NetworkGraph drop_top(const NetworkGraph& graph);

}  // namespace crossweave
