// im2col: a convolution as a matrix, cut into crossbars (paper, Section III-B, Equation 1).
#pragma once

#include "arch/architecture.h"
#include "arch/ids.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// The crossbars of one copy of a layer's weights: `vertical` (P_V) pieces of M im2col rows by `horizontal` (P_H)
/// pieces of N columns. An output channel takes a column for each cell of a weight (Quantization::cells_per_weight).
/// Its columns stay on one crossbar, where their currents are shifted and added, so that a piece holds
/// floor(N / cells_per_weight) whole channels and leaves the remaining columns empty.
struct CrossbarGrid {
  int vertical{1};
  int horizontal{1};
  /// Convolution groups that share one crossbar block-diagonally; 0 when one group (or an ungrouped layer) fills
  /// `horizontal / groups` column pieces of its own.
  int groups_per_crossbar{0};

  /// c_i = P_V * P_H
  [[nodiscard]] int pes() const { return vertical * horizontal; }
  friend bool operator==(CrossbarGrid, CrossbarGrid) = default;
};

/// P_V and P_H of a layer. Grouped convolutions: q = min(floor(M / rows of a group), floor(N / columns of a group))
/// groups share a crossbar when q >= 1, otherwise each group is cut by itself (method: Mapping).
[[nodiscard]] CrossbarGrid im2col_grid(const BaseLayer& layer, const CrossbarSpec& crossbar);

/// What one piece of the matrix reads and writes.
struct CrossbarPiece {
  Interval kernel_rows;      ///< hull of its kernel offsets, in [0, Kh)
  Interval kernel_columns;   ///< in [0, Kw)
  Interval input_channels;   ///< hull, in [0, Ci)
  Interval output_channels;  ///< in [0, Co)
  int matrix_rows{0};        ///< crossbar rows driven
  int matrix_columns{0};     ///< crossbar columns read
};

/// Piece (p, j): im2col rows p*M .. (p+1)*M - 1 with row = (kh * Kw + kw) * Ci + ci, column piece j.
[[nodiscard]] CrossbarPiece crossbar_piece(const BaseLayer& layer, const CrossbarSpec& crossbar, int p, int j);

/// Cells that hold weights in one copy of a layer; the others of its crossbars are wasted.
[[nodiscard]] std::int64_t weight_cells(const BaseLayer& layer);

/// PE_min: crossbars that store every weight once.
[[nodiscard]] std::int64_t minimum_pes(const IdVector<LayerId, CrossbarGrid>& grids);

[[nodiscard]] IdVector<LayerId, CrossbarGrid> im2col_grids(const IdVector<LayerId, BaseLayer>& layers,
                                                           const CrossbarSpec& crossbar);

}  // namespace crossweave
