#include "frontend/report/run_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "frontend/record/port_name.h"
#include "frontend/report/state_history.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kHistorySpans = 600;
/// Bytes of activity and waiting together; a third more as base64.
constexpr std::size_t kActivityBytes = 2'500'000;
constexpr std::size_t kMostActivitySpans = 16384;

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < count ? bytes[i + k] : 0U);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text += digit <= count ? kDigits[group >> (18 - 6 * digit) & 63U] : '=';
    }
  }
  return text;
}

/// Sets as they ran on one duplicate, and its tiles.
struct DuplicateRuns {
  LayerId layer;
  DuplicateId duplicate;
  const StationDuplicate* plan{nullptr};
  std::size_t first_group{0};
  std::vector<std::size_t> runs;
};

class RunDataBuilder {
 public:
  RunDataBuilder(const PreparedRun& prepared, const RecordedRun& recorded)
      : prepared_{prepared},
        plan_{prepared.plan},
        recorded_{recorded},
        stalls_{recorded.stalls()},
        runs_{stalls_.runs()} {
    IdVector<LayerId, std::size_t> first_duplicate(plan_.placement.pes.size());
    std::size_t groups = 0;
    for (const Station& station : plan_.stations) {
      if (!station.layer) {
        continue;
      }
      first_duplicate[*station.layer] = duplicates_.size();
      for (const DuplicateId duplicate : ids(station.duplicates)) {
        duplicates_.push_back({*station.layer, duplicate, &station.duplicates[duplicate], groups, {}});
        groups += station.duplicates[duplicate].parts.size();
      }
    }
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      const std::size_t duplicate = first_duplicate[runs_[run].layer] + runs_[run].duplicate.value();
      place_.emplace_back(duplicate, duplicates_[duplicate].runs.size());
      duplicates_[duplicate].runs.push_back(run);
    }
    if (recorded.completed()) {
      critical_path_ = stalls_.critical_path();
    }
    find_unit();
  }

  [[nodiscard]] bool in_detail() const { return runs_.size() <= kMostSetsInDetail; }

  Json data() const {
    Json json;
    json["unit_ps"] = unit_;
    json["t_mvm_ps"] = prepared_.config.architecture.crossbar.mvm_latency.count_ps();
    json["end"] = in_units(end());
    json["images"] = plan_.images;
    json["states"] = kPeStateNames;
    json["detail"] = in_detail() ? "sets" : "activity";
    json["runs"] = runs_.size();
    json["stations"] = Json::array();
    for (const Station& station : plan_.stations) {
      json["stations"].push_back(station.name);
    }
    json["layers"] = layers();
    json["duplicates"] = duplicates();
    if (!in_detail()) {
      json["activity_width_ps"] = activity_width();
    }
    json["tiles"] = tiles();
    json["mesh"] = {plan_.placement.mesh_columns, plan_.placement.mesh_rows};
    json["links"] = links();
    if (recorded_.completed()) {
      json["history"] = history();
      json["critical"] = critical();
    }
    return json;
  }

 private:
  /// The last that can be shown: of the run, or of a set that ended with it.
  [[nodiscard]] Duration end() const { return recorded_.latency().value_or(recorded_.stopped_at()); }
  [[nodiscard]] std::int64_t in_units(Duration time) const { return time.count_ps() / unit_; }
  [[nodiscard]] Duration finish_of(const SetRun& run) const { return run.finish.value_or(end()); }

  void find_unit() {
    std::int64_t unit = end().count_ps();
    const auto take = [&unit](Duration time) { unit = std::gcd(unit, time.count_ps()); };
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      take(runs_[run].start);
      take(finish_of(runs_[run]));
    }
    stalls_.for_each_state(std::nullopt, [&](std::size_t, PeState, Duration begin, Duration) { take(begin); });
    for (const CriticalSegment& segment : critical_path_) {
      take(segment.begin);
    }
    unit_ = std::max<std::int64_t>(1, unit);
  }

  Json layers() const {
    Json layers = Json::array();
    for (const StationId id : ids(plan_.stations)) {
      const Station& station = plan_.stations[id];
      if (station.layer) {
        layers.push_back({{"name", station.name},
                          {"station", id.value()},
                          {"rows", station.grid.row_cuts()},
                          {"columns", station.grid.column_cuts()}});
      }
    }
    return layers;
  }

  /// On the tile whose input came last nobody waits for a sibling.
  [[nodiscard]] std::size_t last_group(const DuplicateRuns& of, std::size_t run) const {
    for (std::size_t i = 0; i < of.plan->parts.size(); ++i) {
      bool lockstep = false;
      stalls_.for_each_wait(run, of.first_group + i,
                            [&](PeState state, Duration, Duration) { lockstep |= state == PeState::lockstep; });
      if (!lockstep) {
        return i;
      }
    }
    return 0;
  }

  void add_waits(Json& waits, std::size_t position, std::size_t run, std::size_t group) const {
    Json flat = Json::array();
    stalls_.for_each_wait(run, group, [&](PeState state, Duration begin, Duration end) {
      flat.push_back(static_cast<int>(state));
      flat.push_back(in_units(end) - in_units(begin));
    });
    waits.push_back(position);
    waits.push_back(flat.size() / 2);
    waits.insert(waits.end(), flat.begin(), flat.end());
  }

  Json sets(const DuplicateRuns& of, const std::vector<std::size_t>& first_set) const {
    Json columns;
    for (const char* name : {"set", "gap", "length", "maker", "last", "waits"}) {
      columns[name] = Json::array();
    }
    Json own = Json::array();
    for (std::size_t i = 0; i < of.plan->parts.size(); ++i) {
      own.push_back(Json::array());
    }
    Duration before;
    for (std::size_t position = 0; position < of.runs.size(); ++position) {
      const SetRun& run = runs_[of.runs[position]];
      columns["set"].push_back(run.set.value());
      if (plan_.images > 1) {
        columns["image"].push_back(run.image);
      }
      columns["gap"].push_back(in_units(run.start) - in_units(before));
      columns["length"].push_back(in_units(finish_of(run)) - in_units(run.start));
      before = finish_of(run);
      columns["maker"].push_back(
          run.maker ? static_cast<std::int64_t>(first_set[place_[*run.maker].first] + place_[*run.maker].second) : -1);
      columns["last"].push_back(run.last_of ? static_cast<std::int64_t>(run.last_of->value()) : -1);
      if (run.start > run.free_since) {
        const std::size_t last = last_group(of, of.runs[position]);
        add_waits(columns["waits"], position, of.runs[position], of.first_group + last);
        for (std::size_t i = 0; i < of.plan->parts.size(); ++i) {
          bool lockstep = false;
          stalls_.for_each_wait(of.runs[position], of.first_group + i,
                                [&](PeState state, Duration, Duration) { lockstep |= state == PeState::lockstep; });
          if (lockstep) {
            add_waits(own[i], position, of.runs[position], of.first_group + i);
          }
        }
      }
    }
    columns["own_waits"] = std::move(own);
    return columns;
  }

  Json duplicates() const {
    IdVector<TileId, std::optional<PeId>> first_pe(plan_.tile_count());
    for (const PeId pe : ids(plan_.placement.tile_of)) {
      std::optional<PeId>& first = first_pe[plan_.placement.tile_of[pe]];
      first = first.value_or(pe);
    }
    std::vector<std::size_t> first_set(duplicates_.size());
    for (std::size_t i = 1; i < duplicates_.size(); ++i) {
      first_set[i] = first_set[i - 1] + duplicates_[i - 1].runs.size();
    }
    Json list = Json::array();
    for (const DuplicateRuns& of : duplicates_) {
      Json tiles = Json::array();
      for (const StationPart& part : of.plan->parts) {
        Json pes = Json::array();
        for (const PeId pe : part.pes) {
          pes.push_back(pe.value() - first_pe[TileId{part.tile.value()}]->value());
        }
        tiles.push_back({part.tile.value(), pes});
      }
      Json duplicate{{"layer", of.layer.value()}, {"number", of.duplicate.value()}, {"tiles", tiles}};
      if (in_detail()) {
        duplicate["sets"] = sets(of, first_set);
      }
      list.push_back(std::move(duplicate));
    }
    if (!in_detail()) {
      add_activity(list);
    }
    return list;
  }

  [[nodiscard]] std::size_t activity_spans() const {
    return std::clamp<std::size_t>(kActivityBytes / (2 * duplicates_.size()), 64, kMostActivitySpans);
  }
  [[nodiscard]] std::int64_t activity_width() const { return width_of(activity_spans()); }
  /// Of spans of time, so many of which reach to the end.
  [[nodiscard]] std::int64_t width_of(std::size_t spans) const {
    const auto count = static_cast<std::int64_t>(spans);
    return std::max<std::int64_t>(1, (end().count_ps() + count - 1) / count);
  }

  /// Of the first tile of each duplicate.
  void add_activity(Json& list) const {
    const std::int64_t width = activity_width();
    std::vector<std::size_t> duplicate_of(stalls_.group_list().size(), duplicates_.size());
    for (std::size_t i = 0; i < duplicates_.size(); ++i) {
      duplicate_of[duplicates_[i].first_group] = i;
    }
    using Times = std::array<std::int64_t, kPeStateNames.size()>;
    std::vector<std::vector<Times>> times(duplicates_.size(), std::vector<Times>(activity_spans()));
    stalls_.for_each_state(recorded_.latency(), [&](std::size_t group, PeState state, Duration begin, Duration end) {
      if (duplicate_of[group] == duplicates_.size()) {
        return;
      }
      std::vector<Times>& own = times[duplicate_of[group]];
      for (std::int64_t from = begin.count_ps(); from < end.count_ps();) {
        const std::int64_t span = from / width;
        const std::int64_t to = std::min(end.count_ps(), (span + 1) * width);
        own[static_cast<std::size_t>(span)][static_cast<std::size_t>(state)] += to - from;
        from = to;
      }
    });
    for (std::size_t i = 0; i < duplicates_.size(); ++i) {
      std::vector<std::uint8_t> activity;
      std::vector<std::uint8_t> waiting;
      for (const Times& span : times[i]) {
        const std::int64_t active = span[static_cast<std::size_t>(PeState::active)];
        activity.push_back(static_cast<std::uint8_t>((active * 255 + width / 2) / width));
        const auto most =
            std::max_element(span.begin() + 1, span.begin() + static_cast<std::size_t>(PeState::finished));
        waiting.push_back(*most > 0 ? static_cast<std::uint8_t>(most - span.begin() + 1) : 0);
      }
      list[i]["activity"] = base64(activity);
      list[i]["waiting"] = base64(waiting);
      list[i]["sets_run"] = duplicates_[i].runs.size();
    }
  }

  Json tiles() const {
    Json list = Json::array();
    IdVector<TileId, Json> active(plan_.tile_count());
    for (const PeId pe : ids(plan_.placement.tile_of)) {
      active[plan_.placement.tile_of[pe]].push_back(share(recorded_.activity().active(pe)));
    }
    for (const TileId tile : ids(plan_.placement.position)) {
      const LoadRecorder::Tile& load = recorded_.loads().tiles()[tile];
      const MeshPosition at = plan_.placement.position[tile];
      list.push_back({{"x", at.x},
                      {"y", at.y},
                      {"pes", active[tile].is_null() ? Json::array() : active[tile]},
                      {"input_peak", load.input_peak.count()},
                      {"output_peak", load.output_peak.count()},
                      {"gpeu", share(load.gpeu_busy)}});
    }
    return list;
  }

  /// Four digits are as many as anybody can see.
  [[nodiscard]] double share(Duration part) const {
    const std::int64_t whole = std::max<std::int64_t>(1, end().count_ps());
    const std::int64_t in_ten_thousand = part.count_ps() * 10000 / whole;
    return static_cast<double>(in_ten_thousand) / 10000;
  }

  Json links() const {
    Json list = Json::array();
    for (const LoadRecorder::Link& link : recorded_.loads().links()) {
      list.push_back(
          {link.place.router.x, link.place.router.y, port_name(link.place.port), link.size.count(), share(link.busy)});
    }
    return list;
  }

  Json history() const {
    const StateHistory history = state_history(stalls_, end(), kHistorySpans);
    Json json;
    json["width_ps"] = history.width.count_ps();
    json["shares"] = Json::array();
    for (std::size_t state = 0; state < kPeStateNames.size(); ++state) {
      Json row = Json::array();
      for (const auto& span : history.spans) {
        row.push_back(static_cast<double>(std::lround(span[state] * 10000)) / 10000);
      }
      json["shares"].push_back(std::move(row));
    }
    return json;
  }

  Json critical() const {
    Json list = Json::array();
    for (const CriticalSegment& segment : critical_path_) {
      const auto place = segment.run ? std::optional{place_[*segment.run]} : std::nullopt;
      const bool joins = !in_detail() && !list.empty() && list.back()[2] == static_cast<int>(segment.state) &&
                         list.back()[3] == segment.station.value();
      if (joins) {
        list.back()[1] = in_units(segment.end);
      } else {
        list.push_back({in_units(segment.begin), in_units(segment.end), static_cast<int>(segment.state),
                        segment.station.value(), place ? static_cast<std::int64_t>(place->first) : -1,
                        place ? static_cast<std::int64_t>(place->second) : -1});
      }
    }
    return list;
  }

  const PreparedRun& prepared_;
  const ExecutionPlan& plan_;
  const RecordedRun& recorded_;
  const StallRecorder& stalls_;
  std::vector<SetRun> runs_;
  std::vector<DuplicateRuns> duplicates_;
  std::vector<std::pair<std::size_t, std::size_t>> place_;  ///< duplicate, and position there, of each set
  std::vector<CriticalSegment> critical_path_;
  std::int64_t unit_{1};
};

}  // namespace

Json run_data(const PreparedRun& prepared, const RecordedRun& recorded, const RunIdentity& identity) {
  const Measurement measured = recorded.measurement();
  Json json = RunDataBuilder{prepared, recorded}.data();
  json["summary"] = Json::parse(summary_json(prepared, identity, &measured));
  json["resolved"] = identity.resolved_yaml;
  if (measured.attribution) {
    json["limits"] = limits_in_words(*measured.attribution, prepared.plan);
  }
  return json;
}

}  // namespace crossweave
