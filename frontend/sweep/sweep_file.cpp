#include "frontend/sweep/sweep_file.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "frontend/run_config.h"
#include "frontend/sweep/quantity.h"

namespace crossweave {
namespace {

/// Columns of the results that are not figures; the rest of the names that an axis cannot have.
constexpr std::array<std::string_view, 3> kColumns{"point", "config_hash", "error"};

constexpr std::string_view kAxisForms =
    "a list of values, {from: ..., to: ..., step: ...}, {zip: ...} or {points: ...}";

/// As YAML in flow style, for people.
std::string flow(const YamlNode& node) {
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
      text += (text.empty() ? "" : ", ") + part;
    }
    return text;
  };
  std::vector<std::string> parts;
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "null";
    case YamlNode::Kind::scalar:
      return node.scalar;
    case YamlNode::Kind::sequence:
      std::ranges::transform(node.items, std::back_inserter(parts), flow);
      return "[" + joined(parts) + "]";
    case YamlNode::Kind::mapping:
      std::ranges::transform(node.entries, std::back_inserter(parts),
                             [](const YamlNode::Entry& entry) { return entry.key + ": " + flow(entry.value); });
      return "{" + joined(parts) + "}";
  }
  throw InternalError{"flow: unknown kind of YAML node"};
}

/// What stands at a node where something was expected that is not empty.
std::string describe_content(const YamlNode& node) {
  const bool empty = node.items.empty() && node.entries.empty();
  return node.kind == YamlNode::Kind::sequence && empty  ? "an empty list"
         : node.kind == YamlNode::Kind::mapping && empty ? "an empty mapping"
                                                         : describe(node);
}

/// Problems with a value are told by its path from the root of the run.
void mark_assigned(YamlNode& node) {
  node.assigned = true;
  std::ranges::for_each(node.items, mark_assigned);
  std::ranges::for_each(node.entries, [](YamlNode::Entry& entry) { mark_assigned(entry.value); });
}

Assignment assignment(std::vector<std::string> path, const std::string& key, YamlNode value) {
  mark_assigned(value);
  return {std::move(path), value.where, std::move(value), key};
}

class AxesReader {
 public:
  explicit AxesReader(Diagnostics& problems) : problems_{problems} {}

  std::vector<SweepAxis> read(const YamlNode& axes) {
    if (axes.kind != YamlNode::Kind::mapping || axes.entries.empty()) {
      error(axes.where, "axes: expected a mapping of dotted keys to their values, got " + describe_content(axes));
      return {};
    }
    for (const YamlNode::Entry& entry : axes.entries) {
      read_entry(entry);
    }
    return std::move(axes_);
  }

 private:
  void error(const SourcePosition& where, const std::string& message) {
    problems_.push_back({where, message, Severity::error});
  }

  void read_entry(const YamlNode::Entry& entry) {
    const auto has = [&entry](std::string_view key) {
      return std::ranges::find(entry.value.entries, key, &YamlNode::Entry::key) != entry.value.entries.end();
    };
    const std::string path = "axes." + entry.key;
    if (has("zip")) {
      read_zip(entry, path);
    } else if (has("points")) {
      read_points(entry, path);
    } else {
      read_values(entry, path, "");
    }
  }

  /// The one key of a mapping `{key: ...}`.
  const YamlNode* only(const YamlNode& mapping, std::string_view key, const std::string& path) {
    MapReader reader{mapping, path, problems_};
    const YamlNode* const node = reader.node(key);
    reader.finish();
    return node;
  }

  /// A new column; nothing when its name is taken.
  SweepAxis* add(const std::string& name, const SourcePosition& where, const std::string& path) {
    if (std::ranges::find(kColumns, name) != kColumns.end()) {
      error(where, path + ": '" + name + "' is a column of the results, choose another name");
      return nullptr;
    }
    if (std::ranges::find(axes_, name, &SweepAxis::name) != axes_.end()) {
      error(where, path + ": '" + name + "' is an axis already");
      return nullptr;
    }
    axes_.push_back({name, false, "", {}});
    return &axes_.back();
  }

  /// The steps of a dotted key that nothing else varies.
  std::optional<std::vector<std::string>> take_key(const std::string& key, const std::string& axis,
                                                   const SourcePosition& where, const std::string& path) {
    std::optional<std::vector<std::string>> steps = split_path(key);
    if (!steps) {
      error(where, path + ": expected a dotted key, such as mapping.extra_pes, got '" + key + "'");
      return std::nullopt;
    }
    const auto [owner, is_new] = owners_.emplace(key, axis);
    if (!is_new && owner->second != axis) {
      error(where, path + ": '" + key + "' is varied by the axis '" + owner->second + "' already");
      return std::nullopt;
    }
    return steps;
  }

  /// `KEY: [values]` or `KEY: {from, to, step}`; how many values there are.
  std::optional<std::size_t> read_values(const YamlNode::Entry& entry, const std::string& path,
                                         const std::string& zip) {
    const std::optional<std::vector<std::string>> steps = take_key(entry.key, entry.key, entry.where, path);
    SweepAxis* const axis = steps ? add(entry.key, entry.where, path) : nullptr;
    if (axis == nullptr) {
      return std::nullopt;
    }
    axis->zip = zip;
    std::vector<YamlNode> values;
    if (entry.value.kind == YamlNode::Kind::sequence && !entry.value.items.empty()) {
      values = entry.value.items;
    } else if (entry.value.kind == YamlNode::Kind::mapping && !entry.value.entries.empty()) {
      values = range(entry.value, path);
    } else {
      error(entry.value.where,
            path + ": expected " + std::string{kAxisForms} + ", got " + describe_content(entry.value));
    }
    if (values.empty()) {
      return std::nullopt;
    }
    for (YamlNode& value : values) {
      AxisValue result{flow(value), std::nullopt, {}};
      if (value.kind == YamlNode::Kind::null) {
        error(value.where, path + ": expected a value, got nothing");
      }
      if (const std::optional<Quantity> quantity =
              value.kind == YamlNode::Kind::scalar ? parse_quantity(value.scalar) : std::nullopt) {
        result.number = quantity->value;
      }
      result.assignments.push_back(assignment(*steps, entry.key, std::move(value)));
      axis->values.push_back(std::move(result));
    }
    return axis->values.size();
  }

  std::optional<Quantity> bound(MapReader& reader, std::string_view key) {
    const YamlNode* const node = reader.required_node(key, "a number, with its unit where it has one");
    if (node == nullptr) {
      return std::nullopt;
    }
    const std::optional<Quantity> quantity =
        node->kind == YamlNode::Kind::scalar ? parse_quantity(node->scalar) : std::nullopt;
    if (!quantity) {
      reader.error(key, "expected an integer, or a number with its unit, got " + describe(*node));
    }
    return quantity;
  }

  /// {from, to, step} or {from, to, factor}: `from`, and on until beyond `to`.
  std::vector<YamlNode> range(const YamlNode& node, const std::string& path) {
    MapReader reader{node, path, problems_};
    const bool by_factor = reader.has("factor");
    const std::optional<Quantity> from = bound(reader, "from");
    const std::optional<Quantity> to = bound(reader, "to");
    std::optional<Quantity> step;
    std::optional<std::int64_t> factor;
    if (by_factor) {
      factor = reader.integer("factor", 2, kMostFactor);
    } else {
      step = bound(reader, "step");
    }
    reader.finish();
    if (!reader.clean()) {
      return {};
    }
    if (from->dimension != to->dimension || (step && step->dimension != from->dimension)) {
      reader.error("from", std::string{"'from', 'to'"} + (step ? " and 'step'" : "") + " must be of one kind");
    } else if (from->value > to->value) {
      reader.error("to", "expected at least " + to_string(*from) + ", got " + to_string(*to));
    } else if (step && step->value < 1) {
      reader.error("step", "expected a step forwards, got " + to_string(*step));
    } else if (factor && from->value < 1) {
      reader.error("from", "expected more than 0 with a factor, got " + to_string(*from));
    } else if (step && (to->value - from->value) / step->value >= static_cast<std::int64_t>(kMostPoints)) {
      reader.error("step", "more than " + std::to_string(kMostPoints) + " values");
    }
    std::vector<YamlNode> values;
    if (!reader.clean()) {
      return values;
    }
    for (Quantity at = *from;;) {
      YamlNode value;
      value.kind = YamlNode::Kind::scalar;
      value.scalar = to_string(at);
      value.where = node.where;
      values.push_back(std::move(value));
      // Written so that nothing overflows.
      if (factor ? at.value > to->value / *factor : at.value > to->value - step->value) {
        return values;
      }
      at.value = factor ? at.value * *factor : at.value + step->value;
    }
  }

  void read_zip(const YamlNode::Entry& entry, const std::string& path) {
    const YamlNode* const lists = only(entry.value, "zip", path);
    if (lists->kind != YamlNode::Kind::mapping || lists->entries.empty()) {
      error(lists->where,
            path + ".zip: expected a mapping of dotted keys to lists of one length, got " + describe_content(*lists));
      return;
    }
    std::optional<std::size_t> length;
    for (const YamlNode::Entry& list : lists->entries) {
      const std::string list_path = path + ".zip." + list.key;
      const std::optional<std::size_t> count = read_values(list, list_path, entry.key);
      if (count && length && *count != *length) {
        error(list.where, list_path + ": expected " + std::to_string(*length) + " values, as '" +
                              lists->entries.front().key + "' has, got " + std::to_string(*count));
      }
      length = length ? length : count;
    }
  }

  void read_points(const YamlNode::Entry& entry, const std::string& path) {
    const YamlNode* const points = only(entry.value, "points", path);
    SweepAxis* const axis = add(entry.key, entry.where, path);
    if (axis == nullptr) {
      return;
    }
    axis->named_points = true;
    if (points->kind != YamlNode::Kind::mapping || points->entries.empty()) {
      error(points->where, path + ".points: expected a mapping of names to points, got " + describe_content(*points));
      return;
    }
    for (const YamlNode::Entry& point : points->entries) {
      const std::string point_path = path + ".points." + point.key;
      if (std::ranges::find(axis->values, point.key, &AxisValue::text) != axis->values.end()) {
        error(point.where, point_path + ": a second point of this name");
      }
      AxisValue value{point.key, std::nullopt, {}};
      if (point.value.kind != YamlNode::Kind::mapping || point.value.entries.empty()) {
        error(point.value.where,
              point_path + ": expected a mapping of dotted keys to values, got " + describe_content(point.value));
      }
      for (const YamlNode::Entry& setting : point.value.entries) {
        if (const auto steps = take_key(setting.key, entry.key, setting.where, point_path)) {
          value.assignments.push_back(assignment(*steps, setting.key, setting.value));
        }
      }
      axis->values.push_back(std::move(value));
    }
  }

  static constexpr std::int64_t kMostFactor = 1'000'000;

  Diagnostics& problems_;
  std::vector<SweepAxis> axes_;
  std::map<std::string, std::string, std::less<>> owners_;  ///< of keys: the axes that vary them
};

std::vector<SweepFilter> read_filters(const YamlNode& node, Diagnostics& problems) {
  std::vector<SweepFilter> filters;
  const auto error = [&problems](const SourcePosition& where, const std::string& message) {
    problems.push_back({where, "where: " + message, Severity::error});
  };
  if (node.kind != YamlNode::Kind::sequence) {
    error(node.where, "expected a list of conditions, such as [pes <= 512], got " + describe(node));
  }
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::scalar) {
      error(item.where, "expected a condition, such as pes <= 512, got " + describe(item));
    } else if (Result<Filter, Failure> filter = Filter::parse(item.scalar)) {
      filters.push_back({item.where, item.scalar, *std::move(filter)});
    } else {
      error(item.where, "\"" + item.scalar + "\": " + filter.error().message);
    }
  }
  return filters;
}

/// How many points there are; kMostPoints + 1 stands for more.
std::size_t count_combinations(const std::vector<SweepAxis>& axes) {
  std::size_t count = 1;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (i == 0 || axes[i].zip.empty() || axes[i].zip != axes[i - 1].zip) {
      count = std::min(count * axes[i].values.size(), kMostPoints + 1);
    }
  }
  return count;
}

}  // namespace

Result<Sweep> load_sweep(const std::filesystem::path& file) {
  Result<YamlNode> root = load_yaml(file);
  if (!root) {
    return root.error();
  }
  Diagnostics problems;
  Sweep sweep;
  MapReader reader{*root, "", problems};
  sweep.name = reader.string("name").value_or(file.stem().string());
  if (reader.clean() &&
      (sweep.name.empty() || sweep.name.find('/') != std::string::npos || sweep.name.front() == '.')) {
    reader.error("name", "expected the name of a folder for the results, got \"" + sweep.name + "\"");
  }
  const YamlNode* const base = reader.required_node("base", "the path of a run file, or the mapping itself");
  const YamlNode* const axes = reader.required_node("axes", "a mapping of dotted keys to their values");
  const YamlNode* const where = reader.node("where");
  reader.finish();
  if (base != nullptr && base->kind == YamlNode::Kind::scalar) {
    if (Result<YamlNode> loaded = load_named(*base, "base", load_yaml)) {
      sweep.base = *std::move(loaded);
    } else {
      problems.insert(problems.end(), loaded.error().begin(), loaded.error().end());
    }
  } else if (base != nullptr && base->kind == YamlNode::Kind::mapping) {
    sweep.base = *base;
  } else if (base != nullptr) {
    reader.error("base", "expected the path of a run file, or the mapping itself, got " + describe(*base));
  }
  if (axes != nullptr) {
    sweep.axes = AxesReader{problems}.read(*axes);
  }
  if (where != nullptr) {
    sweep.filters = read_filters(*where, problems);
  }
  if (axes != nullptr && problems.empty() && count_combinations(sweep.axes) > kMostPoints) {
    reader.error("axes", "more than " + std::to_string(kMostPoints) + " combinations");
  }
  if (!problems.empty()) {
    return problems;
  }
  return sweep;
}

KeyTree sweep_keys() {
  RunConfig config;
  KeyTree run = key_tree([&config](Keys& keys) { list_keys(keys, config); });
  for (KeyEntry& entry : run.keys) {
    entry.required = false;  // an axis may give it
  }
  using Kind = ValueForm::Kind;
  KeyTree tree;
  tree.keys.push_back({.name = "name",
                       .meaning = "of the sweep and of the folder for its results",
                       .forms = {{.kind = Kind::text}},
                       .otherwise = "that of the file"});
  tree.keys.push_back({.name = "base",
                       .required = true,
                       .meaning = "the run that is varied",
                       .forms = {{.kind = Kind::path}},
                       .section = std::make_shared<KeyTree>(std::move(run))});
  tree.keys.push_back({.name = "where",
                       .meaning = "conditions that a point must meet, such as `pes <= 512`",
                       .forms = {{.kind = Kind::texts}}});
  return tree;
}

std::vector<std::vector<std::size_t>> combinations(const std::vector<SweepAxis>& axes) {
  std::vector<std::vector<std::size_t>> result{{}};
  for (std::size_t begin = 0; begin < axes.size();) {
    std::size_t end = begin + 1;
    while (end < axes.size() && !axes[begin].zip.empty() && axes[end].zip == axes[begin].zip) {
      ++end;
    }
    std::vector<std::vector<std::size_t>> longer;
    longer.reserve(result.size() * axes[begin].values.size());
    for (const std::vector<std::size_t>& prefix : result) {
      for (std::size_t value = 0; value < axes[begin].values.size(); ++value) {
        longer.push_back(prefix);
        longer.back().insert(longer.back().end(), end - begin, value);
      }
    }
    result = std::move(longer);
    begin = end;
  }
  return result;
}

}  // namespace crossweave
