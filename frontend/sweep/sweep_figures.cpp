#include "frontend/sweep/sweep_figures.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "frontend/record/stall_recorder.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

/// The value at a dotted path; null where there is none.
Json at_path(const Json& json, std::string_view path) {
  const std::size_t dot = path.find('.');
  const auto found = json.find(std::string{path.substr(0, dot)});
  if (found == json.end()) {
    return nullptr;
  }
  return dot == std::string_view::npos ? *found : at_path(*found, path.substr(dot + 1));
}

}  // namespace

const std::vector<std::string>& sweep_figures() {
  static const std::vector<std::string> kFigures = [] {
    std::vector<std::string> names{"outcome",
                                   "network.name",
                                   "network.base_layers",
                                   "network.min_pes",
                                   "architecture",
                                   "pes",
                                   "tiles",
                                   "duplicates",
                                   "latency_ps",
                                   "latency_cycles",
                                   "scheduled_latency_cycles",
                                   "layer_by_layer_cycles",
                                   "lower_bound_cycles",
                                   "speedup",
                                   "utilization",
                                   "inference.images",
                                   "inference.arrival_period_ps",
                                   "inference.initiation_interval_bound_cycles",
                                   "inference.initiation_interval_ps",
                                   "inference.initiation_interval_cycles",
                                   "inference.images_per_second",
                                   "inference.mean_latency_cycles",
                                   "inference.longest_latency_cycles",
                                   "sets",
                                   "dependencies",
                                   "write_ps",
                                   "rewriting.segments",
                                   "rewriting.write_energy_j",
                                   "traffic.bytes",
                                   "traffic.byte_hops"};
    for (const std::string_view state : kPeStateNames) {
      names.push_back("pe_states." + std::string{state});
    }
    for (const std::string_view state : kPeStateNames) {
      // A critical path has no place where nothing is left to do.
      if (state != "finished" && state != "unused") {
        names.push_back("critical_path.states." + std::string{state});
      }
    }
    names.insert(names.end(), {"waiting", "version"});
    return names;
  }();
  return kFigures;
}

Json figures_of(const Json& summary) {
  Json figures = Json::array();
  for (const std::string& name : sweep_figures()) {
    Json value = at_path(summary, name);
    figures.push_back(value.is_structured() ? Json(value.dump()) : std::move(value));
  }
  return figures;
}

}  // namespace crossweave
