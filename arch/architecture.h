// The hardware as typed values: what a chip is made of, independent of how it was written down.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "arch/diagnostics.h"
#include "arch/units.h"

namespace crossweave {

/// An RRAM crossbar: M rows (inputs) by N columns (outputs).
struct CrossbarSpec {
  int rows{256};
  int columns{256};
  /// t_MVM, one matrix-vector multiplication; "a cycle".
  Duration mvm_latency{Duration::nanoseconds(1400)};
  /// Resolution of one RRAM cell: up to 4 bits (paper, Section III-A).
  int bits_per_cell{4};

  friend bool operator==(const CrossbarSpec&, const CrossbarSpec&) = default;
};

struct TileSpec {
  /// Crossbars (PEs) of one tile.
  int pes{8};

  friend bool operator==(const TileSpec&, const TileSpec&) = default;
};

/// `ideal`: every packet arrives at the instant at which it is sent, along an XY route that is still walked.
enum class NocModel { ideal };
inline constexpr std::array<std::string_view, 1> kNocModelNames{"ideal"};

struct NocSpec {
  NocModel model{NocModel::ideal};

  friend bool operator==(const NocSpec&, const NocSpec&) = default;
};

/// `ideal`: unlimited bandwidth, no latency.
enum class DramModel { ideal };
inline constexpr std::array<std::string_view, 1> kDramModelNames{"ideal"};

struct DramSpec {
  DramModel model{DramModel::ideal};

  friend bool operator==(const DramSpec&, const DramSpec&) = default;
};

/// Widths of the numbers that travel, and of the weights that stay.
struct PrecisionSpec {
  int activation_bits{8};
  int psum_bits{16};
  /// By default a weight fits one cell, so that an output channel takes one column as in the paper.
  int weight_bits{4};

  friend bool operator==(const PrecisionSpec&, const PrecisionSpec&) = default;
};

/// Cells that hold one weight, side by side in one row of a crossbar: ceil(weight_bits / bits_per_cell).
[[nodiscard]] constexpr int cells_per_weight(int weight_bits, int bits_per_cell) {
  return (weight_bits + bits_per_cell - 1) / bits_per_cell;
}

struct Architecture {
  std::string name;
  CrossbarSpec crossbar;
  TileSpec tile;
  NocSpec noc;
  DramSpec dram;
  PrecisionSpec precision;

  friend bool operator==(const Architecture&, const Architecture&) = default;
};

}  // namespace crossweave
