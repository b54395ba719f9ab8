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

/// Widths of the numbers that travel.
struct PrecisionSpec {
  int activation_bits{8};
  int psum_bits{16};

  friend bool operator==(const PrecisionSpec&, const PrecisionSpec&) = default;
};

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
