// From a network to its schedule: the pure half of a run, one value a step.
#pragma once

#include <cstdint>
#include <string>

#include "arch/architecture.h"
#include "arch/diagnostics.h"
#include "scheduler/cross_layer_schedule.h"
#include "scheduler/im2col_mapping.h"
#include "scheduler/mapping_options.h"
#include "scheduler/mapping_search.h"
#include "scheduler/network_graph.h"
#include "scheduler/passes/partition_base_layers.h"
#include "scheduler/schedule.h"
#include "scheduler/weight_duplication.h"

namespace crossweave {

/// The largest chip that is simulated, in PEs: beyond it, its modules no longer fit an ordinary machine's memory.
inline constexpr std::int64_t kMostPes = 1 << 18;
/// Sets of all images: beyond this, tables of them no longer fit an ordinary machine's memory.
inline constexpr std::int64_t kMostSets = 50'000'000;

struct MappingOptions {
  /// PEs beyond PE_min (x); negative means that the total falls short of PE_min.
  std::int64_t extra_pes{0};
  Duplication duplication{Duplication::none};
  Partition partition{Partition::interleaved};
  SetSize set;
  /// `set: auto`: the size of each layer's sets is searched for, beginning with `set`.
  bool automatic_sets{false};
  SetOrder order{SetOrder::raster};
  ScheduleMode mode{ScheduleMode::cross_layer};
  SearchOptions search;

  /// Whether something is to be searched for: duplicates, orders or set sizes, by the cross-layer latency.
  [[nodiscard]] bool searches() const {
    return duplication == Duplication::makespan || order == SetOrder::automatic || automatic_sets;
  }
};

/// A network on its crossbars. `graph` is canonical.
struct MappedNetwork {
  NetworkGraph graph;
  IdVector<LayerId, BaseLayer> layers;
  IdVector<LayerId, CrossbarGrid> crossbars;
  std::int64_t min_pes{0};  ///< PE_min
};

/// A mapped network with duplicates, sets, dependencies and times.
struct ScheduledNetwork {
  MappedNetwork mapped;
  std::int64_t pes{0};  ///< F
  Partition partition{Partition::interleaved};
  Duplicates duplicates;
  LayerOrders orders;
  IdVector<LayerId, SetGrid> grids;
  SetDependencies dependencies;
  Schedule schedule;

  [[nodiscard]] std::int64_t set_count() const;
  /// Sum over all PEs of the cycles that they compute.
  [[nodiscard]] std::int64_t active_pe_cycles() const;
};

/// Why a network has no schedule.
struct SchedulingFailure {
  enum class Cause { no_base_layer, weights_too_wide, too_few_pes, too_many_pes, too_many_sets };
  Cause cause;
  std::string message;
};

/// Canonical form, quantized base layers and their crossbars. Fails when there is no base layer, or when one
/// weight of a layer does not fit a row of a crossbar.
Result<MappedNetwork, SchedulingFailure> map_network(const NetworkGraph& graph, bool include_top,
                                                     const CrossbarSpec& crossbar, const PrecisionSpec& precision = {});

/// What the rules of weight duplication weigh.
[[nodiscard]] IdVector<LayerId, DuplicationCandidate> duplication_candidates(
    const IdVector<LayerId, BaseLayer>& layers, const IdVector<LayerId, CrossbarGrid>& crossbars);

/// What a search by simulations (`evaluate: simulate`) goes by, and who hears how far it is, in that evaluator's unit.
struct SimulatedSearch {
  LatencyEvaluator& evaluator;
  SearchBudget::Observer observer;
};

/// Duplication and Stages I to IV. Fails when the PEs do not hold every weight once, or the sets are too many to
/// handle. Searches weigh the latency across layers, whatever the mode; layer by layer there is no lookahead. With
/// `simulated`, a second search begins with what the first one found by schedules, and with what that began with.
Result<ScheduledNetwork, SchedulingFailure> schedule_network(MappedNetwork mapped, const MappingOptions& options,
                                                             const SearchBudget::Observer& observer = {},
                                                             const SimulatedSearch* simulated = nullptr);

/// Stages I to IV of a choice, which the PEs hold.
[[nodiscard]] ScheduledNetwork schedule_choice(MappedNetwork mapped, const MappingOptions& options,
                                               MappingChoice choice);

}  // namespace crossweave
