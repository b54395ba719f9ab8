// Are Keras models read as the networks that they are, whatever Keras wrote them, and are wrong ones refused in words?
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/import/network_file.h"
#include "scheduler/im2col_mapping.h"
#include "scheduler/mapped_network.h"
#include "tests/support/temporary_file.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

fs::path model_file(const std::string& name) {
  return fs::path{CROSSWEAVE_SOURCE_DIR} / "tests" / "data" / "keras" / name;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

NetworkImport import_of(Result<NetworkImport> import) {
  if (!import) {
    for (const Diagnostic& diagnostic : import.error()) {
      UNSCOPED_INFO(to_string(diagnostic));
    }
  }
  REQUIRE(import);
  return std::move(*import);
}

NetworkGraph graph_of(const std::string& json, const std::optional<Shape>& input_shape = std::nullopt) {
  return import_of(parse_keras(json, "model.json", input_shape)).graph;
}

std::vector<std::string> messages(const Diagnostics& diagnostics) {
  std::vector<std::string> texts;
  for (const Diagnostic& diagnostic : diagnostics) {
    texts.push_back(diagnostic.message);
  }
  return texts;
}

std::vector<std::string> problems_of(const std::string& json, const std::optional<Shape>& input_shape = std::nullopt) {
  const Result<NetworkImport> import = parse_keras(json, "model.json", input_shape);
  REQUIRE_FALSE(import);
  return messages(import.error());
}

std::vector<std::string> warnings_of(const std::string& json) {
  return messages(import_of(parse_keras(json, "model.json", std::nullopt)).warnings);
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

const Operation& last(const NetworkGraph& graph) { return graph[OperationId{graph.size() - 1}]; }

/// The names of all operations, which tell what an importer made of the layers.
std::vector<std::string> names_of(const NetworkGraph& graph) {
  std::vector<std::string> names;
  for (const Operation& candidate : graph.operations()) {
    names.push_back(candidate.name);
  }
  return names;
}

/// A layer of a sequential model; `config` without braces, its name is "x".
std::string layer(const std::string& class_name, const std::string& config = "") {
  return R"({"class_name": ")" + class_name + R"(", "config": {"name": "x")" + (config.empty() ? "" : ", ") + config +
         "}}";
}

/// A sequential model of an input ("[8, 8, 3]" without the batch) and one layer.
std::string model_of(const std::string& input, const std::string& only_layer) {
  return R"({"class_name": "Sequential", "config": {"layers": [{"class_name": "InputLayer", "config": {"name": "in",
    "batch_input_shape": [null, )" +
         input.substr(1) + "}}, " + only_layer + "]}}";
}

/// The only layer's last operation.
Operation read_layer(const std::string& input, const std::string& class_name, const std::string& config = "") {
  return last(graph_of(model_of(input, layer(class_name, config))));
}

/// A layer of a functional model of Keras 2 with one call: `inputs` is ["a"] or ["a", "b"] without the quotes.
std::string node(const std::string& name, const std::string& class_name, const std::string& config,
                 const std::vector<std::string>& inputs) {
  std::string references;
  for (const std::string& input : inputs) {
    references += (references.empty() ? "" : ", ") + ("[\"" + input + "\", 0, 0, {}]");
  }
  return R"({"class_name": ")" + class_name + R"(", "name": ")" + name + R"(", "config": {)" + config +
         R"(}, "inbound_nodes": [)" + (inputs.empty() ? "" : "[" + references + "]") + "]}";
}

std::string functional(const std::vector<std::string>& layers, const std::string& output) {
  std::string list;
  for (const std::string& one : layers) {
    list += (list.empty() ? "" : ", ") + one;
  }
  return R"({"class_name": "Functional", "config": {"name": "m", "layers": [)" + list +
         R"(], "input_layers": [["in", 0, 0]], "output_layers": [[")" + output + R"(", 0, 0]]}})";
}

const std::string kInput = node("in", "InputLayer", R"("batch_input_shape": [null, 8, 8, 4])", {});

MappedNetwork mapped(const NetworkGraph& graph, bool include_top = false) {
  Result<MappedNetwork, SchedulingFailure> result = map_network(graph, include_top, CrossbarSpec{});
  REQUIRE(result);
  return std::move(*result);
}

std::int64_t cycles_of(const MappedNetwork& network) {
  std::int64_t cycles = 0;
  for (const BaseLayer& base : network.layers) {
    cycles += base.cycles().count();
  }
  return cycles;
}

int pes_of(const MappedNetwork& network, const std::string& name) {
  for (const LayerId id : ids(network.layers)) {
    if (network.layers[id].name == name) {
      return network.crossbars[id].pes();
    }
  }
  FAIL("no base layer " << name);
  return 0;
}

}  // namespace

// --- files ---

TEST_CASE("MobileNetV2 of Keras 2 is mapped by the grouped rule", "[keras]") {
  const NetworkImport import = import_of(import_network(model_file("keras_mobilenet_v2.json"), std::nullopt, {}));
  CHECK(import.warnings.empty());
  CHECK(import.graph.name() == "keras_mobilenet_v2");
  const MappedNetwork network = mapped(import.graph);
  // 35 Conv2D and 17 DepthwiseConv2D.
  CHECK(network.layers.size() == 52);
  // 3x3 depthwise: q = min(floor(256 / 9), floor(256 / 1)) = 28 channels a crossbar; c = ceil(channels / 28).
  CHECK(pes_of(network, "expanded_conv_depthwise") == 2);  // 32 channels
  CHECK(pes_of(network, "block_1_depthwise") == 4);        // 96
  CHECK(pes_of(network, "block_4_depthwise") == 7);        // 192
  CHECK(pes_of(network, "block_16_depthwise") == 35);      // 960
  CHECK(pes_of(network, "block_16_project") == 8);         // 960 x 320: 4 x 2
  CHECK(pes_of(network, "Conv_1") == 10);                  // 320 x 1280: 2 x 5
  // By a script of a few lines over the layers of the file: 263 for the depthwise layers, 86 for the others.
  CHECK(network.min_pes == 349);
  CHECK(cycles_of(network) == 80752);
  // ZeroPadding2D of ((0, 1), (0, 1)) before a stride of 2.
  CHECK(operation(import.graph, "Conv1_pad").output == Shape{225, 225, 3});
  CHECK(operation(import.graph, "Conv1").output == Shape{112, 112, 32});
  // With the top: 1280 x 256, 256 x 128 and 128 x 5 take 5 + 1 + 1.
  CHECK(mapped(import.graph, true).min_pes == 356);
}

TEST_CASE("VGG16 of Keras is the benchmark", "[keras]") {
  const auto read = [](const fs::path& file) { return import_of(import_network(file, std::nullopt, {})).graph; };
  const NetworkGraph keras = read(model_file("vgg16.json"));
  const NetworkGraph ours = read(fs::path{CROSSWEAVE_SOURCE_DIR} / "configs" / "networks" / "vgg16.yaml");
  const MappedNetwork theirs_mapped = mapped(keras);
  const MappedNetwork ours_mapped = mapped(ours);
  CHECK(theirs_mapped.layers.size() == 13);
  CHECK(theirs_mapped.min_pes == 233);
  CHECK(cycles_of(theirs_mapped) == 137788);
  CHECK(ours_mapped.min_pes == 233);
  for (const LayerId id : ids(theirs_mapped.layers)) {
    CHECK(theirs_mapped.layers[id].ifm == ours_mapped.layers[id].ifm);
    CHECK(theirs_mapped.layers[id].ofm == ours_mapped.layers[id].ofm);
  }
  for (const int extra_pes : {0, 16}) {
    const MappingOptions options{.extra_pes = extra_pes,
                                 .duplication = Duplication::bottleneck,
                                 .partition = Partition::interleaved,
                                 .set = SetSize{4, 4},
                                 .automatic_sets = false,
                                 .order = SetOrder::raster,
                                 .mode = ScheduleMode::cross_layer,
                                 .search = {}};
    const auto a = schedule_network(mapped(keras), options);
    const auto b = schedule_network(mapped(ours), options);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->schedule.latency() == b->schedule.latency());
  }
}

TEST_CASE("Keras 2 and Keras 3 give the same network", "[keras]") {
  const auto read = [](const std::string& name) { return graph_of(text_of(model_file(name))); };
  SECTION("sequential") {
    const NetworkGraph two = read("sequential_keras2.json");
    const NetworkGraph three = read("sequential_keras3.json");
    const std::vector<std::string> behind_input{"conv2d",        "conv2d/relu", "max_pooling2d", "conv2d_1",
                                                "conv2d_1/relu", "flatten",     "dense",         "dense/softmax"};
    for (const NetworkGraph* graph : {&two, &three}) {
      std::vector<std::string> names = names_of(*graph);
      names.erase(names.begin());
      CHECK(names == behind_input);
      CHECK(operation(*graph, "flatten").output == Shape{1, 1, 7744});
      CHECK(last(*graph).output == Shape{1, 1, 10});
    }
  }
  SECTION("nested") {
    const NetworkGraph two = read("nested_keras2.json");
    CHECK(names_of(two) == std::vector<std::string>{"left", "right", "features/conv", "features/conv/relu",
                                                    "features/pool", "features_1/conv", "features_1/conv/relu",
                                                    "features_1/pool", "concatenate", "head/conv2d",
                                                    "head/global_max_pooling2d"});
    CHECK(operation(two, "concatenate").output == Shape{8, 8, 16});
    // Both calls are read, not one of them twice.
    CHECK(operation(two, "concatenate").inputs == std::vector<OperationId>{OperationId{4}, OperationId{7}});
    const NetworkGraph three = read("nested_keras3.json");
    CHECK(to_yaml(two) == to_yaml(three));
    CHECK(warnings_of(text_of(model_file("nested_keras3.json"))) ==
          std::vector<std::string>{"layer 'features' (Functional): is called 2 times; its calls share their weights, "
                                   "but each is mapped as a copy of its own"});
  }
}

TEST_CASE("squeeze and excite of Keras 2 and 3", "[keras]") {
  const NetworkGraph two = graph_of(text_of(model_file("squeeze_excite_keras2.json")));
  CHECK(std::holds_alternative<Bias>(operation(two, "tf.__operators__.add").kind));
  CHECK(std::get<Activation>(operation(two, "re_lu").kind).function == "relu6");
  CHECK(std::get<Activation>(operation(two, "tf.math.multiply").kind).function == "scale");
  CHECK(std::get<Conv2d>(operation(two, "separable/depthwise").kind).groups == 16);
  CHECK_FALSE(std::get<Conv2d>(operation(two, "separable/depthwise").kind).bias);
  CHECK(std::get<Conv2d>(operation(two, "separable/pointwise").kind).filters == 32);
  CHECK(operation(two, "excite").output == Shape{16, 16, 32});
  // stem, separable (2) and head of 256 pixels, two gates of one.
  CHECK(cycles_of(mapped(two)) == 4 * 256 + 2);

  const NetworkGraph three = graph_of(text_of(model_file("squeeze_excite_keras3.json")));
  CHECK(std::holds_alternative<Bias>(operation(three, "add").kind));
  CHECK(std::holds_alternative<Dense>(operation(three, "expand").kind));
  CHECK(operation(three, "excite").output == Shape{16, 16, 16});
  // The gates' dense layers are not the top: the head is behind them.
  CHECK(mapped(three).layers.size() == 4);
}

// --- layers ---

TEST_CASE("convolutions of Keras", "[keras]") {
  const auto conv = [](const std::string& input, const std::string& class_name, const std::string& config) {
    const Operation read = read_layer(input, class_name, config);
    return std::pair{std::get<Conv2d>(read.kind), read.output};
  };
  SECTION("defaults") {
    const auto [kind, output] = conv("[8, 10, 4]", "Conv2D", R"("filters": 6, "kernel_size": 3)");
    CHECK(output == Shape{6, 8, 6});
    CHECK(kind.bias);
    CHECK(kind.stride == Extent{1, 1});
  }
  SECTION("same padding with a stride is uneven: the odd position is below and right") {
    const auto [kind, output] =
        conv("[224, 224, 3]", "Conv2D", R"("filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same")");
    CHECK(kind.padding == Padding{0, 1, 0, 1});
    CHECK(output == Shape{112, 112, 8});
  }
  SECTION("same padding counts the holes of a dilation, each axis by itself") {
    // rows: k_eff 5 and stride 1: 4 in all; columns: k_eff 4, (ceil(9 / 3) - 1) * 3 + 4 - 9 = 1 in all.
    const auto [kind, output] =
        conv("[7, 9, 3]", "Conv2D",
             R"("filters": 2, "kernel_size": [3, 4], "dilation_rate": [2, 1], "strides": [1, 3], "padding": "same")");
    CHECK(kind.padding == Padding{2, 2, 0, 1});
    CHECK(output == Shape{7, 3, 2});
  }
  SECTION("same padding is none when the stride is larger than the kernel") {
    const auto [kind, output] =
        conv("[8, 8, 3]", "Conv2D", R"("filters": 2, "kernel_size": 1, "strides": 3, "padding": "same")");
    CHECK(kind.padding == Padding{});
    CHECK(output == Shape{3, 3, 2});
  }
  SECTION("grouped, without bias") {
    const auto [kind, output] =
        conv("[8, 8, 8]", "Conv2D", R"("filters": 6, "kernel_size": 1, "groups": 2, "use_bias": false)");
    CHECK(kind.groups == 2);
    CHECK_FALSE(kind.bias);
  }
  SECTION("depthwise with a multiplier") {
    const auto [kind, output] = conv("[8, 8, 5]", "DepthwiseConv2D", R"("kernel_size": 3, "depth_multiplier": 2)");
    CHECK(kind.groups == 5);
    CHECK(kind.filters == 10);
    CHECK(output == Shape{6, 6, 10});
  }
  SECTION("one-dimensional ones lie along the columns") {
    const auto [kind, output] =
        conv("[16, 4]", "Conv1D", R"("filters": 8, "kernel_size": [3], "strides": [2], "padding": "causal")");
    CHECK(kind.kernel == Extent{1, 3});
    CHECK(kind.padding == Padding{0, 0, 2, 0});
    CHECK(output == Shape{1, 8, 8});
  }
  SECTION("separable, one-dimensional") {
    const NetworkGraph graph = graph_of(
        model_of("[16, 4]", layer("SeparableConv1D", R"("filters": 8, "kernel_size": 5, "activation": "swish")")));
    CHECK(names_of(graph) == std::vector<std::string>{"in", "x/depthwise", "x/pointwise", "x/swish"});
    CHECK(last(graph).output == Shape{1, 12, 8});
  }
}

TEST_CASE("dense layers of Keras", "[keras]") {
  CHECK(std::get<Dense>(read_layer("[7]", "Dense", R"("units": 5)").kind).units == 5);
  // On a map it works on the last axis: at each pixel by itself.
  const Operation per_pixel = read_layer("[4, 6, 7]", "Dense", R"("units": 5)");
  CHECK(std::get<Conv2d>(per_pixel.kind).kernel == Extent{1, 1});
  CHECK(per_pixel.output == Shape{4, 6, 5});
  CHECK(read_layer("[6, 7]", "Dense", R"("units": 5)").output == Shape{1, 6, 5});
}

TEST_CASE("pools of Keras", "[keras]") {
  const auto pool = [](const std::string& class_name, const std::string& config) {
    return read_layer("[9, 9, 4]", class_name, config);
  };
  CHECK(pool("MaxPooling2D", "").output == Shape{4, 4, 4});
  CHECK(pool("MaxPooling2D", R"("padding": "same")").output == Shape{5, 5, 4});
  // (ceil(9 / 2) - 1) * 2 + 2 - 9 = 1
  CHECK(std::get<Pool>(pool("MaxPooling2D", R"("padding": "same")").kind).padding == Padding{0, 1, 0, 1});
  CHECK(pool("AveragePooling2D", R"("pool_size": [3, 2], "strides": [1, 4])").output == Shape{7, 2, 4});
  CHECK(pool("MaxPooling2D", R"("pool_size": 3, "strides": null)").output == Shape{3, 3, 4});
  CHECK(pool("GlobalAveragePooling2D", "").output == Shape{1, 1, 4});
  CHECK(std::get<GlobalPool>(pool("GlobalMaxPooling2D", R"("keepdims": true)").kind).kind == Pool::Kind::max);
  CHECK(read_layer("[9, 4]", "MaxPooling1D", R"("pool_size": [3])").output == Shape{1, 3, 4});
  CHECK(read_layer("[9, 4]", "GlobalAveragePooling1D").output == Shape{1, 1, 4});
  CHECK(
      std::holds_alternative<GlobalPool>(read_layer("[9, 9, 4]", "Mean", R"("axis": [1, 2], "keepdims": true)").kind));
}

TEST_CASE("padding, cropping and enlargement of Keras", "[keras]") {
  const auto padding = [](const std::string& config) {
    return std::get<Pad>(read_layer("[8, 8, 4]", "ZeroPadding2D", config).kind).padding;
  };
  CHECK(padding("") == Padding{1, 1, 1, 1});
  CHECK(padding(R"("padding": 3)") == Padding{3, 3, 3, 3});
  CHECK(padding(R"("padding": [1, 2])") == Padding{1, 1, 2, 2});
  CHECK(padding(R"("padding": [[0, 1], [2, 3]])") == Padding{0, 1, 2, 3});
  CHECK(read_layer("[8, 4]", "ZeroPadding1D", R"("padding": [2, 1])").output == Shape{1, 11, 4});

  const Operation cropped = read_layer("[8, 8, 4]", "Cropping2D", R"("cropping": [[1, 2], [3, 0]])");
  CHECK(cropped.output == Shape{5, 5, 4});
  CHECK(std::get<Slice>(cropped.kind).first == Shape{1, 3, 0});
  CHECK(read_layer("[8, 4]", "Cropping1D").output == Shape{1, 6, 4});

  CHECK(read_layer("[8, 8, 4]", "UpSampling2D").output == Shape{16, 16, 4});
  CHECK(read_layer("[8, 8, 4]", "UpSampling2D", R"("size": [1, 3])").output == Shape{8, 24, 4});
  CHECK(read_layer("[8, 4]", "UpSampling1D", R"("size": 3)").output == Shape{1, 24, 4});
}

TEST_CASE("what cannot be said pixel by pixel waits for the whole map, and a warning says so", "[keras]") {
  const std::string enlarged = model_of("[8, 8, 4]", layer("UpSampling2D", R"("interpolation": "bilinear")"));
  const NetworkGraph graph = graph_of(enlarged);
  CHECK(names_of(graph) == std::vector<std::string>{"in", "x/whole_map", "x"});
  CHECK(graph.input_region(OperationId{1}, 0, {{0, 1}, {0, 1}}) == whole({8, 8, 4}));
  CHECK(last(graph).output == Shape{16, 16, 4});
  CHECK(warnings_of(enlarged) == std::vector<std::string>{"layer 'x' (UpSampling2D): interpolation \"bilinear\" reads "
                                                          "neighbouring pixels: it waits for the whole map"});
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("LayerNormalization", R"("axis": [1, 2, 3])"))).size() == 1);
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("GroupNormalization"))).size() == 1);
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("Softmax", R"("axis": 1)"))).size() == 1);
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("Reshape", R"("target_shape": [-1, 4])"))).size() == 1);
  // These keep each pixel to itself, or give a vector, which needs the whole map by its nature.
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("LayerNormalization", R"("axis": [3])"))).empty());
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("Softmax"))).empty());
  CHECK(warnings_of(model_of("[8, 8, 4]", layer("Reshape", R"("target_shape": [256])"))).empty());
}

TEST_CASE("element-wise layers of Keras", "[keras]") {
  const auto function = [](const std::string& class_name, const std::string& config = "") {
    return std::get<Activation>(read_layer("[8, 8, 4]", class_name, config).kind).function;
  };
  CHECK(function("ReLU") == "relu");
  CHECK(function("ReLU", R"("max_value": 6.0)") == "relu6");
  CHECK(function("ReLU", R"("max_value": 1)") == "clip");
  CHECK(function("ReLU", R"("negative_slope": 0.1)") == "leaky_relu");
  CHECK(function("LeakyReLU", R"("alpha": 0.3)") == "leaky_relu");
  CHECK(function("PReLU") == "prelu");
  CHECK(function("Softmax") == "softmax");
  CHECK(function("Activation", R"("activation": "hard_silu")") == "hard_swish");
  CHECK(function("Activation", R"("activation": {"class_name": "function", "config": "relu6"})") == "relu6");
  CHECK(function("Activation", R"("activation": {"class_name": "LeakyReLU", "config": {}})") == "leaky_relu");
  CHECK(function("Rescaling", R"("scale": 0.0039)") == "scale");
  CHECK(std::holds_alternative<BatchNorm>(read_layer("[8, 8, 4]", "BatchNormalization", R"("axis": -1)").kind));
  CHECK(std::holds_alternative<BatchNorm>(read_layer("[4]", "BatchNormalization", R"("axis": [1])").kind));
  // In use, rather than in training, these are nothing at all.
  for (const char* nothing : {"Dropout", "SpatialDropout2D", "GaussianNoise", "ActivityRegularization", "RandomFlip"}) {
    CHECK(std::holds_alternative<Input>(read_layer("[8, 8, 4]", nothing).kind));
  }
  CHECK(std::holds_alternative<Input>(read_layer("[8, 8, 4]", "Activation", R"("activation": "linear")").kind));
}

TEST_CASE("layers of several maps", "[keras]") {
  const auto merged = [](const std::string& class_name, const std::string& config, const std::string& other) {
    return last(graph_of(functional({kInput, other, node("x", class_name, config, {"in", "other"})}, "x")));
  };
  const std::string conv = node("other", "Conv2D", R"("filters": 4, "kernel_size": 1)", {"in"});
  const std::string pool = node("other", "GlobalAveragePooling2D", "", {"in"});
  CHECK(merged("Concatenate", R"("axis": -1)", conv).output == Shape{8, 8, 8});
  CHECK(merged("Concatenate", R"("axis": 1)", conv).output == Shape{16, 8, 4});
  CHECK(merged("Concatenate", R"("axis": 2)", conv).output == Shape{8, 16, 4});
  CHECK(std::get<Elementwise>(merged("Average", "", conv).kind).function == "average");
  CHECK(std::get<Elementwise>(merged("Subtract", "", conv).kind).function == "subtract");
  // A vector stands for the same value at each pixel.
  CHECK(merged("Multiply", "", pool).output == Shape{8, 8, 4});
}

TEST_CASE("dimensions of Keras", "[keras]") {
  CHECK(read_layer("[8, 8, 4]", "Flatten").output == Shape{1, 1, 256});
  CHECK(read_layer("[8, 8, 4]", "Reshape", R"("target_shape": [4, -1, 8])").output == Shape{4, 8, 8});
  // Only extents of 1 move: [1, 1, 4] is [4] by another name, and no operation.
  CHECK(std::holds_alternative<Input>(read_layer("[1, 1, 4]", "Flatten").kind));
  CHECK(std::holds_alternative<Input>(read_layer("[4]", "Reshape", R"("target_shape": [1, 1, 4])").kind));
  CHECK(read_layer("[1, 6, 4]", "Permute", R"("dims": [2, 1, 3])").output == Shape{6, 1, 4});
  // A channel shuffle moves channels among themselves, which is nothing to a pixel.
  const NetworkGraph shuffle =
      graph_of(functional({kInput, node("split", "Reshape", R"("target_shape": [8, 8, 2, 2])", {"in"}),
                           node("swap", "Permute", R"("dims": [1, 2, 4, 3])", {"split"}),
                           node("join", "Reshape", R"("target_shape": [8, 8, 4])", {"swap"}),
                           node("conv", "Conv2D", R"("filters": 4, "kernel_size": 3)", {"join"})},
                          "conv"));
  CHECK(names_of(shuffle) == std::vector<std::string>{"in", "conv"});
}

TEST_CASE("functions of TensorFlow", "[keras]") {
  const auto call = [](const std::string& function, const std::string& arguments) {
    const std::string lambda = R"({"class_name": "TFOpLambda", "name": "x", "config": {"function": ")" + function +
                               R"("}, "inbound_nodes": [["in", 0, 0, {)" + arguments + "}]]}";
    return last(graph_of(functional({kInput, lambda}, "x")));
  };
  CHECK(std::get<Activation>(call("nn.relu6", R"("name": null)").kind).function == "relu6");
  CHECK(std::holds_alternative<Bias>(call("__operators__.add", R"("y": [1, 2, 3, 4])").kind));
  CHECK(std::get<Activation>(call("math.truediv", R"("y": 255.0)").kind).function == "scale");
  CHECK(std::get<Elementwise>(call("math.multiply", R"("y": ["in", 0, 0])").kind).function == "multiply");
  CHECK(std::holds_alternative<GlobalPool>(call("math.reduce_mean", R"("axis": [1, 2], "keepdims": true)").kind));
  const std::string constant_first =
      R"({"class_name": "TFOpLambda", "name": "x", "config": {"function": "math.subtract"},
          "inbound_nodes": [["_CONSTANT_VALUE", -1, 1.0, {"y": ["in", 0, 0]}]]})";
  CHECK(std::get<Activation>(last(graph_of(functional({kInput, constant_first}, "x"))).kind).function == "offset");
}

// --- inputs ---

TEST_CASE("an open input of Keras needs input_shape", "[keras]") {
  const std::string open = model_of("[null, null, 3]", layer("GlobalMaxPooling2D"));
  CHECK(graph_of(open, Shape{32, 48, 3})[OperationId{0}].output == Shape{32, 48, 3});
  CHECK(problems_of(open) ==
        std::vector<std::string>{"layer 'in' (InputLayer): its shape ?x?x3 is open; give input_shape (H, W, C)"});
  CHECK(problems_of(open, Shape{32, 32, 1}) ==
        std::vector<std::string>{"layer 'in' (InputLayer): the file states ?x?x3, input_shape says 32x32x1"});
}

TEST_CASE("a sequential model without InputLayer", "[keras]") {
  const std::string dense = R"({"class_name": "Dense", "config": {"name": "fc", "units": 3)";
  const std::string first = R"({"class_name": "Sequential", "config": [)" + dense;
  CHECK(graph_of(first + R"(, "batch_input_shape": [null, 5]}}]})")[OperationId{0}].output == Shape{1, 1, 5});
  const std::string none = R"({"class_name": "Sequential", "config": {"layers": [)" + dense + "}}]";
  CHECK(last(graph_of(none + R"(, "build_input_shape": [null, 4, 4, 2]}})")).output == Shape{4, 4, 3});
  CHECK(last(graph_of(none + "}}", Shape{6, 6, 2})).output == Shape{6, 6, 3});
  CHECK(problems_of(none + "}}") ==
        std::vector<std::string>{"layer 'fc_input' (InputLayer): its shape ?x?x? is open; give input_shape (H, W, C)"});
  // Transfer learning: the shape is that of the model in front.
  const std::string base =
      functional({kInput, node("conv", "Conv2D", R"("filters": 2, "kernel_size": 3)", {"in"})}, "conv");
  CHECK(names_of(graph_of(R"({"class_name": "Sequential", "config": {"layers": [)" + base + ", " + dense + "}}]}}")) ==
        std::vector<std::string>{"m_input", "m/conv", "fc"});
}

// --- wrong ones ---

TEST_CASE("all problems of a Keras model are reported, and what follows from them is not", "[keras]") {
  const std::string model = functional(
      {kInput, node("a", "Conv2D", R"("filters": "many", "kernel_size": [3, 3, 3], "padding": "full")", {"in"}),
       node("b", "ReLU", "", {"a"}), node("c", "Add", "", {"b", "in"}),
       node("d", "Conv2D", R"("filters": 4, "kernel_size": 3, "data_format": "channels_first")", {"in"}),
       node("e", "Lambda", "", {"in"}), node("f", "Conv2D", R"("filters": 4, "kernel_size": 9)", {"in"}),
       node("g", "ReLU", "", {"inn"})},
      "c");
  CHECK(problems_of(model) ==
        std::vector<std::string>{
            "layer 'e' (Lambda): holds code, which cannot be read; write it with layers of Keras",
            "layer 'g' (ReLU): reads layer 'inn', which the model does not have, did you mean 'in'?",
            "layer 'a' (Conv2D): 'filters' must be an integer in 1..1048576, got \"many\"",
            "layer 'a' (Conv2D): 'kernel_size' must have 2 value(s), got 3",
            "layer 'a' (Conv2D): padding \"full\" is not supported; supported: valid, same",
            "layer 'd' (Conv2D): data_format 'channels_first' is not supported; supported: channels_last (the default "
            "of Keras)",
            "layer 'f' (Conv2D): kernel of 9x9 is larger than its padded input of 8x8"});
}

TEST_CASE("a layer that is not known is named with those that are", "[keras]") {
  const std::string problem = problems_of(model_of("[8, 8, 4]", layer("ConvLSTM2D"))).front();
  CHECK(problem.find("layer 'x' (ConvLSTM2D): is not supported; supported: ") == 0);
  for (const char* supported : {" Conv2D,", " SeparableConv2D,", " TFOpLambda,", "(Functional,"}) {
    CHECK(problem.find(supported) != std::string::npos);
  }
  CHECK(problems_of(model_of("[8, 8, 4]", layer("Conv2DTranspose")))
            .front()
            .find("layer 'x' (Conv2DTranspose): transposed convolutions are not supported") == 0);
}

TEST_CASE("broken JSON is refused with its place", "[keras]") {
  const auto place = [](const std::string& json) {
    const Result<NetworkImport> import = parse_keras(json, "model.json", std::nullopt);
    REQUIRE_FALSE(import);
    REQUIRE(import.error().size() == 1);
    return to_string(import.error().front());
  };
  CHECK(place("") == "model.json: error: the file is empty");
  CHECK(place("{\n \"a\": [1, 2,\n}") ==
        "model.json:3:1: error: invalid JSON: while parsing value - unexpected '}'; expected '[', '{', or a literal");
  CHECK(place("{\"a\": 1e999}") == "model.json:1:11: error: invalid JSON: number overflow parsing '1e999'");
  CHECK(place(std::string(100'000, '[')) == "model.json: error: the JSON is nested deeper than 200 levels");
  CHECK(place("[1, 2]").find("model.json: error: holds no Keras model: ") == 0);
  CHECK(place(R"({"modelTopology": {"node": []}})").find("is a graph model of TensorFlow.js") != std::string::npos);
}

TEST_CASE("nested models that double with each level are refused", "[keras]") {
  std::string model = model_of("[8, 8, 4]", layer("ReLU"));
  for (int level = 0; level < 24; ++level) {
    std::string inner = model;
    inner.insert(1, R"("name": "n", )");
    inner.pop_back();
    model = R"({"class_name": "Functional", "config": {"layers": [)" + kInput + ", " + inner +
            R"(, "inbound_nodes": [[["in", 0, 0, {}]], [["n", 1, 0, {}]]]}],
               "input_layers": [["in", 0, 0]], "output_layers": [["n", 2, 0]]}})";
  }
  CHECK(problems_of(model).back() ==
        "the network has more than 100000 layers, those of a nested model counted for each of its calls");
}

TEST_CASE("any wrong type in a Keras file is an error, never more", "[keras]") {
  // Each value of a file in turn becomes something else.
  const std::string text = text_of(model_file("squeeze_excite_keras2.json"));
  for (std::size_t at = text.find(": "); at != std::string::npos; at = text.find(": ", at + 1)) {
    for (const char* wrong : {"null", "-1", "\"x\"", "[[]]", "{}", "true", "18446744073709551615", "1.5"}) {
      // Up to the end of the value it was part of, whatever that is: most are broken JSON, many are not.
      const std::size_t end = text.find_first_of(",}", at);
      std::string changed = text;
      changed.replace(at + 2, end - at - 2, wrong);
      const Result<NetworkImport> import = parse_keras(changed, "model.json", std::nullopt);
      CHECK((import || has_errors(import.error())));
    }
  }
}

}  // namespace crossweave
