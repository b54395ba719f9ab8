// `order: lookahead`: a layer's sets by the latest time at which they may start, so that what has the longest way to
// the output goes first.
#pragma once

#include "scheduler/cross_layer_schedule.h"
#include "scheduler/reversed_network.h"

namespace crossweave {

/// Justification, as in resource-constrained project scheduling (Valls, Ballestin and Quintanilla, "Justification and
/// RCPSP: A technique that pays", EJOR 165, 2005). A round turns a schedule of latency L around: in the reversed
/// network the sets that finished last go first, each as soon as it can, which tells how long before the end it has to
/// start. Forwards again, what has to start first goes first.
///
/// With sets of one cycle and `dispatch`, no round makes the latency longer. Proof: give each set of a layer, in the
/// reversed network, the due date L - start. The schedule read backwards meets them all. By induction over the layers,
/// last first, the sets that read from this layer have met theirs, so its sets are released no later than in the
/// schedule read backwards, which is thus still possible; and for jobs of one cycle on identical machines, taking the
/// earliest due date first meets all due dates if anything does (Jackson 1955). So the round ends within L backwards,
/// and likewise forwards. Longer sets cannot be interrupted, and other partitions do not take what is free: there a
/// round may lose, and is then dropped.
class Lookahead {
 public:
  Lookahead(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies);
  Lookahead(const Lookahead&) = delete;
  Lookahead& operator=(const Lookahead&) = delete;

  /// Rounds until one gains nothing, eight at most. Returns the latency of what `times` then holds.
  Cycles improve(LayerScheduler& forward, const IdVector<LayerId, int>& duplicates, Partition partition,
                 NetworkTimes& times);

 private:
  ReversedNetwork reversed_;
  LayerScheduler backward_;
  SetSorter sorter_;
  NetworkTimes backward_times_;
  NetworkTimes next_;
};

}  // namespace crossweave
