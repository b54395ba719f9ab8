#include "arch/architecture_yaml.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/banked_dram_yaml.h"
#include "arch/mvm_latency.h"

namespace crossweave {
namespace {

// Bounds that no crossbar design comes near; they keep products of these numbers within 64 bits.
constexpr std::int64_t kMaxCrossbarExtent = 65536;
constexpr std::int64_t kMaxTilePes = 65536;
constexpr std::int64_t kMaxBits = 64;
// The largest chips that are simulated: 2^18 PEs, with a tile for each.
constexpr std::int64_t kMaxTiles = 1 << 18;
constexpr int kDefaultConcentration = 4;  // that of ISAAC and PUMA
constexpr std::int64_t kMaxStages = 1000;
constexpr std::int64_t kMaxLanes = 65536;
constexpr std::int64_t kMaxGpeuCost = 1000;
constexpr Bytes kMaxFlit{4096};
constexpr std::int64_t kMaxFlits = 4096;
constexpr std::int64_t kMaxNocCycles = 1000;
constexpr Duration kMaxMvmLatency = Duration::nanoseconds(1'000'000);
constexpr Duration kMaxRowLatency = Duration::nanoseconds(10'000'000);
constexpr Energy kMaxCellEnergy = Energy::femtojoules(1'000'000'000);
constexpr std::int64_t kMaxEndurance = 1'000'000'000'000;
constexpr Rate kMinRate = Rate::bytes_per_second(1'000'000);
constexpr Duration kMaxDramLatency = Duration::nanoseconds(1'000'000);

BoundValue mesh_extent(MeshExtent& place) {
  const std::string bounds = "at most " + std::to_string(kMaxTiles) + " routers";
  return {{{.kind = ValueForm::Kind::integers, .least = 1, .most = kMaxTiles, .count = 2, .bounds = bounds}},
          [&place, bounds](MapReader& reader, std::string_view key, bool /*required*/) {
            const std::optional<std::vector<std::int64_t>> mesh = reader.integers(key, 2, 2, 1, kMaxTiles);
            if (!mesh) {
              return;
            }
            const std::int64_t columns = mesh->front();
            const std::int64_t rows = mesh->back();
            if (columns * rows > kMaxTiles) {
              reader.error(key, "expected " + bounds + ", got " + std::to_string(columns * rows));
            }
            place = {static_cast<int>(columns), static_cast<int>(rows)};
          },
          [&place] { return "[" + std::to_string(place.columns) + ", " + std::to_string(place.rows) + "]"; }};
}

void list_chip(Keys& keys, ChipSpec& spec) {
  keys.optional("tiles", value_or("auto", spec.tiles, [](int& place) { return integer(place, 1, kMaxTiles); }),
                "tiles; `auto`: as many as the F mapped PEs need. PEs beyond F are unused and stay out of U");
  keys.optional(
      "mesh", value_or("auto", spec.mesh, mesh_extent),
      "columns and rows of routers; `auto`: ceil(sqrt n) columns for n routers, and as many rows as it takes");
}

/// A value that there is with ADCs only, and then must be.
BoundValue with_adcs(BoundValue value, const MvmTiming& timing) {
  value.read = [read = std::move(value.read)](MapReader& reader, std::string_view key, bool /*required*/) {
    read(reader, key, reader.has("adcs") || reader.has("adc_rate"));
  };
  value.write = [write = std::move(value.write), &timing] { return timing.adcs > 0 ? write() : std::nullopt; };
  return value;
}

void list_mvm_timing(Keys& keys, MvmTiming& timing) {
  keys.required("read", time(timing.read, kMaxMvmLatency), "one step in the array");
  keys.required("dac_bits", integer(timing.dac_bits, 1, kMaxBits, "bits"), "of each input that a step drives");
  keys.optional("stages", integer(timing.stages, 1, kMaxStages), "pipeline stages of a step, the array's included");
  keys.optional("adcs", with_adcs(integer(timing.adcs, 1, kMaxCrossbarExtent), timing),
                "of a crossbar; without ADCs conversion is hidden in `read`");
  keys.optional("adc_rate", with_adcs(clock(timing.adc_rate), timing), "conversions of an ADC in a second");
}

/// Nothing to write where it is computed.
BoundValue stated_mvm_latency(CrossbarSpec& spec) {
  BoundValue value = time(spec.mvm_latency, kMaxMvmLatency);
  value.write = [write = std::move(value.write), &spec] { return spec.mvm_timing ? std::nullopt : write(); };
  return value;
}

/// Where it is known, partial sums are as wide as it says unless their width is stated, below.
BoundValue adc_bits(CrossbarSpec& spec, PrecisionSpec& precision) {
  BoundValue value = value_or("none", spec.adc_bits, [](int& place) { return integer(place, 1, kMaxBits, "bits"); });
  value.read = [read = std::move(value.read), &spec, &precision](MapReader& reader, std::string_view key,
                                                                 bool required) {
    read(reader, key, required);
    if (spec.adc_bits) {
      precision.psum_bits.reset();
    }
  };
  return value;
}

void list_write(Keys& keys, WriteSpec& spec) {
  keys.optional("row_latency",
                value_or("none", spec.row_latency, [](Duration& place) { return time(place, kMaxRowLatency); }),
                "of one row of a crossbar, all its cells at once; rows are written one after the other");
  keys.optional("cell_energy",
                value_or("none", spec.cell_energy, [](Energy& place) { return energy(place, kMaxCellEnergy); }),
                "of one cell, verification included");
  keys.optional(
      "endurance",
      value_or("none", spec.endurance, [](std::int64_t& place) { return integer(place, 1, kMaxEndurance, "writes"); }),
      "that a cell endures");
  keys.optional("crossbars", choice(spec.crossbars, kCrossbarWritingNames),
                "all that are to be written at the same time, or one after the other");
}

void list_crossbar(Keys& keys, CrossbarSpec& spec, PrecisionSpec& precision) {
  keys.required("rows", integer(spec.rows, 1, kMaxCrossbarExtent), "M, the inputs of a crossbar (PE)");
  keys.required("columns", integer(spec.columns, 1, kMaxCrossbarExtent), "N, its outputs");
  keys.value_or_section(
      "mvm_latency", stated_mvm_latency(spec),
      "t_MVM, one matrix-vector multiplication: \"a cycle\"; as a mapping it is computed from these keys",
      [&](Keys& inner) { list_mvm_timing(inner, spec.mvm_timing ? *spec.mvm_timing : spec.mvm_timing.emplace()); });
  keys.optional("bits_per_cell", integer(spec.bits_per_cell, 1, kMaxBits, "bits"),
                "resolution of a cell; a weight takes ceil(`weight_bits` / `bits_per_cell`) columns");
  keys.optional("adc_bits", adc_bits(spec, precision), "resolution of the ADCs");
  keys.section("write", "what writing weights costs: needed where `mapping.rewrite: allow` rewrites them",
               [&](Keys& inner) { list_write(inner, spec.write); });
}

void list_gpeu_costs(Keys& keys, GpeuCosts& costs) {
  const auto cost = [&](std::string_view name, int& place, std::string_view meaning) {
    keys.optional(name, integer(place, 0, kMaxGpeuCost, "lane-operations"), meaning);
  };
  cost("add", costs.add, "an addition, of partial sums and bias too; an element-wise function of n inputs is n - 1");
  cost("scale", costs.scale, "batch-norm scaling");
  cost("activation", costs.activation, "ReLU, leaky ReLU, clip and others that compare, add or multiply");
  cost("lut_activation", costs.lut_activation, "sigmoid, mish, softmax and others, by table");
  cost("pooling", costs.pooling, "pooling, for each position of the window");
  cost("copy", costs.copy, "concatenation, upsampling, gathering");
}

void list_gpeu(Keys& keys, GpeuSpec& spec) {
  keys.model(spec.model, kGpeuModelNames,
             "operations outside crossbars take no time, or are computed `lanes` at a time", [&] {
               if (spec.model == GpeuModel::lanes) {
                 keys.required("lanes", integer(spec.lanes, 1, kMaxLanes), "lane-operations a cycle");
                 keys.required("clock", clock(spec.clock), "of these cycles");
                 keys.section("costs", "of an element that an operation makes",
                              [&](Keys& inner) { list_gpeu_costs(inner, spec.costs); });
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

BoundValue concentration(NocSpec& spec) {
  BoundValue value = integer(spec.concentration, 1, kMaxNocConcentration);
  value.otherwise = "`" + std::to_string(kDefaultConcentration) + "`";
  value.read = [read = std::move(value.read), &spec](MapReader& reader, std::string_view key, bool required) {
    spec.concentration = spec.topology == NocTopology::cmesh ? kDefaultConcentration : 1;
    read(reader, key, required);
  };
  value.write = [write = std::move(value.write), &spec] {
    return spec.topology == NocTopology::cmesh ? write() : std::nullopt;
  };
  return value;
}

BoundValue virtual_channels(NocSpec& spec) {
  BoundValue value = integer(spec.virtual_channels, 1, kMaxNocVirtualChannels);
  value.otherwise = "`1`, on a torus `2`";
  value.read = [read = std::move(value.read), &spec](MapReader& reader, std::string_view key, bool required) {
    spec.virtual_channels = fewest_virtual_channels(spec.topology);
    read(reader, key, required);
  };
  return value;
}

/// What keys have to do with one another.
void judge(MapReader& reader, const NocSpec& spec) {
  if (spec.topology != NocTopology::cmesh && reader.has("concentration")) {
    reader.error("concentration", "only a cmesh has several tiles a router");
  }
  if (spec.topology == NocTopology::torus && spec.model == NocModel::flit && spec.virtual_channels % 2 != 0) {
    reader.error("virtual_channels",
                 "expected an even number on a torus, half of them for packets beyond the dateline, got " +
                     std::to_string(spec.virtual_channels));
  }
  if (spec.multicast && spec.model == NocModel::flit) {
    reader.error("multicast", "routers of the flit network do not replicate packets; those of `model: packet` do");
  } else if (spec.multicast && spec.buffer < spec.max_packet) {
    reader.error("multicast", "needs buffers that hold a whole packet: expected a buffer of at least " +
                                  std::to_string(spec.max_packet) + " flits, got " + std::to_string(spec.buffer));
  }
  // A port to each of four neighbours, to each tile, and to the DRAM.
  if (const int most = kMaxNocRequests / (4 + spec.concentration + 1); spec.virtual_channels > most) {
    reader.error("virtual_channels", "expected at most " + std::to_string(most) + " with " +
                                         std::to_string(spec.concentration) + " tiles a router, got " +
                                         std::to_string(spec.virtual_channels));
  }
}

void list_noc(Keys& keys, NocSpec& spec) {
  keys.model(spec.model, kNocModelNames,
             "every packet arrives at the instant at which it is sent, along its route; or hop by hop, with "
             "contention; or flit by flit and cycle by cycle",
             [&] {
               if (spec.model != NocModel::ideal) {
                 keys.optional("topology", choice(spec.topology, kNocTopologyNames), "how routers are connected");
                 keys.optional("concentration", concentration(spec), "of `cmesh`: tiles of a router");
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
                 keys.optional("multicast", truth(spec.multicast),
                               "only `packet`, with a `buffer` of at least `max_packet`: a region that several tiles "
                               "need leaves once, and routers replicate it");
               }
               if (spec.model == NocModel::packet) {
                 keys.optional("router_cycles", integer(spec.router_cycles, 1, kMaxNocCycles, "cycles"),
                               "of an unhindered flit in a router");
               }
               if (spec.model == NocModel::flit) {
                 keys.optional("virtual_channels", virtual_channels(spec),
                               "of each message class; on a torus an even number, one half for packets beyond the "
                               "dateline; with 4 tiles a router at most 7");
                 keys.optional("router", choice(spec.router, kNocRouterNames), "the pipeline of a router");
                 keys.optional("cycles_per_flit", integer(spec.cycles_per_flit, 1, kMaxNocCycles, "cycles"),
                               "from one flit on a channel to the next; 2 where a channel is half as wide as a flit");
               }
             });
  keys.rule([&](MapReader& reader) { judge(reader, spec); });
}

void list_dram(Keys& keys, DramSpec& spec) {
  keys.model(spec.model, kDramModelNames,
             "no latency, unlimited bandwidth; or one rate and one latency; or a channel of banks, command by command",
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

BoundValue psum_width(std::optional<int>& place) {
  BoundValue value = value_or("auto", place, [](int& bits) { return integer(bits, 1, kMaxBits, "bits"); });
  value.otherwise = "`auto` with `crossbar.adc_bits`, otherwise `16`";
  return value;
}

void list_precision(Keys& keys, PrecisionSpec& spec) {
  keys.optional("activation_bits", integer(spec.activation_bits, 1, kMaxBits, "bits"), "width of feature-map elements");
  keys.optional("psum_bits", psum_width(spec.psum_bits),
                "width of partial sums between tiles; `auto`: `adc_bits` + ceil(log2 P_V), layer by layer");
  keys.optional("weight_bits", integer(spec.weight_bits, 1, kMaxBits, "bits"),
                "width of weights; the defaults keep the paper's one column per output channel");
}

}  // namespace

void list_keys(Keys& keys, Architecture& architecture) {
  keys.required("name", text(architecture.name), "of the architecture, for reports");
  keys.section("chip", "how large the chip is", [&](Keys& inner) { list_chip(inner, architecture.chip); });
  keys.required_section("crossbar", "a mapping with rows, columns and mvm_latency", "the crossbars, all alike",
                        [&](Keys& inner) { list_crossbar(inner, architecture.crossbar, architecture.precision); });
  keys.required_section("tile", "a mapping with pes", "the tiles, all alike",
                        [&](Keys& inner) { list_tile(inner, architecture.tile); });
  keys.required_section("noc", "a mapping with model", "the network on chip",
                        [&](Keys& inner) { list_noc(inner, architecture.noc); });
  keys.required_section("dram", "a mapping with model", "where network inputs come from and outputs go to",
                        [&](Keys& inner) { list_dram(inner, architecture.dram); });
  keys.section("precision", "widths of numbers", [&](Keys& inner) { list_precision(inner, architecture.precision); });
  keys.rule([&](MapReader& reader) {
    CrossbarSpec& crossbar = architecture.crossbar;
    if (crossbar.mvm_timing) {
      crossbar.mvm_latency =
          mvm_latency(*crossbar.mvm_timing, architecture.precision.activation_bits, crossbar.columns);
    }
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
  const CrossbarSpec& crossbar = architecture.crossbar;
  if (!precision.psum_bits && !crossbar.adc_bits) {
    out.push_back({where, "precision.psum_bits: auto follows from crossbar.adc_bits, which is not given"});
  } else if (!precision.psum_bits && *crossbar.adc_bits < precision.activation_bits) {
    out.push_back({where, "crossbar.adc_bits (" + std::to_string(*crossbar.adc_bits) +
                              ") are less than precision.activation_bits (" +
                              std::to_string(precision.activation_bits) +
                              "), too few for partial sums: state precision.psum_bits"});
  }
  if (precision.psum_bits && *precision.psum_bits < precision.activation_bits) {
    out.push_back({where, "precision.psum_bits (" + std::to_string(*precision.psum_bits) +
                              ") must not be less than precision.activation_bits (" +
                              std::to_string(precision.activation_bits) +
                              "): a partial sum of activations is no narrower"});
  }
  if (crossbar.mvm_latency > kMaxMvmLatency) {
    out.push_back({where, "crossbar.mvm_latency comes to " + to_string(crossbar.mvm_latency) + ", more than " +
                              to_string(kMaxMvmLatency)});
  }
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
