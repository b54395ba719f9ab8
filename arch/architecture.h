// The hardware as typed values: what a chip is made of, independent of how it was written down.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "arch/banked_dram.h"
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

/// `ideal`: operations take no time. `lanes`: `lanes` of them a cycle, one set's after the other's.
enum class GpeuModel { ideal, lanes };
inline constexpr std::array<std::string_view, 2> kGpeuModelNames{"ideal", "lanes"};

struct GpeuSpec {
  GpeuModel model{GpeuModel::ideal};
  int lanes{16};
  Frequency clock{Frequency::hertz(1'000'000'000)};

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

/// Which dimension of the mesh a packet travels first.
enum class NocRouting { xy, yx };
inline constexpr std::array<std::string_view, 2> kNocRoutingNames{"xy", "yx"};

/// What a head flit does in a router of the flit network, cycle by cycle. `one_stage`: all at once, with look-ahead
/// routing and speculative switch allocation. `two_stage`: the same, then through the switch. `four_stage`: route,
/// virtual channel, switch allocation, through the switch.
enum class NocRouter { one_stage, two_stage, four_stage };
inline constexpr std::array<std::string_view, 3> kNocRouterNames{"one_stage", "two_stage", "four_stage"};

struct NocSpec {
  NocModel model{NocModel::ideal};
  NocRouting routing{NocRouting::xy};
  Frequency clock{Frequency::hertz(1'000'000'000)};
  Bytes flit{32};
  /// Flits of the longest packet, its header included.
  int max_packet{8};
  /// Flits that a router's input buffer holds, per port and virtual channel.
  int buffer{8};
  /// Of the packet network.
  int router_cycles{2};
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
