#include "frontend/record/timeline_recorder.h"

#include "arch/diagnostics.h"

namespace crossweave {

void TimelineRecorder::on(const MvmStarted& event) {
  pes_[event.pe].push_back({event.at, std::nullopt, event.image, StationId{}, event.set});
}

void TimelineRecorder::on(const MvmFinished& event) {
  check_invariant(!pes_[event.pe].empty(), "a PE finishes what it has started");
  pes_[event.pe].back().end = event.at;
}

void TimelineRecorder::on(const GpeuOperation& event) {
  if (event.at > event.begin) {
    tiles_[event.tile].gpeu.push_back({event.begin, event.at, event.image, event.station, event.set});
  }
}

void TimelineRecorder::on(const LinkCrossed& event) {
  if (event.end == event.begin) {
    return;
  }
  const LinkPlace place{event.router, event.port};
  const std::size_t number = index_.number_of(place);
  if (number == links_.size()) {
    links_.push_back({place, {}});
  }
  std::vector<Stretch>& stretches = links_[number].stretches;
  if (!stretches.empty()) {
    if (Stretch& last = stretches.back(); last.end == event.begin && last.image == event.image &&
                                          last.station == event.station && last.set == event.set) {
      last.end = event.end;
      return;
    }
  }
  stretches.push_back({event.begin, event.end, event.image, event.station, event.set});
}

void TimelineRecorder::on(const BufferLevel& event) {
  std::vector<Level>& levels = tiles_[event.tile].levels[static_cast<std::size_t>(event.which)];
  if (!levels.empty() && levels.back().at == event.at) {
    levels.back().level = event.level;
  } else if (levels.empty() || levels.back().level != event.level) {
    levels.push_back({event.at, event.level});
  }
}

std::vector<const TimelineRecorder::Link*> TimelineRecorder::links() const {
  std::vector<const Link*> links;
  for (const std::size_t number : index_.in_order()) {
    links.push_back(&links_[number]);
  }
  return links;
}

}  // namespace crossweave
