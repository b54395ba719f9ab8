#include "frontend/report/perfetto_trace.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "frontend/record/perfetto_writer.h"
#include "frontend/record/port_name.h"

namespace crossweave {
namespace {

/// What a PE computes.
struct PeWork {
  LayerId layer;
  StationId station;
  DuplicateId duplicate;
  bool first{false};  ///< of its duplicate
};

std::map<PeId, PeWork> work_of_pes(const ExecutionPlan& plan) {
  std::map<PeId, PeWork> works;
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    if (!station.layer) {
      continue;
    }
    for (const DuplicateId duplicate : ids(station.duplicates)) {
      bool first = true;
      for (const StationPart& part : station.duplicates[duplicate].parts) {
        for (const PeId pe : part.pes) {
          works[pe] = {*station.layer, id, duplicate, std::exchange(first, false)};
        }
      }
    }
  }
  return works;
}

/// Which arrows begin and end at the sets of a duplicate, in the order in which these run.
using FlowsOfDuplicates = std::map<std::pair<LayerId, DuplicateId>, std::vector<PerfettoWriter::Flows>>;

FlowsOfDuplicates flows_of(const StallRecorder& stalls) {
  FlowsOfDuplicates flows;
  const std::vector<SetRun> runs = stalls.runs();
  std::vector<std::pair<std::vector<PerfettoWriter::Flows>*, std::size_t>> place;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    std::vector<PerfettoWriter::Flows>& of_duplicate = flows[{runs[run].layer, runs[run].duplicate}];
    place.emplace_back(&of_duplicate, of_duplicate.size());
    of_duplicate.emplace_back();
    if (runs[run].maker) {
      const auto& [maker, number] = place[*runs[run].maker];
      (*maker)[number].begin.push_back(run + 1);
      of_duplicate.back().end.push_back(run + 1);
    }
  }
  return flows;
}

class TraceBuilder {
 public:
  TraceBuilder(std::ostream& out, const ExecutionPlan& plan) : writer_{out}, plan_{plan} {}

  void add_critical_path(const std::vector<CriticalSegment>& path) {
    const PerfettoTrack track = writer_.add_track("critical path");
    for (const CriticalSegment& segment : path) {
      const std::string name = fmt::format("{} {}", plan_.stations[segment.station].name,
                                           kPeStateNames[static_cast<std::size_t>(segment.state)]);
      writer_.begin_slice(track, segment.begin, writer_.add_text(name));
      writer_.end_slice(track, segment.end);
    }
  }

  void add_tiles(const TimelineRecorder& timeline, const FlowsOfDuplicates& flows) {
    const std::map<PeId, PeWork> works = work_of_pes(plan_);
    IdVector<TileId, std::vector<PeId>> pes_of(plan_.tile_count());
    for (const PeId pe : ids(plan_.placement.tile_of)) {
      pes_of[plan_.placement.tile_of[pe]].push_back(pe);
    }
    for (const TileId id : ids(timeline.tiles())) {
      const TimelineRecorder::Tile& tile = timeline.tiles()[id];
      const PerfettoTrack group = writer_.add_track(fmt::format("tile {}", id.value()));
      for (std::size_t number = 0; number < pes_of[id].size(); ++number) {
        const PeId pe = pes_of[id][number];
        if (const auto work = works.find(pe); work != works.end()) {
          add_pe(writer_.add_track(fmt::format("PE {}", number), group), work->second, timeline.pes()[pe], flows);
        }
      }
      if (!tile.gpeu.empty()) {
        add_stretches(writer_.add_track("GPEU", group), tile.gpeu);
      }
      constexpr std::array kBuffers{"input buffer", "output buffer"};
      for (std::size_t which = 0; which < kBuffers.size(); ++which) {
        const PerfettoTrack track = writer_.add_track(kBuffers[which], group, PerfettoWriter::Kind::bytes);
        for (const TimelineRecorder::Level& level : tile.levels[which]) {
          writer_.count(track, level.at, level.level.count());
        }
      }
    }
  }

  void add_links(const std::vector<const TimelineRecorder::Link*>& links) {
    if (links.empty()) {
      return;
    }
    const PerfettoTrack group = writer_.add_track("network on chip");
    for (const TimelineRecorder::Link* link : links) {
      add_stretches(writer_.add_track(fmt::format("router {},{} {}", link->place.router.x, link->place.router.y,
                                                  port_name(link->place.port)),
                                      group),
                    link->stretches);
    }
  }

 private:
  std::vector<PerfettoWriter::Argument> arguments(const TimelineRecorder::Stretch& stretch) const {
    return {{set_, stretch.set.value()}, {image_, stretch.image}};
  }

  void add_pe(PerfettoTrack track, const PeWork& work, const std::vector<TimelineRecorder::Stretch>& stretches,
              const FlowsOfDuplicates& flows) {
    const PerfettoText name = writer_.add_text(plan_.stations[work.station].name);
    const auto own = flows.find({work.layer, work.duplicate});
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      std::vector<PerfettoWriter::Argument> values = arguments(stretches[i]);
      values.push_back({duplicate_, work.duplicate.value()});
      writer_.begin_slice(track, stretches[i].begin, name, values,
                          work.first && own != flows.end() ? own->second[i] : PerfettoWriter::Flows{});
      if (stretches[i].end) {
        writer_.end_slice(track, *stretches[i].end);
      }
    }
  }

  void add_stretches(PerfettoTrack track, const std::vector<TimelineRecorder::Stretch>& stretches) {
    for (const TimelineRecorder::Stretch& stretch : stretches) {
      writer_.begin_slice(track, stretch.begin, writer_.add_text(plan_.stations[stretch.station].name),
                          arguments(stretch));
      writer_.end_slice(track, stretch.end.value());
    }
  }

  PerfettoWriter writer_;
  const ExecutionPlan& plan_;
  PerfettoText set_{writer_.add_text("set")};
  PerfettoText image_{writer_.add_text("image")};
  PerfettoText duplicate_{writer_.add_text("duplicate")};
};

}  // namespace

void write_perfetto_trace(std::ostream& out, const ExecutionPlan& plan, const TimelineRecorder& timeline,
                          const StallRecorder& stalls, bool completed) {
  TraceBuilder builder{out, plan};
  if (completed) {
    builder.add_critical_path(stalls.critical_path());
  }
  builder.add_tiles(timeline, flows_of(stalls));
  builder.add_links(timeline.links());
}

}  // namespace crossweave
