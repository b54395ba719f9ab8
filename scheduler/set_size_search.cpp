#include "scheduler/set_size_search.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace crossweave {
namespace {

class SetSizeSearch {
 public:
  SetSizeSearch(const SearchSpace& space, Evaluated start, int tolerance_percent, LatencyEvaluator& evaluator,
                SearchBudget& budget)
      : space_{space},
        evaluator_{evaluator},
        budget_{budget},
        best_{std::move(start)},
        limit_{best_.latency + best_.latency * tolerance_percent / 100} {}

  Evaluated run() {
    std::vector<std::vector<LayerId>> groups = layers_by_ofm_size(space_.layers);
    std::ranges::stable_sort(groups, std::ranges::greater{}, [&](const std::vector<LayerId>& group) {
      return space_.layers[group.front()].ofm.pixels() * static_cast<std::int64_t>(group.size());
    });
    for (const std::vector<LayerId>& group : groups) {
      coarsen(group);
    }
    budget_.report(best_.latency, "sets");
    for (const LayerId layer : ids(space_.layers)) {
      coarsen({layer});
    }
    budget_.report(best_.latency, "sets");
    return std::move(best_);
  }

 private:
  void coarsen(const std::vector<LayerId>& layers) {
    bool columns_grow = true;
    bool rows_grow = true;
    while (columns_grow || rows_grow) {
      columns_grow = columns_grow && attempt(layers, &SetSize::columns, &Shape::width);
      rows_grow = rows_grow && attempt(layers, &SetSize::rows, &Shape::height);
    }
  }

  /// Doubles one extent of the layers' sets; false when that is too much.
  bool attempt(const std::vector<LayerId>& layers, int SetSize::*extent, int Shape::*whole) {
    MappingChoice choice = best_.choice;
    bool changed = false;
    for (const LayerId layer : layers) {
      SetSize& set = choice.sets[layer];
      const Shape& ofm = space_.layers[layer].ofm;
      if (set.*extent < ofm.*whole) {
        set.*extent = std::min(2 * set.*extent, ofm.*whole);
        changed = true;
      }
      if (!Admissibility{space_.partition, set}.admits(ofm, choice.duplicates[layer])) {
        return false;
      }
    }
    if (!changed || budget_.spent() || evaluator_.lower_bound(choice, limit_ + 1) > limit_) {
      return false;
    }
    budget_.use();
    const std::int64_t latency = evaluator_.latency(choice, limit_ + 1);
    if (latency > limit_) {
      return false;
    }
    best_ = {std::move(choice), latency};
    return true;
  }

  const SearchSpace& space_;
  LatencyEvaluator& evaluator_;
  SearchBudget& budget_;
  Evaluated best_;
  std::int64_t limit_;
};

}  // namespace

Evaluated search_set_sizes(const SearchSpace& space, Evaluated start, int tolerance_percent,
                           LatencyEvaluator& evaluator, SearchBudget& budget) {
  return SetSizeSearch{space, std::move(start), tolerance_percent, evaluator, budget}.run();
}

}  // namespace crossweave
