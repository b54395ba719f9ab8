#include "models/chip.h"

#include <algorithm>

namespace crossweave {

Chip::Chip(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const ReservationOrder* reservations,
           const Architecture& architecture, TransactionPool& pool, Probes& probes)
    : sc_module{name},
      noc_{"noc", plan.placement, architecture.noc, pool, probes},
      dram_{"dram", plan, architecture, pool, probes} {
  IdVector<TileId, std::vector<PeId>> pes(plan.tile_count());
  for (const PeId pe : ids(plan.placement.tile_of)) {
    pes[plan.placement.tile_of[pe]].push_back(pe);
  }
  for (const TileId id : ids(plan.placement.position)) {
    const std::string tile = "tile_" + std::to_string(id.value());
    tiles_.push_back(std::make_unique<Tile>(tile.c_str(), id, pes[id], plan, architecture, pool, probes));
  }
  const auto connect = [&](EndpointId endpoint, NetworkInterface& interface) {
    interface.to_network.bind(noc_.from(endpoint));
    noc_.to(endpoint).bind(interface.from_network);
  };
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    connect(EndpointId{t}, tiles_[t]->network_interface());
  }
  connect(plan.dram(), dram_.network_interface());
  place(plan, reservations);
}

void Chip::place(const ExecutionPlan& plan, const ReservationOrder* reservations) {
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    for (const DuplicateId duplicate : ids(station.duplicates)) {
      const StationDuplicate& copy = station.duplicates[duplicate];
      DuplicateRun* run = nullptr;
      if (station.kind == Station::Kind::base_layer) {
        const std::size_t sets = plan.images * copy.sequence.size();
        runs_.push_back(std::make_unique<DuplicateRun>(
            DuplicateRun{id, duplicate, LockstepGroup{sets}, {}, std::vector<Journey>(sets), {}}));
        run = runs_.back().get();
      }
      for (const StationPart& part : copy.parts) {
        Tile& tile = *tiles_[part.tile.value()];
        const std::size_t number = tile.add_part(id, duplicate, part, run);
        if (run != nullptr) {
          run->members.push_back({&tile, number});
        }
      }
      if (run != nullptr) {
        run->members.front().tile->lead(*run);
      }
    }
  }
  std::vector<InputSpace*> spaces;
  for (const auto& tile : tiles_) {
    spaces.push_back(tile.get());
  }
  for (const auto& tile : tiles_) {
    tile->seal(reservations, spaces);
  }
  dram_.seal(reservations, spaces);
}

bool Chip::retired() const {
  return dram_.complete() && std::ranges::all_of(tiles_, [](const auto& tile) { return tile->retired(); });
}

bool Chip::empty() const {
  return std::ranges::all_of(tiles_, [](const auto& tile) { return tile->empty(); });
}

std::vector<std::string> Chip::diagnose(std::size_t limit) const {
  std::vector<const Tile*> tiles;
  for (const auto& tile : tiles_) {
    tiles.push_back(tile.get());
  }
  WaitGraph graph;
  for (const Tile* tile : tiles) {
    tile->add_waits(graph, tiles);
  }
  std::vector<std::string> lines = graph.ring();
  for (const Tile* tile : tiles) {
    tile->diagnose(lines, limit);
  }
  if (lines.size() < limit) {
    dram_.diagnose(lines);
  }
  lines.resize(std::min(lines.size(), limit));
  return lines;
}

}  // namespace crossweave
