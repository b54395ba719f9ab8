#include "scheduler/mapping_search.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace crossweave {
namespace {

/// Steep lines begin and end in a corner, where few sets wait for each other, and are nearly rows in between, where a
/// diagonal would be at its longest. Corners that grow or close in the map's shape do the same with fewer neighbours.
constexpr std::array<LayerOrder, 9> kRules{{{LayerOrder::By::raster, 1},
                                            {LayerOrder::By::diagonal, 16},
                                            {LayerOrder::By::diagonal, 8},
                                            {LayerOrder::By::diagonal, 4},
                                            {LayerOrder::By::diagonal, 2},
                                            {LayerOrder::By::diagonal, 1},
                                            {LayerOrder::By::growing, 1},
                                            {LayerOrder::By::closing, 1},
                                            {LayerOrder::By::release, 1}}};

class MappingSearch {
 public:
  MappingSearch(const SearchSpace& space, LatencyEvaluator& evaluator, SearchBudget& budget)
      : space_{space}, evaluator_{evaluator}, budget_{budget}, groups_{layers_by_ofm_size(space.layers)} {}

  Evaluated run(const std::vector<MappingChoice>& starts) {
    best_ = {starts.front(), kNever};
    for (const MappingChoice& start : starts) {
      try_start(start);
    }
    budget_.report(best_.latency, "starts");
    for (bool gained = true; gained && !budget_.spent();) {
      gained = false;
      if (space_.orders) {
        gained = change_orders() || gained;
        budget_.report(best_.latency, "orders");
      }
      if (space_.duplicates) {
        gained = change_duplicates() || gained;
        budget_.report(best_.latency, "duplicates");
      }
    }
    return std::move(best_);
  }

 private:
  /// Evaluates a choice, and keeps it when it gains.
  bool attempt(MappingChoice choice) {
    if (evaluator_.lower_bound(choice, best_.latency) >= best_.latency) {
      return false;
    }
    budget_.use();
    const std::int64_t latency = evaluator_.latency(choice, best_.latency);
    if (latency >= best_.latency) {
      return false;
    }
    best_ = {std::move(choice), latency};
    return true;
  }

  void try_start(MappingChoice start) {
    attempt(start);
    if (!space_.orders) {
      return;
    }
    for (const LayerOrder rule : kRules) {
      if (budget_.spent()) {
        return;
      }
      start.orders = LayerOrders(space_.layers.size(), rule);
      attempt(start);
    }
  }

  bool change_orders() {
    bool gained = false;
    for (const std::vector<LayerId>& group : groups_) {
      for (const LayerOrder rule : kRules) {
        if (budget_.spent()) {
          return gained;
        }
        MappingChoice choice = best_.choice;
        for (const LayerId layer : group) {
          choice.orders[layer] = rule;
        }
        if (choice != best_.choice) {
          gained = attempt(std::move(choice)) || gained;
        }
      }
    }
    return gained;
  }

  [[nodiscard]] std::int64_t unused_pes(const Duplicates& duplicates) const {
    std::int64_t left = space_.extra_pes;
    for (const LayerId layer : ids(space_.layers)) {
      left -= std::int64_t{space_.layers[layer].pes} * (duplicates[layer] - 1);
    }
    return left;
  }

  [[nodiscard]] bool admits(LayerId layer, int duplicates) const {
    return Admissibility{space_.partition, best_.choice.sets[layer]}.admits(space_.layers[layer].ofm, duplicates);
  }

  /// One more duplicate of `layer`, from unused PEs or at the cost of `donor`; none when that is not possible.
  [[nodiscard]] std::optional<MappingChoice> with_one_more(LayerId layer, std::optional<LayerId> donor) const {
    MappingChoice choice = best_.choice;
    Duplicates& duplicates = choice.duplicates;
    ++duplicates[layer];
    std::int64_t left = unused_pes(duplicates);
    const bool needs_donor = left < 0;
    if (donor.has_value() != needs_donor) {
      return std::nullopt;
    }
    while (left < 0 && duplicates[*donor] > 1) {
      --duplicates[*donor];
      left += space_.layers[*donor].pes;
    }
    if (left < 0 || (donor && !admits(*donor, duplicates[*donor]))) {
      return std::nullopt;
    }
    return choice;
  }

  bool change_duplicates() {
    bool gained = false;
    for (const LayerId layer : ids(space_.layers)) {
      // As long as it pays: a layer that gained from one more is the first to ask for another.
      while (add_one(layer)) {
        gained = true;
      }
    }
    return gained;
  }

  bool add_one(LayerId layer) {
    if (space_.layers[layer].pes > space_.extra_pes || !admits(layer, best_.choice.duplicates[layer] + 1)) {
      return false;
    }
    std::optional<MappingChoice> choice = with_one_more(layer, {});
    if (choice && !budget_.spent() && attempt(*std::move(choice))) {
      return true;
    }
    for (const LayerId donor : ids(space_.layers)) {
      if (donor == layer || best_.choice.duplicates[donor] == 1) {
        continue;
      }
      if (choice = with_one_more(layer, donor); choice && !budget_.spent() && attempt(*std::move(choice))) {
        return true;
      }
    }
    return false;
  }

  const SearchSpace& space_;
  LatencyEvaluator& evaluator_;
  SearchBudget& budget_;
  std::vector<std::vector<LayerId>> groups_;
  Evaluated best_;
};

}  // namespace

std::vector<std::vector<LayerId>> layers_by_ofm_size(const IdVector<LayerId, DuplicationCandidate>& layers) {
  std::vector<std::vector<LayerId>> groups;
  for (const LayerId layer : ids(layers)) {
    const auto group = std::ranges::find_if(groups, [&](const std::vector<LayerId>& known) {
      return layers[known.front()].ofm.pixels() == layers[layer].ofm.pixels();
    });
    if (group == groups.end()) {
      groups.push_back({layer});
    } else {
      group->push_back(layer);
    }
  }
  return groups;
}

Evaluated search_mapping(const SearchSpace& space, const std::vector<MappingChoice>& starts,
                         LatencyEvaluator& evaluator, SearchBudget& budget) {
  return MappingSearch{space, evaluator, budget}.run(starts);
}

}  // namespace crossweave
