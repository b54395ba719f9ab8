// Does each pass change what it is for, and nothing else?
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/passes/decouple_padding_and_bias.h"
#include "scheduler/passes/drop_top.h"
#include "scheduler/passes/fold_batch_norm.h"
#include "scheduler/passes/partition_base_layers.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

using Names = std::vector<std::string>;

/// The operations of a graph, each with the places of its inputs: "conv2d(0)".
Names listing(const NetworkGraph& graph) {
  Names lines;
  for (const Operation& operation : graph.operations()) {
    std::string line{operation_name(operation.kind)};
    line += '(';
    for (const OperationId input : operation.inputs) {
      line += (line.back() == '(' ? "" : " ") + std::to_string(input.value());
    }
    lines.push_back(line + ')');
  }
  return lines;
}

const Conv2d& conv_at(const NetworkGraph& graph, std::size_t index) {
  return std::get<Conv2d>(graph[OperationId{index}].kind);
}

const BaseLayer& layer_named(const IdVector<LayerId, BaseLayer>& layers, const std::string& name) {
  const auto found = std::ranges::find(layers, name, &BaseLayer::name);
  REQUIRE(found != layers.end());
  return *found;
}

}  // namespace

// --- drop_top ---

TEST_CASE("a classifier goes, with what only it feeds", "[passes]") {
  test::NetworkBuilder net;
  const OperationId map = net.relu(net.conv(net.input({6, 6, 3}), 4));
  const OperationId hidden = net.relu(net.dense(net.flatten(map), 10));
  net.add(Activation{"softmax"}, {net.dense(hidden, 5)});
  CHECK(listing(drop_top(net.graph())) == Names{"input()", "conv2d(0)", "relu(1)", "reshape(2)"});
}

TEST_CASE("dense layers from which a convolution is reachable stay", "[passes]") {
  test::NetworkBuilder net;
  const OperationId gated = net.squeeze_excite(net.conv(net.input({6, 6, 3}), 4), 2);
  net.dense(net.global_pool(net.conv(gated, 4)), 5);
  CHECK(listing(drop_top(net.graph())) == Names{"input()", "conv2d(0)", "global_average_pool(1)", "dense(2)", "relu(3)",
                                                "dense(4)", "sigmoid(5)", "multiply(1 6)", "conv2d(7)",
                                                "global_average_pool(8)"});
}

TEST_CASE("what a classifier and others feed stays", "[passes]") {
  test::NetworkBuilder net;
  const OperationId map = net.conv(net.input({6, 6, 3}), 4);
  const OperationId scores = net.dense(net.global_pool(map), 4);
  net.relu(net.add_maps(map, scores));
  CHECK(listing(drop_top(net.graph())) == Names{"input()", "conv2d(0)", "global_average_pool(1)", "add(1)", "relu(3)"});
}

TEST_CASE("what no longer fits without the classifier goes with it", "[passes]") {
  test::NetworkBuilder net;
  const OperationId pooled = net.global_pool(net.conv(net.input({6, 6, 3}), 4));
  const OperationId joined = net.concat({pooled, net.dense(pooled, 5)});
  SECTION("a slice of what it computed") {
    net.channels(joined, 6, 2);
    const NetworkGraph graph = drop_top(net.graph());
    CHECK(partition_base_layers(graph).size() == 1);
  }
  SECTION("another shape of it") {
    net.add(Reshape{{3, 3, 1}}, {joined});
    const NetworkGraph graph = drop_top(net.graph());
    CHECK(partition_base_layers(graph).size() == 1);
  }
}

TEST_CASE("a network of dense layers alone has nothing but its top", "[passes]") {
  test::NetworkBuilder net;
  net.dense(net.dense(net.input({1, 1, 8}), 6), 4);
  CHECK(listing(drop_top(net.graph())) == Names{"input()"});
}

// --- fold_batch_norm ---

TEST_CASE("a batch normalisation folds into the only layer that feeds it", "[passes]") {
  test::NetworkBuilder net;
  const OperationId map = net.batch_norm(net.conv(net.input({6, 6, 3}), 4));
  net.relu(net.batch_norm(net.dense(map, 3)));
  const NetworkGraph folded = fold_batch_norm(net.graph());
  CHECK(listing(folded) == Names{"input()", "conv2d(0)", "dense(1)", "relu(2)"});
  CHECK(conv_at(folded, 1).bias);
  CHECK(std::get<Dense>(folded[OperationId{2}].kind).bias);
}

TEST_CASE("other batch normalisations stay", "[passes]") {
  test::NetworkBuilder net;
  const OperationId in = net.batch_norm(net.input({6, 6, 3}));
  const OperationId map = net.conv(in, 4);
  SECTION("behind the network's input and behind another batch normalisation") {
    net.batch_norm(net.batch_norm(map));
    const NetworkGraph folded = fold_batch_norm(net.graph());
    CHECK(listing(folded) == Names{"input()", "batch_norm(0)", "conv2d(1)", "batch_norm(2)"});
    CHECK(conv_at(folded, 2).bias);
  }
  SECTION("behind a layer that another operation reads too") {
    const OperationId normalised = net.batch_norm(map);
    net.add_maps(normalised, map);
    const NetworkGraph folded = fold_batch_norm(net.graph());
    CHECK(listing(folded) == listing(net.graph()));
    CHECK_FALSE(conv_at(folded, 2).bias);
  }
  SECTION("two behind one layer") {
    net.batch_norm(map);
    net.batch_norm(map);
    CHECK(listing(fold_batch_norm(net.graph())) == listing(net.graph()));
  }
  SECTION("behind an activation, a sum and a pooling") {
    net.batch_norm(net.max_pool(net.batch_norm(net.add_maps(net.batch_norm(net.relu(map)), map)), 2, 2));
    CHECK(listing(fold_batch_norm(net.graph())) == listing(net.graph()));
  }
}

TEST_CASE("what read a folded batch normalisation reads the layer", "[passes]") {
  test::NetworkBuilder net;
  const OperationId normalised = net.batch_norm(net.conv(net.input({6, 6, 3}), 4));
  net.add_maps(net.relu(normalised), normalised);
  CHECK(listing(fold_batch_norm(net.graph())) == Names{"input()", "conv2d(0)", "relu(1)", "add(2 1)"});
}

// --- decouple_padding_and_bias ---

TEST_CASE("padding stands before a layer, bias behind it", "[passes]") {
  test::NetworkBuilder net;
  const OperationId in = net.input({6, 7, 4});
  const Conv2d conv{6, {3, 2}, {2, 1}, {1, 2}, {1, 2, 3, 4}, 2, true};
  const OperationId map = net.add_named("first", conv, {in});
  net.add_named("scores", Dense{3, true}, {map});
  const NetworkGraph decoupled = decouple_padding_and_bias(net.graph());
  CHECK(listing(decoupled) == Names{"input()", "pad(0)", "conv2d(1)", "bias(2)", "dense(3)", "bias(4)"});
  CHECK(decoupled[OperationId{1}].name == "first/pad");
  CHECK(std::get<Pad>(decoupled[OperationId{1}].kind).padding == Padding{1, 2, 3, 4});
  CHECK(decoupled[OperationId{2}].name == "first");
  CHECK(decoupled[OperationId{3}].name == "first/bias");
  CHECK(decoupled[OperationId{5}].name == "scores/bias");
  const Conv2d& bare = conv_at(decoupled, 2);
  CHECK(bare.padding == Padding{});
  CHECK_FALSE(bare.bias);
  CHECK(bare.filters == 6);
  CHECK(bare.kernel == Extent{3, 2});
  CHECK(bare.stride == Extent{2, 1});
  CHECK(bare.dilation == Extent{1, 2});
  CHECK(bare.groups == 2);
  CHECK(decoupled[OperationId{2}].output == net.shape(map));
}

TEST_CASE("layers without padding and bias, and padded poolings, stay as they are", "[passes]") {
  test::NetworkBuilder net;
  net.max_pool(net.conv(net.input({6, 7, 4}), 4, 1), 3, 2, 1);
  CHECK(listing(decouple_padding_and_bias(net.graph())) == Names{"input()", "conv2d(0)", "max_pool(1)"});
}

TEST_CASE("IFM shapes are those of the paper's Table I", "[passes]") {
  const auto layers = partition_base_layers(canonical_form(test::tinyyolov4(), false));
  REQUIRE(layers.size() == 21);
  const auto expect = [&](const std::string& name, Shape ifm, Shape ofm, std::int64_t cycles) {
    CAPTURE(name);
    const BaseLayer& layer = layer_named(layers, name);
    CHECK(layer.ifm == ifm);
    CHECK(layer.ofm == ofm);
    CHECK(layer.cycles() == Cycles{cycles});
  };
  expect("conv2d", {417, 417, 3}, {208, 208, 32}, 43264);
  expect("conv2d_1", {209, 209, 32}, {104, 104, 64}, 10816);
  expect("conv2d_2", {106, 106, 64}, {104, 104, 64}, 10816);
  expect("conv2d_16", {15, 15, 256}, {13, 13, 512}, 169);
  expect("conv2d_20", {26, 26, 256}, {26, 26, 255}, 676);
  expect("conv2d_17", {13, 13, 512}, {13, 13, 255}, 169);
}

// --- partition_base_layers and all of them ---

TEST_CASE("base layers are convolutions and dense layers in graph order", "[passes]") {
  test::NetworkBuilder net;
  const OperationId in = net.input({8, 6, 4});
  net.add_named("a", Conv2d{8, {3, 2}, {2, 1}, {1, 3}, {}, 4, false}, {in});
  const OperationId pooled = net.max_pool(in, 2, 2);
  net.add_named("b", Dense{5, false}, {pooled});
  net.add_named("c", Conv2d{2, {1, 1}, {}, {}, {}, 1, false}, {in});
  const auto layers = partition_base_layers(net.graph());
  REQUIRE(layers.size() == 3);
  const BaseLayer& a = layers[LayerId{0}];
  CHECK(a.name == "a");
  CHECK(a.operation == OperationId{1});
  CHECK(a.ifm == Shape{8, 6, 4});
  CHECK(a.ofm == Shape{3, 3, 8});
  CHECK(a.kernel == Extent{3, 2});
  CHECK(a.stride == Extent{2, 1});
  CHECK(a.dilation == Extent{1, 3});
  CHECK(a.groups == 4);
  CHECK(a.cycles() == Cycles{9});
  const BaseLayer& b = layers[LayerId{1}];
  CHECK(b.name == "b");
  CHECK(b.ifm == Shape{1, 1, 48});
  CHECK(b.ofm == Shape{1, 1, 5});
  CHECK(b.kernel == Extent{1, 1});
  CHECK(b.groups == 1);
  CHECK(layers[LayerId{2}].name == "c");
}

TEST_CASE("the canonical form drops the top only when asked to", "[passes]") {
  test::NetworkBuilder net;
  const OperationId map = net.relu(net.batch_norm(net.conv(net.input({6, 6, 3}), 4)));
  net.dense(net.flatten(map), 5);
  CHECK(listing(canonical_form(net.graph(), true)) ==
        Names{"input()", "pad(0)", "conv2d(1)", "bias(2)", "relu(3)", "reshape(4)", "dense(5)"});
  CHECK(listing(canonical_form(net.graph(), false)) ==
        Names{"input()", "pad(0)", "conv2d(1)", "bias(2)", "relu(3)", "reshape(4)"});
}

TEST_CASE("passes keep shapes and layers of random networks", "[passes]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const NetworkGraph network = test::random_network(seed);
    const NetworkGraph canonical = canonical_form(network, true);
    std::vector<std::pair<std::string, Shape>> before;
    for (const Operation& operation : network.operations()) {
      if (is_base(operation.kind)) {
        before.emplace_back(operation.name, operation.output);
      }
    }
    std::vector<std::pair<std::string, Shape>> after;
    for (const BaseLayer& layer : partition_base_layers(canonical)) {
      after.emplace_back(layer.name, layer.ofm);
      if (const auto* conv = std::get_if<Conv2d>(&canonical[layer.operation].kind)) {
        CHECK(conv->padding == Padding{});
        CHECK_FALSE(conv->bias);
      }
    }
    CHECK(after == before);
    // Without the top, a network that can be built and the layers that a convolution is behind, or are one.
    const NetworkGraph without_top = canonical_form(network, false);
    for (const BaseLayer& layer : partition_base_layers(without_top)) {
      CHECK(std::ranges::find(before, std::pair{layer.name, layer.ofm}) != before.end());
    }
  }
}

}  // namespace crossweave
