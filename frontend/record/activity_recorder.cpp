#include "frontend/record/activity_recorder.h"

#include <algorithm>

#include "arch/diagnostics.h"

namespace crossweave {

ActivityRecorder::ActivityRecorder(const Placement& placement)
    : pes_(placement.tile_of.size()), layers_(placement.pes.size()), running_sets_(placement.pes.size()) {
  for (const LayerId layer : ids(placement.pes)) {
    running_sets_[layer].resize(placement.pes[layer].size());
  }
}

ActivityRecorder::Image& ActivityRecorder::image(std::uint32_t number) {
  images_.resize(std::max<std::size_t>(images_.size(), number + 1U));
  return images_[number];
}

void ActivityRecorder::finish(std::uint32_t number, Duration at) {
  Image& finishing = image(number);
  finishing.finish = std::max(finishing.finish, at);
  latency_ = std::max(latency_, at);
}

void ActivityRecorder::on(const SetStarted& event) {
  std::optional<SetId>& running = running_sets_[event.layer][event.duplicate];
  check_invariant(!running, "a duplicate runs one set at a time");
  running = event.set;
  Layer& layer = layers_[event.layer];
  layer.first_start = std::min(layer.first_start.value_or(event.at), event.at);
  std::optional<Duration>& first_start = image(event.image).first_start;
  first_start = std::min(first_start.value_or(event.at), event.at);
}

void ActivityRecorder::on(const SetFinished& event) {
  std::optional<SetId>& running = running_sets_[event.layer][event.duplicate];
  check_invariant(running == event.set, "the set that finishes is the one that its duplicate runs");
  running.reset();
  Layer& layer = layers_[event.layer];
  layer.last_finish = std::max(layer.last_finish, event.at);
  ++layer.sets;
  finish(event.image, event.at);
}

void ActivityRecorder::on(const MvmStarted& event) {
  std::optional<MvmStarted>& running = pes_[event.pe].running;
  check_invariant(!running, "a PE computes one set at a time");
  running = event;
}

void ActivityRecorder::on(const MvmFinished& event) {
  Pe& pe = pes_[event.pe];
  check_invariant(pe.running.has_value() && pe.running->at <= event.at, "a PE finishes what it has started");
  const Duration computed = event.at - pe.running->at;
  pe.active += computed;
  layers_[pe.running->layer].active += computed;
  mvms_ += pe.running->mvms;
  pe.running.reset();
}

void ActivityRecorder::on(const DramAccess& event) {
  if (event.spilled) {
    (event.write ? spilled_ : read_back_) += event.size;
  } else if (event.write) {
    dram_written_ += event.size;
    finish(event.image, event.at);
  } else {
    dram_read_ += event.size;
  }
}

void ActivityRecorder::on(const TransferDelivered& event) {
  Traffic& traffic = traffic_[static_cast<std::size_t>(event.kind)];
  ++traffic.transfers;
  traffic.size += event.size;
  if (event.source != event.destination) {
    traffic.over_links += event.size;
    byte_hops_ += event.size.count() * (event.routers - event.shared_routers);
  }
}

Bytes ActivityRecorder::over_links() const {
  Bytes total;
  for (const Traffic& traffic : traffic_) {
    total += traffic.over_links;
  }
  return total;
}

Duration ActivityRecorder::total_active() const {
  Duration total;
  for (const Pe& pe : pes_) {
    total += pe.active;
  }
  return total;
}

std::int64_t ActivityRecorder::sets() const {
  std::int64_t total = 0;
  for (const Layer& layer : layers_) {
    total += layer.sets;
  }
  return total;
}

}  // namespace crossweave
