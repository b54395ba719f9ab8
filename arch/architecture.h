// The hardware as typed values: what a chip is made of, independent of how it was written down.
#pragma once

#include <array>
#include <bit>
#include <optional>
#include <string>
#include <string_view>

#include "arch/banked_dram.h"
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

/// Which crossbars are written at the same time: all that have to be, or one after the other.
enum class CrossbarWriting { parallel, serial };
inline constexpr std::array<std::string_view, 2> kCrossbarWritingNames{"parallel", "serial"};

/// What writing weights into RRAM costs. Only mappings that rewrite weights need to know; what is absent is not known.
struct WriteSpec {
  /// One row of a crossbar, all its cells at once. The rows of a crossbar are written one after the other.
  std::optional<Duration> row_latency;
  /// One cell, verification included.
  std::optional<Energy> cell_energy;
  /// Writes that a cell endures.
  std::optional<std::int64_t> endurance;
  CrossbarWriting crossbars{CrossbarWriting::parallel};

  friend bool operator==(const WriteSpec&, const WriteSpec&) = default;
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
  WriteSpec write{};

  friend bool operator==(const CrossbarSpec&, const CrossbarSpec&) = default;
};

/// `ideal`: operations take no time. `lanes`: `lanes` of them a cycle, one set's after the other's.
enum class GpeuModel { ideal, lanes };
inline constexpr std::array<std::string_view, 2> kGpeuModelNames{"ideal", "lanes"};

/// Lane-operations for one output element. These defaults are assumptions of the model, not of any one chip.
struct GpeuCosts {
  /// Two numbers, partial sums and bias included; a sum of n takes n - 1 times as many.
  int add{1};
  /// Batch-norm scaling.
  int scale{1};
  /// What compares, adds or multiplies: ReLU, clip and so on.
  int activation{1};
  /// All other activations: they are looked up in a table.
  int lut_activation{2};
  /// For each position of the window.
  int pooling{1};
  /// Concatenation, upsampling, gathering.
  int copy{1};

  friend bool operator==(const GpeuCosts&, const GpeuCosts&) = default;
};

struct GpeuSpec {
  GpeuModel model{GpeuModel::ideal};
  int lanes{16};
  Frequency clock{Frequency::hertz(1'000'000'000)};
  GpeuCosts costs{};

  friend bool operator==(const GpeuSpec&, const GpeuSpec&) = default;
};

/// `unlimited`: room for everything, at once. `limited`: room must be reserved, and ports take time.
enum class BufferModel { unlimited, limited };
inline constexpr std::array<std::string_view, 2> kBufferModelNames{"unlimited", "limited"};

/// What becomes of a result whose consumer has no room for it while its own buffer is needed.
enum class Spill { none, dram };
inline constexpr std::array<std::string_view, 2> kSpillNames{"none", "dram"};

/// The two buffers of a tile; each has one port in and one port out.
struct BufferSpec {
  BufferModel model{BufferModel::unlimited};
  Bytes input{64 * 1024};
  Bytes output{64 * 1024};
  std::optional<Rate> bandwidth;  ///< of each port; none: ports take no time
  Spill spill{Spill::none};

  friend bool operator==(const BufferSpec&, const BufferSpec&) = default;
};

/// Which way the partial sums of a duplicate's tiles take to the home of their result: from tile to tile, or pairwise.
enum class Reduction { chain, tree };
inline constexpr std::array<std::string_view, 2> kReductionNames{"chain", "tree"};

struct TileSpec {
  /// Crossbars (PEs) of one tile.
  int pes{8};
  GpeuSpec gpeu{};
  BufferSpec buffer{};
  Reduction reduction{Reduction::chain};

  friend bool operator==(const TileSpec&, const TileSpec&) = default;
};

/// `ideal`: every transfer arrives at the instant at which it is sent, along an XY route that is still walked.
/// `packet`: packets wait for links and buffers, hop by hop. `flit`: flits do, cycle by cycle (docs/noc.md).
enum class NocModel { ideal, packet, flit };
inline constexpr std::array<std::string_view, 3> kNocModelNames{"ideal", "packet", "flit"};

/// How routers are connected. `torus`: the ends of each row and column, too. `cmesh`: a mesh with several tiles a
/// router.
enum class NocTopology { mesh, torus, cmesh };
inline constexpr std::array<std::string_view, 3> kNocTopologyNames{"mesh", "torus", "cmesh"};

/// Virtual channels that a message class has at least: on a torus one for packets before the dateline and one for those
/// beyond, or packets that wait in a ring for one another would never move.
[[nodiscard]] constexpr int fewest_virtual_channels(NocTopology topology) {
  return topology == NocTopology::torus ? 2 : 1;
}

/// Which dimension of the mesh a packet travels first.
enum class NocRouting { xy, yx };
inline constexpr std::array<std::string_view, 2> kNocRoutingNames{"xy", "yx"};

/// What a head flit does in a router of the flit network, cycle by cycle. `one_stage`: all at once, with look-ahead
/// routing and speculative switch allocation. `two_stage`: the same, then through the switch. `four_stage`: route,
/// virtual channel, switch allocation, through the switch.
enum class NocRouter { one_stage, two_stage, four_stage };
inline constexpr std::array<std::string_view, 3> kNocRouterNames{"one_stage", "two_stage", "four_stage"};

/// What routers are built for (models/routed_network): tiles of each, virtual channels of a message class, and the
/// product of these channels and the router's ports, of which the DRAM may have one. The flit network keeps who asks
/// for what in a mask of so many bits.
inline constexpr int kMaxNocConcentration = 4;
inline constexpr int kMaxNocVirtualChannels = 8;
inline constexpr int kMaxNocRequests = 64;

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
  /// Flits that a router's input buffer holds, per port and virtual channel.
  int buffer{8};
  /// Of the packet network.
  int router_cycles{2};
  /// Of the packet network: its routers replicate packets, so that copies of a region for several tiles leave as one
  /// transfer. Needs buffers that hold the longest packet.
  bool multicast{false};
  int link_cycles{1};
  /// Of the flit network: of each message class; the pipeline; cycles from one flit on a channel to the next.
  int virtual_channels{1};
  NocRouter router{NocRouter::two_stage};
  int cycles_per_flit{1};

  friend bool operator==(const NocSpec&, const NocSpec&) = default;
};

/// `ideal`: unlimited bandwidth, no latency. `bandwidth`: reads and writes share a rate in order of arrival, and each
/// takes a fixed latency on top. `banked`: a channel of banks with open rows, command by command (docs/dram.md).
enum class DramModel { ideal, bandwidth, banked };
inline constexpr std::array<std::string_view, 3> kDramModelNames{"ideal", "bandwidth", "banked"};

struct DramSpec {
  DramModel model{DramModel::ideal};
  Rate bandwidth{Rate::bytes_per_second(19'200'000'000)};
  Duration latency{Duration::nanoseconds(45)};
  BankedDramSpec banked{};

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
