// The passes from a network as imported to its canonical form and beyond, by name and in their order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "arch/architecture.h"
#include "scheduler/mapping_options.h"
#include "scheduler/network_graph.h"

namespace crossweave {

/// What the passes depend on besides the graph.
struct PassOptions {
  bool include_top{false};
  CrossbarSpec crossbar;
  PrecisionSpec precision;
  /// For `rewrite_duplicates`: PEs beyond PE_min, and the rule that gives them to layers.
  std::int64_t extra_pes{0};
  Duplication duplication{Duplication::none};
};

struct Pass {
  std::string_view name;
  /// The graph after this pass, given the one after the pass before it.
  NetworkGraph (*apply)(const NetworkGraph& graph, const PassOptions& options);
};

/// Every pass. The first leaves the graph as imported, and so does the partition, which only reads it.
[[nodiscard]] std::span<const Pass> passes();

/// The graph after one of `passes()` and all before it.
[[nodiscard]] NetworkGraph graph_after(const Pass& last, const NetworkGraph& imported, const PassOptions& options);

}  // namespace crossweave
