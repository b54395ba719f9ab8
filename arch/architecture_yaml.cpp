#include "arch/architecture_yaml.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "arch/banked_dram_yaml.h"

namespace crossweave {
namespace {

// Bounds that no crossbar design comes near; they keep products of these numbers within 64 bits.
constexpr std::int64_t kMaxCrossbarExtent = 65536;
constexpr std::int64_t kMaxTilePes = 65536;
constexpr std::int64_t kMaxBits = 64;
constexpr std::int64_t kMaxLanes = 65536;
constexpr Bytes kMaxFlit{4096};
constexpr std::int64_t kMaxFlits = 4096;
constexpr std::int64_t kMaxNocCycles = 1000;
constexpr std::int64_t kMaxVirtualChannels = 8;
constexpr Duration kMaxMvmLatency = Duration::nanoseconds(1'000'000);
constexpr Rate kMinRate = Rate::bytes_per_second(1'000'000);
constexpr Duration kMaxDramLatency = Duration::nanoseconds(1'000'000);

void list_crossbar(Keys& keys, CrossbarSpec& spec) {
  keys.required("rows", integer(spec.rows, 1, kMaxCrossbarExtent), "M, the inputs of a crossbar (PE)");
  keys.required("columns", integer(spec.columns, 1, kMaxCrossbarExtent), "N, its outputs");
  keys.required("mvm_latency", time(spec.mvm_latency, kMaxMvmLatency),
                "t_MVM, one matrix-vector multiplication: \"a cycle\"");
  keys.optional("bits_per_cell", integer(spec.bits_per_cell, 1, kMaxBits, "bits"),
                "resolution of a cell; a weight takes ceil(`weight_bits` / `bits_per_cell`) columns");
}

void list_gpeu(Keys& keys, GpeuSpec& spec) {
  keys.model(spec.model, kGpeuModelNames,
             "operations outside crossbars take no time, or are computed `lanes` at a time", [&] {
               if (spec.model == GpeuModel::lanes) {
                 keys.required("lanes", integer(spec.lanes, 1, kMaxLanes), "lane-operations a cycle");
                 keys.required("clock", clock(spec.clock), "of these cycles");
               }
             });
}

void list_buffer(Keys& keys, BufferSpec& spec) {
  keys.model(spec.model, kBufferModelNames, "buffers take whatever comes, or must have room, and ports take time", [&] {
    if (spec.model == BufferModel::limited) {
      keys.required("input", size(spec.input),
                    "capacity of a tile's input buffer; too little for the network is refused, with the number");
      keys.required("output", size(spec.output), "the same of its output buffer");
      keys.required("bandwidth",
                    value_or("unlimited", spec.bandwidth, [](Rate& place) { return rate(place, kMinRate); }),
                    "of each buffer's port in, and of its port out");
      keys.optional("spill", choice(spec.spill, kSpillNames),
                    "what finds no room waits, or goes to the DRAM and comes back when it is used");
    }
  });
}

void list_tile(Keys& keys, TileSpec& spec) {
  keys.required("pes", integer(spec.pes, 1, kMaxTilePes), "crossbars of a tile");
  keys.section("gpeu", "what computes the operations outside crossbars",
               [&](Keys& inner) { list_gpeu(inner, spec.gpeu); });
  keys.section("buffer", "a tile's input buffer and its output buffer",
               [&](Keys& inner) { list_buffer(inner, spec.buffer); });
  keys.optional("reduction", choice(spec.reduction, kReductionNames),
                "the way of partial sums between tiles: from neighbour to neighbour, or pairwise");
}

/// The one topology of a chip; the key is there for the reader of the file.
BoundValue topology() {
  return word(
      {"mesh"}, [](std::size_t) {}, 0);
}

void list_noc(Keys& keys, NocSpec& spec) {
  keys.model(spec.model, kNocModelNames,
             "every packet arrives at the instant at which it is sent, along its route; or hop by hop, with "
             "contention; or flit by flit and cycle by cycle",
             [&] {
               if (spec.model != NocModel::ideal) {
                 keys.optional("topology", topology(), "how routers are connected");
                 keys.optional("routing", choice(spec.routing, kNocRoutingNames),
                               "which dimension a packet travels first");
                 keys.required("clock", clock(spec.clock), "of these cycles");
                 keys.required("flit", size(spec.flit, kMaxFlit), "bytes that cross a link at once");
                 // A packet is a header and at least one flit of data.
                 keys.optional("max_packet", integer(spec.max_packet, 2, kMaxFlits, "flits"),
                               "the longest packet, its header of one flit included");
                 keys.optional("buffer", integer(spec.buffer, 1, kMaxFlits, "flits"),
                               "of a router's input port, for each virtual channel");
                 keys.optional("link_cycles", integer(spec.link_cycles, 1, kMaxNocCycles, "cycles"),
                               "on the way from router to router");
               }
               if (spec.model == NocModel::packet) {
                 keys.optional("router_cycles", integer(spec.router_cycles, 1, kMaxNocCycles, "cycles"),
                               "of an unhindered flit in a router");
               }
               if (spec.model == NocModel::flit) {
                 keys.optional("virtual_channels", integer(spec.virtual_channels, 1, kMaxVirtualChannels),
                               "of each message class");
                 keys.optional("router", choice(spec.router, kNocRouterNames), "the pipeline of a router");
                 keys.optional("cycles_per_flit", integer(spec.cycles_per_flit, 1, kMaxNocCycles, "cycles"),
                               "from one flit on a channel to the next; 2 where a channel is half as wide as a flit");
               }
             });
}

void list_dram(Keys& keys, DramSpec& spec) {
  keys.model(spec.model, kDramModelNames,
             "no latency, unlimited bandwidth; or one rate and one latency; or banks, command by command, for "
             "`crossweave dram` alone in this version",
             [&] {
               if (spec.model == DramModel::bandwidth) {
                 keys.required("bandwidth", rate(spec.bandwidth, kMinRate),
                               "reads and writes share it, first come, first served");
                 keys.required("latency", time(spec.latency, kMaxDramLatency),
                               "added to each read and write; overlaps with the next");
               }
               if (spec.model == DramModel::banked) {
                 list_keys(keys, spec.banked);
               }
             });
}

void list_precision(Keys& keys, PrecisionSpec& spec) {
  keys.optional("activation_bits", integer(spec.activation_bits, 1, kMaxBits, "bits"), "width of feature-map elements");
  keys.optional("psum_bits", integer(spec.psum_bits, 1, kMaxBits, "bits"), "width of partial sums between tiles");
  keys.optional("weight_bits", integer(spec.weight_bits, 1, kMaxBits, "bits"),
                "width of weights; the defaults keep the paper's one column per output channel");
}

}  // namespace

void list_keys(Keys& keys, Architecture& architecture) {
  keys.required("name", text(architecture.name), "of the architecture, for reports");
  keys.required_section("crossbar", "a mapping with rows, columns and mvm_latency", "the crossbars, all alike",
                        [&](Keys& inner) { list_crossbar(inner, architecture.crossbar); });
  keys.required_section("tile", "a mapping with pes", "the tiles, all alike",
                        [&](Keys& inner) { list_tile(inner, architecture.tile); });
  keys.required_section("noc", "a mapping with model", "the network on chip",
                        [&](Keys& inner) { list_noc(inner, architecture.noc); });
  keys.required_section("dram", "a mapping with model", "where network inputs come from and outputs go to",
                        [&](Keys& inner) { list_dram(inner, architecture.dram); });
  keys.section("precision", "widths of numbers", [&](Keys& inner) { list_precision(inner, architecture.precision); });
  keys.rule([&](MapReader& reader) {
    const YamlNode* const precision = reader.node("precision");
    validate(architecture, precision == nullptr ? reader.where() : precision->where, reader.diagnostics());
  });
}

Architecture read_architecture(const YamlNode& node, const std::string& path, Diagnostics& out) {
  Architecture architecture;
  read_keys(MapReader{node, path, out}, [&](Keys& keys) { list_keys(keys, architecture); });
  return architecture;
}

void validate(const Architecture& architecture, const SourcePosition& where, Diagnostics& out) {
  const PrecisionSpec& precision = architecture.precision;
  if (precision.psum_bits < precision.activation_bits) {
    out.push_back({where, "precision.psum_bits (" + std::to_string(precision.psum_bits) +
                              ") must not be less than precision.activation_bits (" +
                              std::to_string(precision.activation_bits) +
                              "): a partial sum of activations is no narrower"});
  }
  const CrossbarSpec& crossbar = architecture.crossbar;
  if (const int cells = cells_per_weight(precision.weight_bits, crossbar.bits_per_cell); cells > crossbar.columns) {
    out.push_back({where, "precision.weight_bits (" + std::to_string(precision.weight_bits) + ") need " +
                              std::to_string(cells) + " cells of crossbar.bits_per_cell (" +
                              std::to_string(crossbar.bits_per_cell) + ") in one row, more than crossbar.columns (" +
                              std::to_string(crossbar.columns) + ")"});
  }
}

std::string to_yaml(const Architecture& architecture, int indent) {
  Architecture copy = architecture;
  return write_keys([&](Keys& keys) { list_keys(keys, copy); }, indent);
}

}  // namespace crossweave
