// Latencies that no schedule can beat: of a mapping, and of any mapping on as many PEs.
#pragma once

#include <cstdint>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/dependency_cones.h"
#include "scheduler/intra_layer_order.h"
#include "scheduler/layer_scheduler.h"
#include "scheduler/passes/partition_base_layers.h"
#include "scheduler/reversed_network.h"
#include "scheduler/weight_duplication.h"

namespace crossweave {

/// max over layers of ceil(t_i / d_i). Proof: the t_i cycles of layer i are computed by d_i duplicates, each of which
/// does one cycle of work at a time; so some duplicate works for at least t_i / d_i cycles, a whole number of them.
[[nodiscard]] Cycles work_bound(const IdVector<LayerId, BaseLayer>& layers, const IdVector<LayerId, int>& duplicates);

/// Bounds by heads, work and tails, on given sets.
///
/// *Head* of a set: a time before which it cannot start, in any schedule. It is the largest of
///  - head + cycles of each set that it depends on;
///  - for each cone (scheduler/dependency_cones.h) with base b: the least head in the cone + ceil(its cycles / d_b) +
///    the time between. Proof: none of its sets starts before the least head; d_b duplicates need that many cycles for
///    them; the last one still has to make its way through the layers between.
/// *Tail* of a set: a time that always passes between its finish and the end. It is its head in the reversed network
/// (scheduler/reversed_network.h), as a schedule read backwards is one of that network.
///
/// For each layer, its sets are then jobs with a head, work and a tail on d equal machines. Let a set be cut into
/// pieces, computed by several duplicates at once: that can only help. What is left is one machine d times as fast,
/// with preemption, for which taking the job with the longest tail first is exact (Jackson's preemptive schedule,
/// Carlier 1982). No schedule is shorter than the longest of these over all layers, and all heads + cycles + tails.
class SetBounds {
 public:
  SetBounds(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies);
  SetBounds(const SetBounds&) = delete;
  SetBounds& operator=(const SetBounds&) = delete;

  /// Finds heads and tails for at most so many duplicates. More make both shorter.
  void assume(const IdVector<LayerId, int>& duplicates);

  /// What the sets of one layer on `duplicates` copies say, with heads and tails as assumed; `known` if that is no
  /// more.
  [[nodiscard]] Cycles of_layer(LayerId layer, int duplicates, Cycles known);

  /// As assumed.
  [[nodiscard]] const IdVector<SetId, Cycles>& heads(LayerId layer) const { return forward_.of(layer); }
  [[nodiscard]] const IdVector<SetId, Cycles>& tails(LayerId layer) const {
    return backward_.of(reversed_.mirror(layer));
  }

  /// The largest head + cycles + tail.
  [[nodiscard]] Cycles longest_way() const { return longest_way_; }

  /// No schedule of these sets with these duplicates is shorter.
  [[nodiscard]] Cycles of_mapping(const IdVector<LayerId, int>& duplicates);

 private:
  /// One direction's heads.
  class Heads {
   public:
    Heads(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies);
    void find(const IdVector<LayerId, int>& duplicates);
    [[nodiscard]] const IdVector<SetId, Cycles>& of(LayerId layer) const { return heads_[layer]; }
    [[nodiscard]] const SetCycles& cycles(LayerId layer) const { return scheduler_.cycles(layer); }

   private:
    void apply(const Cone& cone, int duplicates);

    const IdVector<LayerId, SetGrid>& grids_;
    LayerScheduler scheduler_;
    DependencyCones cones_;
    IdVector<LayerId, IdVector<SetId, Cycles>> heads_;
    NetworkTimes earliest_;  ///< finish = head + cycles; no duplicates
    std::vector<Cycles> least_of_column_;
  };

  /// A layer's jobs on one machine d times as fast, with preemption, the longest tail first.
  [[nodiscard]] Cycles relaxed(LayerId layer, int duplicates);

  ReversedNetwork reversed_;
  Heads forward_;
  Heads backward_;
  Cycles longest_way_;
  SetSorter sorter_;
  SmallestFirst waiting_;
  std::vector<SetId> by_head_;
  std::vector<SetId> by_tail_;
  std::vector<std::uint32_t> place_;
  std::vector<std::int64_t> left_;
};

/// No schedule of these sets with these duplicates is shorter: SetBounds, or the work bound where the sets are
/// millions.
[[nodiscard]] Cycles mapping_bound(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies,
                                   const IdVector<LayerId, BaseLayer>& layers,
                                   const IdVector<LayerId, int>& duplicates);

/// No schedule is shorter whatever the duplicates, as long as sum c_i * d_i <= PE_min + extra_pes, whatever the sets,
/// their order and the partition. Sets of one pixel are assumed: a schedule of larger sets is one of these, too, with
/// the pixels of a set one after the other.
///
/// Proof by refutation: is a latency <= T possible? Each layer has a least number of duplicates with which its own
/// bound, on heads and tails as if all others had all the PEs that may be theirs, stays within T. If these numbers
/// together take too many PEs, T is refuted. If not, what is left says how many duplicates a layer has at most; heads
/// and tails grow by that, and so on until nothing changes. Then one layer's number is tried: either it is the least,
/// or larger; T is refuted if both cases are. `effort` bounds the number of cases; a T that is not refuted by then
/// counts as possible.
[[nodiscard]] Cycles budget_bound(const IdVector<LayerId, DuplicationCandidate>& layers,
                                  const IdVector<LayerId, SetGrid>& pixels, const SetDependencies& dependencies,
                                  std::int64_t extra_pes, int effort);

}  // namespace crossweave
