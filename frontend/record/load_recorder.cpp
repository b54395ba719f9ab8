#include "frontend/record/load_recorder.h"

#include <algorithm>

namespace crossweave {

void LoadRecorder::on(const BufferLevel& event) {
  Tile& tile = tiles_[event.tile];
  Bytes& peak = event.which == BufferLevel::Which::input ? tile.input_peak : tile.output_peak;
  peak = std::max(peak, event.level);
}

void LoadRecorder::on(const GpeuOperation& event) { tiles_[event.tile].gpeu_busy += event.at - event.begin; }

void LoadRecorder::on(const LinkCrossed& event) {
  const LinkPlace place{event.router, event.port};
  const std::size_t number = index_.number_of(place);
  if (number == links_.size()) {
    links_.push_back({place, {}, {}});
  }
  links_[number].size += event.size;
  links_[number].busy += event.end - event.begin;
}

std::vector<LoadRecorder::Link> LoadRecorder::links() const {
  std::vector<Link> links;
  for (const std::size_t number : index_.in_order()) {
    links.push_back(links_[number]);
  }
  return links;
}

}  // namespace crossweave
