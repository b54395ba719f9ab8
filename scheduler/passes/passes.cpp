#include "scheduler/passes/passes.h"

#include <array>

#include "scheduler/im2col_mapping.h"
#include "scheduler/mapped_network.h"
#include "scheduler/passes/decouple_padding_and_bias.h"
#include "scheduler/passes/drop_top.h"
#include "scheduler/passes/fold_batch_norm.h"
#include "scheduler/passes/partition_base_layers.h"
#include "scheduler/passes/quantize.h"
#include "scheduler/passes/rewrite_duplicates.h"
#include "scheduler/weight_duplication.h"

namespace crossweave {
namespace {

NetworkGraph unchanged(const NetworkGraph& graph, const PassOptions& /*options*/) { return graph; }

template <NetworkGraph (*pass)(const NetworkGraph&)>
NetworkGraph without_options(const NetworkGraph& graph, const PassOptions& /*options*/) {
  return pass(graph);
}

NetworkGraph drop_top_unless_included(const NetworkGraph& graph, const PassOptions& options) {
  return options.include_top ? graph : drop_top(graph);
}

NetworkGraph duplicate_and_rewrite(const NetworkGraph& graph, const PassOptions& options) {
  const IdVector<LayerId, BaseLayer> layers =
      quantize(partition_base_layers(graph), options.precision, options.crossbar);
  const Duplicates duplicates =
      duplicate_weights(options.duplication, duplication_candidates(layers, im2col_grids(layers, options.crossbar)),
                        options.extra_pes, {Partition::blocks, SetSize{}});
  return rewrite_duplicates(graph, duplicates);
}

}  // namespace

std::span<const Pass> passes() {
  static constexpr std::array kPasses{
      Pass{"import", &unchanged},
      Pass{"drop_top", &drop_top_unless_included},
      Pass{"fold_batch_norm", &without_options<&fold_batch_norm>},
      Pass{"decouple_padding_and_bias", &without_options<&decouple_padding_and_bias>},
      Pass{"partition_base_layers", &unchanged},
      Pass{"quantize", &without_options<&insert_quantization>},
      Pass{"rewrite_duplicates", &duplicate_and_rewrite},
  };
  return kPasses;
}

NetworkGraph graph_after(const Pass& last, const NetworkGraph& imported, const PassOptions& options) {
  NetworkGraph graph = imported;
  for (const Pass& pass : passes()) {
    graph = pass.apply(graph, options);
    if (&pass == &last) {
      break;
    }
  }
  return graph;
}

}  // namespace crossweave
