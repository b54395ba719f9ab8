// In which order the regions and results of a run reserve their space in the buffers of the tiles. Reserved in the
// order of the work that it is for, space never runs out for work that must come first (docs/design.md has the proof).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "arch/architecture.h"
#include "scheduler/execution_plan.h"
#include "scheduler/work_order.h"

namespace crossweave {

/// What comes to lie in a tile's input buffer: a copy of (a slice of) a result, or a node's partial sum.
using RegionId = Id<struct RegionTag>;
/// What comes to lie in a tile's output buffer: what a node of a slice's reduction makes; node 0 makes the result.
using ResultId = Id<struct ResultTag>;

/// Space in a tile's buffer. Turns are the order in which a buffer's space is reserved. They count from 1 on; what
/// needs no space (a DRAM's, or nothing at all) has turn 0.
struct Reservation {
  EndpointId tile;
  std::uint32_t turn{0};
  Bytes size;
};

/// A moment of a run in which nothing but crossbars takes time: what happens at one time happens in the order of work.
struct Moment {
  Duration time;
  std::uint32_t place{0};
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

/// Which work makes and uses what a reservation is for, as places in the WorkOrder.
struct ReservationUse {
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  std::uint32_t made{kNobody};  ///< kNobody: by a network input
  std::uint32_t first{kNobody};
  std::uint32_t last{0};
  Moment done;  ///< when all of that work is done
};

/// A region in an input buffer, for the work from `first` to `last`, both included.
struct Residency {
  RegionId region;
  std::uint32_t first{0};
  std::uint32_t last{0};
};

struct ReservationOrder {
  /// What makes a result, for who hears that its turn has come.
  struct Maker {
    std::uint32_t image{0};
    StationId station;
    SetId set;
    std::uint32_t slice{0};
    std::uint32_t node{0};
  };

  /// Those of the second image behind those of the first.
  IdVector<RegionId, Reservation> regions;
  IdVector<ResultId, Reservation> results;
  IdVector<ResultId, Maker> makers;
  /// The turns of each tile's buffers, in order.
  IdVector<EndpointId, std::vector<Residency>> input_turns;
  IdVector<EndpointId, std::vector<ResultId>> output_turns;
  /// The turns of regions that do not stay from their first use to their last, because others need the room meanwhile
  /// (`spill: dram`). They go to the DRAM, which sends them once for each turn.
  std::unordered_map<RegionId, std::vector<std::uint32_t>> turns_by_dram;
  /// The place of each set in the order of work, as in the WorkOrder: says which residency it is served by.
  IdVector<StationId, std::vector<std::uint32_t>> place;
  std::vector<std::uint32_t> arrival;  ///< of images, as in the WorkOrder
  /// First region and first result of each set of the first image, by station.
  IdVector<StationId, std::vector<RegionId>> first_region;
  IdVector<StationId, std::vector<ResultId>> first_result;
  std::size_t regions_per_image{0};
  std::size_t results_per_image{0};

  /// The place of a set in the order of work; ReservationUse::kNobody for a network input's.
  [[nodiscard]] std::uint32_t place_of(const ExecutionPlan& plan, std::uint32_t image, StationId id, SetId set) const;
  /// What is added up as it comes counts as one piece of work with the set that makes it: the network's input, with the
  /// first after its arrival.
  [[nodiscard]] std::uint32_t place_of_accumulation(const ExecutionPlan& plan, std::uint32_t image, StationId id,
                                                    SetId set) const;
  /// Of one slice of a set: its copies in the order of for_each_copy(), and the partial sums that its nodes send.
  [[nodiscard]] RegionId first_copy(const Station& station, std::uint32_t image, StationId id, SetId set,
                                    std::uint32_t slice) const;
  [[nodiscard]] RegionId partial_sum(const Station& station, std::uint32_t image, StationId id, SetId set,
                                     std::uint32_t slice, std::uint32_t node) const;
  [[nodiscard]] ResultId result(const Station& station, std::uint32_t image, StationId id, SetId set,
                                std::uint32_t slice, std::uint32_t node) const;
};

/// Whether a set waits for the space of this result before it starts. The other nodes of a reduction wait for it when
/// sums reach them.
[[nodiscard]] bool reserves_at_start(const ExecutionPlan& plan, const ReservationOrder::Maker& maker);

struct BufferPlan {
  ReservationOrder order;
  IdVector<RegionId, ReservationUse> region_use;
  IdVector<ResultId, ReservationUse> result_use;
  /// Each region from its first use to its last, by tile and in order of turns: as order.input_turns when nothing
  /// spills.
  IdVector<EndpointId, std::vector<Residency>> whole_residencies;
  /// The most input that one piece of work needs on each tile.
  IdVector<EndpointId, Bytes> most_for_one;
};

/// With `spill: dram`, input buffers of the capacity in `spec` suffice wherever they hold what one piece of work needs.
[[nodiscard]] BufferPlan make_buffer_plan(const ExecutionPlan& plan, const WorkOrder& work, const BufferSpec& spec);

/// The most that lies in an input buffer at once when work is done in its order, one piece after the other: at each
/// piece, all regions whose first use has come and whose last use has not passed. `turns` in order.
[[nodiscard]] Bytes most_resident(const std::vector<Residency>& turns, const IdVector<RegionId, Reservation>& regions);

}  // namespace crossweave
