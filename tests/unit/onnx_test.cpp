// Are ONNX models of other people read as the networks that they are, and are wrong ones refused in words?
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx/onnx_pb.h>

#include "frontend/import/network_file.h"
#include "scheduler/mapped_network.h"
#include "tests/support/onnx_model_builder.h"
#include "tests/support/temporary_file.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

using test::Integers;
using test::last;
using test::ModelBuilder;
using test::names_of;

fs::path model_file(const std::string& name) {
  return fs::path{CROSSWEAVE_SOURCE_DIR} / "tests" / "data" / "onnx" / name;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// A model of one convolution, for its attributes to be set.
ModelBuilder conv_model(const Integers& weight = {8, 3, 3, 3}) {
  ModelBuilder model;
  model.input("x", {1, 3, 10, 12}).weight("w", weight).node("Conv", {"x", "w"}, {"y"}, "conv");
  return model;
}

}  // namespace

TEST_CASE("six models of other people are read", "[onnx]") {
  struct Model {
    std::string file;
    int convolutions;
    int dense;
    std::int64_t pes;
    std::int64_t cycles;
    Shape output;
  };
  const std::vector<Model> models{
      {"2_conv.onnx", 2, 0, 2, 6272, {56, 56, 8}},
      {"light_bvlc_alexnet.onnx", 5, 3, 0, 4024, {1, 1, 1000}},
      {"light_resnet50.onnx", 53, 1, 390, 61397, {1, 1, 1000}},
      {"light_squeezenet.onnx", 26, 0, 44, 37042, {1, 1, 1000}},
      {"light_vgg19.onnx", 16, 3, 314, 141904, {1, 1, 1000}},
      {"resnet18.onnx", 20, 1, 193, 30233, {1, 1, 1000}},
  };
  for (const Model& model : models) {
    CAPTURE(model.file);
    const Result<NetworkImport> import = import_network(model_file(model.file), std::nullopt, {});
    REQUIRE(import);
    const NetworkGraph& graph = import->graph;
    CHECK(graph.name() + ".onnx" == model.file);
    int convolutions = 0;
    int dense = 0;
    std::int64_t pes = 0;
    std::int64_t cycles = 0;
    bool grouped = false;
    for (const OperationId id : ids(graph.operations())) {
      const Operation& operation = graph[id];
      CHECK(operation.output.height >= 1);
      CHECK(operation.output.height <= 224);
      CHECK(operation.output.height == operation.output.width);
      dense += std::holds_alternative<Dense>(operation.kind) ? 1 : 0;
      if (const auto* conv = std::get_if<Conv2d>(&operation.kind)) {
        const std::int64_t rows =
            std::int64_t{conv->kernel.height} * conv->kernel.width * graph.input_shapes(id).front().channels;
        ++convolutions;
        grouped = grouped || conv->groups > 1;
        pes += (rows + 255) / 256 * ((conv->filters + 255) / 256);
        cycles += operation.output.pixels();
      }
    }
    CHECK(convolutions == model.convolutions);
    CHECK(dense == model.dense);
    CHECK(cycles == model.cycles);
    CHECK(last(graph).output == model.output);
    CHECK(grouped == (model.file == "light_bvlc_alexnet.onnx"));
    if (!grouped) {
      CHECK(pes == model.pes);
    }
    // What we read we can write, and read again.
    const std::string written = to_yaml(graph);
    const test::TemporaryFile file{written, ".yaml"};
    const Result<NetworkImport> again = import_network(file.path(), std::nullopt, {});
    REQUIRE(again);
    CHECK(to_yaml(again->graph) == written);
  }
}

TEST_CASE("files that are no ONNX model are refused", "[onnx]") {
  const auto message = [](const std::string& content) {
    const test::TemporaryFile file{content, ".onnx"};
    const Result<NetworkImport> import = import_onnx(file.path(), std::nullopt);
    REQUIRE_FALSE(import);
    return import.error().front().message;
  };
  CHECK(message("") == "the file is empty");
  CHECK(message("name: network\nlayers:\n") == "the file is text, not an ONNX model");
  CHECK(message("version https://git-lfs.github.com/spec/v1\noid sha256:00\n") ==
        "the file is a Git LFS pointer, not the model itself");
  CHECK(message(std::string(64, '\xff')) == "the file is not an ONNX model, or it is cut short");
  CHECK(message("\x08\x07") == "the model holds no graph; the file may be cut short");
}

TEST_CASE("a model cut short anywhere is refused", "[onnx]") {
  const std::string whole = bytes_of(model_file("resnet18.onnx"));
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    const test::TemporaryFile file{whole.substr(0, size), ".onnx"};
    CAPTURE(size);
    REQUIRE_FALSE(import_onnx(file.path(), std::nullopt));
  }
}

TEST_CASE("damaged models never do more than fail", "[onnx]") {
  std::mt19937 random{7};
  for (const char* name : {"resnet18.onnx", "light_squeezenet.onnx"}) {
    const std::string whole = bytes_of(model_file(name));
    for (int round = 0; round < 150; ++round) {
      std::string damaged = whole;
      for (int i = 0; i < 4; ++i) {
        damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
      }
      const test::TemporaryFile file{damaged, ".onnx"};
      const Result<NetworkImport> import = import_onnx(file.path(), std::nullopt);
      CHECK((import || has_errors(import.error())));
    }
  }
}

TEST_CASE("an unsupported operation is named with node, opset and what is supported", "[onnx]") {
  ModelBuilder model = conv_model();
  model.node("Foo", {"y"}, {"z"}, "x1").node("Relu", {"z"}, {"r"}, "relu");
  model.node("Bar", {"r"}, {"out"}).domain("com.example");
  const std::vector<std::string> problems = model.problems();
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].find("node 'x1': operation 'Foo' (opset 13) is not supported; supported: Abs, Acos, ") == 0);
  CHECK(problems[0].find("Conv") != std::string::npos);
  // An unnamed node goes by its output.
  CHECK(problems[1].find("node 'out': operation 'Bar' (domain 'com.example', opset unknown) is not supported") == 0);
}

TEST_CASE("attributes out of range are errors", "[onnx]") {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const auto problem = [](const std::string& name, const Integers& values) {
    const std::vector<std::string> problems = conv_model().with(name, values).problems();
    REQUIRE(problems.size() == 1);
    return problems.front();
  };
  CHECK(problem("strides", {0, 1}) == "node 'conv': attribute 'strides' must be in 1..1048576, got 0");
  CHECK(problem("strides", {1, -2}) == "node 'conv': attribute 'strides' must be in 1..1048576, got -2");
  CHECK(problem("strides", {1}) == "node 'conv': attribute 'strides' must have 2 values, got [1]");
  CHECK(problem("dilations", {1, kHuge}) ==
        "node 'conv': attribute 'dilations' must be in 1..1048576, got 9223372036854775807");
  CHECK(problem("dilations", {1048576, 1048576}).find("is larger than its padded input") != std::string::npos);
  CHECK(problem("pads", {0, 0, -1, 0}) == "node 'conv': attribute 'pads' must be in 0..1048576, got -1");
  CHECK(problem("pads", {0, 0, kHuge, 0}).find("must be in 0..1048576") != std::string::npos);
  CHECK(problem("kernel_shape", {5, 5}) == "node 'conv': kernel_shape [5, 5] differs from the weights' [3, 3]");
  CHECK(conv_model().with("group", std::int64_t{0}).problems().front() ==
        "node 'conv': attribute 'group' must be in 1..1048576, got 0");
  CHECK(conv_model().with("strides", std::int64_t{2}).problems().front() ==
        "node 'conv': attribute 'strides' must be a list of integers");
  CHECK(conv_model().with("auto_pad", "SAME").problems().front().find("auto_pad 'SAME' is not supported") !=
        std::string::npos);
  CHECK(conv_model({8, 3, 0, 3}).problems().front() == "node 'conv': kernel must be in 1..1048576, got 0");
  CHECK(conv_model({8, 4, 3, 3}).problems().front() ==
        "node 'conv': weights for 4 channels in 1 group(s) do not fit an input of 3 channels");
  CHECK(conv_model({kHuge, 3, 3, 3}).problems().front().find("the number of filters must be in") != std::string::npos);
  ModelBuilder pool;
  pool.input("x", {1, 3, 8, 8}).node("MaxPool", {"x"}, {"y"}, "pool").with("kernel_shape", Integers{0, 2});
  CHECK(pool.problems() == std::vector<std::string>{"node 'pool': kernel must be in 1..1048576, got 0"});
}

TEST_CASE("open extents need input_shape", "[onnx]") {
  ModelBuilder model;
  model.input("x", {0, 3, 0, 0}).weight("w", {8, 3, 3, 3}).node("Conv", {"x", "w"}, {"y"}, "conv");
  CHECK(model.problems() == std::vector<std::string>{"input 'x': its shape ?x?x3 is open; give input_shape (H, W, C)"});
  CHECK(last(model.graph(Shape{10, 12, 3})).output == Shape{8, 10, 8});
  CHECK(model.problems(Shape{10, 12, 4}) ==
        std::vector<std::string>{"input 'x': the file states ?x?x3, input_shape says 10x12x4"});
}

TEST_CASE("automatic padding", "[onnx]") {
  const auto padding = [](const char* mode, const Integers& strides) {
    const NetworkGraph graph = conv_model().with("auto_pad", mode).with("strides", strides).graph();
    return std::get<Conv2d>(last(graph).kind).padding;
  };
  CHECK(padding("SAME_UPPER", {1, 1}) == Padding{1, 1, 1, 1});
  CHECK(padding("SAME_UPPER", {2, 2}) == Padding{0, 1, 0, 1});
  CHECK(padding("SAME_LOWER", {2, 2}) == Padding{1, 0, 1, 0});
  CHECK(padding("VALID", {2, 2}) == Padding{});
  const NetworkGraph stated = conv_model().with("pads", Integers{1, 2, 3, 4}).graph();
  CHECK(std::get<Conv2d>(last(stated).kind).padding == Padding{1, 3, 2, 4});
  CHECK(last(stated).output == Shape{12, 16, 8});
}

TEST_CASE("one-dimensional maps lie along the columns", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 4, 20}).weight("w", {8, 2, 5}).weight("b", {8}).node("Conv", {"x", "w", "b"}, {"y"}, "conv");
  model.with("strides", Integers{3}).with("pads", Integers{1, 2}).with("group", std::int64_t{2});
  const NetworkGraph graph = model.graph();
  CHECK(last(graph).output == Shape{1, 7, 8});
  const auto& conv = std::get<Conv2d>(last(graph).kind);
  CHECK(conv.kernel == Extent{1, 5});
  CHECK(conv.padding == Padding{0, 0, 1, 2});
  CHECK(conv.groups == 2);
  CHECK(conv.bias);
}

TEST_CASE("nodes are sorted, named and counted once", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 3, 10, 12}).input("w", {8, 3, 3, 3}).weight("w", {8, 3, 3, 3});
  model.node("Relu", {"y"}, {"z"}, "same").node("Conv", {"x", "w"}, {"y"}, "same").node("Sigmoid", {"z"}, {"s"});
  CHECK(names_of(model.graph()) == std::vector<std::string>{"x", "same", "same_1", "s"});
  CHECK(std::holds_alternative<Conv2d>(model.graph().operations().raw()[1].kind));

  ModelBuilder cycle;
  cycle.input("x", {1, 3, 4, 4}).node("Add", {"x", "b"}, {"a"}).node("Relu", {"a"}, {"b"});
  CHECK(cycle.problems() ==
        std::vector<std::string>{"2 nodes form or follow a cycle; a network must be free of cycles"});

  ModelBuilder dangling;
  dangling.input("x", {1, 3, 4, 4}).node("Add", {"x", "nowhere"}, {"a"}, "add");
  CHECK(dangling.problems() == std::vector<std::string>{"node 'add': reads 'nowhere', which nothing produces"});
}

TEST_CASE("constants beside a map become pointwise operations", "[onnx]") {
  const auto kind = [](const std::string& operation, const Integers& constant) {
    ModelBuilder model;
    model.input("x", {1, 3, 4, 5}).weight("c", constant).node(operation, {"c", "x"}, {"y"}, "node");
    return std::string{operation_name(last(model.graph()).kind)};
  };
  CHECK(kind("Add", {3, 1, 1}) == "bias");
  CHECK(kind("Add", {}) == "bias");
  CHECK(kind("Add", {1, 3, 4, 5}) == "offset");
  CHECK(kind("Mul", {1, 3, 1, 1}) == "scale");
  CHECK(kind("Max", {}) == "clip");
  ModelBuilder wrong;
  wrong.input("x", {1, 3, 4, 5}).weight("c", {3}).node("Add", {"x", "c"}, {"y"}, "node");
  CHECK(wrong.problems() ==
        std::vector<std::string>{"node 'node': a constant of [3] does not fit an input of [1, 3, 4, 5]"});
}

TEST_CASE("operations that change nothing are left out", "[onnx]") {
  ModelBuilder model;
  model.input("x", {7, 3, 4, 5}).integers("shape", {7, 3, -1, 0}).integers("flat", {7, -1});
  model.node("Dropout", {"x"}, {"a", "mask"}).node("Identity", {"a"}, {"b"}).node("Cast", {"b"}, {"c"});
  model.node("Reshape", {"c", "shape"}, {"d"}).node("Reshape", {"d", "flat"}, {"e"}, "flatten");
  const NetworkGraph graph = model.graph();
  CHECK(names_of(graph) == std::vector<std::string>{"x", "flatten"});
  CHECK(last(graph).output == Shape{1, 1, 60});
}

TEST_CASE("maps are split, sliced, joined and enlarged", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 6, 4, 5});
  model.node("Split", {"x"}, {"a", "b"}, "split").with("axis", std::int64_t{1});
  model.integers("starts", {-2, 1}).integers("ends", {std::numeric_limits<std::int64_t>::max(), 3});
  model.integers("axes", {2, 3}).node("Slice", {"a", "starts", "ends", "axes"}, {"c"}, "slice");
  model.reals("scales", {1, 1, 2, 3}).node("Resize", {"c", "", "scales"}, {"d"}, "resize");
  model.with("mode", "nearest").with("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor");
  model.node("Concat", {"d", "d"}, {"e"}, "concat").with("axis", std::int64_t{-1});
  model.integers("pads", {0, 0, 1, 2, 0, 0, 3, 4}).node("Pad", {"e", "pads"}, {"f"}, "pad");
  model.node("ReduceMean", {"f"}, {"g"}, "mean").with("axes", Integers{2, -1}).with("keepdims", std::int64_t{0});
  model.weight("w", {3, 9}).node("MatMul", {"g", "w"}, {"h"}, "matmul");
  const NetworkGraph graph = model.graph();
  CHECK(names_of(graph) ==
        std::vector<std::string>{"x", "split/0", "split/1", "slice", "resize", "concat", "pad", "mean", "matmul"});
  const auto& operations = graph.operations().raw();
  CHECK(std::get<Slice>(operations[2].kind).first == Shape{0, 0, 3});
  CHECK(std::get<Slice>(operations[3].kind).first == Shape{2, 1, 0});
  CHECK(operations[3].output == Shape{2, 2, 3});
  CHECK(operations[4].output == Shape{4, 6, 3});
  CHECK(operations[5].output == Shape{4, 12, 3});
  CHECK(std::get<Pad>(operations[6].kind).padding == Padding{1, 3, 2, 4});
  CHECK(operations[7].output == Shape{1, 1, 3});
  CHECK(operations[8].output == Shape{1, 1, 9});
  CHECK_FALSE(std::get<Dense>(operations[8].kind).bias);
}

TEST_CASE("what would be read wrongly is refused", "[onnx]") {
  const auto problem = [](ModelBuilder& model) {
    const std::vector<std::string> problems = model.problems();
    REQUIRE(problems.size() == 1);
    return problems.front();
  };
  ModelBuilder area;
  area.input("x", {1, 6, 4, 5}).reals("s", {1, 1, 2, 2}).node("Resize", {"x", "", "s"}, {"y"}, "r");
  area.with("mode", "area");
  CHECK(problem(area) == "node 'r': mode 'area' is not supported; supported: nearest, linear, cubic");
  ModelBuilder channels;
  channels.input("x", {1, 6, 4, 5}).reals("s", {1, 2, 1, 1}).node("Resize", {"x", "", "s"}, {"y"}, "r");
  CHECK(problem(channels) == "node 'r': enlargement of batch or channels is not supported");
  ModelBuilder reflect;
  reflect.input("x", {1, 6, 4, 5}).integers("p", {0, 0, 1, 1, 0, 0, 1, 1}).node("Pad", {"x", "p"}, {"y"}, "p");
  reflect.with("mode", "wrap");
  CHECK(problem(reflect) == "node 'p': mode 'wrap' is not supported; supported: constant, reflect, edge");
  ModelBuilder reshape;
  reshape.input("x", {1, 6, 4, 5}).integers("s", {1, 7, -1}).node("Reshape", {"x", "s"}, {"y"}, "r");
  CHECK(problem(reshape) == "node 'r': cannot reshape [1, 6, 4, 5] to [1, 7, -1]");
  ModelBuilder nine;
  nine.input("x", {1, 6, 4, 5}).integers("s", {1, 1, 1, 1, 1, 2, 3, 4, 5}).node("Reshape", {"x", "s"}, {"y"}, "r");
  CHECK(problem(nine) == "node 'r': a result of 9 dimensions is not supported");
  ModelBuilder transposed;
  transposed.input("x", {1, 6, 4, 4}).weight("w", {6, 3, 2, 2}).node("ConvTranspose", {"x", "w"}, {"y"}, "up");
  CHECK(problem(transposed)
            .find("node 'up': operation 'ConvTranspose' (opset 13) is not supported; a transposed "
                  "convolution is no matrix-vector product per output pixel") == 0);
  ModelBuilder indices;
  indices.input("x", {1, 6, 4, 4}).node("MaxPool", {"x"}, {"y", "i"}, "p").with("kernel_shape", Integers{2, 2});
  indices.node("Relu", {"i"}, {"z"}, "r");
  CHECK(problem(indices) == "node 'r': reads 'i', an optional output that is not supported");
  ModelBuilder dynamic;
  dynamic.input("x", {1, 6, 4, 4}).input("w", {6, 6, 1, 1}).node("Conv", {"x", "w"}, {"y"}, "c");
  CHECK(problem(dynamic) == "node 'c': weight 'w' must be constant");
  ModelBuilder volume;
  volume.input("x", {1, 6, 4, 4, 4}).node("Relu", {"x"}, {"y"}, "r");
  CHECK(problem(volume).find("input 'x': a tensor of rank 5 is not supported") == 0);
  ModelBuilder twice;
  twice.input("x", {1, 6, 4, 4}).node("Relu", {"x"}, {"y"}, "a").node("Relu", {"x"}, {"y"}, "b");
  CHECK(problem(twice) == "two nodes produce 'y'");
}

TEST_CASE("the PEs of other people's models are those of the mapping", "[onnx]") {
  // AlexNet by hand: conv1 11*11*3 = 363 rows: 2 x 1; conv2 in 2 groups of 5*5*48 = 1200 rows, 128 columns: 2 * 5;
  // conv3 3*3*256 = 2304 rows, 384 columns: 9 x 2; conv4 in 2 groups of 3*3*192 = 1728 rows, 192 columns: 2 * 7; conv5
  // in 2 groups of as many rows and 128 columns: 2 * 7.
  const std::vector<std::pair<std::string, std::int64_t>> models{
      {"2_conv.onnx", 2},           {"light_bvlc_alexnet.onnx", 2 + 10 + 18 + 14 + 14},
      {"light_resnet50.onnx", 390}, {"light_squeezenet.onnx", 44},
      {"light_vgg19.onnx", 314},    {"resnet18.onnx", 193},
  };
  for (const auto& [file, pes] : models) {
    CAPTURE(file);
    const Result<NetworkImport> import = import_network(model_file(file), std::nullopt, {});
    REQUIRE(import);
    const auto mapped = map_network(import->graph, false, CrossbarSpec{});
    REQUIRE(mapped);
    CHECK(mapped->min_pes == pes);
  }
}

TEST_CASE("VGG19 from ONNX is our benchmark, layer by layer and set by set", "[onnx]") {
  const auto mapped = [](const std::filesystem::path& file) {
    const Result<NetworkImport> import = import_network(file, std::nullopt, {});
    REQUIRE(import);
    const auto result = map_network(import->graph, false, CrossbarSpec{});
    REQUIRE(result);
    return *result;
  };
  const MappedNetwork theirs = mapped(model_file("light_vgg19.onnx"));
  const MappedNetwork ours = mapped(std::filesystem::path{CROSSWEAVE_SOURCE_DIR} / "configs/networks/vgg19.yaml");
  REQUIRE(theirs.layers.size() == ours.layers.size());
  for (const LayerId layer : ids(ours.layers)) {
    CHECK(theirs.layers[layer].ifm == ours.layers[layer].ifm);
    CHECK(theirs.layers[layer].ofm == ours.layers[layer].ofm);
    CHECK(theirs.layers[layer].kernel == ours.layers[layer].kernel);
    CHECK(theirs.crossbars[layer] == ours.crossbars[layer]);
  }
  for (const Partition partition : {Partition::interleaved, Partition::blocks}) {
    for (const SetSize set : {SetSize{4, 4}, SetSize{1, 0}, SetSize{3, 5}}) {
      for (const int extra : {0, 32}) {
        MappingOptions options;
        options.extra_pes = extra;
        options.duplication = Duplication::bottleneck;
        options.partition = partition;
        options.set = set;
        const auto a = schedule_network(theirs, options);
        const auto b = schedule_network(ours, options);
        REQUIRE(a);
        REQUIRE(b);
        CHECK(a->duplicates == b->duplicates);
        for (const LayerId layer : ids(ours.layers)) {
          CHECK(a->schedule.layers[layer].start == b->schedule.layers[layer].start);
          CHECK(a->schedule.layers[layer].finish == b->schedule.layers[layer].finish);
        }
      }
    }
  }
}

}  // namespace crossweave
