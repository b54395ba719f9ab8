#include "scheduler/segment_network.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {
namespace {

bool is_input(const Operation& operation) { return std::holds_alternative<Input>(operation.kind); }

/// Makes no result that is smaller than what it reads, nor one that anybody has to compute.
bool rearranges(const OperationKind& kind) {
  return std::holds_alternative<Pad>(kind) || std::holds_alternative<Slice>(kind) ||
         std::holds_alternative<Reshape>(kind) || std::holds_alternative<Concat>(kind) ||
         std::holds_alternative<Upsample>(kind);
}

}  // namespace

NetworkSegments::NetworkSegments(const MappedNetwork& network)
    : network_{network},
      follows_reader_(network.graph.size()),
      layer_(network.graph.size()),
      last_read_by_(network.graph.size()) {
  const NetworkGraph& graph = network.graph;
  const IdVector<OperationId, std::vector<OperationId>> consumers = graph.consumers();
  std::size_t layers = 0;
  for (const OperationId id : ids(graph.operations())) {
    const Operation& operation = graph[id];
    follows_reader_[id] = rearranges(operation.kind) && !consumers[id].empty();
    for (const OperationId input : operation.inputs) {
      layer_[id] = std::max(layer_[id], layer_[input]);
    }
    if (is_base(operation.kind)) {
      layer_[id] = layers++;
    }
  }
  for (std::size_t i = graph.size(); i-- > 0;) {
    const OperationId id{i};
    // What follows its reader reads its own inputs when its result is read.
    const std::optional<std::size_t> reader = follows_reader_[id] ? last_read_by_[id] : layer_[id];
    for (const OperationId input : graph[id].inputs) {
      last_read_by_[input] = std::max(last_read_by_[input], reader);
    }
  }
}

bool NetworkSegments::runs_in(OperationId id, LayerRange layers) const {
  return !is_input(network_.graph[id]) && !follows_reader_[id] && layer_[id] >= layers.first &&
         layer_[id] < layers.last;
}

bool NetworkSegments::is_read_after(OperationId id, LayerRange layers) const {
  return last_read_by_[id] && *last_read_by_[id] >= layers.last;
}

MappedNetwork NetworkSegments::segment(LayerRange layers) const {
  const NetworkGraph& graph = network_.graph;
  IdVector<OperationId, bool> needed(graph.size());
  for (std::size_t i = graph.size(); i-- > 0;) {
    const OperationId id{i};
    const bool runs = runs_in(id, layers);
    if (runs || (needed[id] && follows_reader_[id])) {
      for (const OperationId input : graph[id].inputs) {
        needed[input] = true;
      }
    }
    needed[id] = needed[id] || runs;
  }

  GraphRewriter rewriter{graph};
  std::vector<OperationId> stored;
  for (const OperationId id : ids(graph.operations())) {
    if (!needed[id]) {
      continue;
    }
    if (!runs_in(id, layers) && !follows_reader_[id]) {
      rewriter.set_image(id, rewriter.add(graph[id].name, Input{graph[id].output}, {}));
      continue;
    }
    rewriter.copy(id);
    if (runs_in(id, layers) && is_read_after(id, layers)) {
      stored.push_back(id);
    }
  }
  // A slice of the whole runs nowhere; that nobody reads it makes what is before it an output.
  for (const OperationId id : stored) {
    rewriter.add(graph[id].name + "/stored", Slice{{0, 0, 0}, graph[id].output}, {*rewriter.image(id)});
  }

  MappedNetwork result{NetworkGraph{""}, {}, {}, 0};
  for (std::size_t i = layers.first; i < layers.last; ++i) {
    BaseLayer layer = network_.layers[LayerId{i}];
    layer.operation = *rewriter.image(layer.operation);
    result.layers.push_back(std::move(layer));
    result.crossbars.push_back(network_.crossbars[LayerId{i}]);
  }
  result.min_pes = minimum_pes(result.crossbars);
  result.graph = std::move(rewriter).take();
  return result;
}

}  // namespace crossweave
