#include "tests/support/networks.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace crossweave::test {

// --- by hand ---

OperationId NetworkBuilder::add(OperationKind kind, std::vector<OperationId> inputs) {
  std::string name = std::string{operation_name(kind)} + "_" + std::to_string(graph_.size());
  return add_named(std::move(name), std::move(kind), std::move(inputs));
}

OperationId NetworkBuilder::add_named(std::string name, OperationKind kind, std::vector<OperationId> inputs) {
  const Result<OperationId, Failure> id = graph_.add(std::move(name), std::move(kind), std::move(inputs));
  check_invariant(id.has_value(), id ? "" : id.error().message.c_str());
  return *id;
}

OperationId NetworkBuilder::conv(OperationId in, int filters, int kernel, int stride) {
  const int border = kernel / 2;
  return add(Conv2d{filters, {kernel, kernel}, {stride, stride}, {}, {border, border, border, border}, 1, false}, {in});
}

OperationId NetworkBuilder::max_pool(OperationId in, int kernel, int stride, int padding) {
  return add(Pool{Pool::Kind::max, {kernel, kernel}, {stride, stride}, {}, {padding, padding, padding, padding}, false},
             {in});
}

OperationId NetworkBuilder::channels(OperationId in, int first, int count) {
  const Shape whole_map = shape(in);
  return add(Slice{{0, 0, first}, {whole_map.height, whole_map.width, count}}, {in});
}

OperationId NetworkBuilder::flatten(OperationId in) {
  return add(Reshape{{1, 1, static_cast<int>(shape(in).elements())}}, {in});
}

OperationId NetworkBuilder::residual_block(OperationId in, int filters, int stride) {
  const bool projected = stride != 1 || shape(in).channels != filters;
  const OperationId shortcut = projected ? conv(in, filters, 1, stride) : in;
  const OperationId inner = relu(batch_norm(conv(in, filters, 3, stride)));
  return relu(add_maps(batch_norm(conv(inner, filters)), shortcut));
}

OperationId NetworkBuilder::inception_block(OperationId in, int filters) {
  const OperationId one = conv(in, filters, 1);
  const OperationId three = conv(conv(in, filters, 1), filters, 3);
  const OperationId dilated = conv(in, Conv2d{filters, {3, 3}, {}, {2, 2}, {2, 2, 2, 2}, 1, true});
  const OperationId pooled = conv(max_pool(in, 3, 1, 1), filters, 1);
  return concat({one, three, dilated, pooled});
}

OperationId NetworkBuilder::squeeze_excite(OperationId in, int units) {
  const OperationId squeezed = relu(dense(global_pool(in), units));
  const OperationId gate = add(Activation{"sigmoid"}, {dense(squeezed, shape(in).channels)});
  return add(Elementwise{"multiply"}, {in, gate});
}

NetworkGraph conv_chain(int layers, int extent, int filters) {
  NetworkBuilder net{"conv_chain"};
  OperationId last = net.input({extent, extent, 3});
  for (int i = 0; i < layers; ++i) {
    last = net.conv(last, filters);
  }
  return std::move(net).take();
}

NetworkGraph diamonds(int n, int extent) {
  NetworkBuilder net{"diamonds"};
  OperationId last = net.conv(net.input({extent, extent, 2}), 4);
  for (int i = 0; i < n; ++i) {
    // Windows of another size on one branch: equal needs alone would hide a search that does not join paths.
    const OperationId branch = i % 2 == 0 ? net.relu(last) : net.max_pool(last, 3, 1, 1);
    last = net.add_maps(branch, last);
  }
  net.conv(last, 4, 1);
  return std::move(net).take();
}

namespace {

NetworkGraph sequential() {
  NetworkBuilder net{"sequential"};
  OperationId last = net.input({16, 16, 3});
  last = net.max_pool(net.relu(net.batch_norm(net.conv(last, 8))), 2, 2);
  last = net.max_pool(net.relu(net.conv(last, 16)), 3, 2, 1);
  last = net.dense(net.flatten(last), 12);
  net.dense(net.relu(last), 5);
  return std::move(net).take();
}

NetworkGraph residual() {
  NetworkBuilder net{"residual"};
  OperationId last = net.conv(net.input({14, 14, 3}), 8);
  last = net.residual_block(last, 8);
  last = net.residual_block(last, 8);
  last = net.residual_block(last, 16, 2);
  net.dense(net.global_pool(last), 4);
  return std::move(net).take();
}

NetworkGraph inception() {
  NetworkBuilder net{"inception"};
  OperationId last = net.conv(net.input({12, 10, 3}), 8);
  last = net.inception_block(last, 4);
  net.conv(net.inception_block(last, 3), 8, 1);
  return std::move(net).take();
}

NetworkGraph gated() {
  NetworkBuilder net{"gated"};
  OperationId last = net.conv(net.input({10, 10, 3}), 8);
  last = net.squeeze_excite(last, 2);
  last = net.squeeze_excite(net.conv(last, 8), 3);
  net.conv(last, 4, 1);
  return std::move(net).take();
}

/// Windows with gaps between them: Stage II counts what they skip.
NetworkGraph skipping() {
  NetworkBuilder net{"skipping"};
  OperationId last = net.conv(net.input({21, 20, 3}), 6);
  const OperationId pooled = net.max_pool(last, 1, 2);
  const OperationId other = net.conv(last, 6, 1, 2);
  last = net.relu(net.add_maps(pooled, other));
  last = net.conv(last, Conv2d{8, {2, 2}, {3, 4}, {}, {}, 1, true});
  net.conv(net.max_pool(last, 1, 2), 4, 1);
  return std::move(net).take();
}

/// The two heads of a YOLO.
NetworkGraph pyramid() {
  NetworkBuilder net{"pyramid"};
  const OperationId fine = net.conv(net.input({16, 12, 3}), 8);
  const OperationId coarse = net.conv(net.max_pool(fine, 2, 2), 8);
  net.conv(coarse, 5, 1);
  const OperationId enlarged = net.upsample(net.conv(coarse, 4, 1), 2);
  net.conv(net.concat({enlarged, net.channels(fine, 4, 4)}), 5);
  return std::move(net).take();
}

/// Maps cut and put together along rows and columns: the paper's Fig. 4.
NetworkGraph sliced() {
  NetworkBuilder net{"sliced"};
  const OperationId first = net.conv(net.input({13, 11, 2}), 4);
  const OperationId padded = net.add(Pad{{1, 2, 0, 3}}, {first});
  const OperationId top = net.add(Slice{{0, 0, 0}, {9, 14, 4}}, {padded});
  const OperationId bottom = net.add(Slice{{7, 0, 0}, {9, 14, 4}}, {padded});
  const OperationId joined = net.concat({net.conv(top, 4), net.conv(bottom, 4)}, Concat::Along::rows);
  net.conv(net.concat({joined, net.relu(joined)}, Concat::Along::columns), Conv2d{3, {3, 3}, {2, 2}, {}, {}, 1, true});
  return std::move(net).take();
}

NetworkGraph windows() {
  NetworkBuilder net{"windows"};
  OperationId last = net.input({18, 15, 4});
  last = net.conv(last, Conv2d{8, {3, 2}, {2, 1}, {2, 3}, {0, 5, 4, 1}, 2, true});
  last = net.conv(last, Conv2d{8, {3, 3}, {1, 1}, {}, {1, 1, 1, 1}, 8, false});
  last = net.add(Pool{Pool::Kind::average, {2, 3}, {2, 2}, {2, 1}, {3, 0, 0, 4}, true}, {last});
  net.conv(last, Conv2d{6, {5, 5}, {3, 3}, {}, {6, 6, 6, 6}, 1, true});
  return std::move(net).take();
}

}  // namespace

std::vector<NetworkGraph> small_networks() {
  return {conv_chain(4, 12, 8), diamonds(4, 9), sequential(), residual(), inception(), gated(),
          skipping(),           pyramid(),      sliced(),     windows()};
}

NetworkGraph tinyyolov4() {
  NetworkBuilder net{"tinyyolov4"};
  int count = 0;
  const auto layer = [&](OperationId in, int filters, int kernel, int stride = 1) {
    const std::string name = count == 0 ? "conv2d" : "conv2d_" + std::to_string(count);
    ++count;
    // Table I: the strided layers pad one row on top and one column on the left only.
    const int near = kernel / 2;
    const int far = stride == 1 ? near : 0;
    const Conv2d conv{filters, {kernel, kernel}, {stride, stride}, {}, {near, far, near, far}, 1, false};
    return net.add(Activation{"leaky_relu"}, {net.batch_norm(net.add_named(name, conv, {in}))});
  };
  // Two halves of a map that are split, convolved and joined; gives the inner map and the joined one.
  const auto partial_stage = [&](OperationId in, int filters) {
    const OperationId outer = layer(in, filters, 3);
    const OperationId first = layer(net.channels(outer, filters / 2, filters / 2), filters / 2, 3);
    const OperationId second = layer(first, filters / 2, 3);
    const OperationId inner = layer(net.concat({second, first}), filters, 1);
    return std::pair{inner, net.max_pool(net.concat({outer, inner}), 2, 2)};
  };
  OperationId last = layer(layer(net.input({416, 416, 3}), 32, 3, 2), 64, 3, 2);
  last = partial_stage(last, 64).second;
  last = partial_stage(last, 128).second;
  const auto [fine, joined] = partial_stage(last, 256);
  last = layer(layer(joined, 512, 3), 256, 1);
  layer(layer(last, 512, 3), 255, 1);
  const OperationId enlarged = net.upsample(layer(last, 128, 1), 2);
  layer(layer(net.concat({enlarged, fine}), 256, 3), 255, 1);
  return std::move(net).take();
}

// --- at random ---

namespace {

constexpr int kMostExtent = 24;
constexpr int kMostChannels = 12;
constexpr int kMostBaseLayers = 12;

class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed) : random_{seed}, net_{"random_" + std::to_string(seed)} {}

  NetworkGraph build() {
    const int inputs = random_.one_in(4) ? random_.between(2, 3) : 1;
    for (int i = 0; i < inputs; ++i) {
      results_.push_back(net_.input({extent(), extent(), random_.between(1, 4)}));
    }
    const int steps = random_.between(4, 22);
    for (int i = 0; i < steps; ++i) {
      step();
    }
    // Two base layers at least, so that one depends on another.
    while (base_layers_ < 2) {
      keep(Conv2d{random_.between(1, 8), {1, 1}, {}, {}, {}, 1, random_.one_in(2)}, {results_.back()});
    }
    return std::move(net_).take();
  }

 private:
  int extent() {
    switch (random_.between(0, 7)) {
      case 0:
        return 1;
      case 1:
        return random_.between(2, 4);
      case 2:
        return random_.between(16, kMostExtent);
      default:
        return random_.between(5, 14);
    }
  }

  /// Mostly one of the last results, so that networks grow deep, at times any, so that results have several consumers.
  OperationId some_result() {
    if (random_.one_in(4)) {
      return random_.pick(results_);
    }
    const auto recent = std::min<std::size_t>(results_.size(), 3);
    return results_[results_.size() - 1 - random_.next() % recent];
  }

  Extent small(int most) { return {random_.between(1, most), random_.between(1, most)}; }

  /// None, the same on all sides, or any: more than the kernel too, so that windows lie wholly in it.
  Padding padding(int most) {
    switch (random_.between(0, 2)) {
      case 0:
        return {};
      case 1: {
        const int side = random_.between(0, 2);
        return {side, side, side, side};
      }
      default:
        return {random_.between(0, most), random_.between(0, most), random_.between(0, most), random_.between(0, most)};
    }
  }

  /// Adds an operation unless it does not fit, or grows too large.
  std::optional<OperationId> keep(const OperationKind& kind, const std::vector<OperationId>& inputs) {
    std::vector<Shape> shapes;
    int most_channels = kMostChannels;
    for (const OperationId input : inputs) {
      shapes.push_back(net_.shape(input));
      most_channels = std::max(most_channels, shapes.back().channels);
    }
    const Result<Shape, Failure> shape = output_shape(kind, shapes);
    const auto fits = [&] {
      return shape && shape->height <= kMostExtent && shape->width <= kMostExtent &&
             (shape->channels <= most_channels || std::holds_alternative<Reshape>(kind));
    };
    if (!fits() || (is_base(kind) && base_layers_ >= kMostBaseLayers)) {
      return std::nullopt;
    }
    base_layers_ += is_base(kind) ? 1 : 0;
    results_.push_back(net_.add(kind, inputs));
    return results_.back();
  }

  void step() {
    const OperationId in = some_result();
    const Shape shape = net_.shape(in);
    switch (random_.between(0, 20)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        any_conv(in, shape);
        return;
      case 6:
        keep(Conv2d{random_.between(1, kMostChannels), {3, 3}, {}, {}, {1, 1, 1, 1}, 1, random_.one_in(2)}, {in});
        return;
      case 7:
      case 8:
        keep(Pool{random_.one_in(2) ? Pool::Kind::max : Pool::Kind::average, small(3), small(4), small(2), padding(4),
                  random_.one_in(3)},
             {in});
        return;
      case 9:
        // A window that lies within one set is not unlikely to run where the set is computed.
        keep(Pool{Pool::Kind::max, {2, 2}, {2, 2}, {}, {}, false}, {in});
        return;
      case 10:
        keep(Pad{padding(3)}, {in});
        return;
      case 11:
        pointwise(in);
        return;
      case 12:
      case 13:
        elementwise(in, shape);
        return;
      case 14:
      case 15:
        concat(in, shape);
        return;
      case 16:
        slice(in, shape);
        return;
      case 17:
        keep(Upsample{small(3)}, {in});
        return;
      case 18:
        gate(in, shape);
        return;
      case 19:
        flatten_and_back(in, shape);
        return;
      default:
        keep(GlobalPool{random_.one_in(2) ? Pool::Kind::max : Pool::Kind::average}, {in});
        return;
    }
  }

  void any_conv(OperationId in, const Shape& shape) {
    const int divisor = std::gcd(shape.channels, 12);
    const int groups = random_.one_in(3) && divisor > 1 ? divisor / (random_.one_in(2) && divisor % 2 == 0 ? 2 : 1) : 1;
    const int filters = groups * random_.between(1, std::max(1, kMostChannels / groups));
    const Extent dilation = random_.one_in(3) ? small(3) : Extent{};
    const Extent stride = random_.one_in(2) ? small(4) : Extent{};
    keep(Conv2d{filters, small(3), stride, dilation, padding(5), groups, random_.one_in(2)}, {in});
  }

  void pointwise(OperationId in) {
    switch (random_.between(0, 2)) {
      case 0:
        keep(Bias{}, {in});
        return;
      case 1:
        keep(BatchNorm{}, {in});
        return;
      default:
        keep(Activation{"relu"}, {in});
        return;
    }
  }

  /// A part of a result with the extents of another, as far as it reaches.
  OperationId cut_to(OperationId id, const Shape& wanted) {
    const Shape shape = net_.shape(id);
    const Shape common{std::min(shape.height, wanted.height), std::min(shape.width, wanted.width),
                       std::min(shape.channels, wanted.channels)};
    if (common == shape) {
      return id;
    }
    const Shape first{random_.between(0, shape.height - common.height), random_.between(0, shape.width - common.width),
                      random_.between(0, shape.channels - common.channels)};
    return *keep(Slice{first, common}, {id});
  }

  void elementwise(OperationId in, const Shape& shape) {
    std::vector<OperationId> inputs{in};
    Shape common = shape;
    const int others = random_.between(0, 2);
    for (int i = 0; i < others; ++i) {
      const Shape other = net_.shape(random_.pick(results_));
      common = {std::min(common.height, other.height), std::min(common.width, other.width),
                std::min(common.channels, other.channels)};
    }
    inputs.front() = cut_to(in, common);
    for (int i = 0; i < others; ++i) {
      const OperationId other = random_.pick(results_);
      const Shape reach = net_.shape(other);
      if (reach.height >= common.height && reach.width >= common.width && reach.channels >= common.channels) {
        inputs.push_back(cut_to(other, common));
      }
    }
    if (random_.one_in(3)) {
      // One row, one column, one channel, or one pixel: broadcast.
      Shape part = common;
      (random_.one_in(2) ? part.height : part.width) = 1;
      if (random_.one_in(2)) {
        part.channels = 1;
      }
      inputs.push_back(cut_to(inputs.front(), part));
    }
    keep(Elementwise{random_.one_in(2) ? "add" : "maximum"}, inputs);
  }

  void concat(OperationId in, const Shape& shape) {
    const Concat::Along along =
        random_.pick(std::vector<Concat::Along>{Concat::Along::rows, Concat::Along::columns, Concat::Along::channels});
    std::vector<OperationId> inputs{in};
    const int others = random_.between(1, 2);
    for (int i = 0; i < others; ++i) {
      const OperationId other = random_.pick(results_);
      Shape wanted = shape;
      const Shape reach = net_.shape(other);
      if (along == Concat::Along::rows) {
        wanted.height = reach.height;
      } else if (along == Concat::Along::columns) {
        wanted.width = reach.width;
      } else {
        wanted.channels = reach.channels;
      }
      if (reach.height >= wanted.height && reach.width >= wanted.width && reach.channels >= wanted.channels) {
        inputs.push_back(cut_to(other, wanted));
      } else {
        inputs.push_back(in);
      }
    }
    keep(Concat{along}, inputs);
  }

  void slice(OperationId in, const Shape& shape) {
    const Shape extent{random_.between(1, shape.height), random_.between(1, shape.width),
                       random_.between(1, shape.channels)};
    const Shape first{random_.between(0, shape.height - extent.height), random_.between(0, shape.width - extent.width),
                      random_.between(0, shape.channels - extent.channels)};
    keep(Slice{first, extent}, {in});
  }

  /// Squeeze and excite: everything behind it waits for the whole map.
  void gate(OperationId in, const Shape& shape) {
    const std::optional<OperationId> pooled = keep(GlobalPool{}, {in});
    if (const auto gate = keep(Dense{shape.channels, random_.one_in(2)}, {*pooled})) {
      keep(Elementwise{"multiply"}, {in, *gate});
    }
  }

  /// A dense layer in the middle, on a map of any shape, its result seen as a map again.
  void flatten_and_back(OperationId in, const Shape& shape) {
    if (shape.elements() > 600) {
      return;
    }
    std::optional<OperationId> flat = in;
    if (random_.one_in(2)) {
      flat = keep(Reshape{{1, 1, static_cast<int>(shape.elements())}}, {in});
    }
    const Extent back = small(3);
    const int channels = random_.between(1, kMostChannels / (back.height * back.width) + 1);
    const int units = back.height * back.width * channels;
    if (units > kMostChannels) {
      return;
    }
    if (const auto dense = keep(Dense{units, random_.one_in(2)}, {*flat})) {
      keep(Reshape{{back.height, back.width, channels}}, {*dense});
    }
  }

  Random random_;
  NetworkBuilder net_;
  std::vector<OperationId> results_;
  int base_layers_{0};
};

}  // namespace

NetworkGraph random_network(std::uint64_t seed) { return RandomNetwork{seed}.build(); }

RandomCase random_case(std::uint64_t seed) {
  // Not the numbers that the network is drawn from.
  Random random{~seed};
  Architecture architecture;
  architecture.name = "random";
  architecture.crossbar.rows = random.pick(std::vector<int>{4, 12, 37, 256});
  architecture.crossbar.columns = random.pick(std::vector<int>{3, 8, 256});
  architecture.tile.pes = random.pick(std::vector<int>{1, 2, 3, 8});
  MappingOptions options;
  options.extra_pes = random.one_in(4) ? 0 : random.between(1, 60);
  options.duplication = random.pick(
      std::vector<Duplication>{Duplication::none, Duplication::sum, Duplication::bottleneck, Duplication::bottleneck});
  options.partition =
      random.pick(std::vector<Partition>{Partition::interleaved, Partition::blocks, Partition::dispatch});
  options.set = random.pick(std::vector<SetSize>{{1, 1}, {1, 0}, {0, 1}, {2, 2}, {2, 3}, {3, 2}, {4, 4}, {0, 0}});
  options.mode = random.one_in(5) ? ScheduleMode::layer_by_layer : ScheduleMode::cross_layer;
  std::vector<SetOrder> orders{SetOrder::raster, SetOrder::ready, SetOrder::diagonal};
  if (options.mode == ScheduleMode::cross_layer) {
    orders.insert(orders.end(), {SetOrder::lookahead, SetOrder::automatic});
    options.automatic_sets = random.one_in(8);
    options.duplication = random.one_in(4) ? Duplication::makespan : options.duplication;
  }
  options.order = random.pick(orders);
  options.search.evaluations = 30;
  ScheduledNetwork network = schedule_of(random_network(seed), options, architecture.crossbar);
  return {std::move(architecture), options, std::move(network)};
}

void draw_chip(Random& random, std::int64_t pes, Architecture& architecture) {
  NocSpec& noc = architecture.noc;
  noc.topology = random.pick(std::vector<NocTopology>{NocTopology::mesh, NocTopology::torus, NocTopology::cmesh});
  noc.concentration = noc.topology == NocTopology::cmesh ? random.between(1, 4) : 1;
  noc.routing = random.one_in(2) ? NocRouting::xy : NocRouting::yx;
  int tiles = static_cast<int>((pes + architecture.tile.pes - 1) / architecture.tile.pes);
  if (random.one_in(2)) {
    tiles += random.between(0, 5);
    architecture.chip.tiles = tiles;
  }
  if (random.one_in(2)) {
    const int routers = (tiles + noc.concentration - 1) / noc.concentration;
    // The packet network spans at most 256 routers each way.
    const int columns = random.between((routers + 254) / 255, std::min(routers, 256));
    architecture.chip.mesh = MeshExtent{columns, (routers + columns - 1) / columns + random.between(0, 1)};
  }
}

void draw_flit_network(Random& random, NocSpec& noc) {
  noc.model = NocModel::flit;
  noc.router = random.pick<NocRouter>({NocRouter::one_stage, NocRouter::two_stage, NocRouter::four_stage});
  noc.virtual_channels = fewest_virtual_channels(noc.topology) * random.between(1, 3);
}

namespace {

void walk_back_paths(const NetworkGraph& graph, OperationId id, const Rect& output, std::vector<NeededRegion>& found) {
  for (std::size_t i = 0; i < graph[id].inputs.size(); ++i) {
    const OperationId input = graph[id].inputs[i];
    const Rect needed = graph.input_region(id, i, output);
    if (needed.empty()) {
      continue;
    }
    if (is_base(graph[input].kind)) {
      found.push_back({input, needed});
    } else {
      walk_back_paths(graph, input, needed, found);
    }
  }
}

}  // namespace

std::vector<NeededRegion> regions_behind(const NetworkGraph& graph, OperationId id, const Rect& output) {
  std::vector<NeededRegion> found;
  walk_back_paths(graph, id, output, found);
  return found;
}

ScheduledNetwork schedule_of(const NetworkGraph& graph, const MappingOptions& options, const CrossbarSpec& crossbar) {
  Result<MappedNetwork, SchedulingFailure> mapped = map_network(graph, true, crossbar);
  check_invariant(mapped.has_value(), "the network has a base layer");
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(std::move(*mapped), options);
  check_invariant(scheduled.has_value(), "the network has a schedule");
  return std::move(*scheduled);
}

}  // namespace crossweave::test
