#include "scheduler/reservation_order.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <tuple>
#include <utility>

#include "scheduler/result_copies.h"
#include "scheduler/tile_readers.h"

namespace crossweave {
namespace {

const std::vector<ResultSlice>& slices_of(const Station& station, SetId set) {
  return station.duplicates[station.duplicate_of[set]].slices;
}

std::size_t copies_of(const Station& station, SetId set, const ResultSlice& slice) {
  std::size_t count = 0;
  for_each_copy(station, set, slice, [&](const Delivery&, Interval) { ++count; });
  return count;
}

class BufferPlanner {
 public:
  BufferPlanner(const ExecutionPlan& plan, const WorkOrder& work, const BufferSpec& spec)
      : plan_{plan},
        work_{work},
        spec_{spec},
        spills_{spec.model == BufferModel::limited && spec.spill == Spill::dram},
        readers_{plan},
        uses_(plan.tile_count()) {
    buffers_.order.place = work.place;
    buffers_.order.arrival = work.arrival;
    buffers_.order.first_region = IdVector<StationId, std::vector<RegionId>>(plan.stations.size());
    buffers_.order.first_result = IdVector<StationId, std::vector<ResultId>>(plan.stations.size());
  }

  BufferPlan build() {
    ReservationOrder& order = buffers_.order;
    for (std::uint32_t image = 0; image < plan_.images; ++image) {
      for (const StationId id : ids(plan_.stations)) {
        for (std::size_t set = 0; set < plan_.stations[id].grid.size(); ++set) {
          if (image == 0) {
            order.first_region[id].push_back(order.regions.next_id());
            order.first_result[id].push_back(order.results.next_id());
          }
          reserve_for(image, id, SetId{set});
        }
      }
      if (image == 0) {
        order.regions_per_image = order.regions.size();
        order.results_per_image = order.results.size();
      }
    }
    take_input_turns();
    take_output_turns();
    return std::move(buffers_);
  }

 private:
  /// Pieces of work and regions that they use; sorted, each once.
  using Uses = std::vector<std::pair<std::uint32_t, RegionId>>;

  void reserve_for(std::uint32_t image, StationId id, SetId set) {
    const Station& station = plan_.stations[id];
    const std::uint32_t made = buffers_.order.place_of(plan_, image, id, set);
    const std::vector<ResultSlice>& slices = slices_of(station, set);
    for (std::uint32_t s = 0; s < slices.size(); ++s) {
      const ResultSlice& slice = slices[s];
      for_each_copy(station, set, slice, [&](const Delivery& delivery, Interval channels) {
        reserve_for_copy(image, id, set, delivery, channels);
      });
      const Bytes psum = packed_size(station.set_rect(set).area() * slice.channels.size(), station.psum_bits);
      const Bytes result =
          packed_size(station.result_rect(set).area() * slice.channels.size(), station.bits_per_element);
      for (std::uint32_t node = 0; node < slice.nodes.size(); ++node) {
        if (node > 0) {
          // Additions follow their set at once, so that they count as one piece of work with it.
          const EndpointId parent = slice.nodes[reduction_parent(plan_.reduction, node)];
          note_use(parent, made);
          add(buffers_.order.regions, buffers_.region_use, parent, psum, {made, made, made, done_at(made)});
        }
        add(buffers_.order.results, buffers_.result_use, slice.nodes[node], node > 0 ? psum : result,
            {made, made, made, done_at(made)});
        buffers_.order.makers.push_back({image, id, set, s, node});
      }
    }
  }

  void reserve_for_copy(std::uint32_t image, StationId id, SetId set, const Delivery& delivery, Interval channels) {
    const std::uint32_t made = buffers_.order.place_of(plan_, image, id, set);
    const std::uint32_t accumulated = buffers_.order.place_of_accumulation(plan_, image, id, set);
    ReservationUse use{made, ReservationUse::kNobody, 0, {}};
    readers_.arrive(delivery.destination, image, id, delivery.rect, channels,
                    [&](const TileReaders::Reader& reader, std::size_t position, bool /*complete*/) {
                      const std::uint32_t place =
                          plan_.stations[reader.station].accumulates
                              ? accumulated
                              : buffers_.order.place_of(plan_, reader.tracker.image_of(position), reader.station,
                                                        reader.tracker.set_at(position));
                      use.first = std::min(use.first, place);
                      use.last = std::max(use.last, place);
                      use.done = std::max(use.done, done_at(place));
                      note_use(delivery.destination, place);
                    });
    if (use.first == ReservationUse::kNobody) {
      // Nobody reads it: it is dropped where it arrives.
      use.first = use.last = accumulated;
      use.done = done_at(made);
      note_use(delivery.destination, use.first);
    }
    add(buffers_.order.regions, buffers_.region_use, delivery.destination,
        packed_size(delivery.rect.area() * channels.size(), plan_.stations[id].bits_per_element), use);
  }

  template <class IdT>
  void add(IdVector<IdT, Reservation>& reservations, IdVector<IdT, ReservationUse>& uses, EndpointId tile, Bytes size,
           ReservationUse use) const {
    reservations.push_back({tile, 0, tile == plan_.dram() ? Bytes{} : size});
    uses.push_back(use);
  }

  [[nodiscard]] Moment done_at(std::uint32_t made) const {
    return made == ReservationUse::kNobody ? Moment{} : Moment{work_.items[made].done, made};
  }

  /// The region that is added next is used by a piece of work.
  void note_use(EndpointId tile, std::uint32_t place) {
    if (tile != plan_.dram()) {
      uses_[tile].emplace_back(place, buffers_.order.regions.next_id());
    }
  }

  void take_input_turns() {
    ReservationOrder& order = buffers_.order;
    order.input_turns = IdVector<EndpointId, std::vector<Residency>>(plan_.tile_count());
    for (const RegionId id : ids(order.regions)) {
      if (order.regions[id].size > Bytes{}) {
        order.input_turns[order.regions[id].tile].push_back(
            {id, buffers_.region_use[id].first, buffers_.region_use[id].last});
      }
    }
    const auto by_use = [&](const Residency& residency) {
      // What a network input makes is there from the beginning.
      return std::tuple{residency.first, buffers_.region_use[residency.region].made + 1U, residency.region};
    };
    for (const EndpointId tile : ids(order.input_turns)) {
      std::vector<Residency>& turns = order.input_turns[tile];
      std::ranges::sort(turns, {}, by_use);
      buffers_.whole_residencies.push_back(turns);
      Uses& uses = uses_[tile];
      std::ranges::sort(uses);
      uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
      buffers_.most_for_one.push_back(most_for_one(uses));
      if (spills_ && buffers_.most_for_one[tile] <= spec_.input && most_resident(turns, order.regions) > spec_.input) {
        turns = cut_residencies(uses);
        std::ranges::sort(turns, {}, by_use);
      }
      number_input_turns(turns);
    }
  }

  void number_input_turns(const std::vector<Residency>& turns) {
    ReservationOrder& order = buffers_.order;
    for (std::uint32_t i = 0; i < turns.size(); ++i) {
      std::uint32_t& first_turn = order.regions[turns[i].region].turn;
      if (first_turn == 0) {
        first_turn = i + 1;
        continue;
      }
      std::vector<std::uint32_t>& all = order.turns_by_dram[turns[i].region];
      if (all.empty()) {
        all.push_back(first_turn);
      }
      all.push_back(i + 1);
    }
  }

  void take_output_turns() {
    ReservationOrder& order = buffers_.order;
    order.output_turns = IdVector<EndpointId, std::vector<ResultId>>(plan_.tile_count());
    for (const ResultId id : ids(order.results)) {
      if (order.results[id].size > Bytes{}) {
        order.output_turns[order.results[id].tile].push_back(id);
      }
    }
    for (std::vector<ResultId>& turns : order.output_turns) {
      std::ranges::stable_sort(turns, {}, [&](ResultId id) { return buffers_.result_use[id].made; });
      for (std::uint32_t i = 0; i < turns.size(); ++i) {
        order.results[turns[i]].turn = i + 1;
      }
    }
  }

  [[nodiscard]] Bytes most_for_one(const Uses& uses) const {
    Bytes most;
    Bytes level;
    for (std::size_t i = 0; i < uses.size(); ++i) {
      const bool same_work = i > 0 && uses[i].first == uses[i - 1].first;
      level = (same_work ? level : Bytes{}) + buffers_.order.regions[uses[i].second].size;
      most = std::max(most, level);
    }
    return most;
  }

  /// Residencies that fit the input buffer together: when one has to give way, then that of the region which is used
  /// again last (Belady, IBM Systems Journal 5(2), 1966).
  [[nodiscard]] std::vector<Residency> cut_residencies(const Uses& uses) const {
    std::unordered_map<RegionId, std::vector<std::uint32_t>> places;  // of each region's uses, last first
    for (auto use = uses.rbegin(); use != uses.rend(); ++use) {
      places[use->second].push_back(use->first);
    }
    std::vector<Residency> residencies;
    std::unordered_map<RegionId, Residency> resident;
    std::set<std::pair<std::uint32_t, RegionId>> by_next_use;  // of what is resident and not used now
    Bytes level;
    const auto end_residency = [&](RegionId region) {
      residencies.push_back(resident.at(region));
      resident.erase(region);
      level -= buffers_.order.regions[region].size;
    };
    for (auto use = uses.begin(); use != uses.end();) {
      const std::uint32_t place = use->first;
      const auto begin = use;
      for (; use != uses.end() && use->first == place; ++use) {
        const RegionId region = use->second;
        by_next_use.erase({place, region});
        const auto [residency, is_new] = resident.try_emplace(region, Residency{region, place, place});
        residency->second.last = place;
        level += is_new ? buffers_.order.regions[region].size : Bytes{};
        places[region].pop_back();
      }
      while (level > spec_.input) {
        const auto last_used_again = std::prev(by_next_use.end());
        end_residency(last_used_again->second);
        by_next_use.erase(last_used_again);
      }
      for (auto used = begin; used != use; ++used) {
        const std::vector<std::uint32_t>& rest = places[used->second];
        if (rest.empty()) {
          end_residency(used->second);
        } else {
          by_next_use.emplace(rest.back(), used->second);
        }
      }
    }
    return residencies;
  }

  const ExecutionPlan& plan_;
  const WorkOrder& work_;
  BufferSpec spec_;
  bool spills_;
  TileReaders readers_;
  IdVector<EndpointId, Uses> uses_;
  BufferPlan buffers_;
};

}  // namespace

std::uint32_t ReservationOrder::place_of(const ExecutionPlan& plan, std::uint32_t image, StationId id,
                                         SetId set) const {
  const Station& station = plan.stations[id];
  return station.kind == Station::Kind::network_input ? ReservationUse::kNobody
                                                      : place[id][image * station.grid.size() + set.value()];
}

RegionId ReservationOrder::first_copy(const Station& station, std::uint32_t image, StationId id, SetId set,
                                      std::uint32_t slice) const {
  std::size_t region = image * regions_per_image + first_region[id][set.value()].value();
  const std::vector<ResultSlice>& slices = slices_of(station, set);
  for (std::uint32_t before = 0; before < slice; ++before) {
    region += copies_of(station, set, slices[before]) + slices[before].nodes.size() - 1;
  }
  return RegionId{region};
}

RegionId ReservationOrder::partial_sum(const Station& station, std::uint32_t image, StationId id, SetId set,
                                       std::uint32_t slice, std::uint32_t node) const {
  const std::size_t copies = copies_of(station, set, slices_of(station, set)[slice]);
  return RegionId{first_copy(station, image, id, set, slice).value() + copies + node - 1};
}

ResultId ReservationOrder::result(const Station& station, std::uint32_t image, StationId id, SetId set,
                                  std::uint32_t slice, std::uint32_t node) const {
  std::size_t result = image * results_per_image + first_result[id][set.value()].value();
  const std::vector<ResultSlice>& slices = slices_of(station, set);
  for (std::uint32_t before = 0; before < slice; ++before) {
    result += slices[before].nodes.size();
  }
  return ResultId{result + node};
}

std::uint32_t ReservationOrder::place_of_accumulation(const ExecutionPlan& plan, std::uint32_t image, StationId id,
                                                      SetId set) const {
  const std::uint32_t made = place_of(plan, image, id, set);
  return made == ReservationUse::kNobody ? arrival[image] : made;
}

bool reserves_at_start(const ExecutionPlan& plan, const ReservationOrder::Maker& maker) {
  const std::size_t nodes = slices_of(plan.stations[maker.station], maker.set)[maker.slice].nodes.size();
  return reduction_children(plan.reduction, maker.node, nodes) == 0;
}

Bytes most_resident(const std::vector<Residency>& turns, const IdVector<RegionId, Reservation>& regions) {
  using Resident = std::pair<std::uint32_t, RegionId>;  // by last use
  std::priority_queue<Resident, std::vector<Resident>, std::greater<>> resident;
  Bytes level;
  Bytes most;
  for (const Residency& residency : turns) {
    while (!resident.empty() && resident.top().first < residency.first) {
      level -= regions[resident.top().second].size;
      resident.pop();
    }
    level += regions[residency.region].size;
    resident.emplace(residency.last, residency.region);
    most = std::max(most, level);
  }
  return most;
}

BufferPlan make_buffer_plan(const ExecutionPlan& plan, const WorkOrder& work, const BufferSpec& spec) {
  return BufferPlanner{plan, work, spec}.build();
}

}  // namespace crossweave
