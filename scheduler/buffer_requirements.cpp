#include "scheduler/buffer_requirements.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "scheduler/result_copies.h"

namespace crossweave {
namespace {

/// Something that lies in a buffer: when its space is asked for, and when it is given back. In the order of turns.
struct Lodging {
  Bytes size;
  Moment asked;
  Moment left;
};

/// The least capacity in which every turn has come at the time at which its space is asked for. What leaves at that
/// very time makes room for it.
Bytes never_waiting(const std::vector<Lodging>& lodgings) {
  std::vector<std::size_t> by_asking(lodgings.size());
  for (std::size_t i = 0; i < lodgings.size(); ++i) {
    by_asking[i] = i;
  }
  std::ranges::stable_sort(by_asking, {}, [&](std::size_t i) { return lodgings[i].asked; });
  using Leaving = std::pair<Moment, std::size_t>;
  std::priority_queue<Leaving, std::vector<Leaving>, std::greater<>> leaving;
  Bytes level;
  Bytes most;
  std::size_t taken = 0;
  for (const std::size_t asking : by_asking) {
    while (!leaving.empty() && leaving.top().first <= lodgings[asking].asked) {
      level -= lodgings[leaving.top().second].size;
      leaving.pop();
    }
    for (; taken <= asking; ++taken) {
      level += lodgings[taken].size;
      leaving.emplace(lodgings[taken].left, taken);
    }
    most = std::max(most, level);
  }
  return most;
}

/// Does the work in its order, one piece after the other, on input buffers of given capacities, and finds how full the
/// output buffers become.
class OneByOne {
 public:
  OneByOne(const ExecutionPlan& plan, const WorkOrder& work, const BufferPlan& buffers,
           IdVector<EndpointId, Bytes> capacity, Spill spill)
      : plan_{plan},
        work_{work},
        order_{buffers.order},
        capacity_{std::move(capacity)},
        spill_{spill},
        inputs_(plan.tile_count()),
        outputs_(plan.tile_count()),
        freed_after_(work.items.size()),
        waits_for_(plan.tile_count()),
        copies_(order_.results.size(), 0) {
    for (const EndpointId tile : ids(order_.input_turns)) {
      waits_for_[tile].resize(order_.input_turns[tile].size(), kNoResult);
      for (const Residency& residency : order_.input_turns[tile]) {
        freed_after_[residency.last].push_back(residency.region);
      }
    }
  }

  IdVector<EndpointId, Bytes> most() {
    for (const EndpointId tile : ids(inputs_)) {
      take_what_fits(tile);
    }
    for (std::uint32_t at = 0; at < work_.items.size(); ++at) {
      make_results(work_.items[at]);
      for (const RegionId region : freed_after_[at]) {
        inputs_[order_.regions[region].tile].level -= order_.regions[region].size;
        take_what_fits(order_.regions[region].tile);
      }
    }
    IdVector<EndpointId, Bytes> most;
    for (const Output& output : outputs_) {
      most.push_back(output.most);
    }
    return most;
  }

 private:
  static constexpr std::uint32_t kNoResult = UINT32_MAX;
  struct Input {
    Bytes level;
    std::uint32_t turns{0};  ///< that have come
  };
  struct Output {
    Bytes level;
    Bytes most;
  };

  void take_what_fits(EndpointId tile) {
    Input& input = inputs_[tile];
    const std::vector<Residency>& turns = order_.input_turns[tile];
    while (input.turns < turns.size()) {
      const Bytes level = input.level + order_.regions[turns[input.turns].region].size;
      if (level > capacity_[tile]) {
        return;
      }
      input.level = level;
      const std::uint32_t waiting = waits_for_[tile][input.turns++];
      if (waiting != kNoResult) {
        leave(ResultId{waiting});
      }
    }
  }

  void make_results(const WorkOrder::Item& item) {
    const Station& station = plan_.stations[item.station];
    const StationDuplicate& duplicate = station.duplicates[station.duplicate_of[item.set]];
    RegionId region = order_.first_copy(station, item.image, item.station, item.set, 0);
    ResultId result = order_.result(station, item.image, item.station, item.set, 0, 0);
    std::vector<std::pair<RegionId, ResultId>> copies;
    const auto copy_of = [&](ResultId id) {
      copies.emplace_back(region, id);
      region = RegionId{region.value() + 1U};
    };
    // All of a piece's results lie there together before the first leaves.
    std::vector<ResultId> made;
    for (const ResultSlice& slice : duplicate.slices) {
      for_each_copy(station, item.set, slice, [&](const Delivery&, Interval) { copy_of(result); });
      for (std::size_t node = 0; node < slice.nodes.size(); ++node) {
        if (node > 0) {
          copy_of(result);
        }
        made.push_back(result);
        Output& output = outputs_[order_.results[result].tile];
        output.level += order_.results[result].size;
        output.most = std::max(output.most, output.level);
        copies_[result] = 1;
        result = ResultId{result.value() + 1U};
      }
    }
    for (const auto& [copy, id] : copies) {
      const Reservation& there = order_.regions[copy];
      if (there.turn > 0 && there.turn > inputs_[there.tile].turns && spill_ == Spill::none) {
        ++copies_[id];
        waits_for_[there.tile][there.turn - 1] = id.value();
      }
    }
    std::ranges::for_each(made, [this](ResultId id) { leave(id); });
  }

  void leave(ResultId id) {
    if (--copies_[id] == 0) {
      outputs_[order_.results[id].tile].level -= order_.results[id].size;
    }
  }

  const ExecutionPlan& plan_;
  const WorkOrder& work_;
  const ReservationOrder& order_;
  IdVector<EndpointId, Bytes> capacity_;
  Spill spill_;
  IdVector<EndpointId, Input> inputs_;
  IdVector<EndpointId, Output> outputs_;
  std::vector<std::vector<RegionId>> freed_after_;
  /// The result that waits in its output buffer for each turn of an input buffer.
  IdVector<EndpointId, std::vector<std::uint32_t>> waits_for_;
  IdVector<ResultId, int> copies_;
};

}  // namespace

BufferRequirements buffer_requirements(const ExecutionPlan& plan, const WorkOrder& work, const BufferPlan& buffers,
                                       const BufferSpec& spec) {
  const ReservationOrder& order = buffers.order;
  const bool limited = spec.model == BufferModel::limited;
  const Spill spill = limited ? spec.spill : Spill::none;
  BufferRequirements requirements;
  IdVector<EndpointId, Bytes> input_capacity;
  for (const EndpointId tile : ids(buffers.whole_residencies)) {
    const std::vector<Residency>& residencies = buffers.whole_residencies[tile];
    const Bytes least = spill == Spill::dram ? buffers.most_for_one[tile] : most_resident(residencies, order.regions);
    std::vector<Lodging> lodgings;
    for (const Residency& residency : residencies) {
      const ReservationUse& use = buffers.region_use[residency.region];
      // The network's input can be read when it is needed; all else waits at its maker.
      const Moment asked = use.made == ReservationUse::kNobody
                               ? Moment{work.items[residency.first].start, residency.first}
                               : Moment{work.items[use.made].done, use.made};
      lodgings.push_back({order.regions[residency.region].size, asked, std::max(asked, use.done)});
    }
    requirements.least.push_back({least, {}});
    requirements.stall_free.push_back({never_waiting(lodgings), {}});
    // What does not complete is refused, so that the output's least is told beside an input buffer that does.
    input_capacity.push_back(limited ? std::max(spec.input, least) : least);
  }
  const IdVector<EndpointId, Bytes> output = OneByOne{plan, work, buffers, std::move(input_capacity), spill}.most();
  for (const EndpointId tile : ids(order.output_turns)) {
    std::vector<Lodging> lodgings;
    for (const ResultId result : order.output_turns[tile]) {
      const std::uint32_t made = buffers.result_use[result].made;
      const WorkOrder::Item& maker = work.items[made];
      const Duration asked = reserves_at_start(plan, order.makers[result]) ? maker.start : maker.done;
      lodgings.push_back({order.results[result].size, {asked, made}, {maker.done, made}});
    }
    requirements.least[tile].output = output[tile];
    requirements.stall_free[tile].output = never_waiting(lodgings);
  }
  return requirements;
}

}  // namespace crossweave
