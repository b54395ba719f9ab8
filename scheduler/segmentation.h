// When a network does not fit (F < PE_min): which base layers are resident together, one segment after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "arch/architecture.h"
#include "arch/diagnostics.h"
#include "arch/units.h"
#include "scheduler/crossbar_writes.h"
#include "scheduler/mapped_network.h"
#include "scheduler/segment_network.h"

namespace crossweave {

/// What the dynamic program knows of segments. A range is never asked for when its layers do not fit.
struct SegmentCosts {
  /// Whether the layers fit. Where they do, any part of them does.
  std::function<bool(LayerRange)> fits;
  /// No more than `cost`, and cheap.
  std::function<Duration(LayerRange)> bound;
  /// From the end of the segment before to the end of this one: writing its weights, then running it.
  std::function<Duration(LayerRange)> cost;
};

/// Cuts `layers` base layers into segments of consecutive layers that fit, with the least sum of costs. Of several
/// such, the one of fewest segments; of these the one whose last segment is longest, then the last but one, and so on.
/// Each range is weighed at most once, and only if its bound could yet win. Every layer must fit by itself.
///
/// Dynamic program over the cuts: best(j) = min over i < j of best(i) + cost(i, j). The cost of a segment does not
/// depend on the others, so the best way to layer j is a best way to some i, and one segment more.
[[nodiscard]] std::vector<LayerRange> cut_into_segments(std::size_t layers, const SegmentCosts& costs);

/// One segment of a network on the chip.
struct Segment {
  LayerRange layers;
  ScheduledNetwork scheduled;
  CrossbarWrites writes;
  Duration write_time;
};

/// What a schedule takes for `images` images, one behind the other. Across layers: what Stage IV says of the first, and
/// for each other one the cycles of the most loaded duplicate, which no chip can do without. That is exact for one
/// image, and as close to the truth as images follow one another without a gap. Layer by layer: so many times the one.
[[nodiscard]] Cycles latency_of_images(const ScheduledNetwork& network, std::int64_t images);

/// The segments with the least sum of write times and of latency_of_images on F = `pes` PEs: all images pass through a
/// segment before the next is written, and while it is written everything else stands still. `options` are those of
/// every segment, which has F PEs to itself; `extra_pes` is of no importance. Where they ask for a search, cuts are
/// chosen with the rules that it begins with, and then the mapping of each segment is searched for, which `observer`
/// follows. A layer that does not fit by itself is refused by name; `crossbar.write.row_latency` must be known.
Result<std::vector<Segment>, SchedulingFailure> segment_network(const MappedNetwork& mapped, std::int64_t pes,
                                                                std::int64_t images, const MappingOptions& options,
                                                                const Architecture& architecture,
                                                                const SearchBudget::Observer& observer = {});

}  // namespace crossweave
