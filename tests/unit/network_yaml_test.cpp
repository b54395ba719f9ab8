// Does our own network format say what it means, is every mistake in it reported where it stands, and does writing
// a graph and reading it back give the same graph?
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/import/function_names.h"
#include "frontend/import/network_file.h"
#include "tests/support/temporary_file.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

Result<NetworkImport> read(const std::string& yaml, const std::optional<Shape>& input_shape = std::nullopt) {
  const test::TemporaryFile file{yaml, ".yaml"};
  return import_network(file.path(), input_shape, {});
}

NetworkGraph graph_of(const std::string& yaml, const std::optional<Shape>& input_shape = std::nullopt) {
  Result<NetworkImport> import = read(yaml, input_shape);
  if (!import) {
    for (const Diagnostic& diagnostic : import.error()) {
      UNSCOPED_INFO(to_string(diagnostic));
    }
  }
  REQUIRE(import);
  return std::move(import->graph);
}

/// "line:column message" of every problem.
std::vector<std::string> problems_of(const std::string& yaml, const std::optional<Shape>& input_shape = std::nullopt) {
  const Result<NetworkImport> import = read(yaml, input_shape);
  REQUIRE_FALSE(import);
  std::vector<std::string> problems;
  for (const Diagnostic& diagnostic : import.error()) {
    problems.push_back(std::to_string(diagnostic.where.line) + ":" + std::to_string(diagnostic.where.column) + " " +
                       diagnostic.message);
  }
  return problems;
}

const Operation& operation(const NetworkGraph& graph, const std::string& name) {
  for (const Operation& candidate : graph.operations()) {
    if (candidate.name == name) {
      return candidate;
    }
  }
  FAIL("no operation " << name);
  throw InternalError{"unreachable"};
}

/// Same operations in the same order; their kinds are compared through what to_yaml says of them.
void require_same(const NetworkGraph& a, const NetworkGraph& b) {
  REQUIRE(a.name() == b.name());
  REQUIRE(a.size() == b.size());
  for (const OperationId id : ids(a.operations())) {
    CAPTURE(a[id].name);
    REQUIRE(a[id].name == b[id].name);
    REQUIRE(a[id].kind.index() == b[id].kind.index());
    REQUIRE(operation_name(a[id].kind) == operation_name(b[id].kind));
    REQUIRE(a[id].inputs == b[id].inputs);
    REQUIRE(a[id].output == b[id].output);
  }
  REQUIRE(to_yaml(a) == to_yaml(b));
}

struct Counts {
  std::int64_t convolutions{0};
  std::int64_t pes{0};
  std::int64_t cycles{0};
};

/// Convolutions alone, on crossbars of 256 x 256, none of them grouped.
Counts counts_of(const NetworkGraph& graph) {
  Counts counts;
  for (const OperationId id : ids(graph.operations())) {
    if (const auto* conv = std::get_if<Conv2d>(&graph[id].kind)) {
      const std::int64_t rows =
          std::int64_t{conv->kernel.height} * conv->kernel.width * graph.input_shapes(id).front().channels;
      ++counts.convolutions;
      counts.pes += (rows + 255) / 256 * ((conv->filters + 255) / 256);
      counts.cycles += graph[id].output.pixels();
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("the benchmarks have the layers, PEs and cycles of the paper", "[network_yaml]") {
  struct Benchmark {
    std::string name;
    Counts expected;
  };
  const std::vector<Benchmark> benchmarks{
      {"tinyyolov4", {21, 117, 113061}}, {"tinyyolov3", {13, 142, 232882}}, {"vgg16", {13, 233, 137788}},
      {"vgg19", {16, 314, 141904}},      {"resnet50", {53, 390, 58310}},    {"resnet101", {104, 679, 68306}},
      {"resnet152", {155, 936, 85358}},
  };
  for (const auto& [name, expected] : benchmarks) {
    CAPTURE(name);
    const fs::path file = fs::path{CROSSWEAVE_SOURCE_DIR} / "configs" / "networks" / (name + ".yaml");
    const Result<NetworkImport> import = import_network(file, std::nullopt, {});
    REQUIRE(import);
    CHECK(import->graph.name() == name);
    const Counts counts = counts_of(import->graph);
    CHECK(counts.convolutions == expected.convolutions);
    CHECK(counts.pes == expected.pes);
    CHECK(counts.cycles == expected.cycles);
    const std::string written = to_yaml(import->graph);
    require_same(import->graph, graph_of(written));
  }
}

TEST_CASE("TinyYOLOv4 has the layers of Table I", "[network_yaml]") {
  const fs::path file = fs::path{CROSSWEAVE_SOURCE_DIR} / "configs" / "networks" / "tinyyolov4.yaml";
  const Result<NetworkImport> import = import_network(file, std::nullopt, {});
  REQUIRE(import);
  const NetworkGraph& graph = import->graph;
  CHECK(operation(graph, "conv2d").output == Shape{208, 208, 32});
  CHECK(operation(graph, "conv2d_1").output == Shape{104, 104, 64});
  CHECK(operation(graph, "conv2d_2").output == Shape{104, 104, 64});
  CHECK(operation(graph, "conv2d_16").output == Shape{13, 13, 512});
  CHECK(operation(graph, "conv2d_17").output == Shape{13, 13, 255});
  CHECK(operation(graph, "conv2d_20").output == Shape{26, 26, 255});
  CHECK(std::get<Conv2d>(operation(graph, "conv2d").kind).padding == Padding{1, 0, 1, 0});
  // Routes with groups take the second half of the channels.
  CHECK(std::get<Slice>(operation(graph, "route_1a").kind).first.channels == 32);
}

TEST_CASE("default names, default inputs and the shorthand", "[network_yaml]") {
  const NetworkGraph graph = graph_of(R"(name: small
input: [8, 8, 3]
layers:
  - {op: conv, filters: 4, kernel: 3, padding: same, batch_norm: true, activation: leaky_relu}
  - {op: conv, filters: 4, kernel: [1, 3], padding: [0, 0, 1, 1], bias: false}
  - {op: add, inputs: [conv2d, conv2d_1]}
  - {op: max_pool, kernel: 2}
  - {op: flatten}
  - {op: dense, units: 5, activation: softmax}
)");
  std::vector<std::string> names;
  for (const Operation& one : graph.operations()) {
    names.push_back(one.name);
  }
  CHECK(names == std::vector<std::string>{"input", "conv2d", "conv2d/batch_norm", "conv2d/leaky_relu", "conv2d_1",
                                          "add", "max_pool", "flatten", "dense", "dense/softmax"});
  // The name of a layer is its result.
  const Operation& add = operation(graph, "add");
  CHECK(graph[add.inputs[0]].name == "conv2d/leaky_relu");
  CHECK(operation(graph, "max_pool").output == Shape{4, 4, 4});
  CHECK(std::get<Pool>(operation(graph, "max_pool").kind).stride == Extent{2, 2});
  CHECK(operation(graph, "flatten").output == Shape{1, 1, 64});
  CHECK(std::get<Conv2d>(operation(graph, "conv2d").kind).bias);
  CHECK_FALSE(std::get<Conv2d>(operation(graph, "conv2d_1").kind).bias);
}

TEST_CASE("padding 'same' puts the odd position at the end", "[network_yaml]") {
  const auto padding = [](const std::string& keys) {
    const NetworkGraph graph =
        graph_of("name: n\ninput: [8, 7, 3]\nlayers:\n  - {op: conv, filters: 1, padding: same, " + keys + "}\n");
    return std::get<Conv2d>(operation(graph, "conv2d").kind).padding;
  };
  CHECK(padding("kernel: 3") == Padding{1, 1, 1, 1});
  CHECK(padding("kernel: 3, stride: 2") == Padding{0, 1, 1, 1});
  CHECK(padding("kernel: 2") == Padding{0, 1, 0, 1});
  CHECK(padding("kernel: 3, dilation: 2") == Padding{2, 2, 2, 2});
  CHECK(padding("kernel: 1, stride: 2") == Padding{0, 0, 0, 0});
}

TEST_CASE("every kind of operation survives being written and read", "[network_yaml]") {
  std::string yaml = R"(name: "every one: \"quoted\""
inputs: {left: [12, 10, 6], "the right": [12, 10, 2]}
layers:
  - {op: concat, inputs: [left, the right]}
  - {op: conv, name: "3x3", filters: 8, kernel: 3, stride: [1, 2], dilation: 2, padding: 2, groups: 4}
  - {op: bias}
  - {op: batch_norm}
  - {op: max_pool, kernel: 3, stride: 2, padding: same, ceil_mode: true}
  - {op: average_pool, kernel: 2, stride: 1, padding: [1, 0, 0, 1]}
  - {op: pad, padding: [1, 2, 3, 4]}
  - {op: slice, rows: [1, 3], channels: [4, 8]}
  - {op: upsample, factor: [2, 3]}
  - {op: concat, along: rows, inputs: [upsample, upsample]}
  - {op: concat, along: columns, inputs: [concat_1, concat_1]}
  - {op: global_max_pool}
  - {op: reshape, shape: [2, 2, 1], name: "true"}
  - {op: global_average_pool}
  - {op: dense, units: 4, bias: false}
)";
  for (const std::string_view function : kActivationFunctions) {
    yaml += "  - {op: " + std::string{function} + "}\n";
  }
  for (const std::string_view function : kElementwiseFunctions) {
    yaml += "  - {op: " + std::string{function} + ", inputs: [dense, dense, dense]}\n";
  }
  const NetworkGraph graph = graph_of(yaml);
  CHECK(graph.name() == "every one: \"quoted\"");
  require_same(graph, graph_of(to_yaml(graph)));
}

TEST_CASE("input_shape fills in open extents and must agree with stated ones", "[network_yaml]") {
  const std::string open = "name: n\ninput: ['?', '?', 3]\nlayers: [{op: relu}]\n";
  CHECK(operation(graph_of(open, Shape{5, 6, 3}), "relu").output == Shape{5, 6, 3});
  CHECK(problems_of(open) ==
        std::vector<std::string>{"2:8 input: the shape ?x?x3 is open; give input_shape (H, W, C)"});
  CHECK(problems_of(open, Shape{5, 6, 1}) ==
        std::vector<std::string>{"2:8 input: the file states ?x?x3, input_shape says 5x6x1"});
  const std::string closed = "name: n\ninput: [5, 6, 3]\nlayers: [{op: relu}]\n";
  CHECK(operation(graph_of(closed, Shape{5, 6, 3}), "relu").output == Shape{5, 6, 3});
  CHECK(problems_of(closed, Shape{5, 7, 3}).size() == 1);
  const std::string two = "name: n\ninputs: {a: [5, 6, 3], b: [5, 6, 3]}\nlayers: [{op: add, inputs: [a, b]}]\n";
  CHECK(problems_of(two, Shape{5, 6, 3}) ==
        std::vector<std::string>{"2:9 inputs: input_shape cannot be given: there are 2 inputs"});
}

TEST_CASE("all problems are reported at once and none of them twice", "[network_yaml]") {
  const std::vector<std::string> problems = problems_of(R"(name: broken
input: [8, 8, 3]
layers:
  - {op: conv, filters: 4, kernel: 9}
  - {op: relu}
  - {op: cnov, name: typo, filters: 4}
  - {op: relu, inputs: [conv2, typo]}
  - {op: relu, name: relu, inputs: [input]}
  - {op: conv, filters: 0, kernel: 3, strides: 2, inputs: [input]}
  - {op: max_pool, kernel: 2}
)");
  CHECK(problems == std::vector<std::string>{
                        "4:5 layers[0]: layer 'conv2d': kernel of 9x9 is larger than its padded input of 8x8",
                        "6:10 layers[2].op: unknown operation 'cnov', did you mean 'conv'?",
                        "7:25 layers[3].inputs[0]: no layer 'conv2' stands before this one, did you mean 'conv2d'?",
                        "8:22 layers[4].name: duplicate name 'relu', first given at " +
                            problems[3].substr(problems[3].rfind("at ") + 3),
                        "9:25 layers[5].filters: expected an integer in [1, 1048576], got \"0\"",
                        "9:39 unknown key 'layers[5].strides', did you mean 'stride'?",
                    });
}

TEST_CASE("files that are no network are refused by name", "[network_file]") {
  const auto message = [](const fs::path& file, const SourcePosition& where) {
    const Result<NetworkImport> import = import_network(file, std::nullopt, where);
    REQUIRE_FALSE(import);
    REQUIRE(import.error().size() == 1);
    return to_string(import.error().front());
  };
  CHECK(message("net.pt", {}) ==
        "net.pt: error: a network file '.pt' cannot be read by this version; supported: .yaml, .yml, .onnx, .cfg and "
        ".json");
  CHECK(message("net", {"run.yaml", 2, 10}) ==
        "run.yaml:2:10: error: network 'net': a network file without an extension cannot be read by this version; "
        "supported: .yaml, .yml, .onnx, .cfg and .json");
  CHECK(message("/nowhere/net.yaml", {}) == "/nowhere/net.yaml: error: cannot open: No such file or directory");
  const test::TemporaryFile file{"name: n\ninput: [1, 1, 1]\nlayers: [{op: relu}]\n", ".YML"};
  CHECK(import_network(file.path(), std::nullopt, {}));
}

TEST_CASE("widths are read, kept and written where they are stated", "[network_yaml]") {
  const NetworkGraph graph = graph_of(
      "name: n\ninput: [8, 8, 3]\nlayers:\n"
      "  - {op: conv, filters: 4, kernel: 1, weight_bits: 8, output_bits: 6, activation: relu}\n"
      "  - {op: max_pool, kernel: 2, output_bits: 64}\n"
      "  - {op: dense, units: 4, weight_bits: 2}\n");
  CHECK(std::get<Conv2d>(operation(graph, "conv2d").kind).weight_bits == 8);
  CHECK(operation(graph, "conv2d").output_bits == 0);
  CHECK(operation(graph, "conv2d/relu").output_bits == 6);
  CHECK(operation(graph, "max_pool").output_bits == 64);
  CHECK(std::get<Dense>(operation(graph, "dense").kind).weight_bits == 2);
  CHECK(operation(graph, "dense").output_bits == 0);
  const NetworkGraph again = graph_of(to_yaml(graph));
  require_same(graph, again);
  CHECK(operation(again, "conv2d/relu").output_bits == 6);
  CHECK(to_yaml(graph_of("name: n\ninput: [8, 8, 3]\nlayers: [{op: conv, filters: 4, kernel: 1}]\n")).find("bits") ==
        std::string::npos);
  CHECK(problems_of("name: n\ninput: [8, 8, 3]\nlayers: [{op: relu, output_bits: 65}]\n").size() == 1);
  CHECK(problems_of("name: n\ninput: [8, 8, 3]\nlayers: [{op: dense, units: 1, weight_bits: 0}]\n").size() == 1);
  CHECK(problems_of("name: n\ninput: [8, 8, 3]\nlayers: [{op: relu, weight_bits: 8}]\n").size() == 1);
}

}  // namespace crossweave
