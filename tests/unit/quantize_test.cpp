// Do wide weights take more columns, and does nothing else change?
#include "scheduler/passes/quantize.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "arch/architecture_yaml.h"
#include "scheduler/im2col_mapping.h"
#include "scheduler/passes/decouple_padding_and_bias.h"
#include "scheduler/passes/drop_top.h"
#include "scheduler/passes/fold_batch_norm.h"
#include "scheduler/passes/passes.h"
#include "scheduler/passes/rewrite_duplicates.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// The operations of a graph, each with the places of its inputs: "conv2d(0)".
std::vector<std::string> listing(const NetworkGraph& graph) {
  std::vector<std::string> lines;
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

Quantization widths(int weight_bits, int bits_per_cell, int activation_bits = 8) {
  PrecisionSpec precision;
  precision.weight_bits = weight_bits;
  precision.activation_bits = activation_bits;
  CrossbarSpec crossbar;
  crossbar.bits_per_cell = bits_per_cell;
  return quantization_of(precision, crossbar);
}

struct Reading {
  Architecture architecture;
  std::vector<std::string> problems;
};

Reading read(const std::string& crossbar, const std::string& precision) {
  const Result<YamlNode> root =
      parse_yaml("name: small\ncrossbar: {rows: 64, columns: 8, mvm_latency: 1 us" + crossbar +
                     "}\ntile: {pes: 4}\nnoc: {model: ideal}\ndram: {model: ideal}\n" + "precision: {psum_bits: 16" +
                     precision + "}\n",
                 "a.yaml");
  REQUIRE(root.has_value());
  Diagnostics out;
  Reading reading{read_architecture(*root, "", out), {}};
  for (const Diagnostic& diagnostic : out) {
    reading.problems.push_back(to_string(diagnostic));
  }
  return reading;
}

}  // namespace

TEST_CASE("a weight takes as many cells as its bits fill", "[quantize]") {
  CHECK(widths(4, 4) == Quantization{4, 8, 1});
  CHECK(widths(1, 4).cells_per_weight == 1);
  CHECK(widths(5, 4).cells_per_weight == 2);
  CHECK(widths(8, 4).cells_per_weight == 2);
  CHECK(widths(8, 3).cells_per_weight == 3);
  CHECK(widths(64, 1).cells_per_weight == 64);
  CHECK(widths(8, 1, 5) == Quantization{8, 5, 8});
}

TEST_CASE("by default an output channel takes one column", "[quantize]") {
  CHECK(quantization_of({}, {}).cells_per_weight == 1);
  const auto mapped = map_network(test::tinyyolov4(), false, {});
  REQUIRE(mapped);
  CHECK(mapped->min_pes == 117);
  const auto layers = partition_base_layers(mapped->graph);
  CHECK(im2col_grids(layers, {}) == mapped->crossbars);
}

TEST_CASE("every base layer is annotated, and only annotated", "[quantize]") {
  const auto before = partition_base_layers(canonical_form(test::tinyyolov4(), false));
  const auto after = quantize(before, {.activation_bits = 6, .weight_bits = 8}, {.bits_per_cell = 2});
  REQUIRE(after.size() == before.size());
  for (const LayerId layer : ids(after)) {
    CHECK(after[layer].quantization == Quantization{8, 6, 4});
    CHECK(after[layer].operation == before[layer].operation);
    CHECK(after[layer].ofm == before[layer].ofm);
    CHECK(after[layer].cycles() == before[layer].cycles());
  }
}

TEST_CASE("wide weights multiply the columns of TinyYOLOv4", "[quantize]") {
  // 8 bits in cells of 4: conv2d_10 (256 channels) and conv2d_14 (512) take twice the crossbars, conv2d_2 (64) does
  // not.
  PrecisionSpec precision;
  precision.weight_bits = 8;
  const auto mapped = map_network(test::tinyyolov4(), false, {}, precision);
  REQUIRE(mapped);
  const auto grid_of = [&](const std::string& name) {
    for (const LayerId layer : ids(mapped->layers)) {
      if (mapped->layers[layer].name == name) {
        return mapped->crossbars[layer];
      }
    }
    return CrossbarGrid{0, 0, 0};
  };
  CHECK(grid_of("conv2d_2") == CrossbarGrid{3, 1, 0});
  CHECK(grid_of("conv2d_10") == CrossbarGrid{9, 2, 0});
  CHECK(grid_of("conv2d_14") == CrossbarGrid{18, 4, 0});
  CHECK(grid_of("conv2d_17") == CrossbarGrid{2, 2, 0});
}

TEST_CASE("a quantization stands before every base layer", "[quantize]") {
  test::NetworkBuilder net;
  const OperationId map = net.relu(net.conv(net.input({6, 6, 3}), 4));
  net.dense(map, 5);
  net.add_named("scores", Conv2d{2, {1, 1}, {}, {}, {}, 1, false}, {map});
  const NetworkGraph quantized = insert_quantization(canonical_form(net.graph(), true));
  REQUIRE(listing(quantized) == std::vector<std::string>{"input()", "pad(0)", "quantize(1)", "conv2d(2)", "relu(3)",
                                                         "quantize(4)", "dense(5)", "quantize(4)", "conv2d(7)"});
  CHECK(quantized[OperationId{7}].name == "scores/quantize");
  CHECK(quantized[OperationId{8}].name == "scores");
}

TEST_CASE("quantizations change no schedule", "[quantize]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const NetworkGraph canonical = canonical_form(test::random_network(seed), true);
    MappingOptions options;
    options.set = {2, 3};
    const ScheduledNetwork plain = test::schedule_of(canonical, options);
    const ScheduledNetwork quantized = test::schedule_of(insert_quantization(canonical), options);
    REQUIRE(quantized.schedule.layers.size() == plain.schedule.layers.size());
    for (const LayerId layer : ids(plain.schedule.layers)) {
      CHECK(quantized.schedule.layers[layer].start == plain.schedule.layers[layer].start);
    }
  }
}

TEST_CASE("the widths of weights and cells are keys of an architecture", "[quantize]") {
  const Reading defaults = read("", "");
  CHECK(defaults.problems.empty());
  CHECK(defaults.architecture.crossbar.bits_per_cell == 4);
  CHECK(defaults.architecture.precision.weight_bits == 4);

  const Reading given = read(", bits_per_cell: 2", ", weight_bits: 16");
  CHECK(given.problems.empty());
  CHECK(given.architecture.crossbar.bits_per_cell == 2);
  CHECK(given.architecture.precision.weight_bits == 16);
  const Result<YamlNode> written = parse_yaml(to_yaml(given.architecture, 0), "b.yaml");
  REQUIRE(written.has_value());
  Diagnostics out;
  CHECK(read_architecture(*written, "", out) == given.architecture);
  CHECK(out.empty());

  CHECK(read(", bits_per_cell: 0", "").problems.size() == 1);
  CHECK(read("", ", weight_bits: 65").problems.size() == 1);
  CHECK(read(", bits_per_cell: 2", ", weight_bits: 17").problems ==
        std::vector<std::string>{"a.yaml:6:12: error: precision.weight_bits (17) need 9 cells of "
                                 "crossbar.bits_per_cell (2) in one row, more than crossbar.columns (8)"});
}

TEST_CASE("the passes have names and follow one another", "[quantize][passes]") {
  std::vector<std::string> names;
  for (const Pass& pass : passes()) {
    names.emplace_back(pass.name);
  }
  CHECK(names == std::vector<std::string>{"import", "drop_top", "fold_batch_norm", "decouple_padding_and_bias",
                                          "partition_base_layers", "quantize", "rewrite_duplicates"});
  test::NetworkBuilder net;
  const OperationId map = net.relu(net.batch_norm(net.conv(net.input({8, 8, 3}), 4)));
  net.dense(net.flatten(map), 5);
  const NetworkGraph& imported = net.graph();
  PassOptions options;
  options.extra_pes = 3;
  options.duplication = Duplication::bottleneck;
  const NetworkGraph without_top = drop_top(imported);
  const NetworkGraph folded = fold_batch_norm(without_top);
  const NetworkGraph decoupled = decouple_padding_and_bias(folded);
  const NetworkGraph quantized = insert_quantization(decoupled);
  // One layer, one PE each: all three are duplicates of it.
  const NetworkGraph rewritten = rewrite_duplicates(quantized, {4});
  const std::vector<const NetworkGraph*> expected{&imported,  &without_top, &folded,   &decoupled,
                                                  &decoupled, &quantized,   &rewritten};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(listing(graph_after(passes()[i], imported, options)) == listing(*expected[i]));
  }
  options.include_top = true;
  CHECK(listing(graph_after(passes()[1], imported, options)) == listing(imported));
}

TEST_CASE("a layer's own width takes the place of the architecture's", "[quantize]") {
  test::NetworkBuilder net;
  Conv2d conv;
  conv.filters = 256;
  const OperationId plain = net.conv(net.input({4, 4, 8}), conv);
  conv.weight_bits = 8;
  const OperationId wide = net.conv(plain, conv);
  net.add(Dense{256, false, 16}, {wide});
  const auto mapped = map_network(net.graph(), true, {});
  REQUIRE(mapped);
  CHECK(mapped->layers[LayerId{0}].quantization == Quantization{4, 8, 1});
  CHECK(mapped->layers[LayerId{1}].quantization == Quantization{8, 8, 2});
  CHECK(mapped->layers[LayerId{2}].quantization == Quantization{16, 8, 4});
  CHECK(mapped->crossbars[LayerId{0}].horizontal == 1);
  CHECK(mapped->crossbars[LayerId{1}].horizontal == 2);
  CHECK(mapped->crossbars[LayerId{2}].horizontal == 4);
}

TEST_CASE("an own width must fit a row of a crossbar", "[quantize]") {
  test::NetworkBuilder net;
  Conv2d conv;
  conv.weight_bits = 16;
  net.add_named("wide", conv, {net.input({4, 4, 8})});
  const CrossbarSpec fits{.rows = 8, .columns = 4};
  CHECK(map_network(net.graph(), true, fits));
  const auto mapped = map_network(net.graph(), true, {.rows = 8, .columns = 3});
  REQUIRE_FALSE(mapped);
  CHECK(mapped.error().cause == SchedulingFailure::Cause::weights_too_wide);
  CHECK(mapped.error().message ==
        "the weights of 'wide' have 16 bits and need 4 cells of crossbar.bits_per_cell (4) in one row, more than "
        "crossbar.columns (3)");
}

TEST_CASE("the passes keep the widths of results", "[quantize][passes]") {
  test::NetworkBuilder net;
  Conv2d conv;
  conv.filters = 8;
  conv.kernel = {3, 3};
  conv.padding = {1, 1, 1, 1};
  conv.bias = false;
  conv.weight_bits = 8;
  const OperationId first = net.add_named("first", conv, {net.input({8, 8, 3})});
  const OperationId norm = net.batch_norm(first);
  const OperationId relu = net.relu(norm);
  const OperationId second = net.add_named("second", conv, {relu});
  NetworkGraph graph = net.graph();
  graph.set_output_bits(first, 16);
  graph.set_output_bits(norm, 4);
  graph.set_output_bits(relu, 5);
  graph.set_output_bits(second, 6);
  const auto widths_of = [](const NetworkGraph& of) {
    std::vector<std::string> widths;
    for (const Operation& operation : of.operations()) {
      widths.push_back(std::string{operation_name(operation.kind)} + " " + std::to_string(operation.output_bits));
    }
    return widths;
  };
  const NetworkGraph canonical = canonical_form(graph, false);
  // The folded layer gives what the batch normalization gave; its bias comes last.
  CHECK(widths_of(canonical) ==
        std::vector<std::string>{"input 0", "pad 0", "conv2d 0", "bias 4", "relu 5", "pad 0", "conv2d 6"});
  CHECK(widths_of(insert_quantization(canonical)) == std::vector<std::string>{"input 0", "pad 0", "quantize 0",
                                                                              "conv2d 0", "bias 4", "relu 5", "pad 0",
                                                                              "quantize 0", "conv2d 6"});
  const NetworkGraph rewritten = rewrite_duplicates(canonical, {1, 4});
  CHECK(rewritten.operations().back().output_bits == 6);
  for (const Operation& operation : rewritten.operations()) {
    if (const auto* copy = std::get_if<Conv2d>(&operation.kind)) {
      CHECK(copy->weight_bits == 8);
    }
  }
}

}  // namespace crossweave
