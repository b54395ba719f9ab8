// The hardware as typed values: what a chip is made of, independent of how it was written down.
#pragma once

#include <array>
#include <bit>
#include <optional>
#include <string>
#include <string_view>

#include "arch/diagnostics.h"
#include "arch/units.h"

namespace crossweave {

/// The parts of an MVM that is computed bit by bit of its inputs (arch/mvm_latency.h).
struct MvmTiming {
  /// One step in the array: rows are driven, currents settle and are sampled.
  Duration read;
  /// Input bits of a step.
  int dac_bits{1};
  /// Pipeline stages that each step goes through, that in the array included.
  int stages{1};
  /// ADCs of a crossbar, each for an equal share of its columns; 0: conversion is hidden in `read`.
  int adcs{0};
  /// Conversions of one of them in a second.
  Frequency adc_rate;

  friend bool operator==(const MvmTiming&, const MvmTiming&) = default;
};

/// An RRAM crossbar: M rows (inputs) by N columns (outputs).
struct CrossbarSpec {
  int rows{256};
  int columns{256};
  /// t_MVM, one matrix-vector multiplication; "a cycle". Follows from `mvm_timing` where that is given.
  Duration mvm_latency{Duration::nanoseconds(1400)};
  /// Resolution of one RRAM cell: up to 4 bits (paper, Section III-A).
  int bits_per_cell{4};
  std::optional<MvmTiming> mvm_timing{};
  /// Resolution of the ADCs, where it is known.
  std::optional<int> adc_bits{};

  friend bool operator==(const CrossbarSpec&, const CrossbarSpec&) = default;
};

/// `ideal`: operations take no time. `lanes`: `lanes` of them a cycle, one set's after the other's.
enum class GpeuModel { ideal, lanes };
inline constexpr std::array<std::string_view, 2> kGpeuModelNames{"ideal", "lanes"};

struct GpeuSpec {
  GpeuModel model{GpeuModel::ideal};
  int lanes{16};
  Frequency clock{Frequency::hertz(1'000'000'000)};

  friend bool operator==(const GpeuSpec&, const GpeuSpec&) = default;
};

struct TileSpec {
  /// Crossbars (PEs) of one tile.
  int pes{8};
  GpeuSpec gpeu{};

  friend bool operator==(const TileSpec&, const TileSpec&) = default;
};

/// `ideal`: every transfer arrives at the instant at which it is sent, along an XY route that is still walked.
/// `packet`: packets wait for links and buffers, hop by hop (docs/noc.md).
enum class NocModel { ideal, packet };
inline constexpr std::array<std::string_view, 2> kNocModelNames{"ideal", "packet"};

/// How routers are connected. `torus`: the ends of each row and column, too. `cmesh`: a mesh with several tiles a
/// router.
enum class NocTopology { mesh, torus, cmesh };
inline constexpr std::array<std::string_view, 3> kNocTopologyNames{"mesh", "torus", "cmesh"};

/// Which dimension of the mesh a packet travels first.
enum class NocRouting { xy, yx };
inline constexpr std::array<std::string_view, 2> kNocRoutingNames{"xy", "yx"};

struct NocSpec {
  NocModel model{NocModel::ideal};
  NocTopology topology{NocTopology::mesh};
  /// Tiles of a router; 1 unless the topology is `cmesh`.
  int concentration{1};
  NocRouting routing{NocRouting::xy};
  Frequency clock{Frequency::hertz(1'000'000'000)};
  Bytes flit{32};
  /// Flits of the longest packet, its header included.
  int max_packet{8};
  /// Flits that a router's input buffer holds, per port and message class.
  int buffer{8};
  int router_cycles{2};
  int link_cycles{1};

  friend bool operator==(const NocSpec&, const NocSpec&) = default;
};

/// `ideal`: unlimited bandwidth, no latency. `bandwidth`: reads and writes share a rate in order of arrival, and each
/// takes a fixed latency on top.
enum class DramModel { ideal, bandwidth };
inline constexpr std::array<std::string_view, 2> kDramModelNames{"ideal", "bandwidth"};

struct DramSpec {
  DramModel model{DramModel::ideal};
  Rate bandwidth{Rate::bytes_per_second(19'200'000'000)};
  Duration latency{Duration::nanoseconds(45)};

  friend bool operator==(const DramSpec&, const DramSpec&) = default;
};

/// Widths of the numbers that travel, and of the weights that stay.
struct PrecisionSpec {
  int activation_bits{8};
  /// Of partial sums between tiles; left open where it follows from the ADCs (psum_bits()).
  std::optional<int> psum_bits{16};
  /// By default a weight fits one cell, so that an output channel takes one column as in the paper.
  int weight_bits{4};

  friend bool operator==(const PrecisionSpec&, const PrecisionSpec&) = default;
};

/// Cells that hold one weight, side by side in one row of a crossbar: ceil(weight_bits / bits_per_cell).
[[nodiscard]] constexpr int cells_per_weight(int weight_bits, int bits_per_cell) {
  return (weight_bits + bits_per_cell - 1) / bits_per_cell;
}

/// Width of a layer's partial sums, of which each result has `crossbars` (P_V): as stated, or the ADCs' resolution and
/// a bit for each doubling.
[[nodiscard]] constexpr int psum_bits(const PrecisionSpec& precision, const CrossbarSpec& crossbar, int crossbars) {
  return precision.psum_bits ? *precision.psum_bits
                             : *crossbar.adc_bits + std::bit_width(static_cast<unsigned>(crossbars - 1));
}

/// Columns and rows of routers.
struct MeshExtent {
  int columns{1};
  int rows{1};

  friend bool operator==(const MeshExtent&, const MeshExtent&) = default;
};

/// How large the chip is. What is left open follows from the PEs that are mapped onto it (scheduler/placement.h).
struct ChipSpec {
  std::optional<int> tiles;
  std::optional<MeshExtent> mesh;

  friend bool operator==(const ChipSpec&, const ChipSpec&) = default;
};

struct Architecture {
  std::string name;
  ChipSpec chip;
  CrossbarSpec crossbar;
  TileSpec tile;
  NocSpec noc;
  DramSpec dram;
  PrecisionSpec precision;

  friend bool operator==(const Architecture&, const Architecture&) = default;
};

}  // namespace crossweave
