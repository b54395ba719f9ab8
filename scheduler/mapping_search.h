// `duplication: makespan` and `order: auto`: duplicates and orders by the latency that they lead to.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/latency_evaluator.h"

namespace crossweave {

/// Counts the evaluations of a search, and tells whoever waits for it how far it is. A budget is a number of
/// evaluations, never a time, so that a search has the same answer everywhere.
class SearchBudget {
 public:
  /// How far a search is: evaluations so far, the least latency so far in the evaluator's unit, what is being tried.
  using Observer = std::function<void(int evaluations, std::int64_t latency, std::string_view phase)>;

  SearchBudget(int evaluations, Observer observer) : most_{evaluations}, observer_{std::move(observer)} {}

  [[nodiscard]] bool spent() const { return used_ >= most_; }
  void use() { ++used_; }
  void report(std::int64_t latency, std::string_view phase) const {
    if (observer_) {
      observer_(used_, latency, phase);
    }
  }

 private:
  int most_;
  int used_{0};
  Observer observer_;
};

/// What the search may change, and within which limits.
struct SearchSpace {
  const IdVector<LayerId, DuplicationCandidate>& layers;
  std::int64_t extra_pes{0};
  Partition partition{Partition::interleaved};
  bool duplicates{false};
  bool orders{false};
};

/// A choice and its latency.
struct Evaluated {
  MappingChoice choice;
  std::int64_t latency{0};
};

/// Layers with OFMs of the same number of pixels do the same work at the same pace; a search moves them together first.
[[nodiscard]] std::vector<std::vector<LayerId>> layers_by_ofm_size(
    const IdVector<LayerId, DuplicationCandidate>& layers);

/// Local search from the best of `starts`, of which there is at least one. Every start is tried with each rule for all
/// layers alike, if orders are to be found. Then, until nothing gains or the budget is spent: another rule for the
/// layers of one OFM size; one more duplicate of a layer, for which another layer gives up as many as it takes. Moves
/// are tried in a fixed order, and the first that gains is made. Each start is evaluated as it is whatever the budget;
/// with kNever when none completes, nor anything else that was tried, the choice is the first.
[[nodiscard]] Evaluated search_mapping(const SearchSpace& space, const std::vector<MappingChoice>& starts,
                                       LatencyEvaluator& evaluator, SearchBudget& budget);

}  // namespace crossweave
