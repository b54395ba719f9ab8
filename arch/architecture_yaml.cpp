#include "arch/architecture_yaml.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace crossweave {
namespace {

// Bounds that no crossbar design comes near; they keep products of these numbers within 64 bits.
constexpr std::int64_t kMaxCrossbarExtent = 65536;
constexpr std::int64_t kMaxTilePes = 65536;
constexpr std::int64_t kMaxBits = 64;
constexpr Duration kMaxMvmLatency = Duration::nanoseconds(1'000'000);

/// Stores what a getter found; leaves the default otherwise, since the problem has been reported.
void assign(int& target, std::optional<std::int64_t> value) {
  if (value) {
    target = static_cast<int>(*value);
  }
}

CrossbarSpec read_crossbar(const YamlNode& node, const std::string& path, Diagnostics& out) {
  CrossbarSpec spec;
  MapReader reader{node, path, out};
  assign(spec.rows, reader.required_integer("rows", 1, kMaxCrossbarExtent));
  assign(spec.columns, reader.required_integer("columns", 1, kMaxCrossbarExtent));
  if (const std::optional<Duration> latency = reader.required_duration("mvm_latency")) {
    if (*latency > kMaxMvmLatency) {
      reader.error("mvm_latency",
                   "expected a time of at most " + to_string(kMaxMvmLatency) + ", got " + to_string(*latency));
    }
    spec.mvm_latency = *latency;
  }
  assign(spec.bits_per_cell, reader.integer("bits_per_cell", 1, kMaxBits));
  reader.finish();
  return spec;
}

TileSpec read_tile(const YamlNode& node, const std::string& path, Diagnostics& out) {
  TileSpec spec;
  MapReader reader{node, path, out};
  assign(spec.pes, reader.required_integer("pes", 1, kMaxTilePes));
  reader.finish();
  return spec;
}

/// The key `model` of a mapping whose other keys depend on it.
template <class Model, std::size_t count>
Model read_model(const YamlNode& node, const std::string& path, const std::array<std::string_view, count>& names,
                 Diagnostics& out) {
  MapReader reader{node, path, out};
  const std::optional<std::size_t> model = reader.required_choice("model", to_strings(names));
  // Of a model that does not exist, no other key can be called unknown.
  if (model || !reader.has("model")) {
    reader.finish();
  }
  return model ? static_cast<Model>(*model) : Model{};
}

PrecisionSpec read_precision(const YamlNode& node, const std::string& path, Diagnostics& out) {
  PrecisionSpec spec;
  MapReader reader{node, path, out};
  assign(spec.activation_bits, reader.integer("activation_bits", 1, kMaxBits));
  assign(spec.psum_bits, reader.integer("psum_bits", 1, kMaxBits));
  assign(spec.weight_bits, reader.integer("weight_bits", 1, kMaxBits));
  reader.finish();
  return spec;
}

}  // namespace

Architecture read_architecture(const YamlNode& node, const std::string& path, Diagnostics& out) {
  Architecture architecture;
  Diagnostics problems;
  MapReader reader{node, path, problems};
  if (std::optional<std::string> name = reader.required_string("name")) {
    architecture.name = *std::move(name);
  }
  if (const YamlNode* crossbar = reader.required_node("crossbar", "a mapping with rows, columns and mvm_latency")) {
    architecture.crossbar = read_crossbar(*crossbar, reader.path_of("crossbar"), problems);
  }
  if (const YamlNode* tile = reader.required_node("tile", "a mapping with pes")) {
    architecture.tile = read_tile(*tile, reader.path_of("tile"), problems);
  }
  if (const YamlNode* noc = reader.required_node("noc", "a mapping with model")) {
    architecture.noc.model = read_model<NocModel>(*noc, reader.path_of("noc"), kNocModelNames, problems);
  }
  if (const YamlNode* dram = reader.required_node("dram", "a mapping with model")) {
    architecture.dram.model = read_model<DramModel>(*dram, reader.path_of("dram"), kDramModelNames, problems);
  }
  SourcePosition where = node.where;
  if (const YamlNode* precision = reader.node("precision")) {
    architecture.precision = read_precision(*precision, reader.path_of("precision"), problems);
    where = precision->where;
  }
  reader.finish();
  // Rules across keys mean little while a key of them is wrong.
  if (problems.empty()) {
    validate(architecture, where, problems);
  }
  out.insert(out.end(), problems.begin(), problems.end());
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
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  const auto line = [&margin](const std::string& text) { return margin + text + "\n"; };
  const auto number = [](int value) { return std::to_string(value); };
  return line("name: " + yaml_string(architecture.name)) + line("crossbar:") +
         line("  rows: " + number(architecture.crossbar.rows)) +
         line("  columns: " + number(architecture.crossbar.columns)) +
         line("  mvm_latency: " + to_string(architecture.crossbar.mvm_latency)) +
         line("  bits_per_cell: " + number(architecture.crossbar.bits_per_cell)) + line("tile:") +
         line("  pes: " + number(architecture.tile.pes)) + line("noc:") +
         line("  model: " + std::string{kNocModelNames[static_cast<std::size_t>(architecture.noc.model)]}) +
         line("dram:") +
         line("  model: " + std::string{kDramModelNames[static_cast<std::size_t>(architecture.dram.model)]}) +
         line("precision:") + line("  activation_bits: " + number(architecture.precision.activation_bits)) +
         line("  psum_bits: " + number(architecture.precision.psum_bits)) +
         line("  weight_bits: " + number(architecture.precision.weight_bits));
}

}  // namespace crossweave
