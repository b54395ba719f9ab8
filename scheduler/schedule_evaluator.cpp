#include "scheduler/schedule_evaluator.h"

#include <algorithm>
#include <utility>

#include "scheduler/lower_bounds.h"

namespace crossweave {

struct ScheduleEvaluator::Staged {
  IdVector<LayerId, SetGrid> grids;
  SetDependencies dependencies;
  LayerScheduler scheduler;
  Lookahead lookahead;

  Staged(IdVector<LayerId, SetGrid> sets, SetDependencies needs)
      : grids{std::move(sets)},
        dependencies{std::move(needs)},
        scheduler{grids, dependencies},
        lookahead{grids, dependencies} {}
};

ScheduleEvaluator::ScheduleEvaluator(const NetworkGraph& graph, const IdVector<LayerId, BaseLayer>& layers,
                                     Partition partition, bool lookahead)
    : graph_{graph}, layers_{layers}, partition_{partition}, lookahead_{lookahead} {}

ScheduleEvaluator::~ScheduleEvaluator() = default;

std::int64_t ScheduleEvaluator::latency(const MappingChoice& choice, std::int64_t cutoff) {
  if (const Cycles bound = work_bound(layers_, choice.duplicates); bound.count() >= cutoff) {
    return bound.count();
  }
  LayerId first{0};
  const bool same_sets = staged_ != nullptr && last_.sets == choice.sets &&
                         (partition_ != Partition::blocks || last_.duplicates == choice.duplicates);
  if (same_sets) {
    while (first.value() < layers_.size() && last_.duplicates[first] == choice.duplicates[first] &&
           last_.orders[first] == choice.orders[first]) {
      first = LayerId{first.value() + 1U};
    }
  } else {
    IdVector<LayerId, SetGrid> grids;
    for (const LayerId layer : ids(layers_)) {
      grids.push_back(determine_sets(layers_[layer].ofm, choice.sets[layer], partition_, choice.duplicates[layer]));
    }
    SetDependencies dependencies = determine_dependencies(graph_, layers_, grids);
    staged_ = std::make_unique<Staged>(std::move(grids), std::move(dependencies));
  }
  run_cross_layer(staged_->scheduler, choice.duplicates, partition_, by_rules(staged_->grids, choice.orders, sorter_),
                  by_rules_, first);
  last_ = choice;
  if (!lookahead_) {
    return latency_of(by_rules_).count();
  }
  improved_ = by_rules_;
  return staged_->lookahead.improve(staged_->scheduler, choice.duplicates, partition_, improved_).count();
}

}  // namespace crossweave
