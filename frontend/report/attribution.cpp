#include "frontend/report/attribution.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "frontend/report/csv.h"
#include "frontend/report/text_table.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

double share(Duration part, Duration whole) {
  return whole == Duration{} ? 0 : static_cast<double>(part.count_ps()) / static_cast<double>(whole.count_ps());
}

std::string_view name_of(PeState state) { return kPeStateNames[static_cast<std::size_t>(state)]; }

/// Time in each state, and on each station, of the critical path.
struct PathShares {
  StateTimes states{};
  IdVector<StationId, Duration> stations;
  IdVector<StationId, StateTimes> both;
};

PathShares shares_of(const Attribution& attribution, const ExecutionPlan& plan) {
  PathShares shares{
      {}, IdVector<StationId, Duration>(plan.stations.size()), IdVector<StationId, StateTimes>(plan.stations.size())};
  for (const CriticalSegment& segment : attribution.critical_path) {
    const Duration time = segment.end - segment.begin;
    shares.states[static_cast<std::size_t>(segment.state)] += time;
    shares.stations[segment.station] += time;
    shares.both[segment.station][static_cast<std::size_t>(segment.state)] += time;
  }
  return shares;
}

}  // namespace

Attribution attribution(const StallRecorder& recorder, Duration latency) {
  return {recorder.groups(latency), recorder.unused_pes(), recorder.critical_path(), latency};
}

Json pe_states_json(const Attribution& attribution) {
  std::array<double, kPeStateNames.size()> sums{};
  double pes = static_cast<double>(attribution.unused_pes);
  sums[static_cast<std::size_t>(PeState::unused)] = pes;
  for (const StallRecorder::Group& group : attribution.groups) {
    pes += static_cast<double>(group.pes);
    for (std::size_t state = 0; state < sums.size(); ++state) {
      sums[state] += static_cast<double>(group.pes) * share(group.times[state], attribution.latency);
    }
  }
  Json json;
  for (std::size_t state = 0; state < sums.size(); ++state) {
    json[std::string{kPeStateNames[state]}] = sums[state] / pes;
  }
  return json;
}

Json layer_stalls_json(const Attribution& attribution, LayerId layer) {
  std::array<double, kPeStateNames.size()> sums{};
  double pes = 0;
  for (const StallRecorder::Group& group : attribution.groups) {
    if (group.layer != layer) {
      continue;
    }
    pes += static_cast<double>(group.pes);
    for (std::size_t state = 0; state < sums.size(); ++state) {
      sums[state] += static_cast<double>(group.pes) * share(group.times[state], attribution.latency);
    }
  }
  Json json = Json::object();
  for (std::size_t state = 0; state < sums.size(); ++state) {
    const bool waiting = state != static_cast<std::size_t>(PeState::active) &&
                         state != static_cast<std::size_t>(PeState::finished) &&
                         state != static_cast<std::size_t>(PeState::unused);
    if (waiting && sums[state] > 0) {
      json[std::string{kPeStateNames[state]}] = sums[state] / pes;
    }
  }
  return json;
}

Json critical_path_json(const Attribution& attribution, const ExecutionPlan& plan) {
  const PathShares shares = shares_of(attribution, plan);
  Json json;
  json["states"] = Json::object();
  for (std::size_t state = 0; state < shares.states.size(); ++state) {
    if (shares.states[state] > Duration{}) {
      json["states"][std::string{kPeStateNames[state]}] = share(shares.states[state], attribution.latency);
    }
  }
  json["stations"] = Json::array();
  for (const StationId id : ids(plan.stations)) {
    if (shares.stations[id] == Duration{}) {
      continue;
    }
    Json station;
    station["name"] = plan.stations[id].name;
    station["share"] = share(shares.stations[id], attribution.latency);
    for (std::size_t state = 0; state < shares.states.size(); ++state) {
      if (shares.both[id][state] > Duration{}) {
        station[std::string{kPeStateNames[state]}] = share(shares.both[id][state], attribution.latency);
      }
    }
    json["stations"].push_back(std::move(station));
  }
  return json;
}

std::string pe_states_csv(const Attribution& attribution, const ExecutionPlan& plan) {
  std::string csv = "layer,duplicate,tile,pes";
  for (const std::string_view state : kPeStateNames) {
    csv += fmt::format(",{}_ps", state);
  }
  csv += "\n";
  std::map<LayerId, std::string> names;
  for (const Station& station : plan.stations) {
    if (station.layer) {
      names[*station.layer] = station.name;
    }
  }
  for (const StallRecorder::Group& group : attribution.groups) {
    csv += fmt::format("{},{},{},{}", csv_cell(names[group.layer]), group.duplicate.value(), group.tile.value(),
                       group.pes);
    for (const Duration time : group.times) {
      csv += fmt::format(",{}", time.count_ps());
    }
    csv += "\n";
  }
  return csv;
}

std::string critical_path_csv(const Attribution& attribution, const ExecutionPlan& plan) {
  std::string csv = "begin_ps,end_ps,state,station\n";
  for (const CriticalSegment& segment : attribution.critical_path) {
    csv += fmt::format("{},{},{},{}\n", segment.begin.count_ps(), segment.end.count_ps(), name_of(segment.state),
                       csv_cell(plan.stations[segment.station].name));
  }
  return csv;
}

std::string limits_in_words(const Attribution& attribution, const ExecutionPlan& plan) {
  constexpr double kWorthMention = 0.005;
  constexpr std::size_t kMostLayers = 2;
  const PathShares shares = shares_of(attribution, plan);
  const auto percent = [&](Duration part) { return fixed(100 * share(part, attribution.latency), 1) + " %"; };
  std::vector<std::pair<Duration, std::size_t>> states;
  for (std::size_t state = 0; state < shares.states.size(); ++state) {
    if (share(shares.states[state], attribution.latency) >= kWorthMention) {
      states.emplace_back(shares.states[state], state);
    }
  }
  std::ranges::stable_sort(states, std::greater<>{}, &std::pair<Duration, std::size_t>::first);
  std::string text;
  for (const auto& [time, state] : states) {
    std::vector<std::pair<Duration, StationId>> stations;
    for (const StationId id : ids(plan.stations)) {
      if (shares.both[id][state] > Duration{}) {
        stations.emplace_back(shares.both[id][state], id);
      }
    }
    std::ranges::stable_sort(stations, std::greater<>{}, &std::pair<Duration, StationId>::first);
    const bool computing = state == static_cast<std::size_t>(PeState::active);
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", computing ? "crossbars" : kPeStateNames[state], percent(time));
    if (text.find('(') == std::string::npos) {
      std::string layers;
      for (std::size_t i = 0; i < std::min(kMostLayers, stations.size()); ++i) {
        layers += fmt::format("{}{} {}", i == 0 ? "" : ", ", plan.stations[stations[i].second].name,
                              percent(stations[i].first));
      }
      text += " (" + layers + ")";
    }
  }
  return text;
}

}  // namespace crossweave
