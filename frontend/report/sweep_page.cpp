#include "frontend/report/sweep_page.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "frontend/report/assets.h"
#include "frontend/report/html_page.h"
#include "frontend/sweep/sweep_table.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

/// Up to so many points the page holds every figure and configuration, which keeps it under 5 MB.
constexpr std::size_t kMostDetailed = 5000;

/// As much as people read of a text; all of it is in sweep.csv.
constexpr std::size_t kLongestText = 1500;

/// Seven digits are more than any picture shows.
Json shortened(const Json& value) {
  if (value.is_number_float()) {
    return Json::parse(fmt::format("{:.7g}", value.get<double>()));
  }
  if (value.is_string() && value.get_ref<const std::string&>().size() > kLongestText) {
    std::string text = value.get<std::string>().substr(0, kLongestText);
    // Not in the midst of a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) {
      text.pop_back();
    }
    return text + " ...";
  }
  return value;
}

/// A text of JSON, who waits for whom, as lines.
Json lines_of(const Json& list) {
  std::string lines;
  for (const Json& line : Json::parse(list.get_ref<const std::string&>())) {
    lines += (lines.empty() ? "" : "\n") + line.get<std::string>();
  }
  return lines;
}

/// {name, value} where all points have the same, {name, texts, at} with indices into the texts (-1: null) where there
/// are texts, and {name, values} otherwise.
Json column_json(const SweepTable::Figure& figure) {
  const std::vector<Json>& values = figure.values;
  if (std::ranges::all_of(values, [&](const Json& value) { return value == values.front(); })) {
    return {{"name", figure.name}, {"value", shortened(values.front())}};
  }
  if (std::ranges::none_of(values, [](const Json& value) { return value.is_string(); })) {
    Json short_values = Json::array();
    for (const Json& value : values) {
      short_values.push_back(shortened(value));
    }
    return {{"name", figure.name}, {"values", std::move(short_values)}};
  }
  Json texts = Json::array();
  Json at = Json::array();
  std::map<Json, int> known;
  for (const Json& value : values) {
    if (value.is_null()) {
      at.push_back(-1);
      continue;
    }
    const auto [found, is_new] = known.emplace(value, static_cast<int>(texts.size()));
    if (is_new) {
      texts.push_back(shortened(value));
    }
    at.push_back(found->second);
  }
  return {{"name", figure.name}, {"texts", std::move(texts)}, {"at", std::move(at)}};
}

Json axis_json(const SweepTable::Axis& axis) {
  Json texts = Json::array();
  Json numbers = Json::array();
  for (const SweepTable::Value& value : axis.values) {
    texts.push_back(value.text);
    numbers.push_back(value.number ? Json(*value.number) : Json());
  }
  Json json{
      {"name", axis.name}, {"texts", std::move(texts)}, {"at", axis.value_of}, {"tells_network", axis.tells_network}};
  if (axis.numeric) {
    json["numbers"] = std::move(numbers);
  }
  return json;
}

/// Configurations differ in few lines: the lines that there are, for each configuration which of them it has, as ranges
/// [begin, end, begin, end, ...], and for each point its configuration (-1: none).
Json configs_json(SweepDatabase& database, const SweepTable& table) {
  Json lines = Json::array();
  Json configs = Json::array();
  std::map<std::string, std::size_t, std::less<>> numbers;
  std::map<std::string, std::size_t, std::less<>> known;
  database.read_configs([&](const std::string& hash, const std::string& resolved) {
    std::vector<std::size_t> ranges;
    for (std::size_t begin = 0; begin < resolved.size();) {
      const std::size_t end = std::min(resolved.find('\n', begin), resolved.size());
      const auto [found, is_new] = known.emplace(resolved.substr(begin, end - begin), lines.size());
      if (is_new) {
        lines.push_back(found->first);
      }
      if (!ranges.empty() && ranges.back() == found->second) {
        ++ranges.back();
      } else {
        ranges.insert(ranges.end(), {found->second, found->second + 1});
      }
      begin = end + 1;
    }
    numbers.emplace(hash, configs.size());
    configs.push_back(std::move(ranges));
  });
  Json of = Json::array();
  for (const std::string& hash : table.config_of) {
    of.push_back(hash.empty() ? Json(-1) : Json(numbers.at(hash)));
  }
  return {{"lines", std::move(lines)}, {"ranges", std::move(configs)}, {"of", std::move(of)}};
}

}  // namespace

std::string sweep_page(SweepDatabase& database) {
  SweepTable table = read_sweep_table(database, kMostDetailed);
  Json data{{"name", table.name}, {"version", CROSSWEAVE_VERSION}, {"points", table.points}};
  data["axes"] = Json::array();
  for (const SweepTable::Axis& axis : table.axes) {
    data["axes"].push_back(axis_json(axis));
  }
  data["dimensions"] = table.dimensions();
  data["networks"] = table.networks;
  data["network_of"] = Json::array();
  for (const std::optional<std::size_t>& network : table.network_of) {
    data["network_of"].push_back(network ? static_cast<int>(*network) : -1);
  }
  data["fronts"] = pareto_fronts(table);
  data["figures"] = Json::array();
  for (SweepTable::Figure& figure : table.figures) {
    if (figure.name == "waiting") {
      for (Json& value : figure.values) {
        value = value.is_null() ? value : lines_of(value);
      }
    }
    data["figures"].push_back(column_json(figure));
  }
  data["detailed"] = table.points <= kMostDetailed;
  if (table.points <= kMostDetailed) {
    data["configs"] = configs_json(database, table);
  }
  return html_page(
      "Sweep " + table.name + " - Crossweave", data,
      {assets::points_script(), assets::scatter_script(), assets::parallel_script(), assets::sweep_script()});
}

}  // namespace crossweave
