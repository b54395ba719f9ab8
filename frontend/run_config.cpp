#include "frontend/run_config.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
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

/// Written where a search chooses.
constexpr std::string_view kAuto = "auto";
constexpr int kMostEvaluations = 1'000'000'000;
constexpr int kMostTolerancePercent = 1000;
/// The arrivals of so many images, so far apart, stay within 64 bits of picoseconds.
constexpr std::int64_t kMostImages = 1 << 20;
constexpr Duration kLongestPeriod = Duration::nanoseconds(1'000'000'000);

/// Whether an assignment leads into the architecture rather than replacing it.
bool leads_into_architecture(const Assignment& assignment) {
  return assignment.path.size() > 1 && assignment.path.front() == "architecture";
}

/// Replaces the name of an architecture file by its content, so that assignments can lead into it, and so for the
/// device of its DRAM.
void inline_architecture(YamlNode& root, const YamlLoader& load, Diagnostics& out) {
  YamlNode* const architecture = value_of(root, "architecture");
  if (architecture == nullptr) {
    return;
  }
  if (architecture->kind == YamlNode::Kind::scalar && !architecture->scalar.empty()) {
    Result<YamlNode> loaded = load_named(*architecture, "architecture", load);
    if (!loaded) {
      out.insert(out.end(), loaded.error().begin(), loaded.error().end());
      architecture->reported = true;
      return;
    }
    *architecture = *std::move(loaded);
  } else if (architecture->kind != YamlNode::Kind::mapping) {
    out.push_back({architecture->where,
                   "architecture: expected the path of an architecture file, or the mapping itself, "
                   "got " +
                       describe(*architecture)});
    architecture->reported = true;
    return;
  }
  if (YamlNode* const dram = value_of(*architecture, "dram")) {
    inline_dram_device(*dram, load);
  }
}

BoundValue network_file(RunConfig& config) {
  return {{{.kind = ValueForm::Kind::path}},
          [&config](MapReader& reader, std::string_view key, bool /*required*/) {
            const YamlNode* const node = reader.required_node(key, "the path of a network file");
            const std::optional<std::string> name = reader.string(key);
            if (!name) {
              return;
            }
            config.network_where = node->where;
            config.network = resolve(*name, config.network_where);
            if (const std::string reason = why_not_readable(config.network); !reason.empty()) {
              reader.error(key, "cannot open " + config.network.string() + ": " + reason);
            }
          },
          [&config] { return yaml_string(config.network.string()); }};
}

BoundValue extents(Shape& place) {
  return {{{.kind = ValueForm::Kind::integers, .least = 1, .most = kMaxExtent, .count = 3}},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) {
            if (const auto values = reader.integers(key, 3, 3, 1, kMaxExtent)) {
              place = {static_cast<int>((*values)[0]), static_cast<int>((*values)[1]), static_cast<int>((*values)[2])};
            }
          },
          [&place] {
            return "[" + std::to_string(place.height) + ", " + std::to_string(place.width) + ", " +
                   std::to_string(place.channels) + "]";
          }};
}

/// Whether the total is what counts: an assignment of one of the two overrides the other in the file.
bool goes_by_total(MapReader& reader) {
  const YamlNode* const extra = reader.node("extra_pes");
  const YamlNode* const total = reader.node("pes");
  return total != nullptr && (extra == nullptr || total->assigned);
}

BoundValue budget(PeBudget& place, PeBudget::Kind kind, std::int64_t least) {
  BoundValue value = integer(place.count, least, kMostPes);
  value.read = [&place, kind, read = std::move(value.read)](MapReader& reader, std::string_view key, bool required) {
    PeBudget before = place;
    read(reader, key, required);
    if (reader.has(key) && goes_by_total(reader) == (kind == PeBudget::Kind::total)) {
      place.kind = kind;
    } else {
      place = before;
    }
  };
  value.write = [&place, kind]() -> std::optional<std::string> {
    return place.kind == kind ? std::optional{std::to_string(place.count)} : std::nullopt;
  };
  return value;
}

/// Refuses both budgets from the same hand.
BoundValue total_budget(PeBudget& place) {
  BoundValue value = budget(place, PeBudget::Kind::total, 1);
  value.read = [read = std::move(value.read)](MapReader& reader, std::string_view key, bool required) {
    const YamlNode* const extra = reader.node("extra_pes");
    const YamlNode* const total = reader.node(key);
    if (extra != nullptr && total != nullptr && extra->assigned == total->assigned) {
      reader.error(key, "give either pes, the total, or extra_pes, those beyond the minimum, but not both");
    }
    read(reader, key, required);
  };
  return value;
}

/// Nothing to write unless placement is random.
BoundValue placement_seed(RunConfig& config) {
  constexpr std::int64_t kMost = INT64_MAX;
  return {{{.kind = ValueForm::Kind::integer, .least = 0, .most = kMost}},
          [&config](MapReader& reader, std::string_view key, bool /*required*/) {
            config.placement_seed = static_cast<std::uint64_t>(reader.integer(key, 0, kMost).value_or(0));
          },
          [&config] {
            return config.placement == PlacementMethod::random ? std::optional{std::to_string(config.placement_seed)}
                                                               : std::nullopt;
          },
          "`0`"};
}

void list_mapping(Keys& keys, RunConfig& config) {
  keys.optional("extra_pes", budget(config.budget, PeBudget::Kind::extra, 0),
                "x, the PEs beyond the minimum that stores every weight once");
  keys.optional("pes", total_budget(config.budget),
                "F, the total, instead of `extra_pes`; one of them in `--set` overrides the other in the file");
  keys.optional("rewrite", choice(config.rewrite, kRewriteNames),
                "a network that needs more PEs is refused, or runs in segments whose weights are written in turn");
  keys.optional("duplication", choice(config.duplication, kDuplicationNames),
                "which layers get copies of their weights, see below");
  keys.optional("evaluate", choice(config.evaluate, kEvaluationNames),
                "by which latency searches choose: as scheduled, or as simulated on this architecture, see below");
  keys.optional("partition", choice(config.partition, kPartitionNames), "which pixels a duplicate computes");
  keys.optional("placement", choice(config.placement, kPlacementMethodNames),
                "which tiles duplicates lie on, and where these stand, see below");
  keys.optional("placement_seed", placement_seed(config),
                "of `random`: the same seed is the same placement everywhere");
  keys.rule([&](MapReader& reader) {
    if (config.placement != PlacementMethod::random && reader.has("placement_seed")) {
      reader.error("placement_seed", "only placement: random has a seed");
    }
  });
}

/// Nothing to write where they are not.
BoundValue automatic_sets(bool& place) {
  return {{{.kind = ValueForm::Kind::word, .words = {std::string{kAuto}}}},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) {
            const YamlNode* const node = reader.node(key);
            if (node == nullptr) {
              return;
            }
            place = is_word(*node, kAuto);
            if (!place) {
              reader.error(key, "expected auto, or a mapping such as {rows: 4, columns: 4}, got " + describe(*node));
            }
          },
          [&place] { return place ? std::optional{std::string{kAuto}} : std::nullopt; }};
}

void list_set(Keys& keys, SetSize& set) {
  keys.optional("rows", integer(set.rows, 0, kMaxExtent),
                "extent of a set in OFM pixels; `0` is the whole extent of the OFM, or of the block");
  keys.optional("columns", integer(set.columns, 0, kMaxExtent), "the same across");
}

void list_schedule(Keys& keys, RunConfig& config) {
  keys.optional("mode", choice(config.mode, kScheduleModeNames), "one base layer at a time, or CLSA-CIM");
  keys.optional_value_or_section("set", automatic_sets(config.automatic_sets),
                                 "what is scheduled as a whole; with `auto`, set sizes by search, layer by layer",
                                 [&](Keys& inner) { list_set(inner, config.set); });
  keys.optional("order", choice(config.order, kSetOrderNames), "order of a layer's sets");
}

void list_search(Keys& keys, SearchOptions& search) {
  keys.optional("evaluations", integer(search.evaluations, 1, kMostEvaluations),
                "latencies that a search may compute: `makespan` and `order: auto` together, `set: auto` once more");
  keys.optional("simulations", integer(search.simulations, 1, kMostEvaluations),
                "the same for latencies that are simulated (`evaluate: simulate`), after those");
  keys.optional("tolerance_percent", integer(search.tolerance_percent, 0, kMostTolerancePercent),
                "by how much larger sets (`set: auto`) may lengthen the latency");
}

/// What weighs the time that layers overlap has no meaning where none do.
void refuse_searches_layer_by_layer(MapReader& root, const RunConfig& config) {
  if (config.mode != ScheduleMode::layer_by_layer) {
    return;
  }
  const auto refuse = [&](const char* section, const char* key, std::string_view value) {
    root.nested(section, *root.node(section))
        .error(key, "'" + std::string{value} + "' shortens a cross_layer schedule; mode is layer_by_layer");
  };
  if (config.duplication == Duplication::makespan) {
    refuse("mapping", "duplication", kDuplicationNames[static_cast<std::size_t>(config.duplication)]);
  }
  if (config.order == SetOrder::lookahead || config.order == SetOrder::automatic) {
    refuse("schedule", "order", kSetOrderNames[static_cast<std::size_t>(config.order)]);
  }
  if (config.automatic_sets) {
    refuse("schedule", "set", kAuto);
  }
}

/// Simulations are for choosing: without a choice they would be for nothing.
void refuse_evaluation_without_search(MapReader& root, const RunConfig& config) {
  if (config.evaluate == Evaluation::simulate && config.duplication != Duplication::makespan &&
      config.order != SetOrder::automatic && !config.automatic_sets) {
    root.nested("mapping", *root.node("mapping"))
        .error("evaluate", "nothing is searched for; 'simulate' needs duplication: makespan, order: auto or set: auto");
  }
}

void list_inference(Keys& keys, RunConfig& config) {
  keys.optional("images", integer(config.images, 1, kMostImages), "inferences, one behind the other");
  keys.optional("arrival",
                value_or("back_to_back", config.arrival, [](Duration& place) { return time(place, kLongestPeriod); }),
                "from one image's arrival to the next one's; `back_to_back`: all images are there at 0");
}

void list_simulation(Keys& keys, RunConfig& config) {
  keys.optional("time_limit", value_or("none", config.time_limit, [](Duration& place) { return time(place); }),
                "simulated time at which a run ends unfinished (exit status 3); what happens at that very instant no "
                "longer counts");
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

void list_keys(Keys& keys, RunConfig& config) {
  keys.file_or_section("architecture", "the path of an architecture file, or the mapping itself", "the chip, see below",
                       [&](Keys& inner) { list_keys(inner, config.architecture); });
  keys.required("network", network_file(config), "`.yaml` (our format), `.onnx`, `.json` (Keras) or `.cfg` (Darknet)");
  keys.optional("include_top", truth(config.include_top),
                "`false` leaves out dense layers from which no convolution is reachable, and what only they feed");
  keys.optional("input_shape", value_or("none", config.input_shape, extents),
                "H, W, C: needed where the network file leaves its input open; must agree with what it states");
  keys.section("mapping", "layers to PEs", [&](Keys& inner) { list_mapping(inner, config); });
  keys.section("schedule", "what is computed when", [&](Keys& inner) { list_schedule(inner, config); });
  keys.section("search", "what searches may take", [&](Keys& inner) { list_search(inner, config.search); });
  keys.section("inference", "images that follow one another", [&](Keys& inner) { list_inference(inner, config); });
  keys.section("simulation", "how the run ends", [&](Keys& inner) { list_simulation(inner, config); });
  keys.rule([&](MapReader& reader) {
    refuse_searches_layer_by_layer(reader, config);
    refuse_evaluation_without_search(reader, config);
  });
}

Result<RunConfig> read_run_config(YamlNode root, const std::vector<Assignment>& assignments, const YamlLoader& load) {
  Diagnostics problems;
  const auto apply = [&](bool to_architecture) {
    for (const Assignment& assignment : assignments) {
      if (leads_into_architecture(assignment) == to_architecture) {
        if (std::optional<Diagnostic> problem = assign(root, assignment)) {
          problems.push_back(*std::move(problem));
        }
      }
    }
  };
  // Assignments to keys of the architecture come last: they must find the architecture that was chosen, whatever
  // the order on the command line.
  apply(false);
  inline_architecture(root, load, problems);
  const YamlNode* const architecture = value_of(root, "architecture");
  if (architecture == nullptr || !architecture->reported) {
    apply(true);
  }
  RunConfig config;
  read_keys(MapReader{root, "", problems}, [&](Keys& keys) { list_keys(keys, config); });
  config.input_buffer_where = position_of(root, {"architecture", "tile", "buffer", "input"});
  config.output_buffer_where = position_of(root, {"architecture", "tile", "buffer", "output"});
  config.crossbar_where = position_of(root, {"architecture", "crossbar", "write"});
  config.images_where = position_of(root, {"inference", "images"});
  config.chip_tiles_where = position_of(root, {"architecture", "chip", "tiles"});
  config.chip_mesh_where = position_of(root, {"architecture", "chip", "mesh"});
  config.budget_where =
      position_of(root, {"mapping", config.budget.kind == PeBudget::Kind::total ? "pes" : "extra_pes"});
  if (has_errors(problems)) {
    sort_by_position(problems, root.where.file);
    return problems;
  }
  return config;
}

Result<RunConfig> load_run_config(const fs::path& file, const std::vector<std::string>& assignments) {
  Result<YamlNode> root = load_yaml(file);
  if (!root) {
    return root.error();
  }
  Diagnostics problems;
  std::vector<Assignment> parsed;
  for (const std::string& text : assignments) {
    if (Result<Assignment> assignment = parse_assignment(text)) {
      parsed.push_back(*std::move(assignment));
    } else {
      problems.insert(problems.end(), assignment.error().begin(), assignment.error().end());
    }
  }
  Result<RunConfig> config = read_run_config(*std::move(root), parsed, load_yaml);
  if (problems.empty()) {
    return config;
  }
  if (!config) {
    problems.insert(problems.end(), config.error().begin(), config.error().end());
    sort_by_position(problems, file.string());
  }
  return problems;
}

std::string to_yaml(const RunConfig& config, const std::string& network) {
  RunConfig copy = config;
  copy.network = network;
  return write_keys([&](Keys& keys) { list_keys(keys, copy); }, 0);
}

}  // namespace crossweave
