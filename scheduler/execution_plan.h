// What the hardware is told: which operation runs where, in which order its sets run, and where results are delivered.
// It holds no times and no dependency lists: a tile derives the regions that a set needs from the geometry given here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/mapped_network.h"
#include "scheduler/placement.h"

namespace crossweave {

/// A sender or receiver on the network: tile t is endpoint t, the DRAM comes after the last tile.
using EndpointId = Id<struct EndpointTag>;
/// A placed operation. Stations stand in graph order of what they produce.
using StationId = Id<struct StationTag>;

/// One operation of a path from a station back to a producer, along one axis; `extent` is that of its input map.
struct AxisStep {
  AxisMap map;
  int extent{0};

  friend bool operator==(const AxisStep&, const AxisStep&) = default;
};

/// Output interval of a path's last operation -> interval of the producer's map.
[[nodiscard]] Interval walk_back(const std::vector<AxisStep>& steps, Interval output);

/// Geometry of what a station (on one tile) reads from one producer.
struct InputNeed {
  StationId producer;
  Interval channels;  ///< of the producer's result
  std::vector<AxisStep> rows;
  std::vector<AxisStep> columns;
};

/// The share of a station that runs on one tile.
struct StationPart {
  EndpointId tile;
  std::vector<PeId> pes;          ///< empty on a GPEU
  std::vector<int> rows_driven;   ///< crossbar rows driven by an MVM, one entry a PE
  std::vector<int> columns_read;  ///< crossbar columns converted by an MVM, one entry a PE
  std::vector<InputNeed> needs;
};

/// Some channels of a station's result. The tiles that hold partial sums of them are the nodes of their reduction; the
/// first is the home, where the result comes to exist.
struct ResultSlice {
  Interval channels;
  std::vector<EndpointId> nodes;

  [[nodiscard]] EndpointId home() const { return nodes.front(); }
};

/// The node to which a node other than the first sends its sum: its neighbour (`chain`), or the node whose number lacks
/// its lowest set bit (`tree`, binomial: the home adds log2 n times).
[[nodiscard]] std::size_t reduction_parent(Reduction reduction, std::size_t node);
/// How many of `nodes` nodes send their sums to a node.
[[nodiscard]] std::size_t reduction_children(Reduction reduction, std::size_t node, std::size_t nodes);

/// One region of one result that goes to one endpoint. Channels outside a slice are sent by the slices that have them.
struct Delivery {
  EndpointId destination;
  Rect rect;
  Interval channels;
};

/// The deliveries of each set of a station: those of set s are items[first[s]] .. items[first[s + 1] - 1].
struct DeliveryLists {
  std::vector<std::uint32_t> first{0};
  std::vector<Delivery> items;
};

/// One copy of a station's work: the tiles that run it in lockstep, and its sets in order.
struct StationDuplicate {
  std::vector<StationPart> parts;
  std::vector<ResultSlice> slices;
  /// Order of execution of a base layer's sets; empty on a GPEU, which takes sets in order of arrival.
  std::vector<SetId> sequence;
};

/// A placed operation: a network input (in DRAM), a base layer (on crossbars), or a non-base operation (on the GPEU of
/// its home tile), with the element-wise operations that run where its result appears.
struct Station {
  enum class Kind { network_input, base_layer, gpeu };
  Kind kind{Kind::gpeu};
  std::string name;
  OperationId operation;
  /// Run on the result before it leaves, in order.
  std::vector<OperationId> epilogue;
  /// A reduction over the whole map, on a GPEU: each region is added up as it comes, at what pooling costs an element,
  /// and gives up its place at once. The sums lie in registers of the GPEU: an assumption.
  bool accumulates{false};
  /// What else the GPEU does, in lane-operations for one element of a set before a pooling epilogue, and of its result.
  std::int64_t cost_per_set_element{0};
  std::int64_t cost_per_result_element{0};
  std::optional<LayerId> layer;  ///< of a base layer
  /// The sets: on an own OFM for base layers, on the result otherwise.
  AxisGrid grid;
  Shape result;
  /// Width of the result's elements: what the network file states, or the architecture's activations.
  int bits_per_element{0};
  /// Width of partial sums on their way between the tiles of a base layer.
  int psum_bits{0};
  /// Which part of the result each set yields; differs from `grid` behind a pooling epilogue. Cells may be empty.
  AxisGrid result_grid;
  IdVector<DuplicateId, StationDuplicate> duplicates;
  /// Which duplicate runs each set.
  IdVector<SetId, DuplicateId> duplicate_of;
  /// The place of each set in its duplicate's order; the set's own index on a GPEU.
  IdVector<SetId, std::uint32_t> position_of;
  DeliveryLists deliveries;

  [[nodiscard]] Rect set_rect(SetId set) const;
  [[nodiscard]] Rect result_rect(SetId set) const;
  /// Lane-operations of the station on its GPEU for some channels of a set.
  [[nodiscard]] std::int64_t gpeu_work(SetId set, Interval channels) const;
};

/// A network output: what the DRAM has to receive.
struct NetworkOutput {
  StationId producer;
  std::int64_t elements{0};
};

struct ExecutionPlan {
  ScheduleMode mode{ScheduleMode::cross_layer};
  Reduction reduction{Reduction::chain};
  /// Inferences, one behind the other; each runs every set once.
  std::uint32_t images{1};
  /// From one image's arrival to the next one's; the first is there at 0. Zero: back to back, all are there at 0.
  Duration arrival_period;
  Placement placement;
  IdVector<StationId, Station> stations;
  std::vector<NetworkOutput> outputs;

  [[nodiscard]] Duration arrival_of(std::uint32_t image) const { return arrival_period * image; }
  [[nodiscard]] EndpointId dram() const { return EndpointId{placement.position.size()}; }
  [[nodiscard]] std::size_t tile_count() const { return placement.position.size(); }
};

/// Where an endpoint stands: a tile in its place, the DRAM at the router of the first corner.
[[nodiscard]] MeshPosition position_of(EndpointId endpoint, const Placement& placement);

/// Finds a home for every operation of a scheduled network whose crossbars are placed, and computes its delivery lists.
/// Reads the order of a schedule, never its times.
[[nodiscard]] ExecutionPlan make_execution_plan(const ScheduledNetwork& network, const Architecture& architecture,
                                                Placement placement);
/// The same with place_snake, the default.
[[nodiscard]] ExecutionPlan make_execution_plan(const ScheduledNetwork& network, const Architecture& architecture);

}  // namespace crossweave
