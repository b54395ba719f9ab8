#include "scheduler/lower_bounds.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace crossweave {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Beyond it, the tables of heads and tails would take more memory than the schedule itself.
constexpr std::size_t kMostBoundedSets = 4'000'000;

Cycles largest(const IdVector<SetId, Cycles>& times) { return *std::ranges::max_element(times); }

}  // namespace

Cycles work_bound(const IdVector<LayerId, BaseLayer>& layers, const IdVector<LayerId, int>& duplicates) {
  Cycles bound;
  for (const LayerId layer : ids(layers)) {
    bound = std::max(bound, Cycles{ceil_div(layers[layer].cycles().count(), duplicates[layer])});
  }
  return bound;
}

// --- heads ---

SetBounds::Heads::Heads(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies)
    : grids_{grids},
      scheduler_{grids, dependencies},
      cones_{grids, dependencies},
      heads_(grids.size()),
      earliest_(grids.size()) {}

void SetBounds::Heads::find(const IdVector<LayerId, int>& duplicates) {
  for (const LayerId layer : ids(grids_)) {
    heads_[layer] = IdVector<SetId, Cycles>(grids_[layer].size());
  }
  for (const LayerId layer : ids(grids_)) {
    const IdVector<SetId, Cycles>& release = scheduler_.release_times(layer, earliest_);
    IdVector<SetId, Cycles>& heads = heads_[layer];
    IdVector<SetId, Cycles>& earliest = earliest_[layer].finish;
    earliest.resize(heads.size());
    for (const SetId set : ids(heads)) {
      heads[set] = std::max(heads[set], release[set]);
      earliest[set] = heads[set] + scheduler_.cycles(layer)[set];
    }
    for (const Cone& cone : cones_.on(layer)) {
      apply(cone, duplicates[layer]);
    }
  }
}

void SetBounds::Heads::apply(const Cone& cone, int duplicates) {
  constexpr Cycles kNever{std::numeric_limits<std::int64_t>::max()};
  const SetGrid& base = grids_[cone.base];
  const SetGrid& tip = grids_[cone.tip];
  const IdVector<SetId, Cycles>& base_heads = heads_[cone.base];
  for (int r = 0; r < tip.rows(); ++r) {
    const ConeReach& rows = cone.rows[static_cast<std::size_t>(r)];
    if (rows.extent == 0) {
      continue;
    }
    if (r == 0 || rows != cone.rows[static_cast<std::size_t>(r) - 1]) {
      least_of_column_.assign(static_cast<std::size_t>(base.columns()), kNever);
      for (int br = rows.hull.begin; br < rows.hull.end; ++br) {
        for (int bc = 0; bc < base.columns(); ++bc) {
          Cycles& least = least_of_column_[static_cast<std::size_t>(bc)];
          least = std::min(least, base_heads[base.id(br, bc)]);
        }
      }
    }
    Cycles least;
    for (int c = 0; c < tip.columns(); ++c) {
      const ConeReach& columns = cone.columns[static_cast<std::size_t>(c)];
      if (columns.extent == 0) {
        continue;
      }
      if (c == 0 || columns.hull != cone.columns[static_cast<std::size_t>(c) - 1].hull) {
        least = *std::min_element(least_of_column_.begin() + columns.hull.begin,
                                  least_of_column_.begin() + columns.hull.end);
      }
      const std::int64_t work = std::int64_t{rows.extent} * columns.extent;
      Cycles& head = heads_[cone.tip][tip.id(r, c)];
      head = std::max(head, least + Cycles{ceil_div(work, duplicates)} + cone.between);
    }
  }
}

// --- one layer, one mapping ---

SetBounds::SetBounds(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies)
    : reversed_{grids, dependencies},
      forward_{grids, dependencies},
      backward_{reversed_.grids, reversed_.dependencies} {}

void SetBounds::assume(const IdVector<LayerId, int>& duplicates) {
  forward_.find(duplicates);
  backward_.find(IdVector<LayerId, int>{std::vector<int>(duplicates.raw().rbegin(), duplicates.raw().rend())});
  longest_way_ = Cycles{};
  for (const LayerId layer : ids(duplicates)) {
    for (const SetId set : ids(heads(layer))) {
      longest_way_ = std::max(longest_way_, heads(layer)[set] + forward_.cycles(layer)[set] + tails(layer)[set]);
    }
  }
}

Cycles SetBounds::of_layer(LayerId layer, int duplicates, Cycles known) {
  std::int64_t work = 0;
  for (const SetId set : ids(heads(layer))) {
    work += forward_.cycles(layer)[set].count();
  }
  const Cycles most = largest(heads(layer)) + Cycles{ceil_div(work, duplicates)} + largest(tails(layer));
  return most <= known ? known : std::max(known, relaxed(layer, duplicates));
}

Cycles SetBounds::relaxed(LayerId layer, int duplicates) {
  const IdVector<SetId, Cycles>& head = heads(layer);
  const IdVector<SetId, Cycles>& tail = tails(layer);
  sorter_.sort_by_time(head, by_head_);
  sorter_.sort_latest_first(tail, by_tail_);
  place_.resize(by_tail_.size());
  left_.resize(by_tail_.size());
  for (std::size_t place = 0; place < by_tail_.size(); ++place) {
    place_[by_tail_[place].value()] = static_cast<std::uint32_t>(place);
    left_[place] = forward_.cycles(layer)[by_tail_[place]].count();
  }
  waiting_.reset(by_tail_.size());
  // In steps of 1 / d cycles, in each of which one of the pieces is done.
  std::int64_t now = 0;
  Cycles bound;
  std::size_t released = 0;
  while (released < by_head_.size() || !waiting_.empty()) {
    if (waiting_.empty()) {
      now = std::max(now, head[by_head_[released]].count() * duplicates);
    }
    for (; released < by_head_.size() && head[by_head_[released]].count() * duplicates <= now; ++released) {
      waiting_.insert(place_[by_head_[released].value()]);
    }
    const std::uint32_t place = waiting_.take();
    std::int64_t steps = left_[place];
    if (released < by_head_.size()) {
      steps = std::min(steps, head[by_head_[released]].count() * duplicates - now);
    }
    now += steps;
    left_[place] -= steps;
    if (left_[place] > 0) {
      waiting_.insert(place);
    } else {
      bound = std::max(bound, Cycles{ceil_div(now, duplicates)} + tail[by_tail_[place]]);
    }
  }
  return bound;
}

Cycles SetBounds::of_mapping(const IdVector<LayerId, int>& duplicates) {
  assume(duplicates);
  Cycles bound = longest_way();
  for (const LayerId layer : ids(duplicates)) {
    bound = of_layer(layer, duplicates[layer], bound);
  }
  return bound;
}

Cycles mapping_bound(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies,
                     const IdVector<LayerId, BaseLayer>& layers, const IdVector<LayerId, int>& duplicates) {
  std::size_t sets = 0;
  for (const SetGrid& grid : grids) {
    sets += grid.size();
  }
  return sets > kMostBoundedSets ? work_bound(layers, duplicates)
                                 : SetBounds{grids, dependencies}.of_mapping(duplicates);
}

// --- all mappings on as many PEs ---

namespace {

/// Refutes latencies; see budget_bound.
class Refutation {
 public:
  Refutation(const IdVector<LayerId, DuplicationCandidate>& layers, SetBounds& bounds, std::int64_t extra_pes,
             int effort)
      : layers_{layers}, bounds_{bounds}, extra_pes_{extra_pes}, effort_{effort} {}

  /// True when no mapping has a latency of at most `latency`.
  [[nodiscard]] bool refutes(Cycles latency) {
    cases_ = 0;
    latency_ = latency;
    Case all;
    for (const DuplicationCandidate& layer : layers_) {
      all.least.push_back(1);
      all.most.push_back(static_cast<int>(std::min(1 + extra_pes_ / layer.pes, layer.ofm.pixels())));
    }
    return impossible(std::move(all));
  }

 private:
  /// Numbers of duplicates from `least` to `most`.
  struct Case {
    Duplicates least;
    Duplicates most;
  };

  [[nodiscard]] bool impossible(Case at) {
    if (++cases_ > effort_) {
      return false;
    }
    if (!narrow(at)) {
      return true;
    }
    // The slowest layer first: with its least number the others have more work behind or before them than they can do.
    std::optional<LayerId> slowest;
    for (const LayerId layer : ids(layers_)) {
      if (at.least[layer] < at.most[layer] &&
          (!slowest || layers_[layer].cycles * at.least[*slowest] > layers_[*slowest].cycles * at.least[layer])) {
        slowest = layer;
      }
    }
    if (!slowest) {
      return false;
    }
    Case with_least = at;
    with_least.most[*slowest] = at.least[*slowest];
    if (!impossible(std::move(with_least))) {
      return false;
    }
    ++at.least[*slowest];
    return impossible(std::move(at));
  }

  /// Leaves out numbers that cannot be; false when none are left.
  [[nodiscard]] bool narrow(Case& at) {
    for (bool changed = true; changed;) {
      std::int64_t left = extra_pes_;
      for (const LayerId layer : ids(layers_)) {
        left -= std::int64_t{layers_[layer].pes} * (at.least[layer] - 1);
      }
      if (left < 0) {
        return false;
      }
      for (const LayerId layer : ids(layers_)) {
        at.most[layer] =
            static_cast<int>(std::min<std::int64_t>(at.most[layer], at.least[layer] + left / layers_[layer].pes));
      }
      bounds_.assume(at.most);
      if (bounds_.longest_way() > latency_) {
        return false;
      }
      changed = false;
      for (const LayerId layer : ids(layers_)) {
        while (bounds_.of_layer(layer, at.least[layer], latency_) > latency_) {
          if (++at.least[layer] > at.most[layer]) {
            return false;
          }
          changed = true;
        }
      }
    }
    return true;
  }

  const IdVector<LayerId, DuplicationCandidate>& layers_;
  SetBounds& bounds_;
  std::int64_t extra_pes_;
  int effort_;
  int cases_{0};
  Cycles latency_;
};

}  // namespace

Cycles budget_bound(const IdVector<LayerId, DuplicationCandidate>& layers, const IdVector<LayerId, SetGrid>& pixels,
                    const SetDependencies& dependencies, std::int64_t extra_pes, int effort) {
  // The largest t_i / d_i at the `bottleneck` d is the least there is: each d_j it gives is the least that keeps
  // t_j / d_j at or below the final maximum.
  const Duplicates bottleneck = duplicate_for_bottleneck(layers, extra_pes, {Partition::dispatch, {1, 1}});
  Cycles bound;
  for (const LayerId layer : ids(layers)) {
    bound = std::max(bound, Cycles{ceil_div(layers[layer].cycles, bottleneck[layer])});
  }
  SetBounds bounds{pixels, dependencies};
  Refutation refutation{layers, bounds, extra_pes, effort};
  // Doubling steps up to a latency that is not refuted, then halving ones down.
  std::int64_t step = 1;
  while (refutation.refutes(bound + Cycles{step - 1})) {
    bound += Cycles{step};
    step *= 2;
  }
  for (; step > 0; step /= 2) {
    if (refutation.refutes(bound + Cycles{step - 1})) {
      bound += Cycles{step};
    }
  }
  return bound;
}

}  // namespace crossweave
