#include "scheduler/im2col_mapping.h"

#include <algorithm>

namespace crossweave {
namespace {

int ceil_div(std::int64_t a, std::int64_t b) { return static_cast<int>((a + b - 1) / b); }

std::int64_t rows_of_group(const BaseLayer& layer) {
  return std::int64_t{layer.kernel.height} * layer.kernel.width * (layer.ifm.channels / layer.groups);
}

/// Output channels that fit side by side on one crossbar.
int channels_per_crossbar(const BaseLayer& layer, const CrossbarSpec& crossbar) {
  const int channels = crossbar.columns / layer.quantization.cells_per_weight;
  check_invariant(channels >= 1, "a crossbar is as wide as the cells of one weight");
  return channels;
}

/// Hulls of the kernel offsets and channels of im2col rows [first, last) of a group whose channels start at `base`.
CrossbarPiece hull_of_rows(const BaseLayer& layer, std::int64_t first, std::int64_t last, int base) {
  const int channels = layer.ifm.channels / layer.groups;
  const int kw = layer.kernel.width;
  const auto first_offset = static_cast<int>(first / channels);
  const auto last_offset = static_cast<int>((last - 1) / channels);
  CrossbarPiece piece;
  piece.kernel_rows = {first_offset / kw, last_offset / kw + 1};
  piece.kernel_columns =
      piece.kernel_rows.size() == 1 ? Interval{first_offset % kw, last_offset % kw + 1} : Interval{0, kw};
  piece.input_channels = first_offset == last_offset ? Interval{base + static_cast<int>(first % channels),
                                                                base + static_cast<int>((last - 1) % channels) + 1}
                                                     : Interval{base, base + channels};
  piece.matrix_rows = static_cast<int>(last - first);
  return piece;
}

}  // namespace

CrossbarGrid im2col_grid(const BaseLayer& layer, const CrossbarSpec& crossbar) {
  const std::int64_t rows = rows_of_group(layer);
  const int channels = layer.ofm.channels / layer.groups;
  const int channels_fit = channels_per_crossbar(layer, crossbar);
  const auto shared = static_cast<int>(std::min<std::int64_t>(crossbar.rows / rows, channels_fit / channels));
  if (layer.groups > 1 && shared >= 1) {
    return {.vertical = 1, .horizontal = ceil_div(layer.groups, shared), .groups_per_crossbar = shared};
  }
  return {.vertical = ceil_div(rows, crossbar.rows), .horizontal = layer.groups * ceil_div(channels, channels_fit)};
}

CrossbarPiece crossbar_piece(const BaseLayer& layer, const CrossbarSpec& crossbar, int p, int j) {
  const CrossbarGrid grid = im2col_grid(layer, crossbar);
  const std::int64_t rows = rows_of_group(layer);
  const int in_channels = layer.ifm.channels / layer.groups;
  const int out_channels = layer.ofm.channels / layer.groups;
  if (grid.groups_per_crossbar > 0) {
    const int first = j * grid.groups_per_crossbar;
    const int last = std::min(first + grid.groups_per_crossbar, layer.groups);
    CrossbarPiece piece = hull_of_rows(layer, 0, rows, first * in_channels);
    piece.input_channels = {first * in_channels, last * in_channels};
    piece.output_channels = {first * out_channels, last * out_channels};
    piece.matrix_rows *= last - first;
    piece.matrix_columns = piece.output_channels.size() * layer.quantization.cells_per_weight;
    return piece;
  }
  const int pieces_per_group = grid.horizontal / layer.groups;
  const int group = j / pieces_per_group;
  const std::int64_t first = std::int64_t{p} * crossbar.rows;
  CrossbarPiece piece = hull_of_rows(layer, first, std::min(first + crossbar.rows, rows), group * in_channels);
  const int channels_fit = channels_per_crossbar(layer, crossbar);
  const int channel = (j % pieces_per_group) * channels_fit;
  piece.output_channels = {group * out_channels + channel,
                           group * out_channels + std::min(channel + channels_fit, out_channels)};
  piece.matrix_columns = piece.output_channels.size() * layer.quantization.cells_per_weight;
  return piece;
}

std::int64_t weight_cells(const BaseLayer& layer) {
  return rows_of_group(layer) * layer.ofm.channels * layer.quantization.cells_per_weight;
}

std::int64_t minimum_pes(const IdVector<LayerId, CrossbarGrid>& grids) {
  std::int64_t sum = 0;
  for (const CrossbarGrid& grid : grids) {
    sum += grid.pes();
  }
  return sum;
}

IdVector<LayerId, CrossbarGrid> im2col_grids(const IdVector<LayerId, BaseLayer>& layers, const CrossbarSpec& crossbar) {
  IdVector<LayerId, CrossbarGrid> grids;
  for (const BaseLayer& layer : layers) {
    grids.push_back(im2col_grid(layer, crossbar));
  }
  return grids;
}

}  // namespace crossweave
