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

/// A number of duplicates that a layer may have, and how much of a common budget it takes.
struct Offer {
  int duplicates{1};
  int price{0};
};
/// Of each layer, ascending in both; the first is free.
using Offers = IdVector<LayerId, std::vector<Offer>>;

/// Bounds by heads, work and tails, on given sets.
///
/// *Head* of a set: a time before which it cannot start, in any schedule in which no more than so much of the budget is
/// spent on the layers before its own. It is the largest of
///  - head + cycles of each set that it depends on;
///  - for each cone (scheduler/dependency_cones.h) with base b: the least head in the cone + ceil(its cycles / d_b) +
///    the time between, for the best offer of b, where the least head is that with the rest of the budget. Proof: none
///    of the sets starts before the least head; d_b duplicates need that many cycles for them; the last one still has
///    to make its way through the layers between.
/// *Tail* of a set: a time that always passes between its finish and the end, spending no more on the layers behind. It
/// is its head in the reversed network (scheduler/reversed_network.h): a schedule read backwards is one of that
/// network.
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

  /// Finds heads and tails for every part of a budget.
  void assume(const Offers& offers, int budget);

  /// With at most `spent` on the layers before, or behind.
  [[nodiscard]] const IdVector<SetId, Cycles>& heads(LayerId layer, int spent) const {
    return forward_.of(layer, spent);
  }
  [[nodiscard]] const IdVector<SetId, Cycles>& tails(LayerId layer, int spent) const {
    return backward_.of(reversed_.mirror(layer), spent);
  }

  /// Whether the sets of one layer, on so many duplicates, and `left` of the budget for all other layers, allow for a
  /// latency of at most `latency`.
  [[nodiscard]] bool allows(LayerId layer, int duplicates, int left, Cycles latency);

  /// No schedule of these sets with these duplicates is shorter.
  [[nodiscard]] Cycles of_mapping(const IdVector<LayerId, int>& duplicates);

 private:
  /// One direction's heads.
  class Heads {
   public:
    Heads(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies);
    void find(const Offers& offers, int budget);
    [[nodiscard]] const IdVector<SetId, Cycles>& of(LayerId layer, int spent) const {
      return heads_[static_cast<std::size_t>(spent)][layer];
    }
    [[nodiscard]] const SetCycles& cycles(LayerId layer) const { return scheduler_.cycles(layer); }

   private:
    void apply(const Cone& cone, const std::vector<Offer>& offers);
    /// What a cone says of the cells of one row of its tip, into row_.
    void find_row(const Cone& cone, const ConeReach& rows, const std::vector<Offer>& offers);

    const IdVector<LayerId, SetGrid>& grids_;
    LayerScheduler scheduler_;
    DependencyCones cones_;
    /// By what is spent.
    std::vector<IdVector<LayerId, IdVector<SetId, Cycles>>> heads_;
    std::vector<NetworkTimes> earliest_;  ///< finish = head + cycles; no duplicates
    // Of find_row. The first two by what is spent, the last by column and then by what is spent.
    std::vector<std::vector<Cycles>> least_of_column_;
    std::vector<Cycles> least_;
    std::vector<Cycles> row_;
  };

  /// A layer's jobs on one machine d times as fast, with preemption, the longest tail first; and limits of what comes
  /// of that, which are found faster.
  [[nodiscard]] Cycles relaxed(LayerId layer, int duplicates, int before, int behind);
  [[nodiscard]] Cycles at_most(LayerId layer, int duplicates, int before, int behind) const;
  [[nodiscard]] Cycles at_least(LayerId layer, int duplicates, int before, int behind) const;
  [[nodiscard]] std::int64_t work_of(LayerId layer) const;

  ReversedNetwork reversed_;
  Heads forward_;
  Heads backward_;
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
/// Proof by refutation: is a latency <= T possible? A layer needs at least t_i / T duplicates. What these leave of the
/// PEs is the budget: with it, whatever is spent on a layer is missing before and behind it. A number of duplicates
/// with which a layer's own bound is above T for every division of the rest cannot be. If a layer has none left, T is
/// refuted. Otherwise the least numbers may have risen; then less is left, heads and tails grow, and so on until
/// nothing changes.
[[nodiscard]] Cycles budget_bound(const IdVector<LayerId, DuplicationCandidate>& layers,
                                  const IdVector<LayerId, SetGrid>& pixels, const SetDependencies& dependencies,
                                  std::int64_t extra_pes);

}  // namespace crossweave
