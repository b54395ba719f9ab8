// A network as a drawing: the DOT language of Graphviz.
#pragma once

#include <string>

#include "scheduler/network_graph.h"

namespace crossweave {

/// One box an operation, in graph order, base layers green and non-base layers blue as in the paper's Fig. 2; inputs
/// are white. Each edge bears the H x W x C of the map that it stands for. The same graph gives the same bytes.
[[nodiscard]] std::string to_dot(const NetworkGraph& graph);

}  // namespace crossweave
