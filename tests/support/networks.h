// Networks to test with: built by hand in a few words, or drawn at random. Free of Catch.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arch/architecture.h"
#include "scheduler/mapped_network.h"
#include "scheduler/network_graph.h"

namespace crossweave::test {

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). The distributions of the standard library differ between libraries,
/// these do not: a seed names the same case everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}

  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }
  /// A number in [first, last]. Its bias does not matter for tests.
  [[nodiscard]] int between(int first, int last) {
    return first + static_cast<int>(next() % (static_cast<std::uint64_t>(last - first) + 1));
  }
  [[nodiscard]] bool one_in(int n) { return between(1, n) == 1; }
  template <class T>
  [[nodiscard]] const T& pick(const std::vector<T>& items) {
    return items[next() % items.size()];
  }

 private:
  std::uint64_t state_;
};

/// Appends operations to a graph, under names of its own. An operation that does not fit throws InternalError.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(std::string name = "test") : graph_{std::move(name)} {}

  OperationId add(OperationKind kind, std::vector<OperationId> inputs);
  /// The same where the name matters.
  OperationId add_named(std::string name, OperationKind kind, std::vector<OperationId> inputs);

  OperationId input(Shape shape) { return add(Input{shape}, {}); }
  /// An odd kernel, padded so that stride 1 keeps the map's extent; no bias.
  OperationId conv(OperationId in, int filters, int kernel = 3, int stride = 1);
  /// Any convolution.
  OperationId conv(OperationId in, const Conv2d& conv) { return add(conv, {in}); }
  OperationId dense(OperationId in, int units) { return add(Dense{units, false}, {in}); }
  OperationId relu(OperationId in) { return add(Activation{"relu"}, {in}); }
  OperationId batch_norm(OperationId in) { return add(BatchNorm{}, {in}); }
  OperationId max_pool(OperationId in, int kernel, int stride, int padding = 0);
  OperationId global_pool(OperationId in) { return add(GlobalPool{}, {in}); }
  OperationId add_maps(OperationId a, OperationId b) { return add(Elementwise{"add"}, {a, b}); }
  OperationId concat(std::vector<OperationId> ins, Concat::Along along = Concat::Along::channels) {
    return add(Concat{along}, std::move(ins));
  }
  OperationId upsample(OperationId in, int factor) { return add(Upsample{{factor, factor}}, {in}); }
  /// A part of the channels, of all pixels.
  OperationId channels(OperationId in, int first, int count);
  OperationId flatten(OperationId in);

  /// Two convolutions and a shortcut around them, which is projected when the stride or the channels ask for it.
  OperationId residual_block(OperationId in, int filters, int stride = 1);
  /// Branches of 1x1, 3x3, dilated 3x3 and pooling, concatenated.
  OperationId inception_block(OperationId in, int filters);
  /// Global pooling, two dense layers, and a product with the map: a gate on each channel.
  OperationId squeeze_excite(OperationId in, int units);

  [[nodiscard]] const NetworkGraph& graph() const { return graph_; }
  [[nodiscard]] const Shape& shape(OperationId id) const { return graph_[id].output; }
  [[nodiscard]] NetworkGraph take() && { return std::move(graph_); }

 private:
  NetworkGraph graph_;
};

/// `layers` convolutions of 3x3 over a square map.
[[nodiscard]] NetworkGraph conv_chain(int layers, int extent, int filters);
/// Nested: each diamond's two branches begin at the sum of the one before; 2^n paths.
[[nodiscard]] NetworkGraph diamonds(int n, int extent);
/// One small network for each structure that real ones have; none needs more than a few dozen sets of 4x4.
[[nodiscard]] std::vector<NetworkGraph> small_networks();
/// The benchmark of the paper's Tables I and II, written down a second time.
[[nodiscard]] NetworkGraph tinyyolov4();

/// A small network with every operation there is, in legal but unlikely combinations. Dense layers stand inside it, so
/// map it with its top. The same seed gives the same network everywhere.
[[nodiscard]] NetworkGraph random_network(std::uint64_t seed);

/// A random network on a random chip with small crossbars, so that layers need several of them on several tiles.
struct RandomCase {
  Architecture architecture;
  MappingOptions options;
  ScheduledNetwork network;
};
[[nodiscard]] RandomCase random_case(std::uint64_t seed);

/// Draws the size of a chip that holds `pes` PEs, and the topology of its network on chip.
void draw_chip(Random& random, std::int64_t pes, Architecture& architecture);

/// Makes it a flit network of the same topology, with any router and number of virtual channels.
void draw_flit_network(Random& random, NocSpec& noc);

/// A region of a base layer's OFM, by the operation that computes it.
struct NeededRegion {
  OperationId producer;
  Rect rect;
};
/// What `output` of an operation needs of the base layers before it: one entry a path, each path walked by itself, so
/// that their number may be exponential. Regions that are empty are left out.
[[nodiscard]] std::vector<NeededRegion> regions_behind(const NetworkGraph& graph, OperationId id, const Rect& output);

/// schedule_network of a network that is known to have a schedule, with its top.
[[nodiscard]] ScheduledNetwork schedule_of(const NetworkGraph& graph, const MappingOptions& options,
                                           const CrossbarSpec& crossbar = {});

}  // namespace crossweave::test
