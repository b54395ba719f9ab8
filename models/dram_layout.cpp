#include "models/dram_layout.h"

namespace crossweave {
namespace {

/// Maps and regions begin at a boundary of the widest bursts in use (64 B), as allocators have it.
constexpr std::int64_t kAlignment = 64;

std::int64_t aligned(std::int64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

DramLayout::DramLayout(const ExecutionPlan& plan) : inputs_(plan.stations.size()), outputs_(plan.stations.size()) {
  for (const StationId id : ids(plan.stations)) {
    if (plan.stations[id].kind == Station::Kind::network_input) {
      add(inputs_[id], plan.stations[id], plan.images);
    }
  }
  for (const NetworkOutput& output : plan.outputs) {
    add(outputs_[output.producer], plan.stations[output.producer], plan.images);
  }
}

void DramLayout::add(Map& map, const Station& station, std::uint32_t images) {
  map = {end_, aligned(packed_size(station.result.elements(), station.bits_per_element).count()), station.result,
         station.bits_per_element};
  end_ += images * map.size;
}

std::int64_t DramLayout::address_of(const IdVector<StationId, Map>& maps, const SetTransaction& set) {
  const Map& map = maps[set.station];
  check_invariant(map.base >= 0, "what is read or written has its place in the DRAM");
  const std::int64_t pixel = std::int64_t{set.rect.rows.begin} * map.shape.width + set.rect.columns.begin;
  const std::int64_t element = pixel * map.shape.channels + set.channels.begin;
  return map.base + set.image * map.size + element * map.bits / 8;
}

std::int64_t DramLayout::spilled(RegionId region, Bytes size) {
  const auto [place, is_new] = spilled_.try_emplace(region, end_);
  end_ += is_new ? aligned(size.count()) : 0;
  return place->second;
}

}  // namespace crossweave
