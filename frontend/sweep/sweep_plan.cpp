#include "frontend/sweep/sweep_plan.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/report/content_hash.h"
#include "frontend/report/summary.h"
#include "frontend/scheduled_run.h"
#include "frontend/sweep/sweep_figures.h"

namespace crossweave {
namespace {

/// Figures of a mapping that conditions may name beside keys.
constexpr std::string_view kPes = "pes";
constexpr std::string_view kMinPes = "min_pes";

/// The names and words of all keys.
struct Vocabulary {
  std::vector<std::string> names;
  std::vector<std::string> words;

  void add(const KeyTree& tree, const std::string& path) {
    add(tree.keys, path);
    for (const KeyTree::Variant& variant : tree.variants) {
      add(variant.keys, path);
    }
  }

 private:
  void add(const std::vector<KeyEntry>& keys, const std::string& path) {
    for (const KeyEntry& entry : keys) {
      const std::string name = path + entry.name;
      if (!entry.forms.empty()) {
        names.push_back(name);
      }
      for (const ValueForm& form : entry.forms) {
        words.insert(words.end(), form.words.begin(), form.words.end());
        if (form.kind == ValueForm::Kind::truth) {
          words.insert(words.end(), {"true", "false"});
        }
      }
      if (entry.section) {
        add(*entry.section, name + ".");
      }
    }
  }
};

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Vocabulary vocabulary(const Sweep& sweep) {
  Vocabulary result;
  RunConfig config;
  result.add(key_tree([&config](Keys& keys) { list_keys(keys, config); }), "");
  result.names.emplace_back(kPes);
  result.names.emplace_back(kMinPes);
  for (const SweepAxis& axis : sweep.axes) {
    result.names.push_back(axis.name);
    std::ranges::transform(axis.values, std::back_inserter(result.words), &AxisValue::text);
  }
  return result;
}

Diagnostics unknown_names(const Sweep& sweep, const Vocabulary& known) {
  Diagnostics problems;
  for (const SweepFilter& filter : sweep.filters) {
    for (const std::string& name : filter.condition.names()) {
      if (!has(known.names, name) && !has(known.words, name)) {
        problems.push_back({filter.where,
                            "where: \"" + filter.text + "\": '" + name +
                                "' is neither a key nor a word that one may hold" + did_you_mean(name, known.names) +
                                " (a text stands in quotes)",
                            Severity::error});
      }
    }
  }
  return problems;
}

/// The scalars of a tree by their dotted paths.
void flatten(const YamlNode& node, const std::string& path, std::map<std::string, std::string, std::less<>>& out) {
  for (const YamlNode::Entry& entry : node.entries) {
    const std::string name = path + entry.key;
    if (entry.value.kind == YamlNode::Kind::scalar) {
      out.emplace(name, entry.value.scalar);
    }
    flatten(entry.value, name + ".", out);
  }
}

/// What names in conditions stand for at a point.
class PointNames {
 public:
  PointNames(const Sweep& sweep, const std::vector<std::size_t>& values, const Result<RunConfig>& config,
             PointReader& reader)
      : sweep_{sweep}, values_{values}, config_{config}, reader_{reader} {}

  std::optional<std::string> text_of(std::string_view name) {
    for (std::size_t axis = 0; axis < values_.size(); ++axis) {
      if (sweep_.axes[axis].name == name) {
        return sweep_.axes[axis].values[values_[axis]].text;
      }
    }
    if (!config_) {
      undecided_ = true;
      return std::nullopt;
    }
    if (name == kPes || name == kMinPes) {
      return mapped_pes(name);
    }
    if (keys_.empty()) {
      const Result<YamlNode> root = parse_yaml(to_yaml(*config_, config_->network.string()), "");
      check_invariant(root.has_value(), "a configuration is written as it is read");
      flatten(*root, "", keys_);
    }
    const auto found = keys_.find(name);
    return found == keys_.end() ? std::nullopt : std::optional{found->second};
  }

  /// Whether something could not be told because the point is wrong.
  [[nodiscard]] bool undecided() const { return undecided_; }

 private:
  std::optional<std::string> mapped_pes(std::string_view name) {
    const auto network = reader_.network(*config_);
    const Result<LoadedRun> mapped = network ? map_run(*config_, (*network)->graph) : network.error();
    if (!mapped) {
      undecided_ = true;
      return std::nullopt;
    }
    return std::to_string(name == kMinPes ? mapped->mapped.min_pes : mapped->pes());
  }

  const Sweep& sweep_;
  const std::vector<std::size_t>& values_;
  const Result<RunConfig>& config_;
  PointReader& reader_;
  std::map<std::string, std::string, std::less<>> keys_;
  bool undecided_{false};
};

/// Makes a SweepPlan point by point.
class Planner {
 public:
  Planner(const Sweep& sweep, PointReader& reader) : sweep_{sweep}, reader_{reader} {}

  Result<SweepPlan> plan() {
    const Vocabulary known = vocabulary(sweep_);
    if (Diagnostics problems = unknown_names(sweep_, known); !problems.empty()) {
      return problems;
    }
    for (const std::vector<std::size_t>& values : combinations(sweep_.axes)) {
      const Result<RunConfig> config = reader_.config(values);
      const Result<bool> wanted = meets_conditions(values, config, known);
      if (!wanted) {
        return wanted.error();
      }
      if (*wanted) {
        add(values, config);
      }
    }
    if (plan_.points.empty()) {
      return Diagnostics{{sweep_.filters.front().where, "where: no point meets all conditions", Severity::error}};
    }
    if (plan_.configs.empty()) {
      return first_problem_;
    }
    plan_.identity = identity();
    return std::move(plan_);
  }

 private:
  Result<bool> meets_conditions(const std::vector<std::size_t>& values, const Result<RunConfig>& config,
                                const Vocabulary& known) {
    for (const SweepFilter& filter : sweep_.filters) {
      PointNames names{sweep_, values, config, reader_};
      const Result<bool, Failure> holds =
          filter.condition.holds([&](std::string_view name) { return has(known.names, name); },
                                 [&](std::string_view name) { return names.text_of(name); });
      if (!holds) {
        return Diagnostics{{filter.where, "where: \"" + filter.text + "\": " + holds.error().message, Severity::error}};
      }
      // What cannot be decided is kept: the point says what is wrong with it.
      if (!*holds && !names.undecided()) {
        return false;
      }
    }
    return true;
  }

  void add(const std::vector<std::size_t>& values, const Result<RunConfig>& config) {
    SweepPoint point{values, std::nullopt, ""};
    if (!config) {
      refuse(point, config.error());
    } else if (const auto network = reader_.network(*config); !network) {
      refuse(point, network.error());
    } else {
      point.config = config_index(*config, **network);
      ++plan_.configs[*point.config].points;
    }
    plan_.points.push_back(std::move(point));
  }

  void refuse(SweepPoint& point, const Diagnostics& problems) {
    if (first_problem_.empty()) {
      first_problem_ = problems;
    }
    point.problem = reader_.lines(problems);
  }

  std::size_t config_index(const RunConfig& config, const NetworkImport& network) {
    const std::size_t network_number = network_index(network);
    const RunIdentity run = identity_of(config, plan_.networks[network_number]);
    const auto [found, is_new] = config_indices_.emplace(run.config_hash(), plan_.configs.size());
    if (is_new) {
      const auto [schedule, unused] =
          schedule_indices_.emplace(to_yaml(schedule_part(config), config.network.string()), schedule_indices_.size());
      plan_.configs.push_back({found->first, network_number, plan_.points.size(), 0, schedule->second});
    }
    return found->second;
  }

  std::size_t network_index(const NetworkImport& network) {
    const auto known = network_indices_.find(&network);
    if (known != network_indices_.end()) {
      return known->second;
    }
    std::string text = to_yaml(network.graph);
    const std::string hash = ContentHash{}.add(text).text();
    auto same = std::ranges::find(plan_.networks, hash, &SweepNetwork::hash);
    if (same == plan_.networks.end()) {
      same = plan_.networks.insert(same, {hash, std::move(text)});
    }
    const auto index = static_cast<std::size_t>(same - plan_.networks.begin());
    network_indices_.emplace(&network, index);
    return index;
  }

  [[nodiscard]] std::string identity() const {
    ContentHash hash;
    const auto add = [&hash](std::string_view text) { hash.add(std::to_string(text.size())).add(":").add(text); };
    add(CROSSWEAVE_VERSION);
    for (const std::string& figure : sweep_figures()) {
      add(figure);
    }
    for (const SweepAxis& axis : sweep_.axes) {
      add(axis.name);
      add(axis.named_points ? "points" : "values");
      add(axis.zip);
    }
    for (const SweepPoint& point : plan_.points) {
      for (std::size_t axis = 0; axis < point.values.size(); ++axis) {
        add(sweep_.axes[axis].values[point.values[axis]].text);
      }
      add(point.config ? plan_.configs[*point.config].hash : point.problem);
    }
    return hash.text();
  }

  const Sweep& sweep_;
  PointReader& reader_;
  SweepPlan plan_;
  Diagnostics first_problem_;
  std::map<std::string, std::size_t> config_indices_;
  std::map<std::string, std::size_t> schedule_indices_;
  std::map<const NetworkImport*, std::size_t> network_indices_;
};

}  // namespace

RunIdentity identity_of(const RunConfig& config, const SweepNetwork& network) {
  return {to_yaml(config, "network.yaml"), network.text};
}

std::vector<std::size_t> SweepPlan::by_schedule() const {
  std::vector<std::size_t> order(configs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [this](std::size_t config) { return configs[config].schedule; });
  return order;
}

PointReader::PointReader(const Sweep& sweep, std::string directory) : sweep_{sweep}, directory_{std::move(directory)} {}

Result<RunConfig> PointReader::config(const std::vector<std::size_t>& values) {
  std::vector<Assignment> assignments;
  for (std::size_t axis = 0; axis < values.size(); ++axis) {
    const std::vector<Assignment>& own = sweep_.axes[axis].values[values[axis]].assignments;
    assignments.insert(assignments.end(), own.begin(), own.end());
  }
  return read_run_config(sweep_.base, assignments, [this](const std::filesystem::path& file) -> Result<YamlNode> {
    const auto known = files_.find(file.string());
    return known != files_.end() ? known->second : files_.emplace(file.string(), load_yaml(file)).first->second;
  });
}

RunConfig PointReader::config(const SweepPlan& plan, std::size_t config) {
  Result<RunConfig> result = this->config(plan.points[plan.configs[config].first_point].values);
  check_invariant(result.has_value(), "what could be read once can be read again");
  return *std::move(result);
}

Result<std::shared_ptr<const NetworkImport>> PointReader::network(const RunConfig& config) {
  std::string key = config.network.string();
  if (config.input_shape) {
    const Shape& shape = *config.input_shape;
    for (const int extent : {shape.height, shape.width, shape.channels}) {
      key += " " + std::to_string(extent);
    }
  }
  if (const auto known = networks_.find(key); known != networks_.end()) {
    return known->second;
  }
  Result<NetworkImport> imported = import_network(config.network, config.input_shape, config.network_where);
  if (!imported) {
    return imported.error();
  }
  for (const Diagnostic& warning : imported->warnings) {
    spdlog::warn("{}", to_string(warning));
  }
  return networks_.emplace(key, std::make_shared<const NetworkImport>(*std::move(imported))).first->second;
}

std::string PointReader::lines(const Diagnostics& problems) const {
  std::string text;
  for (const Diagnostic& problem : problems) {
    text += (text.empty() ? "" : "\n") + to_string(problem);
  }
  if (directory_.empty()) {
    return text;
  }
  const std::string prefix = directory_ + (directory_.ends_with('/') ? "" : "/");
  const auto within_a_path = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' || c == '_' || c == '-';
  };
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    if (at > 0 && within_a_path(text[at - 1])) {
      ++at;
    } else {
      text.erase(at, prefix.size());
    }
  }
  return text;
}

Result<SweepPlan> plan_sweep(const Sweep& sweep, PointReader& reader) { return Planner{sweep, reader}.plan(); }

}  // namespace crossweave
