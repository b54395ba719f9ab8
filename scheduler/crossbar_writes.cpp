#include "scheduler/crossbar_writes.h"

#include <algorithm>

#include "scheduler/im2col_mapping.h"

namespace crossweave {
namespace {

Duration fetch_time(Bytes weights, const DramSpec& dram) {
  switch (dram.model) {
    case DramModel::ideal:
      return {};
    case DramModel::bandwidth:
      return dram.latency + time_of_bytes(weights, dram.bandwidth);
    case DramModel::banked:
      return time_of_bytes(weights, dram.banked.device.peak());
  }
  throw InternalError{"unknown model of the DRAM"};
}

}  // namespace

CrossbarWrites& CrossbarWrites::operator+=(const CrossbarWrites& other) {
  crossbars += other.crossbars;
  rows += other.rows;
  most_rows = std::max(most_rows, other.most_rows);
  cells += other.cells;
  weights += other.weights;
  return *this;
}

CrossbarWrites writes_of(const BaseLayer& layer, const CrossbarSpec& crossbar, int duplicates) {
  const CrossbarGrid grid = im2col_grid(layer, crossbar);
  CrossbarWrites writes;
  for (int j = 0; j < grid.horizontal; ++j) {
    for (int p = 0; p < grid.vertical; ++p) {
      const CrossbarPiece piece = crossbar_piece(layer, crossbar, p, j);
      writes.rows += piece.matrix_rows;
      writes.most_rows = std::max<std::int64_t>(writes.most_rows, piece.matrix_rows);
      writes.cells += std::int64_t{piece.matrix_rows} * piece.matrix_columns;
    }
  }
  writes.crossbars = std::int64_t{grid.pes()} * duplicates;
  writes.rows *= duplicates;
  writes.cells *= duplicates;
  writes.weights =
      packed_size(weight_cells(layer) / layer.quantization.cells_per_weight, layer.quantization.weight_bits);
  return writes;
}

Duration write_time(const CrossbarWrites& writes, const Architecture& architecture) {
  const WriteSpec& spec = architecture.crossbar.write;
  check_invariant(spec.row_latency.has_value(), "the time of a row is known where weights are rewritten");
  const std::int64_t rows = spec.crossbars == CrossbarWriting::parallel ? writes.most_rows : writes.rows;
  return std::max(*spec.row_latency * rows, fetch_time(writes.weights, architecture.dram));
}

}  // namespace crossweave
