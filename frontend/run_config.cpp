#include "frontend/run_config.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "arch/architecture_yaml.h"
#include "arch/banked_dram_yaml.h"
#include "arch/strict_yaml.h"
#include "scheduler/mapped_network.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

/// Extents of feature maps beyond this are slips of the pen; products of them stay within 64 bits.
constexpr std::int64_t kMaxExtent = 1 << 20;

/// Written where an optional value is left out on purpose.
constexpr std::string_view kNone = "none";

/// Stores what a getter found; leaves the default otherwise, since the problem has been reported.
void assign(int& target, std::optional<std::int64_t> value) {
  if (value) {
    target = static_cast<int>(*value);
  }
}

template <class Enum>
void assign(Enum& target, std::optional<std::size_t> index) {
  if (index) {
    target = static_cast<Enum>(*index);
  }
}

template <class Names, class Enum>
std::string name_of(const Names& names, Enum value) {
  return std::string{names[static_cast<std::size_t>(value)]};
}

bool is_none(const YamlNode* node) {
  return node != nullptr && node->kind == YamlNode::Kind::scalar && !node->quoted && node->scalar == kNone;
}

/// Whether an assignment leads into the architecture rather than replacing it.
bool leads_into_architecture(std::string_view assignment) { return assignment.starts_with("architecture."); }

/// Replaces the name of a DRAM device file by its content when an assignment leads into it.
void inline_dram_device_for(std::string_view assignment, YamlNode& root) {
  YamlNode* const architecture = value_of(root, "architecture");
  YamlNode* const dram = architecture == nullptr ? nullptr : value_of(*architecture, "dram");
  if (dram != nullptr && assignment.starts_with("architecture.dram.device.")) {
    inline_dram_device(*dram);
  }
}

void apply(YamlNode& root, const std::string& assignment, Diagnostics& out) {
  if (std::optional<Diagnostic> problem = apply_override(root, assignment)) {
    out.push_back(*std::move(problem));
  }
}

/// Where the architecture stands, by the document it came in.
struct ArchitectureSource {
  /// Dotted path of the mapping in its document: empty for a file of its own.
  std::string path{"architecture"};
  bool readable{true};
};

/// Replaces the name of an architecture file by its content, so that assignments can lead into it.
ArchitectureSource inline_architecture(YamlNode& root, Diagnostics& out) {
  ArchitectureSource source;
  const auto entry = std::find_if(root.entries.begin(), root.entries.end(),
                                  [](const YamlNode::Entry& candidate) { return candidate.key == "architecture"; });
  if (entry == root.entries.end() || entry->value.kind != YamlNode::Kind::scalar || entry->value.scalar.empty()) {
    return source;
  }
  const SourcePosition where = entry->value.where;
  const fs::path file = resolve(entry->value.scalar, where);
  Result<YamlNode> loaded = load_yaml(file);
  if (loaded) {
    entry->value = *std::move(loaded);
    source.path.clear();
    return source;
  }
  source.readable = false;
  for (const Diagnostic& problem : loaded.error()) {
    // Without a line, the place to mend is the one that names the file.
    out.push_back(problem.where.line > 0
                      ? problem
                      : Diagnostic{where, "architecture: " + file.string() + ": " + problem.message});
  }
  return source;
}

void read_network(MapReader& reader, RunConfig& config) {
  const YamlNode* node = reader.required_node("network", "the path of a network file");
  const std::optional<std::string> name = reader.string("network");
  if (!name) {
    return;
  }
  config.network_where = node->where;
  config.network = resolve(*name, config.network_where);
  if (const std::string reason = why_not_readable(config.network); !reason.empty()) {
    reader.error("network", "cannot open " + config.network.string() + ": " + reason);
  }
}

void read_input_shape(MapReader& reader, RunConfig& config) {
  if (is_none(reader.node("input_shape"))) {
    return;
  }
  if (const auto extents = reader.integers("input_shape", 3, 3, 1, kMaxExtent)) {
    config.input_shape =
        Shape{static_cast<int>((*extents)[0]), static_cast<int>((*extents)[1]), static_cast<int>((*extents)[2])};
  }
}

void read_budget(MapReader& reader, RunConfig& config) {
  const YamlNode* extra = reader.node("extra_pes");
  const YamlNode* total = reader.node("pes");
  const auto overrides = [](const YamlNode& node) { return node.where.file == kCommandLine; };
  if (extra != nullptr && total != nullptr && overrides(*extra) == overrides(*total)) {
    reader.error("pes", "give either pes, the total, or extra_pes, those beyond the minimum, but not both");
  }
  // An assignment of one overrides the other in the file.
  const bool by_total = total != nullptr && (extra == nullptr || overrides(*total));
  if (extra != nullptr) {
    const std::optional<std::int64_t> count = reader.integer("extra_pes", 0, kMostPes);
    if (!by_total) {
      config.budget_where = extra->where;
      assign(config.budget.count, count);
    }
  }
  if (total != nullptr) {
    const std::optional<std::int64_t> count = reader.integer("pes", 1, kMostPes);
    if (by_total) {
      config.budget_where = total->where;
      config.budget.kind = PeBudget::Kind::total;
      assign(config.budget.count, count);
    }
  }
}

void read_duplication(MapReader& reader, RunConfig& config) {
  const std::string makespan = name_of(kDuplicationNames, Duplication::makespan);
  std::vector<std::string> available = to_strings(kDuplicationNames);
  available.erase(std::find(available.begin(), available.end(), makespan));
  const YamlNode* node = reader.node("duplication");
  if (node != nullptr && node->scalar == makespan) {
    std::string names;
    for (const std::string& name : available) {
      names += (names.empty() ? "" : ", ") + name;
    }
    reader.error("duplication", "'makespan' is not available in this version yet, expected one of: " + names);
    return;
  }
  assign(config.duplication, reader.choice("duplication", available));
}

void read_placement(MapReader& reader, RunConfig& config) {
  assign(config.placement, reader.choice("placement", to_strings(kPlacementMethodNames)));
  if (config.placement == PlacementMethod::random) {
    config.placement_seed = static_cast<std::uint64_t>(reader.integer("placement_seed", 0, INT64_MAX).value_or(0));
  } else if (reader.has("placement_seed")) {
    reader.error("placement_seed", "only placement: random has a seed");
  }
}

void read_mapping(const YamlNode& node, const std::string& path, RunConfig& config, Diagnostics& out) {
  MapReader reader{node, path, out};
  config.budget_where = node.where;
  read_budget(reader, config);
  read_duplication(reader, config);
  assign(config.partition, reader.choice("partition", to_strings(kPartitionNames)));
  read_placement(reader, config);
  reader.finish();
}

void read_set(const YamlNode& node, const std::string& path, RunConfig& config, Diagnostics& out) {
  MapReader reader{node, path, out};
  assign(config.set.rows, reader.integer("rows", 0, kMaxExtent));
  assign(config.set.columns, reader.integer("columns", 0, kMaxExtent));
  reader.finish();
}

void read_schedule(const YamlNode& node, const std::string& path, RunConfig& config, Diagnostics& out) {
  MapReader reader{node, path, out};
  assign(config.mode, reader.choice("mode", to_strings(kScheduleModeNames)));
  if (const YamlNode* set = reader.node("set")) {
    read_set(*set, reader.path_of("set"), config, out);
  }
  assign(config.order, reader.choice("order", to_strings(kSetOrderNames)));
  reader.finish();
}

void read_simulation(const YamlNode& node, const std::string& path, RunConfig& config, Diagnostics& out) {
  MapReader reader{node, path, out};
  if (!is_none(reader.node("time_limit"))) {
    config.time_limit = reader.duration("time_limit");
  }
  reader.finish();
}

/// Where the end of a path stands, or as much of it as there is.
SourcePosition position_of(const YamlNode& root, std::initializer_list<std::string_view> path) {
  const YamlNode* node = &root;
  for (const std::string_view key : path) {
    const auto entry = std::ranges::find(node->entries, key, &YamlNode::Entry::key);
    if (entry == node->entries.end()) {
      break;
    }
    node = &entry->value;
  }
  return node->where;
}

RunConfig read_run(const YamlNode& root, const ArchitectureSource& architecture, Diagnostics& out) {
  RunConfig config;
  MapReader reader{root, "", out};
  const YamlNode* node =
      reader.required_node("architecture", "the path of an architecture file, or the mapping itself");
  const bool own_file = architecture.path.empty();
  if (node != nullptr && (own_file || node->kind == YamlNode::Kind::mapping)) {
    Diagnostics problems;
    config.architecture = read_architecture(*node, architecture.path, problems);
    config.input_buffer_where = position_of(*node, {"tile", "buffer", "input"});
    config.output_buffer_where = position_of(*node, {"tile", "buffer", "output"});
    config.chip_tiles_where = position_of(*node, {"chip", "tiles"});
    config.chip_mesh_where = position_of(*node, {"chip", "mesh"});
    for (Diagnostic& problem : problems) {
      // Paths within a file of its own begin there; those of an assignment begin at the run.
      if (own_file && problem.where.file == kCommandLine) {
        prepend_path("architecture.", problem);
      }
      out.push_back(std::move(problem));
    }
  } else if (node != nullptr && architecture.readable) {
    reader.error("architecture",
                 "expected the path of an architecture file, or the mapping itself, got " + describe(*node));
  }
  read_network(reader, config);
  if (const std::optional<bool> include_top = reader.boolean("include_top")) {
    config.include_top = *include_top;
  }
  read_input_shape(reader, config);
  config.budget_where = root.where;
  if (const YamlNode* mapping = reader.node("mapping")) {
    read_mapping(*mapping, "mapping", config, out);
  }
  if (const YamlNode* schedule = reader.node("schedule")) {
    read_schedule(*schedule, "schedule", config, out);
  }
  if (const YamlNode* simulation = reader.node("simulation")) {
    read_simulation(*simulation, "simulation", config, out);
  }
  reader.finish();
  return config;
}

/// Orders problems as one mends them: the run file from top to bottom, then the files that it names, then assignments.
void sort_by_position(Diagnostics& diagnostics, const std::string& run_file) {
  const auto key = [&run_file](const Diagnostic& diagnostic) {
    const SourcePosition& where = diagnostic.where;
    const int rank = where.file == run_file ? 0 : where.file == kCommandLine ? 2 : 1;
    return std::tuple{rank, std::string_view{where.file}, where.line, where.column};
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&key](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

}  // namespace

Result<RunConfig> load_run_config(const fs::path& file, const std::vector<std::string>& assignments) {
  Result<YamlNode> loaded = load_yaml(file);
  if (!loaded) {
    return loaded.error();
  }
  YamlNode root = *std::move(loaded);
  Diagnostics problems;
  // Assignments to keys of the architecture come last: they must find the architecture that was chosen, whatever
  // the order on the command line.
  for (const std::string& assignment : assignments) {
    if (!leads_into_architecture(assignment)) {
      apply(root, assignment, problems);
    }
  }
  const ArchitectureSource architecture = inline_architecture(root, problems);
  for (const std::string& assignment : assignments) {
    if (architecture.readable && leads_into_architecture(assignment)) {
      inline_dram_device_for(assignment, root);
      apply(root, assignment, problems);
    }
  }
  RunConfig config = read_run(root, architecture, problems);
  if (has_errors(problems)) {
    sort_by_position(problems, file.string());
    return problems;
  }
  return config;
}

std::string to_yaml(const RunConfig& config, const std::string& network) {
  std::string text = "architecture:\n" + to_yaml(config.architecture, 2);
  const auto line = [&text](const std::string& content) { text += content + "\n"; };
  line("network: " + yaml_string(network));
  line(std::string{"include_top: "} + (config.include_top ? "true" : "false"));
  if (config.input_shape) {
    line("input_shape: [" + std::to_string(config.input_shape->height) + ", " +
         std::to_string(config.input_shape->width) + ", " + std::to_string(config.input_shape->channels) + "]");
  } else {
    line("input_shape: " + std::string{kNone});
  }
  line("mapping:");
  line((config.budget.kind == PeBudget::Kind::total ? "  pes: " : "  extra_pes: ") +
       std::to_string(config.budget.count));
  line("  duplication: " + name_of(kDuplicationNames, config.duplication));
  line("  partition: " + name_of(kPartitionNames, config.partition));
  line("  placement: " + name_of(kPlacementMethodNames, config.placement));
  if (config.placement == PlacementMethod::random) {
    line("  placement_seed: " + std::to_string(config.placement_seed));
  }
  line("schedule:");
  line("  mode: " + name_of(kScheduleModeNames, config.mode));
  line("  set: {rows: " + std::to_string(config.set.rows) + ", columns: " + std::to_string(config.set.columns) + "}");
  line("  order: " + name_of(kSetOrderNames, config.order));
  line("simulation:");
  line("  time_limit: " + (config.time_limit ? to_string(*config.time_limit) : std::string{kNone}));
  return text;
}

}  // namespace crossweave
