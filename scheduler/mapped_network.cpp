#include "scheduler/mapped_network.h"

#include <utility>

#include "scheduler/layer_by_layer.h"
#include "scheduler/passes/quantize.h"
#include "scheduler/schedule_evaluator.h"
#include "scheduler/set_size_search.h"

namespace crossweave {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Sets of a layer without duplicates: a lower limit of those with them.
std::int64_t count_sets(const Shape& ofm, SetSize set) {
  const std::int64_t rows = set.rows == 0 ? ofm.height : set.rows;
  const std::int64_t columns = set.columns == 0 ? ofm.width : set.columns;
  return ceil_div(ofm.height, rows) * ceil_div(ofm.width, columns);
}

/// The rule that an order begins with.
LayerOrder first_rule(SetOrder order) {
  switch (order) {
    case SetOrder::ready:
      return {LayerOrder::By::release, 1};
    case SetOrder::diagonal:
      return {LayerOrder::By::diagonal, 1};
    case SetOrder::raster:
    case SetOrder::lookahead:
    case SetOrder::automatic:
      break;
  }
  return {LayerOrder::By::raster, 1};
}

/// Duplicates and orders, and then set sizes if they are to be found, each with the whole of a budget.
Evaluated search_all(const SearchSpace& space, const std::vector<MappingChoice>& starts, const MappingOptions& options,
                     LatencyEvaluator& evaluator, const SearchBudget& whole) {
  SearchBudget budget = whole;
  Evaluated best = search_mapping(space, starts, evaluator, budget);
  if (options.automatic_sets && best.latency != kNever) {
    SearchBudget budget_of_sets = whole;
    best = search_set_sizes(space, std::move(best), options.search.tolerance_percent, evaluator, budget_of_sets);
  }
  return best;
}

/// Duplicates, set sizes and orders: by rules, or by a search that begins with what the rules say.
MappingChoice choose_mapping(const MappedNetwork& mapped, const MappingOptions& options,
                             const SearchBudget::Observer& observer, const SimulatedSearch* simulated) {
  const IdVector<LayerId, DuplicationCandidate> candidates = duplication_candidates(mapped.layers, mapped.crossbars);
  const bool makespan = options.duplication == Duplication::makespan;
  std::vector<MappingChoice> starts;
  for (const Duplication rule :
       makespan ? std::vector{Duplication::bottleneck, Duplication::sum} : std::vector{options.duplication}) {
    starts.push_back({duplicate_weights(rule, candidates, options.extra_pes, {options.partition, options.set}),
                      IdVector<LayerId, SetSize>(candidates.size(), options.set),
                      LayerOrders(candidates.size(), first_rule(options.order))});
  }
  if (!options.searches()) {
    return std::move(starts.front());
  }
  const SearchSpace space{candidates, options.extra_pes, options.partition, makespan,
                          options.order == SetOrder::automatic};
  ScheduleEvaluator evaluator{mapped.graph, mapped.layers, options.partition, looks_ahead(options.order)};
  Evaluated best = search_all(space, starts, options, evaluator, {options.search.evaluations, observer});
  if (simulated == nullptr) {
    return std::move(best.choice);
  }
  starts.insert(starts.begin(), best.choice);
  Evaluated measured =
      search_all(space, starts, options, simulated->evaluator, {options.search.simulations, simulated->observer});
  // Larger sets may take their percents only once.
  return simulated->evaluator.latency(best.choice, measured.latency) < measured.latency ? std::move(best.choice)
                                                                                        : std::move(measured.choice);
}

}  // namespace

IdVector<LayerId, DuplicationCandidate> duplication_candidates(const IdVector<LayerId, BaseLayer>& layers,
                                                               const IdVector<LayerId, CrossbarGrid>& crossbars) {
  IdVector<LayerId, DuplicationCandidate> candidates;
  for (const LayerId layer : ids(layers)) {
    candidates.push_back({layers[layer].cycles().count(), crossbars[layer].pes(), layers[layer].ofm});
  }
  return candidates;
}

std::int64_t ScheduledNetwork::set_count() const {
  std::int64_t count = 0;
  for (const SetGrid& grid : grids) {
    count += static_cast<std::int64_t>(grid.size());
  }
  return count;
}

std::int64_t ScheduledNetwork::active_pe_cycles() const {
  std::int64_t active = 0;
  for (const LayerId layer : ids(mapped.layers)) {
    active += mapped.layers[layer].cycles().count() * mapped.crossbars[layer].pes();
  }
  return active;
}

Result<MappedNetwork, SchedulingFailure> map_network(const NetworkGraph& graph, bool include_top,
                                                     const CrossbarSpec& crossbar, const PrecisionSpec& precision) {
  MappedNetwork mapped{canonical_form(graph, include_top), {}, {}, 0};
  mapped.layers = quantize(partition_base_layers(mapped.graph), precision, crossbar);
  if (mapped.layers.empty()) {
    return SchedulingFailure{SchedulingFailure::Cause::no_base_layer,
                             "the network has no base layer (no convolution" +
                                 std::string{include_top ? " and no dense layer)"
                                                         : "; dense layers are left out unless include_top is true)"}};
  }
  if (std::optional<std::string> misfit = misfit_of(mapped.layers, crossbar)) {
    return SchedulingFailure{SchedulingFailure::Cause::weights_too_wide, *std::move(misfit)};
  }
  mapped.crossbars = im2col_grids(mapped.layers, crossbar);
  mapped.min_pes = minimum_pes(mapped.crossbars);
  return mapped;
}

Result<ScheduledNetwork, SchedulingFailure> schedule_network(MappedNetwork mapped, const MappingOptions& options,
                                                             const SearchBudget::Observer& observer,
                                                             const SimulatedSearch* simulated) {
  using Cause = SchedulingFailure::Cause;
  if (options.extra_pes < 0) {
    return SchedulingFailure{Cause::too_few_pes, std::to_string(mapped.min_pes + options.extra_pes) +
                                                     " PEs (F) cannot hold the network; it needs at least " +
                                                     std::to_string(mapped.min_pes) + " (PE_min)"};
  }
  if (const std::int64_t pes = mapped.min_pes + options.extra_pes; pes > kMostPes) {
    return SchedulingFailure{Cause::too_many_pes, std::to_string(pes) + " PEs are more than the " +
                                                      std::to_string(kMostPes) + " that can be handled"};
  }
  std::int64_t sets = 0;
  for (const BaseLayer& layer : mapped.layers) {
    sets += count_sets(layer.ofm, options.set);
  }
  if (sets > kMostSets) {
    return SchedulingFailure{Cause::too_many_sets, "the network would have " + std::to_string(sets) +
                                                       " sets, more than " + std::to_string(kMostSets) +
                                                       "; choose larger sets"};
  }
  MappingChoice choice = choose_mapping(mapped, options, observer, simulated);
  return schedule_choice(std::move(mapped), options, std::move(choice));
}

ScheduledNetwork schedule_choice(MappedNetwork mapped, const MappingOptions& options, MappingChoice choice) {
  ScheduledNetwork result{std::move(mapped), 0, options.partition, {}, {}, {}, {}, {}};
  result.pes = result.mapped.min_pes + options.extra_pes;
  for (const LayerId layer : ids(result.mapped.layers)) {
    result.grids.push_back(determine_sets(result.mapped.layers[layer].ofm, choice.sets[layer], options.partition,
                                          choice.duplicates[layer]));
  }
  result.duplicates = std::move(choice.duplicates);
  result.orders = std::move(choice.orders);
  result.dependencies = determine_dependencies(result.mapped.graph, result.mapped.layers, result.grids);
  const SchedulingInput input{result.grids,      result.dependencies, result.duplicates,
                              options.partition, result.orders,       looks_ahead(options.order)};
  result.schedule =
      options.mode == ScheduleMode::cross_layer ? schedule_cross_layer(input) : schedule_layer_by_layer(input);
  return result;
}

}  // namespace crossweave
