#include "scheduler/lower_bounds.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace crossweave {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// budget_bound takes its first step by this part of what work alone says: most gaps are a few per cent.
constexpr std::int64_t kFirstStep = 64;

/// Beyond it, the tables of heads and tails would take more memory than the schedule itself.
constexpr std::size_t kMostBoundedSets = 4'000'000;

constexpr Cycles kNever{std::numeric_limits<std::int64_t>::max() / 2};

Cycles least(const IdVector<SetId, Cycles>& times) { return *std::ranges::min_element(times); }
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
    : grids_{grids}, scheduler_{grids, dependencies}, cones_{grids, dependencies} {}

void SetBounds::Heads::find(const Offers& offers, int budget) {
  const std::size_t levels = static_cast<std::size_t>(budget) + 1;
  heads_.resize(levels);
  earliest_.resize(levels);
  least_of_column_.resize(levels);
  least_.resize(levels);
  for (std::size_t spent = 0; spent < levels; ++spent) {
    heads_[spent].resize(grids_.size());
    earliest_[spent].resize(grids_.size());
    for (const LayerId layer : ids(grids_)) {
      heads_[spent][layer] = IdVector<SetId, Cycles>(grids_[layer].size());
    }
  }
  for (const LayerId layer : ids(grids_)) {
    for (std::size_t spent = 0; spent < levels; ++spent) {
      const IdVector<SetId, Cycles>& release = scheduler_.release_times(layer, earliest_[spent]);
      IdVector<SetId, Cycles>& heads = heads_[spent][layer];
      IdVector<SetId, Cycles>& earliest = earliest_[spent][layer].finish;
      earliest.resize(heads.size());
      for (const SetId set : ids(heads)) {
        heads[set] = std::max(heads[set], release[set]);
        earliest[set] = heads[set] + scheduler_.cycles(layer)[set];
      }
    }
    for (const Cone& cone : cones_.on(layer)) {
      apply(cone, offers[layer]);
    }
  }
}

void SetBounds::Heads::apply(const Cone& cone, const std::vector<Offer>& offers) {
  const SetGrid& tip = grids_[cone.tip];
  const std::size_t levels = heads_.size();
  for (int r = 0; r < tip.rows(); ++r) {
    const ConeReach& rows = cone.rows[static_cast<std::size_t>(r)];
    // Neighbouring rows often see the same of the base, and so do neighbouring columns.
    if (r == 0 || rows != cone.rows[static_cast<std::size_t>(r) - 1]) {
      find_row(cone, rows, offers);
    }
    for (std::size_t spent = 0; spent < levels; ++spent) {
      const auto heads = heads_[spent][cone.tip].begin() + static_cast<std::ptrdiff_t>(tip.id(r, 0).value());
      for (std::size_t c = 0; c < static_cast<std::size_t>(tip.columns()); ++c) {
        Cycles& head = heads[static_cast<std::ptrdiff_t>(c)];
        head = std::max(head, row_[c * levels + spent]);
      }
    }
  }
}

void SetBounds::Heads::find_row(const Cone& cone, const ConeReach& rows, const std::vector<Offer>& offers) {
  const SetGrid& base = grids_[cone.base];
  const std::size_t levels = heads_.size();
  row_.assign(cone.columns.size() * levels, Cycles{});
  if (rows.extent == 0) {
    return;
  }
  // The least heads in these rows: by column, then below over the columns that a cell sees.
  for (std::size_t spent = 0; spent < levels; ++spent) {
    const IdVector<SetId, Cycles>& heads = heads_[spent][cone.base];
    std::vector<Cycles>& least = least_of_column_[spent];
    least.assign(static_cast<std::size_t>(base.columns()), kNever);
    for (int r = rows.hull.begin; r < rows.hull.end; ++r) {
      const auto of_row = heads.begin() + static_cast<std::ptrdiff_t>(base.id(r, 0).value());
      for (std::size_t c = 0; c < least.size(); ++c) {
        least[c] = std::min(least[c], of_row[static_cast<std::ptrdiff_t>(c)]);
      }
    }
  }
  for (std::size_t c = 0; c < cone.columns.size(); ++c) {
    const ConeReach& columns = cone.columns[c];
    const auto found = row_.begin() + static_cast<std::ptrdiff_t>(c * levels);
    if (c > 0 && columns == cone.columns[c - 1]) {
      std::copy_n(found - static_cast<std::ptrdiff_t>(levels), levels, found);
      continue;
    }
    if (columns.extent == 0) {
      continue;
    }
    for (std::size_t spent = 0; spent < levels; ++spent) {
      const auto first = least_of_column_[spent].begin();
      least_[spent] = *std::min_element(first + columns.hull.begin, first + columns.hull.end);
      found[static_cast<std::ptrdiff_t>(spent)] = kNever;
    }
    for (const Offer& offer : offers) {
      const Cycles pass = Cycles{ceil_div(std::int64_t{rows.extent} * columns.extent, offer.duplicates)} + cone.between;
      for (auto spent = static_cast<std::size_t>(offer.price); spent < levels; ++spent) {
        Cycles& best = found[static_cast<std::ptrdiff_t>(spent)];
        best = std::min(best, least_[spent - static_cast<std::size_t>(offer.price)] + pass);
      }
    }
  }
}

// --- one layer, one mapping ---

SetBounds::SetBounds(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies)
    : reversed_{grids, dependencies},
      forward_{grids, dependencies},
      backward_{reversed_.grids, reversed_.dependencies} {}

void SetBounds::assume(const Offers& offers, int budget) {
  forward_.find(offers, budget);
  backward_.find(Offers{std::vector<std::vector<Offer>>(offers.raw().rbegin(), offers.raw().rend())}, budget);
}

std::int64_t SetBounds::work_of(LayerId layer) const {
  std::int64_t work = 0;
  for (const SetId set : ids(heads(layer, 0))) {
    work += forward_.cycles(layer)[set].count();
  }
  return work;
}

Cycles SetBounds::at_most(LayerId layer, int duplicates, int before, int behind) const {
  return largest(heads(layer, before)) + Cycles{ceil_div(work_of(layer), duplicates)} + largest(tails(layer, behind));
}

Cycles SetBounds::at_least(LayerId layer, int duplicates, int before, int behind) const {
  return least(heads(layer, before)) + Cycles{ceil_div(work_of(layer), duplicates)} + least(tails(layer, behind));
}

bool SetBounds::allows(LayerId layer, int duplicates, int left, Cycles latency) {
  for (int before = 0; before <= left; ++before) {
    const int behind = left - before;
    if (at_least(layer, duplicates, before, behind) <= latency &&
        (at_most(layer, duplicates, before, behind) <= latency ||
         relaxed(layer, duplicates, before, behind) <= latency)) {
      return true;
    }
  }
  return false;
}

Cycles SetBounds::relaxed(LayerId layer, int duplicates, int before, int behind) {
  const IdVector<SetId, Cycles>& head = heads(layer, before);
  const IdVector<SetId, Cycles>& tail = tails(layer, behind);
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
  Offers offers;
  for (const int count : duplicates) {
    offers.push_back({{count, 0}});
  }
  assume(offers, 0);
  Cycles bound;
  for (const LayerId layer : ids(duplicates)) {
    for (const SetId set : ids(heads(layer, 0))) {
      bound = std::max(bound, heads(layer, 0)[set] + forward_.cycles(layer)[set] + tails(layer, 0)[set]);
    }
  }
  for (const LayerId layer : ids(duplicates)) {
    if (at_most(layer, duplicates[layer], 0, 0) > bound) {
      bound = std::max(bound, relaxed(layer, duplicates[layer], 0, 0));
    }
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
  Refutation(const IdVector<LayerId, DuplicationCandidate>& layers, SetBounds& bounds, std::int64_t extra_pes)
      : layers_{layers}, bounds_{bounds}, extra_pes_{extra_pes} {}

  /// True when no mapping has a latency of at most `latency`.
  [[nodiscard]] bool refutes(Cycles latency) {
    IdVector<LayerId, int> least;
    for (const DuplicationCandidate& layer : layers_) {
      least.push_back(static_cast<int>(ceil_div(layer.cycles, latency.count())));
    }
    for (bool changed = true; changed;) {
      std::int64_t left = extra_pes_;
      for (const LayerId layer : ids(layers_)) {
        left -= std::int64_t{layers_[layer].pes} * (least[layer] - 1);
      }
      if (left < 0) {
        return true;
      }
      // A coarser budget rounds prices down.
      const std::int64_t pes_of_unit = left / kMostLevels + 1;
      const int budget = static_cast<int>(left / pes_of_unit);
      Offers offers;
      for (const LayerId layer : ids(layers_)) {
        offers.push_back(offers_of(layers_[layer], least[layer], left, pes_of_unit));
      }
      bounds_.assume(offers, budget);
      changed = false;
      for (const LayerId layer : ids(layers_)) {
        const auto possible = std::ranges::find_if(offers[layer], [&](const Offer& offer) {
          return bounds_.allows(layer, offer.duplicates, budget - offer.price, latency);
        });
        if (possible == offers[layer].end()) {
          return true;
        }
        // What is refused rules out all numbers up to it; not those that share the price of what is not.
        if (possible != offers[layer].begin()) {
          least[layer] = (possible - 1)->duplicates + 1;
          changed = true;
        }
      }
    }
    return false;
  }

 private:
  /// Heads and tails are found for so many parts of the budget.
  static constexpr std::int64_t kMostLevels = 16;

  static std::vector<Offer> offers_of(const DuplicationCandidate& layer, int least, std::int64_t left,
                                      std::int64_t pes_of_unit) {
    std::vector<Offer> offers;
    for (std::int64_t more = 0; more * layer.pes <= left && least + more <= std::max<std::int64_t>(least, layer.cycles);
         ++more) {
      const Offer offer{least + static_cast<int>(more), static_cast<int>(more * layer.pes / pes_of_unit)};
      // For one price only the largest number is of interest.
      if (!offers.empty() && offers.back().price == offer.price && offers.size() > 1) {
        offers.back() = offer;
      } else {
        offers.push_back(offer);
      }
    }
    return offers;
  }

  const IdVector<LayerId, DuplicationCandidate>& layers_;
  SetBounds& bounds_;
  std::int64_t extra_pes_;
};

}  // namespace

Cycles budget_bound(const IdVector<LayerId, DuplicationCandidate>& layers, const IdVector<LayerId, SetGrid>& pixels,
                    const SetDependencies& dependencies, std::int64_t extra_pes) {
  // The largest t_i / d_i at the `bottleneck` d is the least there is: each d_j it gives is the least that keeps
  // t_j / d_j at or below the final maximum.
  const Duplicates bottleneck = duplicate_for_bottleneck(layers, extra_pes, {Partition::dispatch, {1, 1}});
  Cycles bound;
  for (const LayerId layer : ids(layers)) {
    bound = std::max(bound, Cycles{ceil_div(layers[layer].cycles, bottleneck[layer])});
  }
  SetBounds bounds{pixels, dependencies};
  Refutation refutation{layers, bounds, extra_pes};
  // Doubling steps up to a latency that is not refuted, then halving ones down.
  auto step = static_cast<std::int64_t>(
      std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(1, bound.count() / kFirstStep))));
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
