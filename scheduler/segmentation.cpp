#include "scheduler/segmentation.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace crossweave {
namespace {

/// The best way found to have run all layers before a cut.
struct Way {
  Duration cost;
  std::size_t segments{0};
  std::size_t last_cut{0};  ///< where its last segment begins

  [[nodiscard]] auto rank() const { return std::tuple{cost, segments, last_cut}; }
};

/// The rules that searches begin with.
MappingOptions without_search(MappingOptions options) {
  if (options.duplication == Duplication::makespan) {
    options.duplication = Duplication::bottleneck;
  }
  if (options.order == SetOrder::automatic) {
    options.order = SetOrder::lookahead;
  }
  options.automatic_sets = false;
  return options;
}

class Weigher {
 public:
  /// `copies`: layers may have some.
  Weigher(const MappedNetwork& mapped, std::int64_t pes, std::int64_t images, bool copies,
          const Architecture& architecture)
      : mapped_{mapped}, cutter_{mapped}, pes_{pes}, images_{images}, copies_{copies}, architecture_{architecture} {
    pes_before_.push_back(0);
    for (const LayerId layer : ids(mapped.layers)) {
      pes_before_.push_back(pes_before_.back() + mapped.crossbars[layer].pes());
      writes_.push_back(writes_of(mapped.layers[layer], architecture.crossbar, 1));
    }
  }

  [[nodiscard]] bool fits(LayerRange layers) const { return pes_of(layers) <= pes_; }

  /// Writing takes at least as long without copies. A layer has at most the PEs that the others leave, and computes
  /// for t_i / d_i cycles at least; nor can F PEs do all the work of the segment in less than its F-th part.
  [[nodiscard]] Duration bound(LayerRange layers) const {
    CrossbarWrites writes;
    std::int64_t work = 0;
    std::int64_t cycles = 0;
    for (std::size_t i = layers.first; i < layers.last; ++i) {
      const std::int64_t own = mapped_.crossbars[LayerId{i}].pes();
      const std::int64_t alone = mapped_.layers[LayerId{i}].cycles().count();
      const std::int64_t most = copies_ ? 1 + (pes_ - pes_of(layers)) / own : 1;
      cycles = std::max(cycles, (alone + most - 1) / most);
      work += alone * own;
      writes += writes_[i];
    }
    cycles = std::max(cycles, (work + pes_ - 1) / pes_);
    return write_time(writes, architecture_) + Cycles{cycles * images_} * architecture_.crossbar.mvm_latency;
  }

  [[nodiscard]] Result<Segment, SchedulingFailure> segment(LayerRange layers, MappingOptions options,
                                                           const SearchBudget::Observer& observer = {}) const {
    options.extra_pes = pes_ - pes_of(layers);
    Result<ScheduledNetwork, SchedulingFailure> scheduled =
        schedule_network(cutter_.segment(layers), options, observer);
    if (!scheduled) {
      return scheduled.error();
    }
    CrossbarWrites writes;
    for (const LayerId layer : ids(scheduled->mapped.layers)) {
      writes += writes_of(scheduled->mapped.layers[layer], architecture_.crossbar, scheduled->duplicates[layer]);
    }
    return Segment{layers, *std::move(scheduled), writes, write_time(writes, architecture_)};
  }

  [[nodiscard]] Duration latency(const Segment& segment) const {
    return latency_of_images(segment.scheduled, images_) * architecture_.crossbar.mvm_latency;
  }

 private:
  [[nodiscard]] std::int64_t pes_of(LayerRange layers) const {
    return pes_before_[layers.last] - pes_before_[layers.first];
  }

  const MappedNetwork& mapped_;
  NetworkSegments cutter_;
  std::int64_t pes_;
  std::int64_t images_;
  bool copies_;
  const Architecture& architecture_;
  /// PEs of one copy of all layers before each.
  std::vector<std::int64_t> pes_before_;
  std::vector<CrossbarWrites> writes_;
};

}  // namespace

Cycles latency_of_images(const ScheduledNetwork& network, std::int64_t images) {
  const Cycles first = network.schedule.latency();
  if (network.schedule.mode == ScheduleMode::layer_by_layer) {
    return Cycles{first.count() * images};
  }
  Cycles most;
  for (const LayerId layer : ids(network.grids)) {
    for (const std::vector<SetId>& sequence : network.schedule.layers[layer].sequence) {
      Cycles load;
      for (const SetId set : sequence) {
        load += network.grids[layer].cycles(set);
      }
      most = std::max(most, load);
    }
  }
  return first + Cycles{most.count() * (images - 1)};
}

std::vector<LayerRange> cut_into_segments(std::size_t layers, const SegmentCosts& costs) {
  std::vector<Way> best{Way{}};
  for (std::size_t last = 1; last <= layers; ++last) {
    struct Candidate {
      Duration bound;
      std::size_t first;
    };
    std::vector<Candidate> candidates;
    for (std::size_t first = last; first-- > 0 && costs.fits({first, last});) {
      candidates.push_back({best[first].cost + costs.bound({first, last}), first});
    }
    check_invariant(!candidates.empty(), "every layer fits by itself");
    std::ranges::sort(candidates, {}, [](const Candidate& c) { return std::pair{c.bound, c.first}; });
    std::optional<Way> found;
    for (const auto& [bound, first] : candidates) {
      if (found && bound > found->cost) {
        break;
      }
      const Way way{best[first].cost + costs.cost({first, last}), best[first].segments + 1, first};
      if (!found || way.rank() < found->rank()) {
        found = way;
      }
    }
    best.push_back(*found);
  }
  std::vector<LayerRange> segments;
  for (std::size_t last = layers; last > 0; last = best[last].last_cut) {
    segments.push_back({best[last].last_cut, last});
  }
  std::ranges::reverse(segments);
  return segments;
}

Result<std::vector<Segment>, SchedulingFailure> segment_network(const MappedNetwork& mapped, std::int64_t pes,
                                                                std::int64_t images, const MappingOptions& options,
                                                                const Architecture& architecture,
                                                                const SearchBudget::Observer& observer) {
  for (const LayerId layer : ids(mapped.layers)) {
    if (const int needed = mapped.crossbars[layer].pes(); needed > pes) {
      return SchedulingFailure{SchedulingFailure::Cause::too_few_pes,
                               std::to_string(pes) + " PEs (F) cannot hold the layer " + mapped.layers[layer].name +
                                   " by itself, which needs " + std::to_string(needed)};
    }
  }
  const Weigher weigher{mapped, pes, images, options.duplication != Duplication::none, architecture};
  std::optional<SchedulingFailure> failure;
  const MappingOptions rules = without_search(options);
  const auto cost = [&](LayerRange layers) {
    const Result<Segment, SchedulingFailure> segment = weigher.segment(layers, rules);
    if (!segment) {
      failure = segment.error();
      return Duration{};
    }
    return segment->write_time + weigher.latency(*segment);
  };
  const std::vector<LayerRange> ranges =
      cut_into_segments(mapped.layers.size(), {[&](LayerRange layers) { return weigher.fits(layers); },
                                               [&](LayerRange layers) { return weigher.bound(layers); }, cost});
  if (failure) {
    return *failure;
  }
  std::vector<Segment> segments;
  for (const LayerRange range : ranges) {
    Result<Segment, SchedulingFailure> segment = weigher.segment(range, options, observer);
    check_invariant(segment.has_value(), "what could be weighed can be weighed again");
    segments.push_back(*std::move(segment));
  }
  return segments;
}

}  // namespace crossweave
