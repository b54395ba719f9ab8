#include "scheduler/passes/rewrite_duplicates.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/ofm_sets.h"
#include "scheduler/passes/graph_rewriter.h"

namespace crossweave {
namespace {

/// The IFM positions that the windows of some OFM positions touch; without padding they lie inside the IFM.
Interval touched(Interval output, int kernel, int stride, int dilation) {
  return {output.begin * stride, (output.end - 1) * stride + effective_kernel(kernel, dilation)};
}

/// Joins maps along an axis; one alone is left as it is, as its axis was not cut.
OperationId join(GraphRewriter& rewriter, std::string name, Concat::Along along, std::vector<OperationId> maps) {
  return maps.size() == 1 ? maps.front() : rewriter.add(std::move(name), Concat{along}, std::move(maps));
}

/// The slices, the convolutions and the concatenations of one layer; gives the map that was the layer's.
OperationId add_duplicates(GraphRewriter& rewriter, const Operation& layer, int ifm_channels, OperationId ifm,
                           BlockGrid grid) {
  const auto& conv = std::get<Conv2d>(layer.kind);
  check_invariant(conv.padding == Padding{}, "padding was decoupled");
  // One set a block: the grid of sets is the grid of blocks.
  const SetGrid blocks{layer.output, SetSize{0, 0}, grid};
  const auto suffix = [&](SetId block) {
    return "_" + std::to_string(blocks.row_of(block)) + "_" + std::to_string(blocks.column_of(block));
  };
  std::vector<OperationId> slices;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const SetId block{i};
    const Rect rect = blocks.rect(block);
    const Interval rows = touched(rect.rows, conv.kernel.height, conv.stride.height, conv.dilation.height);
    const Interval columns = touched(rect.columns, conv.kernel.width, conv.stride.width, conv.dilation.width);
    slices.push_back(rewriter.add(layer.name + "/slice" + suffix(block),
                                  Slice{{rows.begin, columns.begin, 0}, {rows.size(), columns.size(), ifm_channels}},
                                  {ifm}));
  }
  std::vector<std::vector<OperationId>> copies(static_cast<std::size_t>(grid.rows));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const SetId block{i};
    const std::string name = i == 0 ? layer.name : layer.name + "/copy" + suffix(block);
    copies[static_cast<std::size_t>(blocks.row_of(block))].push_back(rewriter.add(name, conv, {slices[i]}));
  }
  std::vector<OperationId> joined;
  joined.reserve(copies.size());
  for (std::vector<OperationId>& row : copies) {
    joined.push_back(join(rewriter, layer.name + "/columns_" + std::to_string(joined.size()), Concat::Along::columns,
                          std::move(row)));
  }
  return join(rewriter, layer.name + "/rows", Concat::Along::rows, std::move(joined));
}

}  // namespace

NetworkGraph rewrite_duplicates(const NetworkGraph& canonical, const IdVector<LayerId, int>& duplicates) {
  GraphRewriter rewriter{canonical};
  std::size_t layers = 0;
  for (const OperationId id : ids(canonical.operations())) {
    const Operation& operation = canonical[id];
    const int copies = is_base(operation.kind) ? duplicates[LayerId{layers++}] : 1;
    if (copies == 1) {
      rewriter.copy(id);
      continue;
    }
    const std::optional<BlockGrid> grid = block_grid(operation.output, copies);
    check_invariant(grid.has_value(), "the number of duplicates is admissible");
    const OperationId ifm = rewriter.inputs_of(id).front();
    const int channels = canonical[operation.inputs.front()].output.channels;
    rewriter.set_image(id, add_duplicates(rewriter, operation, channels, ifm, *grid));
  }
  return std::move(rewriter).take();
}

}  // namespace crossweave
