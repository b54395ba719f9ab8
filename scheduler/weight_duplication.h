// Weight duplication (paper, Section III-C, Optimization Problem 1): how many copies of each layer's weights.
#pragma once

#include <optional>
#include <vector>

#include "arch/diagnostics.h"
#include "arch/ids.h"
#include "scheduler/im2col_mapping.h"
#include "scheduler/mapping_options.h"
#include "scheduler/ofm_sets.h"

namespace crossweave {

/// What a duplication rule knows of a layer.
struct DuplicationCandidate {
  std::int64_t cycles{0};  ///< t_i
  int pes{1};              ///< c_i
  Shape ofm;
};

/// Which numbers of duplicates a partition admits: `blocks` a factor pair that fits the OFM, the others as many sets as
/// duplicates.
struct Admissibility {
  Partition partition{Partition::interleaved};
  SetSize set;

  [[nodiscard]] bool admits(const Shape& ofm, int duplicates) const;
  /// No more duplicates than this are ever admitted.
  [[nodiscard]] std::int64_t most(const Shape& ofm) const;
};

/// d_i, the original included. `none`: 1 each.
using Duplicates = IdVector<LayerId, int>;

/// `sum`: minimises sum t_i / d_i exactly, by dynamic programming over the PE budget in exact arithmetic; ties: fewest
/// duplicates on the last layer, then on the last but one, and so on.
[[nodiscard]] Duplicates duplicate_for_sum(const IdVector<LayerId, DuplicationCandidate>& layers,
                                           std::int64_t extra_pes, const Admissibility& admissibility);

/// `bottleneck`: while the layer with the largest t_i / d_i (ties: first in graph order) fits one more duplicate, give
/// it one; stop at the first that does not fit.
[[nodiscard]] Duplicates duplicate_for_bottleneck(const IdVector<LayerId, DuplicationCandidate>& layers,
                                                  std::int64_t extra_pes, const Admissibility& admissibility);

/// The rule by its name; not `makespan`, which is a search (scheduler/mapping_search.h).
[[nodiscard]] Duplicates duplicate_weights(Duplication rule, const IdVector<LayerId, DuplicationCandidate>& layers,
                                           std::int64_t extra_pes, const Admissibility& admissibility);

}  // namespace crossweave
