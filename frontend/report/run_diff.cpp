#include "frontend/report/run_diff.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "arch/strict_yaml.h"
#include "frontend/import/read_text.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Names with their values, in an order.
template <class Value>
struct Leaves {
  std::vector<std::string> names;
  std::map<std::string, Value> values;

  void add(const std::string& name, Value value) {
    names.push_back(name);
    values.emplace(name, std::move(value));
  }
};

void add_keys(const YamlNode& node, const std::string& path, Leaves<std::string>& out) {
  if (node.kind == YamlNode::Kind::scalar) {
    out.add(path, node.scalar);
  }
  for (const YamlNode::Entry& entry : node.entries) {
    add_keys(entry.value, path + (path.empty() ? "" : ".") + entry.key, out);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    add_keys(node.items[i], path + "[" + std::to_string(i) + "]", out);
  }
}

/// Layers and stations go by their names.
void add_figures(const Json& json, const std::string& path, Leaves<Json>& out) {
  if (!json.is_structured()) {
    out.add(path, json);
    return;
  }
  std::size_t index = 0;
  for (const auto& [key, value] : json.items()) {
    const bool named = json.is_array() && value.is_object() && value.contains("name");
    const std::string step = named             ? "." + value.at("name").template get<std::string>()
                             : json.is_array() ? "[" + std::to_string(index) + "]"
                                               : (path.empty() ? "" : ".") + key;
    ++index;
    add_figures(value, path + step, out);
  }
}

std::string shown(const std::string& text) { return text; }
std::string shown(const Json& json) { return json.is_string() ? json.get<std::string>() : json.dump(); }

double number(const std::string& /*text*/) { return NAN; }
double number(const Json& json) { return json.is_number() ? json.get<double>() : NAN; }

template <class Value>
Difference difference(const std::string& name, const Value& a, const Value& b) {
  Difference result{name, shown(a), shown(b), 1, ""};
  const double x = number(a);
  const double y = number(b);
  if (!std::isnan(x) && !std::isnan(y)) {
    result.size = std::abs(y - x) / std::max(std::abs(x), std::abs(y));
    result.change = x == 0 ? "" : fmt::format("{:+.3g} %", 100 * (y - x) / x);
  }
  return result;
}

/// By the order of `a`; what only `b` has stands behind.
template <class Value>
std::vector<Difference> compare(const Leaves<Value>& a, const Leaves<Value>& b) {
  std::vector<Difference> result;
  for (const std::string& name : a.names) {
    const auto other = b.values.find(name);
    const Value& own = a.values.at(name);
    if (other == b.values.end()) {
      result.push_back({name, shown(own), "", 1, ""});
    } else if (own != other->second) {
      result.push_back(difference(name, own, other->second));
    }
  }
  for (const std::string& name : b.names) {
    if (a.values.count(name) == 0) {
      result.push_back({name, "", shown(b.values.at(name)), 1, ""});
    }
  }
  return result;
}

/// What `crossweave run` left in a folder.
struct RunFolder {
  Leaves<std::string> keys;
  Leaves<Json> figures;
  std::string network;

  static Result<RunFolder> read(const fs::path& folder) {
    RunFolder result;
    const fs::path summary_file = folder / "summary.json";
    const Result<std::string> summary = read_text(summary_file);
    const Result<std::string> network = read_text(folder / "network.yaml");
    const Result<YamlNode> resolved = load_yaml(folder / "resolved.yaml");
    Diagnostics problems;
    const auto take = [&problems](const Diagnostics& more) {
      problems.insert(problems.end(), more.begin(), more.end());
    };
    if (!summary) {
      take(summary.error());
    }
    if (!network) {
      take(network.error());
    }
    if (!resolved) {
      take(resolved.error());
    }
    if (!problems.empty()) {
      return problems;
    }
    Json json = Json::parse(*summary, nullptr, false);
    if (!json.is_object()) {
      return Diagnostics{{{summary_file.string(), 0, 0}, "not the summary of a run", Severity::error}};
    }
    json.erase("config_hash");
    add_figures(json, "", result.figures);
    add_keys(*resolved, "", result.keys);
    result.network = *network;
    return result;
  }
};

}  // namespace

Result<RunDiff> diff_runs(const fs::path& a, const fs::path& b) {
  const Result<RunFolder> first = RunFolder::read(a);
  const Result<RunFolder> second = RunFolder::read(b);
  if (!first || !second) {
    Diagnostics problems = first ? Diagnostics{} : first.error();
    if (!second) {
      problems.insert(problems.end(), second.error().begin(), second.error().end());
    }
    return problems;
  }
  RunDiff diff{first->network == second->network, compare(first->keys, second->keys),
               compare(first->figures, second->figures)};
  std::ranges::stable_sort(diff.figures, std::ranges::greater{}, &Difference::size);
  return diff;
}

}  // namespace crossweave
