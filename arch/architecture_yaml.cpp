#include "arch/architecture_yaml.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "arch/banked_dram_yaml.h"
#include "arch/mvm_latency.h"
#include "arch/yaml_values.h"

namespace crossweave {
namespace {

// Bounds that no crossbar design comes near; they keep products of these numbers within 64 bits.
constexpr std::int64_t kMaxCrossbarExtent = 65536;
constexpr std::int64_t kMaxTilePes = 65536;
constexpr std::int64_t kMaxBits = 64;
// The largest chips that are simulated: 2^18 PEs, with a tile for each.
constexpr std::int64_t kMaxTiles = 1 << 18;
constexpr int kDefaultConcentration = 4;  // that of ISAAC and PUMA
/// Written where a value follows from others, and where there is none.
constexpr std::string_view kAuto = "auto";
constexpr std::string_view kNone = "none";
constexpr std::int64_t kMaxStages = 1000;
constexpr std::int64_t kMaxLanes = 65536;
constexpr std::int64_t kMaxFlitBytes = 4096;
constexpr std::int64_t kMaxFlits = 4096;
constexpr std::int64_t kMaxNocCycles = 1000;
constexpr Duration kMaxMvmLatency = Duration::nanoseconds(1'000'000);
constexpr std::string_view kUnlimited = "unlimited";
constexpr Rate kMinRate = Rate::bytes_per_second(1'000'000);
constexpr Duration kMaxDramLatency = Duration::nanoseconds(1'000'000);

void read_duration(MapReader& reader, std::string_view key, Duration most, Duration& target) {
  const std::optional<Duration> value = reader.required_duration(key);
  if (value && *value > most) {
    reader.error(key, "expected a time of at most " + to_string(most) + ", got " + to_string(*value));
  }
  target = value.value_or(target);
}

void read_rate(MapReader& reader, std::string_view key, Rate& target) {
  const std::optional<Rate> value = reader.required_rate(key);
  if (value && *value < kMinRate) {
    reader.error(key, "expected a rate of at least " + to_string(kMinRate) + ", got " + to_string(*value));
  }
  target = value.value_or(target);
}

/// Reads the key `model`, on which it depends what other keys there are. False when it names none: then no other key
/// can be called unknown.
template <class Model, std::size_t count>
bool read_model(MapReader& reader, const std::array<std::string_view, count>& names, Model& target) {
  const std::optional<std::size_t> model = reader.required_choice("model", to_strings(names));
  target = static_cast<Model>(model.value_or(0));
  return model || !reader.has("model");
}

/// Whether a key is absent, or says by a `word` that its value is left open.
bool is_left_open(MapReader& reader, std::string_view key, std::string_view word) {
  const YamlNode* node = reader.node(key);
  return node == nullptr || (node->kind == YamlNode::Kind::scalar && !node->quoted && node->scalar == word);
}

std::optional<int> as_int(std::optional<std::int64_t> value) {
  return value ? std::optional{static_cast<int>(*value)} : std::nullopt;
}

ChipSpec read_chip(const YamlNode& node, const std::string& path, Diagnostics& out) {
  ChipSpec spec;
  MapReader reader{node, path, out};
  if (!is_left_open(reader, "tiles", kAuto)) {
    spec.tiles = as_int(reader.integer("tiles", 1, kMaxTiles));
  }
  if (!is_left_open(reader, "mesh", kAuto)) {
    if (const auto mesh = reader.integers("mesh", 2, 2, 1, kMaxTiles)) {
      if ((*mesh)[0] * (*mesh)[1] > kMaxTiles) {
        reader.error("mesh", "expected at most " + std::to_string(kMaxTiles) + " routers, got " +
                                 std::to_string((*mesh)[0] * (*mesh)[1]));
      }
      spec.mesh = MeshExtent{static_cast<int>((*mesh)[0]), static_cast<int>((*mesh)[1])};
    }
  }
  reader.finish();
  return spec;
}

MvmTiming read_mvm_timing(const YamlNode& node, const std::string& path, Diagnostics& out) {
  MvmTiming timing;
  MapReader reader{node, path, out};
  read_duration(reader, "read", kMaxMvmLatency, timing.read);
  assign(timing.dac_bits, reader.required_integer("dac_bits", 1, kMaxBits));
  assign(timing.stages, reader.integer("stages", 1, kMaxStages));
  if (reader.has("adcs") || reader.has("adc_rate")) {
    assign(timing.adcs, reader.required_integer("adcs", 1, kMaxCrossbarExtent));
    read_clock(reader, "adc_rate", timing.adc_rate);
  }
  reader.finish();
  return timing;
}

CrossbarSpec read_crossbar(const YamlNode& node, const std::string& path, Diagnostics& out) {
  CrossbarSpec spec;
  MapReader reader{node, path, out};
  assign(spec.rows, reader.required_integer("rows", 1, kMaxCrossbarExtent));
  assign(spec.columns, reader.required_integer("columns", 1, kMaxCrossbarExtent));
  if (const YamlNode* latency = reader.node("mvm_latency");
      latency != nullptr && latency->kind == YamlNode::Kind::mapping) {
    spec.mvm_timing = read_mvm_timing(*latency, reader.path_of("mvm_latency"), out);
  } else {
    read_duration(reader, "mvm_latency", kMaxMvmLatency, spec.mvm_latency);
  }
  assign(spec.bits_per_cell, reader.integer("bits_per_cell", 1, kMaxBits));
  if (!is_left_open(reader, "adc_bits", kNone)) {
    spec.adc_bits = as_int(reader.integer("adc_bits", 1, kMaxBits));
  }
  reader.finish();
  return spec;
}

GpeuSpec read_gpeu(const YamlNode& node, const std::string& path, Diagnostics& out) {
  GpeuSpec spec;
  MapReader reader{node, path, out};
  const bool known = read_model(reader, kGpeuModelNames, spec.model);
  if (spec.model == GpeuModel::lanes) {
    assign(spec.lanes, reader.required_integer("lanes", 1, kMaxLanes));
    read_clock(reader, "clock", spec.clock);
  }
  if (known) {
    reader.finish();
  }
  return spec;
}

/// A rate, or "unlimited": ports take no time.
std::optional<Rate> read_port_bandwidth(MapReader& reader) {
  const YamlNode* node = reader.node("bandwidth");
  if (node != nullptr && node->kind == YamlNode::Kind::scalar && !node->quoted && node->scalar == kUnlimited) {
    return std::nullopt;
  }
  Rate rate;
  read_rate(reader, "bandwidth", rate);
  return rate;
}

BufferSpec read_buffer(const YamlNode& node, const std::string& path, Diagnostics& out) {
  BufferSpec spec;
  MapReader reader{node, path, out};
  const bool known = read_model(reader, kBufferModelNames, spec.model);
  if (spec.model == BufferModel::limited) {
    spec.input = reader.required_bytes("input").value_or(spec.input);
    spec.output = reader.required_bytes("output").value_or(spec.output);
    spec.bandwidth = read_port_bandwidth(reader);
    if (const std::optional<std::size_t> spill = reader.choice("spill", to_strings(kSpillNames))) {
      spec.spill = static_cast<Spill>(*spill);
    }
  }
  if (known) {
    reader.finish();
  }
  return spec;
}

TileSpec read_tile(const YamlNode& node, const std::string& path, Diagnostics& out) {
  TileSpec spec;
  MapReader reader{node, path, out};
  assign(spec.pes, reader.required_integer("pes", 1, kMaxTilePes));
  if (const YamlNode* gpeu = reader.node("gpeu")) {
    spec.gpeu = read_gpeu(*gpeu, reader.path_of("gpeu"), out);
  }
  if (const YamlNode* buffer = reader.node("buffer")) {
    spec.buffer = read_buffer(*buffer, reader.path_of("buffer"), out);
  }
  if (const std::optional<std::size_t> reduction = reader.choice("reduction", to_strings(kReductionNames))) {
    spec.reduction = static_cast<Reduction>(*reduction);
  }
  reader.finish();
  return spec;
}

void read_virtual_channels(MapReader& reader, NocSpec& spec) {
  spec.virtual_channels = fewest_virtual_channels(spec.topology);
  const std::optional<std::int64_t> channels = reader.integer("virtual_channels", 1, kMaxNocVirtualChannels);
  if (!channels) {
    return;
  }
  spec.virtual_channels = static_cast<int>(*channels);
  if (spec.topology == NocTopology::torus && *channels % 2 != 0) {
    reader.error("virtual_channels",
                 "expected an even number on a torus, half of them for packets beyond the dateline, got " +
                     std::to_string(*channels));
  }
  // A port to each of four neighbours, to each tile, and to the DRAM.
  if (const int most = kMaxNocRequests / (4 + spec.concentration + 1); *channels > most) {
    reader.error("virtual_channels", "expected at most " + std::to_string(most) + " with " +
                                         std::to_string(spec.concentration) + " tiles a router, got " +
                                         std::to_string(*channels));
  }
}

NocSpec read_noc(const YamlNode& node, const std::string& path, Diagnostics& out) {
  NocSpec spec;
  MapReader reader{node, path, out};
  const bool known = read_model(reader, kNocModelNames, spec.model);
  if (spec.model != NocModel::ideal) {
    const std::optional<std::size_t> topology = reader.choice("topology", to_strings(kNocTopologyNames));
    spec.topology = static_cast<NocTopology>(topology.value_or(0));
    if (spec.topology == NocTopology::cmesh) {
      spec.concentration = kDefaultConcentration;
      assign(spec.concentration, reader.integer("concentration", 1, kMaxNocConcentration));
    } else if (reader.has("concentration") && (topology || !reader.has("topology"))) {
      reader.error("concentration", "only a cmesh has several tiles a router");
    }
    if (const std::optional<std::size_t> routing = reader.choice("routing", to_strings(kNocRoutingNames))) {
      spec.routing = static_cast<NocRouting>(*routing);
    }
    read_clock(reader, "clock", spec.clock);
    if (const std::optional<Bytes> flit = reader.required_bytes("flit")) {
      if (flit->count() > kMaxFlitBytes) {
        reader.error("flit",
                     "expected a size of at most " + to_string(Bytes{kMaxFlitBytes}) + ", got " + to_string(*flit));
      }
      spec.flit = *flit;
    }
    // A packet is a header and at least one flit of data.
    assign(spec.max_packet, reader.integer("max_packet", 2, kMaxFlits));
    assign(spec.buffer, reader.integer("buffer", 1, kMaxFlits));
    assign(spec.link_cycles, reader.integer("link_cycles", 1, kMaxNocCycles));
  }
  if (spec.model == NocModel::packet) {
    assign(spec.router_cycles, reader.integer("router_cycles", 1, kMaxNocCycles));
  }
  if (spec.model == NocModel::flit) {
    read_virtual_channels(reader, spec);
    if (const std::optional<std::size_t> router = reader.choice("router", to_strings(kNocRouterNames))) {
      spec.router = static_cast<NocRouter>(*router);
    }
    assign(spec.cycles_per_flit, reader.integer("cycles_per_flit", 1, kMaxNocCycles));
  }
  if (known) {
    reader.finish();
  }
  return spec;
}

DramSpec read_dram(const YamlNode& node, const std::string& path, Diagnostics& out) {
  DramSpec spec;
  MapReader reader{node, path, out};
  const bool known = read_model(reader, kDramModelNames, spec.model);
  if (spec.model == DramModel::bandwidth) {
    read_rate(reader, "bandwidth", spec.bandwidth);
    read_duration(reader, "latency", kMaxDramLatency, spec.latency);
  }
  if (spec.model == DramModel::banked) {
    read_banked_dram(node, reader, spec.banked);
  }
  if (known) {
    reader.finish();
  }
  return spec;
}

PrecisionSpec read_precision(const YamlNode& node, const std::string& path, bool adc_is_known, Diagnostics& out) {
  PrecisionSpec spec;
  MapReader reader{node, path, out};
  assign(spec.activation_bits, reader.integer("activation_bits", 1, kMaxBits));
  if (!is_left_open(reader, "psum_bits", kAuto)) {
    spec.psum_bits = as_int(reader.integer("psum_bits", 1, kMaxBits));
  } else if (adc_is_known || reader.has("psum_bits")) {
    spec.psum_bits.reset();
  }
  assign(spec.weight_bits, reader.integer("weight_bits", 1, kMaxBits));
  reader.finish();
  return spec;
}

std::string number_or(std::optional<int> value, std::string_view word) {
  return value ? std::to_string(*value) : std::string{word};
}

std::string mvm_latency_yaml(const CrossbarSpec& crossbar, const std::string& margin) {
  if (!crossbar.mvm_timing) {
    return margin + "  mvm_latency: " + to_string(crossbar.mvm_latency) + "\n";
  }
  const MvmTiming& timing = *crossbar.mvm_timing;
  const std::string inner = "\n" + margin + "    ";
  std::string text = margin + "  mvm_latency:" + inner + "read: " + to_string(timing.read) + inner +
                     "dac_bits: " + std::to_string(timing.dac_bits) + inner +
                     "stages: " + std::to_string(timing.stages);
  if (timing.adcs > 0) {
    text += inner + "adcs: " + std::to_string(timing.adcs) + inner + "adc_rate: " + to_string(timing.adc_rate);
  }
  return text + "\n";
}

}  // namespace

Architecture read_architecture(const YamlNode& node, const std::string& path, Diagnostics& out) {
  Architecture architecture;
  Diagnostics problems;
  MapReader reader{node, path, problems};
  if (std::optional<std::string> name = reader.required_string("name")) {
    architecture.name = *std::move(name);
  }
  if (const YamlNode* chip = reader.node("chip")) {
    architecture.chip = read_chip(*chip, reader.path_of("chip"), problems);
  }
  if (const YamlNode* crossbar = reader.required_node("crossbar", "a mapping with rows, columns and mvm_latency")) {
    architecture.crossbar = read_crossbar(*crossbar, reader.path_of("crossbar"), problems);
  }
  if (const YamlNode* tile = reader.required_node("tile", "a mapping with pes")) {
    architecture.tile = read_tile(*tile, reader.path_of("tile"), problems);
  }
  if (const YamlNode* noc = reader.required_node("noc", "a mapping with model")) {
    architecture.noc = read_noc(*noc, reader.path_of("noc"), problems);
  }
  if (const YamlNode* dram = reader.required_node("dram", "a mapping with model")) {
    architecture.dram = read_dram(*dram, reader.path_of("dram"), problems);
  }
  SourcePosition where = node.where;
  if (const YamlNode* precision = reader.node("precision")) {
    architecture.precision =
        read_precision(*precision, reader.path_of("precision"), architecture.crossbar.adc_bits.has_value(), problems);
    where = precision->where;
  } else if (architecture.crossbar.adc_bits) {
    architecture.precision.psum_bits.reset();
  }
  reader.finish();
  // Rules across keys mean little while a key of them is wrong.
  if (problems.empty()) {
    if (CrossbarSpec& crossbar = architecture.crossbar; crossbar.mvm_timing) {
      crossbar.mvm_latency =
          mvm_latency(*crossbar.mvm_timing, architecture.precision.activation_bits, crossbar.columns);
    }
    validate(architecture, where, problems);
  }
  out.insert(out.end(), problems.begin(), problems.end());
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
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  const auto line = [&margin](const std::string& text) { return margin + text + "\n"; };
  const auto number = [](int value) { return std::to_string(value); };
  const GpeuSpec& gpeu = architecture.tile.gpeu;
  const BufferSpec& buffer = architecture.tile.buffer;
  const NocSpec& noc = architecture.noc;
  const DramSpec& dram = architecture.dram;
  const ChipSpec& chip = architecture.chip;
  std::string text =
      line("name: " + yaml_string(architecture.name)) + line("chip:") +
      line("  tiles: " + number_or(chip.tiles, kAuto)) +
      line("  mesh: " +
           (chip.mesh ? "[" + number(chip.mesh->columns) + ", " + number(chip.mesh->rows) + "]" : std::string{kAuto})) +
      line("crossbar:") + line("  rows: " + number(architecture.crossbar.rows)) +
      line("  columns: " + number(architecture.crossbar.columns)) + mvm_latency_yaml(architecture.crossbar, margin) +
      line("  bits_per_cell: " + number(architecture.crossbar.bits_per_cell)) +
      line("  adc_bits: " + number_or(architecture.crossbar.adc_bits, kNone)) + line("tile:") +
      line("  pes: " + number(architecture.tile.pes)) + line("  gpeu:") +
      line("    model: " + std::string{kGpeuModelNames[static_cast<std::size_t>(gpeu.model)]});
  if (gpeu.model == GpeuModel::lanes) {
    text += line("    lanes: " + number(gpeu.lanes)) + line("    clock: " + to_string(gpeu.clock));
  }
  text +=
      line("  buffer:") + line("    model: " + std::string{kBufferModelNames[static_cast<std::size_t>(buffer.model)]});
  if (buffer.model == BufferModel::limited) {
    text += line("    input: " + to_string(buffer.input)) + line("    output: " + to_string(buffer.output)) +
            line("    bandwidth: " + (buffer.bandwidth ? to_string(*buffer.bandwidth) : std::string{kUnlimited})) +
            line("    spill: " + std::string{kSpillNames[static_cast<std::size_t>(buffer.spill)]});
  }
  text += line("  reduction: " + std::string{kReductionNames[static_cast<std::size_t>(architecture.tile.reduction)]});
  text += line("noc:") + line("  model: " + std::string{kNocModelNames[static_cast<std::size_t>(noc.model)]});
  if (noc.model != NocModel::ideal) {
    text += line("  topology: " + std::string{kNocTopologyNames[static_cast<std::size_t>(noc.topology)]});
    if (noc.topology == NocTopology::cmesh) {
      text += line("  concentration: " + number(noc.concentration));
    }
    text += line("  routing: " + std::string{kNocRoutingNames[static_cast<std::size_t>(noc.routing)]}) +
            line("  clock: " + to_string(noc.clock)) + line("  flit: " + to_string(noc.flit)) +
            line("  max_packet: " + number(noc.max_packet)) + line("  buffer: " + number(noc.buffer));
  }
  if (noc.model == NocModel::packet) {
    text += line("  router_cycles: " + number(noc.router_cycles)) + line("  link_cycles: " + number(noc.link_cycles));
  }
  if (noc.model == NocModel::flit) {
    text += line("  virtual_channels: " + number(noc.virtual_channels)) +
            line("  router: " + std::string{kNocRouterNames[static_cast<std::size_t>(noc.router)]}) +
            line("  link_cycles: " + number(noc.link_cycles)) +
            line("  cycles_per_flit: " + number(noc.cycles_per_flit));
  }
  text += line("dram:") + line("  model: " + std::string{kDramModelNames[static_cast<std::size_t>(dram.model)]});
  if (dram.model == DramModel::bandwidth) {
    text += line("  bandwidth: " + to_string(dram.bandwidth)) + line("  latency: " + to_string(dram.latency));
  }
  if (dram.model == DramModel::banked) {
    text += to_yaml(dram.banked, margin + "  ");
  }
  return text + line("precision:") + line("  activation_bits: " + number(architecture.precision.activation_bits)) +
         line("  psum_bits: " + number_or(architecture.precision.psum_bits, kAuto)) +
         line("  weight_bits: " + number(architecture.precision.weight_bits));
}

}  // namespace crossweave
