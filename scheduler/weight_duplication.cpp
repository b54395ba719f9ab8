#include "scheduler/weight_duplication.h"

#include <gmpxx.h>

#include <algorithm>
#include <queue>

namespace crossweave {
namespace {

/// The most duplicates of a layer that could ever be of use with the budget.
int most_duplicates(const DuplicationCandidate& layer, std::int64_t extra_pes, const Admissibility& admissibility) {
  return static_cast<int>(std::min(extra_pes / layer.pes + 1, admissibility.most(layer.ofm)));
}

mpz_class least_common_multiple_up_to(int n) {
  mpz_class lcm = 1;
  for (int i = 2; i <= n; ++i) {
    mpz_lcm_ui(lcm.get_mpz_t(), lcm.get_mpz_t(), static_cast<unsigned long>(i));
  }
  return lcm;
}

}  // namespace

std::int64_t Admissibility::most(const Shape& ofm) const {
  return partition == Partition::blocks ? ofm.pixels() : static_cast<std::int64_t>(SetGrid{ofm, set}.size());
}

bool Admissibility::admits(const Shape& ofm, int duplicates) const {
  if (duplicates == 1) {
    return true;
  }
  if (partition == Partition::blocks) {
    return block_grid(ofm, duplicates).has_value();
  }
  return SetGrid{ofm, set}.size() >= static_cast<std::size_t>(duplicates);
}

Duplicates duplicate_for_sum(const IdVector<LayerId, DuplicationCandidate>& layers, std::int64_t extra_pes,
                             const Admissibility& admissibility) {
  std::int64_t useful = 0;
  int most = 1;
  for (const DuplicationCandidate& layer : layers) {
    const int limit = most_duplicates(layer, extra_pes, admissibility);
    useful += std::int64_t{limit - 1} * layer.pes;
    most = std::max(most, limit);
  }
  const auto budget = static_cast<std::size_t>(std::min(extra_pes, useful));
  // One common denominator turns every t / d into an integer, so that ties are ties.
  const mpz_class denominator = least_common_multiple_up_to(most);

  // least[b]: the least cost of the layers so far with at most b extra PEs; choice[i][b]: the fewest duplicates of
  // layer i that attain it.
  std::vector<mpz_class> least(budget + 1, 0);
  IdVector<LayerId, std::vector<int>> choice(layers.size());
  mpz_class candidate;
  for (const LayerId id : ids(layers)) {
    const DuplicationCandidate& layer = layers[id];
    std::vector<mpz_class> next(budget + 1);
    std::vector<int>& chosen = choice[id];
    chosen.assign(budget + 1, 0);
    const int limit = most_duplicates(layer, extra_pes, admissibility);
    for (int d = 1; d <= limit; ++d) {
      const std::size_t extra = static_cast<std::size_t>(d - 1) * static_cast<std::size_t>(layer.pes);
      if (extra > budget || !admissibility.admits(layer.ofm, d)) {
        continue;
      }
      const mpz_class cost = denominator / d * static_cast<long>(layer.cycles);
      for (std::size_t b = extra; b <= budget; ++b) {
        candidate = least[b - extra] + cost;
        if (chosen[b] == 0 || candidate < next[b]) {
          next[b] = candidate;
          chosen[b] = d;
        }
      }
    }
    least = std::move(next);
  }

  Duplicates duplicates(layers.size(), 1);
  std::size_t left = budget;
  for (std::size_t i = layers.size(); i-- > 0;) {
    const LayerId id{i};
    duplicates[id] = choice[id][left];
    left -= static_cast<std::size_t>(duplicates[id] - 1) * static_cast<std::size_t>(layers[id].pes);
  }
  return duplicates;
}

Duplicates duplicate_for_bottleneck(const IdVector<LayerId, DuplicationCandidate>& layers, std::int64_t extra_pes,
                                    const Admissibility& admissibility) {
  Duplicates duplicates(layers.size(), 1);
  // Larger t / d first, compared as t_a * d_b < t_b * d_a; ties: the first in graph order.
  const auto later = [&](LayerId a, LayerId b) {
    const std::int64_t left = layers[a].cycles * duplicates[b];
    const std::int64_t right = layers[b].cycles * duplicates[a];
    return left != right ? left < right : a > b;
  };
  std::priority_queue<LayerId, std::vector<LayerId>, decltype(later)> slowest{later};
  for (const LayerId id : ids(layers)) {
    slowest.push(id);
  }
  while (!slowest.empty()) {
    const LayerId id = slowest.top();
    if (layers[id].pes > extra_pes || !admissibility.admits(layers[id].ofm, duplicates[id] + 1)) {
      break;
    }
    slowest.pop();
    extra_pes -= layers[id].pes;
    ++duplicates[id];
    slowest.push(id);
  }
  return duplicates;
}

Duplicates duplicate_weights(Duplication rule, const IdVector<LayerId, DuplicationCandidate>& layers,
                             std::int64_t extra_pes, const Admissibility& admissibility) {
  switch (rule) {
    case Duplication::none:
      return Duplicates(layers.size(), 1);
    case Duplication::sum:
      return duplicate_for_sum(layers, extra_pes, admissibility);
    case Duplication::bottleneck:
      return duplicate_for_bottleneck(layers, extra_pes, admissibility);
    case Duplication::makespan:
      break;
  }
  throw InternalError{"makespan is a search, not a rule"};
}

}  // namespace crossweave
