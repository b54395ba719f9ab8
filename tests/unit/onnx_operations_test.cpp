// Does each ONNX operation become operations of the right shape, with the right dependency between their pixels?
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/mapped_network.h"
#include "tests/support/onnx_model_builder.h"

namespace crossweave {
namespace {

using test::Integers;
using test::last;
using test::ModelBuilder;
using test::names_of;

std::vector<std::string> kinds_of(const NetworkGraph& graph) {
  std::vector<std::string> kinds;
  for (const Operation& operation : graph.operations()) {
    kinds.emplace_back(operation_name(operation.kind));
  }
  return kinds;
}

using Strings = std::vector<std::string>;

/// The region of the network's first input that a region of its last map needs, over a chain of operations.
Rect needed(const NetworkGraph& graph, const Rect& output) {
  Rect region = output;
  OperationId at{graph.size() - 1};
  while (!graph[at].inputs.empty()) {
    region = graph.input_region(at, 0, region);
    at = graph[at].inputs.front();
  }
  return region;
}

constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

/// A 3 x 3 convolution of 8 filters behind whatever made `from`, so that a layout must be the right one.
ModelBuilder& conv(ModelBuilder& model, const std::string& from, std::int64_t channels, const std::string& name = "c") {
  return model.weight("w_" + name, {8, channels, 3, 3}).node("Conv", {from, "w_" + name}, {name}, name);
}

std::string only_problem(const ModelBuilder& model) {
  const std::vector<std::string> problems = model.problems();
  REQUIRE(problems.size() == 1);
  return problems.front();
}

Strings whole_map_warning(const std::string& node, const std::string& operation) {
  return {"node '" + node + "' (" + operation +
          "): its spatial dependency is not expressed; it is taken to need the whole map"};
}

}  // namespace

// --- convolutions ---

TEST_CASE("convolutions of every form have the shape that arithmetic gives", "[onnx]") {
  struct Case {
    Integers input;
    Integers weight;
    Integers strides;
    Integers dilations;
    Integers pads;
    std::int64_t groups;
    Shape output;
  };
  const std::vector<Case> cases{
      // (13 - 1 - 4*(3-1)) / 1 + 1 = 5, (20 - 8 - 1) / 1 + 1 = 12
      {{1, 4, 13, 20}, {6, 4, 3, 3}, {1, 1}, {4, 4}, {0, 0, 0, 0}, 1, {5, 12, 6}},
      // Stride 5 above a kernel of 2: floor((17 - 2) / 5) + 1 = 4, floor((11 - 2) / 5) + 1 = 2
      {{1, 4, 17, 11}, {6, 4, 2, 2}, {5, 5}, {1, 1}, {0, 0, 0, 0}, 1, {4, 2, 6}},
      // A map of 1 x 1
      {{1, 300, 1, 1}, {600, 300, 1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, {1, 1, 600}},
      {{1, 3, 1, 1}, {4, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, {1, 1, 4}},
      // Depthwise, padding of one side only: (8 + 1 - 3) / 2 + 1 = 4, (30 + 1 - 3) / 2 + 1 = 15
      {{1, 32, 8, 30}, {32, 1, 3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}, 32, {4, 15, 32}},
      // Grouped, kernel of 1 x 7: 9, 16 + 6 - 7 + 1 = 16
      {{1, 8, 9, 16}, {12, 4, 1, 7}, {1, 1}, {1, 1}, {0, 3, 0, 3}, 2, {9, 16, 12}},
  };
  for (const Case& each : cases) {
    ModelBuilder model;
    model.input("x", each.input).weight("w", each.weight).node("Conv", {"x", "w"}, {"y"}, "conv");
    model.with("strides", each.strides).with("dilations", each.dilations).with("pads", each.pads);
    model.with("group", each.groups);
    const NetworkGraph graph = model.graph();
    CHECK(last(graph).output == each.output);
    CHECK(std::get<Conv2d>(last(graph).kind).groups == each.groups);
  }
}

TEST_CASE("integer convolutions are convolutions", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 3, 10, 12}).reals("s", {0.5F}).integers("z", {0});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"}).weight("w", {8, 3, 3, 3}).weight("b", {8});
  model.node("QLinearConv", {"q", "s", "z", "w", "s", "z", "s", "z", "b"}, {"c"}, "conv");
  model.node("DequantizeLinear", {"c", "s", "z"}, {"d"}).weight("v", {4, 8, 1, 1});
  model.node("ConvInteger", {"d", "v", "z", "z"}, {"e"}, "integer");
  const NetworkGraph graph = model.graph();
  CHECK(names_of(graph) == Strings{"x", "conv", "integer"});
  CHECK(last(graph).output == Shape{8, 10, 4});
  CHECK(std::get<Conv2d>(graph.operations().raw()[1].kind).bias);
  CHECK_FALSE(std::get<Conv2d>(last(graph).kind).bias);
  // Neither weights nor zero points are of a type that quantized values have.
  CHECK(model.warnings() == Strings{});
}

TEST_CASE("weights are as wide as the file stores them", "[onnx]") {
  struct Case {
    int data_type;
    int bits;
  };
  // TensorProto.DataType: uint8, int8, uint16, int16, int32, float, uint4, int4
  for (const Case& each : std::vector<Case>{{2, 8}, {3, 8}, {4, 16}, {5, 16}, {6, 32}, {1, 0}, {21, 4}, {22, 4}}) {
    CAPTURE(each.data_type);
    ModelBuilder model{21};
    model.input("x", {1, 3, 10, 12}).reals("s", {0.5F}).weight("w", {200, 3, 3, 3}, each.data_type);
    model.node("DequantizeLinear", {"w", "s"}, {"f"}).node("Conv", {"x", "f"}, {"y"}, "conv");
    const NetworkGraph graph = model.graph();
    CHECK(std::get<Conv2d>(last(graph).kind).weight_bits == each.bits);
    CHECK(last(graph).output_bits == 0);
    // 200 channels fit 256 columns once.
    const auto mapped = map_network(graph, false, {});
    REQUIRE(mapped);
    CHECK(mapped->crossbars[LayerId{0}].horizontal == (each.bits == 8    ? 2
                                                       : each.bits == 16 ? 4
                                                       : each.bits == 32 ? 7
                                                                         : 1));
  }
  ModelBuilder dense;
  dense.input("x", {1, 6}).reals("s", {0.5F}).weight("w", {4, 6}, onnx::TensorProto::INT8);
  dense.node("DequantizeLinear", {"w", "s"}, {"f"}).node("Transpose", {"f"}, {"t"});
  dense.node("MatMul", {"x", "t"}, {"y"}).weight("v", {4, 5}, onnx::TensorProto::INT8);
  dense.node("MatMulInteger", {"y", "v"}, {"z"}).weight("u", {5, 2}, onnx::TensorProto::INT16);
  dense.node("DequantizeLinear", {"u", "s"}, {"g"}).node("Gemm", {"z", "g"}, {"o"});
  const NetworkGraph products = dense.graph();
  std::vector<int> bits;
  for (const Operation& operation : products.operations()) {
    if (const auto* product = std::get_if<Dense>(&operation.kind)) {
      bits.push_back(product->weight_bits);
    }
  }
  CHECK(bits == std::vector<int>{8, 8, 16});
}

TEST_CASE("results are as wide as what quantizes them says", "[onnx]") {
  const auto widths_of = [](const NetworkGraph& graph) {
    Strings widths;
    for (const Operation& operation : graph.operations()) {
      widths.push_back(operation.name + " " + std::to_string(operation.output_bits));
    }
    return widths;
  };
  ModelBuilder model{21};
  model.input("x", {1, 3, 10, 12}).reals("s", {0.5F}).weight("z8", {1}, onnx::TensorProto::INT8);
  model.weight("z16", {1}, onnx::TensorProto::UINT16).weight("z4", {1}, 22).weight("w", {8, 3, 3, 3}, 3);
  model.node("QuantizeLinear", {"x", "s", "z8"}, {"q"});
  model.node("QLinearConv", {"q", "s", "z8", "w", "s", "z8", "s", "z4"}, {"c"}, "conv");
  model.node("DequantizeLinear", {"c", "s", "z4"}, {"d"}).node("Relu", {"d"}, {"r"}, "relu");
  // Without a zero point: uint8. Of the two widths of `sigmoid` the wider one counts.
  model.node("QuantizeLinear", {"r", "s"}, {"rq"}).node("Sigmoid", {"rq"}, {"m"}, "sigmoid");
  model.node("QuantizeLinear", {"m", "s", "z16"}, {"m16"}).node("QuantizeLinear", {"m", "s", "z8"}, {"m8"});
  model.node("QuantizeLinear", {"m", "s", "z8"}, {"m9"}).node("Tanh", {"m9"}, {"t"}, "tanh");
  model.node("QuantizeLinear", {"t", "s"}, {"o"}).with("output_dtype", std::int64_t{21});
  model.node("QLinearAdd", {"m16", "s", "z8", "m8", "s", "z8", "s", "z8"}, {"a"}, "sum").domain("com.microsoft");
  const NetworkGraph graph = model.graph();
  // The input keeps the width of the architecture's activations.
  CHECK(widths_of(graph) == Strings{"x 0", "conv 4", "relu 8", "sigmoid 16", "tanh 4", "sum 8"});
  CHECK(std::get<Conv2d>(graph.operations().raw()[1].kind).weight_bits == 8);
  CHECK(model.warnings() == Strings{"bit widths of the file take the place of the architecture's: for the weights of 1 "
                                    "layer(s) and the results of 5 operation(s)"});
}

TEST_CASE("weights may be computed, external or stated by value_info", "[onnx]") {
  // Quantized weights, turned back and transposed.
  ModelBuilder computed;
  computed.input("x", {1, 3, 10, 12}).weight("q", {3, 3, 3, 8}).reals("s", {1});
  computed.node("DequantizeLinear", {"q", "s"}, {"f"})
      .node("Transpose", {"f"}, {"w"})
      .with("perm", Integers{3, 2, 0, 1});
  computed.node("Conv", {"x", "w"}, {"y"}, "conv");
  CHECK(last(computed.graph()).output == Shape{8, 10, 8});

  ModelBuilder stated;
  stated.input("x", {1, 3, 10, 12}).weight("a", {8, 3, 3, 3}).node("Einsum", {"a"}, {"w"});
  stated.node("Conv", {"x", "w"}, {"y"}, "conv");
  CHECK(only_problem(stated) == "node 'conv': nothing in the file tells the shape of weight 'w'");
  stated.value_info("w", {8, 3, 3, 3});
  CHECK(last(stated.graph()).output == Shape{8, 10, 8});
}

TEST_CASE("the activation of a fused convolution stands behind it", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 3, 10, 12}).weight("w", {8, 3, 3, 3}).node("FusedConv", {"x", "w"}, {"y"}, "conv");
  model.domain("com.microsoft").with("activation", "LeakyRelu");
  CHECK(kinds_of(model.graph()) == Strings{"input", "conv2d", "leaky_relu"});
}

// --- products ---

TEST_CASE("a product with constant weights is dense, or a convolution of 1 x 1", "[onnx]") {
  ModelBuilder vector;
  vector.input("x", {1, 12}).weight("w", {12, 5}).node("MatMul", {"x", "w"}, {"y"}, "m");
  CHECK(std::holds_alternative<Dense>(last(vector.graph()).kind));

  // N x T x C: each of 7 tokens by itself, along the columns.
  ModelBuilder tokens;
  tokens.input("x", {1, 7, 12}).weight("w", {12, 5}).node("MatMul", {"x", "w"}, {"y"}, "m");
  tokens.node("Softmax", {"y"}, {"z"}, "s").with("axis", std::int64_t{-1});
  const NetworkGraph graph = tokens.graph();
  CHECK(kinds_of(graph) == Strings{"input", "conv2d", "softmax"});
  CHECK(graph[OperationId{0}].output == Shape{1, 7, 12});
  CHECK(last(graph).output == Shape{1, 7, 5});

  // The last axis of N x C x H x W transposed is its channels: 4 * 5 pixels.
  ModelBuilder pixels;
  pixels.input("x", {1, 6, 4, 5}).node("Relu", {"x"}, {"r"}, "r");
  pixels.node("Transpose", {"r"}, {"t"}).with("perm", Integers{0, 2, 3, 1});
  pixels.weight("w", {6, 9}).node("MatMul", {"t", "w"}, {"m"}, "m");
  pixels.node("Transpose", {"m"}, {"b"}).with("perm", Integers{0, 3, 1, 2});
  conv(pixels, "b", 9);
  CHECK(kinds_of(pixels.graph()) == Strings{"input", "relu", "conv2d", "conv2d"});
  CHECK(last(pixels.graph()).output == Shape{2, 3, 8});
  CHECK(pixels.warnings().empty());

  // Weights on the left contract the axis before the last.
  ModelBuilder left;
  left.input("x", {1, 12, 7}).weight("w", {5, 12}).node("MatMul", {"w", "x"}, {"y"}, "m");
  CHECK(last(left.graph()).output == Shape{1, 7, 5});

  ModelBuilder wrong;
  wrong.input("x", {1, 12}).weight("w", {13, 5}).node("MatMul", {"x", "w"}, {"y"}, "m");
  CHECK(only_problem(wrong) == "node 'm': weights for 13 values do not fit an input of 12");
}

TEST_CASE("a product of two maps needs both whole", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 7, 12}).weight("w", {12, 12});
  model.node("MatMul", {"x", "w"}, {"q"}, "q").node("MatMul", {"x", "w"}, {"k"}, "k");
  model.node("Transpose", {"k"}, {"t"}).with("perm", Integers{0, 2, 1});
  model.node("MatMul", {"q", "t"}, {"a"}, "attention").node("MatMul", {"a", "x"}, {"y"}, "values");
  model.weight("v", {12, 4}).node("MatMul", {"y", "v"}, {"z"}, "out");
  const NetworkGraph graph = model.graph();
  // 7 x 7 scores, then 7 tokens of 12 values, then of 4.
  CHECK(last(graph).output == Shape{1, 7, 4});
  const Strings warnings = model.warnings();
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] == whole_map_warning("attention", "MatMul").front());
  for (const OperationId id : ids(graph.operations())) {
    if (graph[id].name == "attention") {
      CHECK(graph[id].output.elements() == 49);
    }
  }
}

TEST_CASE("Gemm reads a transposed input", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 12, 1, 1}).node("Flatten", {"x"}, {"f"}).with("axis", std::int64_t{2});
  model.weight("w", {5, 12}).weight("b", {5}).node("Gemm", {"f", "w", "b"}, {"y"}, "g");
  model.with("transA", std::int64_t{1}).with("transB", std::int64_t{1});
  CHECK(last(model.graph()).output == Shape{1, 1, 5});
}

// --- pools and reductions ---

TEST_CASE("pools round up where they are told to", "[onnx]") {
  const auto output = [](std::int64_t extent, std::int64_t ceil_mode, const Integers& pads) {
    ModelBuilder model;
    model.input("x", {1, 3, extent, extent + 1}).node("AveragePool", {"x"}, {"y"}, "p");
    model.with("kernel_shape", Integers{3, 3}).with("strides", Integers{2, 2}).with("pads", pads);
    model.with("ceil_mode", ceil_mode);
    return last(model.graph()).output;
  };
  CHECK(output(6, 0, {0, 0, 0, 0}) == Shape{2, 3, 3});
  CHECK(output(6, 1, {0, 0, 0, 0}) == Shape{3, 3, 3});
  CHECK(output(6, 1, {1, 1, 1, 1}) == Shape{4, 4, 3});
  for (const char* operation : {"MaxPool", "LpPool"}) {
    ModelBuilder model;
    model.input("x", {1, 3, 20}).node(operation, {"x"}, {"y"}, "p").with("kernel_shape", Integers{5});
    model.with("strides", Integers{7});
    CHECK(last(model.graph()).output == Shape{1, 3, 3});
  }
}

TEST_CASE("a reduction is a pool of what it spans", "[onnx]") {
  const auto reduced = [](const std::string& operation, const Integers& axes, std::int64_t keeps) {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 5}).node(operation, {"x"}, {"y"}, "r").with("axes", axes).with("keepdims", keeps);
    return model.graph();
  };
  CHECK(kinds_of(reduced("ReduceMean", {2, 3}, 1)) == Strings{"input", "global_average_pool"});
  CHECK(kinds_of(reduced("ReduceMax", {-1, -2}, 0)) == Strings{"input", "global_max_pool"});
  // Rows alone leave 5 columns, columns alone 4 rows.
  CHECK(last(reduced("ReduceSum", {2}, 1)).output == Shape{1, 5, 6});
  CHECK(needed(reduced("ReduceSum", {2}, 1), {{0, 1}, {2, 3}}) == Rect{{0, 4}, {2, 3}});
  CHECK(last(reduced("ReduceL2", {3}, 0)).output == Shape{4, 1, 6});
  // A mean over channels (as attention to places has it) leaves each pixel to itself.
  const NetworkGraph channels = reduced("ReduceMean", {1}, 1);
  CHECK(kinds_of(channels) == Strings{"input", "channel_reduce", "slice"});
  CHECK(last(channels).output == Shape{4, 5, 1});
  CHECK(needed(channels, {{1, 2}, {3, 4}}) == Rect{{1, 2}, {3, 4}});
  CHECK(last(reduced("ReduceMax", {0}, 1)).name == "x");
  ModelBuilder index;
  index.input("x", {1, 6, 4, 5}).node("ArgMax", {"x"}, {"y"}, "a").with("axis", std::int64_t{1});
  CHECK(last(index.graph()).output == Shape{4, 5, 1});
  // Without axes, everything.
  ModelBuilder all;
  all.input("x", {1, 6, 4, 5}).node("ReduceMean", {"x"}, {"y"}, "r");
  CHECK(last(all.graph()).output == Shape{1, 1, 1});
  ModelBuilder wrong;
  wrong.input("x", {1, 6, 4, 5}).node("ReduceMean", {"x"}, {"y"}, "r").with("axes", Integers{4});
  CHECK(only_problem(wrong) == "node 'r': axis must be in -4..3, got 4");
}

// --- functions ---

TEST_CASE("every activation is element by element", "[onnx]") {
  for (const char* operation : {"Abs",
                                "Acos",
                                "Acosh",
                                "Asin",
                                "Asinh",
                                "Atan",
                                "Atanh",
                                "Ceil",
                                "Celu",
                                "Clip",
                                "Cos",
                                "Cosh",
                                "Elu",
                                "Erf",
                                "Exp",
                                "Floor",
                                "Gelu",
                                "HardSigmoid",
                                "HardSwish",
                                "Hardmax",
                                "IsInf",
                                "IsNaN",
                                "LRN",
                                "LeakyRelu",
                                "Log",
                                "LogSoftmax",
                                "LpNormalization",
                                "Mish",
                                "Neg",
                                "Not",
                                "Reciprocal",
                                "Relu",
                                "Round",
                                "Selu",
                                "Shrink",
                                "Sigmoid",
                                "Sign",
                                "Sin",
                                "Sinh",
                                "Softmax",
                                "Softplus",
                                "Softsign",
                                "Sqrt",
                                "Swish",
                                "Tan",
                                "Tanh",
                                "ThresholdedRelu"}) {
    CAPTURE(operation);
    ModelBuilder model{21};
    model.input("x", {1, 6, 4, 5}).node(operation, {"x"}, {"y"}, "node");
    if (std::string{operation}.find("max") != std::string::npos || std::string{operation} == "LpNormalization") {
      model.with("axis", std::int64_t{1});
    }
    const NetworkGraph graph = model.graph();
    REQUIRE(graph.size() == 2);
    CHECK(std::holds_alternative<Activation>(last(graph).kind));
    CHECK(last(graph).output == Shape{4, 5, 6});
    // Its name is one that our own format has.
    CHECK(to_yaml(graph).find("op: ") != std::string::npos);
    CHECK(model.warnings().empty());
  }
}

TEST_CASE("normalisation over pixels needs the whole map, over channels it does not", "[onnx]") {
  const auto kind = [](const std::string& operation, std::int64_t axis) {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 5}).weight("s", {6}).weight("b", {6}).node("Relu", {"x"}, {"r"});
    model.node(operation, {"r", "s", "b"}, {"y"}, "n").with("axis", axis);
    return kinds_of(model.graph()).back();
  };
  CHECK(kind("InstanceNormalization", 0) == "reshape");
  CHECK(kind("GroupNormalization", 0) == "reshape");
  CHECK(kind("LayerNormalization", 1) == "reshape");
  ModelBuilder tokens;
  tokens.input("x", {1, 7, 12}).weight("s", {12}).node("LayerNormalization", {"x", "s"}, {"y"}, "n");
  CHECK(kinds_of(tokens.graph()) == Strings{"input", "normalize"});
  ModelBuilder softmax;
  softmax.input("x", {1, 6, 4, 5}).node("Softmax", {"x"}, {"y"}, "s");
  CHECK(softmax.warnings() == whole_map_warning("s", "Softmax"));
  CHECK(needed(softmax.graph(), {{0, 1}, {0, 1}}) == Rect{{0, 4}, {0, 5}});
}

TEST_CASE("maps are broadcast to each other", "[onnx]") {
  // Squeeze and excite: one value per channel.
  ModelBuilder gate;
  gate.input("x", {1, 6, 4, 5}).node("GlobalAveragePool", {"x"}, {"g"}).node("Sigmoid", {"g"}, {"s"});
  gate.node("Mul", {"x", "s"}, {"y"}, "scale");
  CHECK(last(gate.graph()).output == Shape{4, 5, 6});
  CHECK(std::get<Elementwise>(last(gate.graph()).kind).function == "multiply");

  // The same from a vector: N x C made N x C x 1 x 1.
  ModelBuilder vector;
  vector.input("x", {1, 6, 4, 5}).node("ReduceMean", {"x"}, {"g"}).with("axes", Integers{2, 3});
  vector.with("keepdims", std::int64_t{0}).integers("axes", {2, 3}).node("Unsqueeze", {"g", "axes"}, {"u"});
  vector.node("Mul", {"u", "x"}, {"y"}, "scale");
  CHECK(last(vector.graph()).output == Shape{4, 5, 6});
  CHECK(vector.warnings().empty());

  // A row and a column: both are repeated.
  ModelBuilder cross;
  cross.input("x", {1, 6, 4, 5}).node("ReduceMean", {"x"}, {"r"}).with("axes", Integers{2});
  cross.node("ReduceMean", {"x"}, {"c"}).with("axes", Integers{3}).node("Add", {"r", "c"}, {"y"}, "sum");
  CHECK(last(cross.graph()).output == Shape{4, 5, 6});

  // A constant that is larger than its map.
  ModelBuilder grown;
  grown.input("x", {1, 6, 1, 1}).weight("p", {1, 6, 4, 5}).node("Add", {"x", "p"}, {"y"}, "sum");
  conv(grown, "y", 6);
  CHECK(last(grown.graph()).output == Shape{2, 3, 8});

  for (const char* operation : {"Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max",
                                "Mean", "Min", "Mod", "Mul", "Or", "Pow", "Sub", "Sum", "Xor"}) {
    CAPTURE(operation);
    ModelBuilder pair;
    pair.input("a", {1, 6, 4, 5}).input("b", {1, 6, 1, 5}).node(operation, {"a", "b"}, {"y"}, "n");
    CHECK(last(pair.graph()).output == Shape{4, 5, 6});
    ModelBuilder beside;
    beside.input("a", {1, 6, 4, 5}).reals("b", {2}).node(operation, {"a", "b"}, {"y"}, "n");
    CHECK(last(beside.graph()).output == Shape{4, 5, 6});
    CHECK(beside.graph().size() == 2);
  }
  ModelBuilder three;
  three.input("a", {1, 6, 4, 5}).input("b", {1, 6, 4, 5}).reals("c", {2}).node("Max", {"a", "b", "c"}, {"y"}, "n");
  CHECK(last(three.graph()).inputs.size() == 2);
  ModelBuilder choice;
  choice.input("a", {1, 6, 4, 5}).input("b", {1, 6, 4, 5}).node("Where", {"a", "b", "a"}, {"y"}, "n");
  CHECK(std::get<Elementwise>(last(choice.graph()).kind).function == "select");
  ModelBuilder slope;
  slope.input("a", {1, 6, 4, 5}).weight("s", {6, 1, 1}).node("PRelu", {"a", "s"}, {"y"}, "n");
  CHECK(kinds_of(slope.graph()).back() == "prelu");
}

// --- layouts ---

TEST_CASE("a model of TensorFlow keeps its channels last", "[onnx]") {
  ModelBuilder model;
  model.input("x", {0, 0, 0, 3}).node("Transpose", {"x"}, {"t"}).with("perm", Integers{0, 3, 1, 2});
  conv(model, "t", 3);
  model.node("Transpose", {"c"}, {"n"}).with("perm", Integers{0, 2, 3, 1});
  model.weight("b", {8}).node("Add", {"n", "b"}, {"a"}, "bias").node("Relu", {"a"}, {"r"}, "relu");
  model.node("Concat", {"r", "r"}, {"k"}, "concat").with("axis", std::int64_t{3});
  model.node("Transpose", {"k"}, {"u"}).with("perm", Integers{0, 3, 1, 2});
  conv(model, "u", 16, "d");
  const NetworkGraph graph = model.graph(Shape{10, 12, 3});
  CHECK(kinds_of(graph) == Strings{"input", "conv2d", "bias", "relu", "concat", "conv2d"});
  CHECK(graph[OperationId{0}].output == Shape{10, 12, 3});
  CHECK(last(graph).output == Shape{6, 8, 8});
  CHECK(model.problems() == Strings{"input 'x': its shape ?x?x3 is open; give input_shape (H, W, C)"});
}

TEST_CASE("a transposition of pixels needs the whole map once it is read", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 3, 10, 12}).node("Relu", {"x"}, {"r"});
  model.node("Transpose", {"r"}, {"t"}).with("perm", Integers{0, 1, 3, 2});
  conv(model, "t", 3);
  const NetworkGraph graph = model.graph();
  CHECK(kinds_of(graph) == Strings{"input", "relu", "reshape", "conv2d"});
  CHECK(last(graph).output == Shape{10, 8, 8});
  CHECK(model.warnings() == whole_map_warning("c", "Conv"));
}

TEST_CASE("a channel shuffle is one permutation of channels", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 12, 4, 5}).node("Relu", {"x"}, {"r"}, "relu");
  model.integers("split", {1, 3, 4, 4, 5}).integers("join", {1, -1, 4, 5});
  model.node("Reshape", {"r", "split"}, {"a"}, "a").node("Transpose", {"a"}, {"b"}, "b");
  model.with("perm", Integers{0, 2, 1, 3, 4}).node("Reshape", {"b", "join"}, {"d"}, "join");
  conv(model, "d", 12);
  const NetworkGraph graph = model.graph();
  CHECK(kinds_of(graph) == Strings{"input", "relu", "channel_shuffle", "conv2d"});
  CHECK(names_of(graph)[2] == "join");
  CHECK(last(graph).output == Shape{2, 3, 8});
  CHECK(model.warnings().empty());
}

TEST_CASE("the heads of a YOLO network are followed through their reshapes", "[onnx]") {
  // 3 anchors of 7 values each on 4 x 5: N x 21 x H x W, seen as N x 3 x H x W x 7.
  ModelBuilder model;
  model.input("x", {1, 21, 4, 5}).integers("split", {1, 3, 7, 4, 5}).node("Reshape", {"x", "split"}, {"a"}, "a");
  model.node("Transpose", {"a"}, {"b"}, "b").with("perm", Integers{0, 1, 3, 4, 2}).node("Sigmoid", {"b"}, {"s"}, "s");
  model.integers("zero", {0}).integers("two", {2}).integers("end", {kEnd}).integers("axis", {4});
  model.node("Slice", {"s", "zero", "two", "axis"}, {"xy"}, "xy")
      .node("Slice", {"s", "two", "end", "axis"}, {"rest"}, "rest");
  model.weight("grid", {1, 1, 4, 5, 2}).node("Add", {"xy", "grid"}, {"g"}, "grid");
  model.node("Concat", {"g", "rest"}, {"k"}, "k").with("axis", std::int64_t{4});
  model.integers("flat", {1, -1, 7}).node("Reshape", {"k", "flat"}, {"y"}, "flat");
  const NetworkGraph graph = model.graph();
  // 3 * 4 * 5 boxes of 7 values.
  CHECK(last(graph).output == Shape{1, 60, 7});
  CHECK(model.warnings() == whole_map_warning("flat", "Reshape"));
  // Before it each box depends on its own pixel alone.
  const OperationId concat{graph.size() - 2};
  CHECK(graph[concat].output == Shape{4, 5, 21});
  CHECK(graph.input_region(concat, 0, {{1, 2}, {3, 4}}) == Rect{{1, 2}, {3, 4}});
}

TEST_CASE("a reshape that mixes pixels is conservative, a flattening is exact", "[onnx]") {
  ModelBuilder mixed;
  mixed.input("x", {1, 6, 4, 4}).integers("s", {1, 3, 8, 4}).node("Reshape", {"x", "s"}, {"y"}, "r");
  CHECK(mixed.warnings() == whole_map_warning("r", "Reshape"));
  CHECK(last(mixed.graph()).output == Shape{8, 4, 3});
  CHECK(needed(mixed.graph(), {{0, 1}, {0, 1}}) == Rect{{0, 4}, {0, 4}});
  ModelBuilder flat;
  flat.input("x", {1, 6, 4, 4}).node("Flatten", {"x"}, {"y"}, "f");
  CHECK(flat.warnings().empty());
  CHECK(last(flat.graph()).output == Shape{1, 1, 96});
  // Pixels in a row and back are the same pixels.
  ModelBuilder back;
  back.input("x", {1, 6, 4, 4}).integers("s", {1, 6, 2, 2, 4}).integers("t", {1, 6, 4, 4});
  back.node("Reshape", {"x", "s"}, {"a"}).node("Reshape", {"a", "t"}, {"b"}).node("Relu", {"b"}, {"y"}, "r");
  CHECK(names_of(back.graph()) == Strings{"x", "r"});
}

// --- parts ---

TEST_CASE("strided slices take every second pixel", "[onnx]") {
  // The Focus layer of YOLOv5: four phases of 2 x 2 side by side.
  ModelBuilder model;
  model.input("x", {1, 3, 8, 6}).integers("s", {2}).integers("axis_h", {2}).integers("axis_w", {3});
  model.integers("end", {kEnd}).integers("b0", {0}).integers("b1", {1});
  Strings phases;
  for (const std::string row : {"0", "1"}) {
    for (const std::string column : {"0", "1"}) {
      const std::string rows = "r" + row + column;
      const std::string phase = "p" + row + column;
      model.node("Slice", {"x", "b" + row, "end", "axis_h", "s"}, {rows}, rows);
      model.node("Slice", {rows, "b" + column, "end", "axis_w", "s"}, {phase}, phase);
      phases.push_back(phase);
    }
  }
  model.node("Concat", phases, {"y"}, "focus").with("axis", std::int64_t{1});
  const NetworkGraph graph = model.graph();
  CHECK(last(graph).output == Shape{4, 3, 12});
  CHECK(model.warnings().empty());
  for (const OperationId id : ids(graph.operations())) {
    if (graph[id].name == "r10") {
      CHECK(std::get<Pool>(graph[id].kind).stride == Extent{2, 1});
      CHECK(graph[id].output == Shape{4, 6, 3});
      // Output row 2 of the odd rows is input row 5.
      const Rect offset = graph.input_region(id, 0, {{2, 3}, {0, 1}});
      CHECK(graph.input_region(graph[id].inputs.front(), 0, offset) == Rect{{5, 6}, {0, 1}});
    }
  }
}

TEST_CASE("slices of channels in any order are permutations and slices", "[onnx]") {
  const auto sliced = [](const Integers& starts, const Integers& ends, const Integers& axes, const Integers& steps) {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 5}).integers("s", starts).integers("e", ends).integers("a", axes);
    model.integers("t", steps).node("Slice", {"x", "s", "e", "a", "t"}, {"y"}, "slice");
    return model;
  };
  CHECK(kinds_of(sliced({0}, {kEnd}, {1}, {2}).graph()) == Strings{"input", "channel_shuffle", "slice"});
  CHECK(last(sliced({0}, {kEnd}, {1}, {2}).graph()).output == Shape{4, 5, 3});
  CHECK(kinds_of(sliced({-1}, {-kEnd}, {1}, {-1}).graph()) == Strings{"input", "channel_shuffle"});
  // Rows 0 and 3, columns 1..3, channels 2..5.
  const NetworkGraph all = sliced({0, 1, 2}, {4, 4, 6}, {2, 3, 1}, {3, 1, 1}).graph();
  CHECK(kinds_of(all) == Strings{"input", "slice", "max_pool"});
  CHECK(last(all).output == Shape{2, 3, 4});
  // Rows backwards.
  const ModelBuilder backwards = sliced({-1}, {-kEnd}, {2}, {-1});
  CHECK(backwards.warnings() == whole_map_warning("slice", "Slice"));
  CHECK(last(backwards.graph()).output == Shape{4, 5, 6});
  CHECK(only_problem(sliced({0}, {1}, {1}, {0})) == "node 'slice': a step of 0 is no step");
  CHECK(only_problem(sliced({3}, {3}, {1}, {1})) == "node 'slice': the slice along axis 1 is empty");
}

TEST_CASE("an index or a list of them is a slice", "[onnx]") {
  const auto gathered = [](const Integers& indices, std::int64_t axis) {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 5}).integers("i", indices).node("Gather", {"x", "i"}, {"y"}, "g").with("axis", axis);
    return model;
  };
  CHECK(last(gathered({1, 2, 3}, 1).graph()).output == Shape{4, 5, 3});
  CHECK(kinds_of(gathered({5, 0, 2}, 1).graph()) == Strings{"input", "channel_shuffle", "slice"});
  CHECK(kinds_of(gathered({0, 2}, 2).graph()) == Strings{"input", "slice", "max_pool"});
  CHECK(gathered({0, 3, 1}, 2).warnings() == whole_map_warning("g", "Gather"));
  CHECK(last(gathered({0, 3, 1}, 2).graph()).output == Shape{3, 5, 6});
  CHECK(only_problem(gathered({6}, 1)) == "node 'g': an index must be in -6..5, got 6");
}

TEST_CASE("splits along any axis", "[onnx]") {
  ModelBuilder model{18};
  model.input("x", {1, 7, 4, 5}).node("Split", {"x"}, {"a", "b", "c"}, "s").with("axis", std::int64_t{1});
  model.with("num_outputs", std::int64_t{3}).node("Split", {"a"}, {"d", "e"}, "t").with("axis", std::int64_t{-1});
  const NetworkGraph graph = model.graph();
  // 3, 3 and 1 channels; 3 and 2 columns.
  const auto& operations = graph.operations().raw();
  CHECK(names_of(graph) == Strings{"x", "s/0", "s/1", "s/2", "t/0", "t/1"});
  CHECK(operations[1].output == Shape{4, 5, 3});
  CHECK(operations[3].output == Shape{4, 5, 1});
  CHECK(operations[4].output == Shape{4, 3, 3});
  CHECK(operations[5].output == Shape{4, 2, 3});
}

// --- larger maps ---

TEST_CASE("constants within a concatenation need nothing", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 6, 4, 5}).weight("k", {1, 2, 4, 5}).node("Concat", {"x", "k"}, {"y"}, "channels");
  model.with("axis", std::int64_t{1}).weight("r", {1, 8, 3, 5}).node("Concat", {"r", "y"}, {"z"}, "rows");
  model.with("axis", std::int64_t{2});
  conv(model, "z", 8);
  const NetworkGraph graph = model.graph();
  CHECK(last(graph).output == Shape{5, 3, 8});
  // Three constant rows on top: the first two output rows of the convolution see one row of x.
  CHECK(needed(graph, {{0, 2}, {0, 1}}) == Rect{{0, 1}, {0, 3}});
}

TEST_CASE("padding of each kind", "[onnx]") {
  const auto padded = [](const Integers& pads, const char* mode) {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 5}).integers("p", pads).node("Pad", {"x", "p"}, {"y"}, "pad").with("mode", mode);
    return model;
  };
  CHECK(last(padded({0, 0, 1, 2, 0, 0, 3, 4}, "constant").graph()).output == Shape{8, 11, 6});
  // The shortcut of a ResNet for CIFAR: channels of zeros.
  const NetworkGraph channels = padded({0, 3, 0, 0, 0, 3, 0, 0}, "constant").graph();
  CHECK(last(channels).output == Shape{4, 5, 12});
  CHECK(needed(channels, {{1, 2}, {1, 2}}) == Rect{{1, 2}, {1, 2}});
  // Negative padding cuts: one row on top, two columns at the right.
  CHECK(last(padded({0, 0, -1, 0, 0, 0, 0, -2}, "constant").graph()).output == Shape{3, 3, 6});
  CHECK(last(padded({0, 0, -1, 0, 0, 0, 2, 0}, "constant").graph()).output == Shape{5, 5, 6});
  const ModelBuilder mirror = padded({0, 0, 1, 1, 0, 0, 1, 1}, "reflect");
  CHECK(last(mirror.graph()).output == Shape{6, 7, 6});
  CHECK(mirror.warnings() ==
        Strings{"node 'pad' (Pad): mode 'reflect' is taken to need 2 rows and 2 columns around each position"});
  // Output row 0 mirrors input row 1.
  CHECK(needed(mirror.graph(), {{0, 1}, {0, 1}}) == Rect{{0, 2}, {0, 2}});
}

TEST_CASE("resizing by any means", "[onnx]") {
  const auto resized = [](const std::vector<float>& scales, const char* mode, const char* coordinates) {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 8}).reals("s", scales).node("Resize", {"x", "", "s"}, {"y"}, "r").with("mode", mode);
    model.with("coordinate_transformation_mode", coordinates);
    return model;
  };
  const ModelBuilder nearest = resized({1, 1, 2, 2}, "nearest", "half_pixel");
  CHECK(kinds_of(nearest.graph()) == Strings{"input", "upsample"});
  const NetworkGraph linear = resized({1, 1, 2, 2}, "linear", "half_pixel").graph();
  CHECK(kinds_of(linear) == Strings{"input", "upsample", "average_pool"});
  CHECK(last(linear).output == Shape{8, 16, 6});
  // Output 4 lies at 4.5 / 2 - 0.5 = 1.75, output 5 at 2.25: between 1 and 2, and between 2 and 3.
  CHECK(needed(linear, {{4, 5}, {5, 6}}) == Rect{{1, 3}, {2, 4}});
  // Output 4 of asymmetric coordinates lies at 2, output 5 at 2.5.
  CHECK(needed(resized({1, 1, 2, 2}, "linear", "asymmetric").graph(), {{4, 6}, {5, 6}}) == Rect{{2, 4}, {2, 4}});
  // Cubic reads one more on either side.
  CHECK(needed(resized({1, 1, 2, 2}, "cubic", "half_pixel").graph(), {{4, 5}, {5, 6}}) == Rect{{0, 4}, {1, 5}});
  const NetworkGraph half = resized({1, 1, 0.5F, 0.5F}, "linear", "half_pixel").graph();
  CHECK(last(half).output == Shape{2, 4, 6});
  CHECK(needed(half, {{1, 2}, {1, 2}}) == Rect{{2, 4}, {2, 4}});
  const ModelBuilder odd = resized({1, 1, 1.5F, 0.6F}, "linear", "half_pixel");
  CHECK(last(odd.graph()).output == Shape{6, 4, 6});
  CHECK(odd.warnings() == whole_map_warning("r", "Resize"));
  CHECK(only_problem(resized({1, 1, 0, 1}, "linear", "half_pixel")) == "node 'r': a scale of 0.000000 is out of range");

  // Sizes that a dozen small nodes compute: twice the height and width of another map.
  ModelBuilder computed;
  computed.input("x", {0, 6, 0, 0}).node("Shape", {"x"}, {"shape"}).integers("two", {2}).integers("four", {4});
  computed.integers("zero", {0}).node("Slice", {"shape", "two", "four", "zero"}, {"hw"});
  computed.node("Mul", {"hw", "two"}, {"doubled"}).node("Slice", {"shape", "zero", "two", "zero"}, {"nc"});
  computed.node("Concat", {"nc", "doubled"}, {"sizes"}).with("axis", std::int64_t{0});
  computed.node("Cast", {"sizes"}, {"cast"}).with("to", std::int64_t{onnx::TensorProto::INT64});
  computed.node("Resize", {"x", "", "", "cast"}, {"y"}, "r").with("mode", "nearest");
  CHECK(last(computed.graph(Shape{4, 8, 6})).output == Shape{8, 16, 6});
}

TEST_CASE("maps are expanded and tiled", "[onnx]") {
  ModelBuilder expand;
  expand.input("x", {1, 6, 1, 1}).integers("s", {1, 6, 4, 5}).node("Expand", {"x", "s"}, {"y"}, "e");
  conv(expand, "y", 6);
  CHECK(last(expand.graph()).output == Shape{2, 3, 8});
  ModelBuilder tile;
  tile.input("x", {1, 6, 4, 5}).integers("s", {1, 1, 2, 3}).node("Tile", {"x", "s"}, {"y"}, "t");
  conv(tile, "y", 6);
  CHECK(last(tile.graph()).output == Shape{6, 13, 8});
}

TEST_CASE("channels and blocks of pixels change places", "[onnx]") {
  ModelBuilder deep;
  deep.input("x", {1, 3, 8, 6}).node("SpaceToDepth", {"x"}, {"y"}, "s").with("blocksize", std::int64_t{2});
  CHECK(last(deep.graph()).output == Shape{4, 3, 12});
  CHECK(last(deep.graph()).inputs.size() == 4);
  ModelBuilder wide;
  wide.input("x", {1, 12, 4, 3}).node("DepthToSpace", {"x"}, {"y"}, "d").with("blocksize", std::int64_t{2});
  CHECK(last(wide.graph()).output == Shape{8, 6, 3});
  CHECK(needed(wide.graph(), {{5, 6}, {0, 2}}) == Rect{{2, 3}, {0, 1}});
  ModelBuilder wrong;
  wrong.input("x", {1, 10, 4, 3}).node("DepthToSpace", {"x"}, {"y"}, "d").with("blocksize", std::int64_t{2});
  CHECK(only_problem(wrong) == "node 'd': blocks of 2 do not fit an input of [1, 10, 4, 3]");
}

// --- models ---

TEST_CASE("several inputs and outputs", "[onnx]") {
  ModelBuilder model;
  model.input("left", {1, 3, 10, 12}).input("right", {1, 3, 10, 12});
  conv(model, "left", 3, "a");
  conv(model, "right", 3, "b");
  model.node("Add", {"a", "b"}, {"sum"}, "sum").node("Relu", {"a"}, {"out"}, "out");
  const NetworkGraph graph = model.graph();
  CHECK(graph.size() == 6);
  CHECK(graph.operations().raw()[4].output == Shape{8, 10, 8});
  CHECK(model.problems(Shape{10, 12, 3}) == Strings{"input_shape cannot be given: the model has 2 inputs"});
}

TEST_CASE("versions of the operators", "[onnx]") {
  for (const std::int64_t opset : {7, 9, 11, 13, 17, 18, 21}) {
    ModelBuilder model{opset};
    model.input("x", {1, 3, 10, 12});
    conv(model, "x", 3);
    model.node("Relu", {"c"}, {"y"});
    CHECK(model.warnings().empty());
  }
  ModelBuilder newer{23};
  newer.input("x", {1, 3, 10, 12});
  conv(newer, "x", 3);
  CHECK(newer.warnings() == Strings{"the model is of opset 23; operations are read as in opsets 7 to 21"});
}

TEST_CASE("a parameter of no values is none", "[onnx]") {
  // Found by fuzzing: raw data of no bytes.
  onnx::TensorProto none;
  none.set_data_type(onnx::TensorProto::INT64);
  none.add_dims(0);
  none.set_raw_data("");
  ModelBuilder model;
  model.input("x", {1, 6, 1, 1}).node("Constant", {}, {"s"}, "s").with("value", none);
  model.node("Reshape", {"x", "s"}, {"y"}, "r");
  CHECK(only_problem(model) == "node 'r': cannot reshape [1, 6, 1, 1] to []");
}

TEST_CASE("a constant that is not worked out has no values", "[onnx]") {
  // Found by fuzzing: an order of no axes, and a squeezed axis that extends.
  ModelBuilder order;
  order.input("x", {1, 6, 1, 1}).integers("s", {1, 6}).node("Transpose", {"s"}, {"t"}).with("perm", Integers{});
  order.node("Reshape", {"x", "t"}, {"y"}, "r");
  CHECK(only_problem(order) == "node 'r': shape 't' must be a short tensor of integers stored in the file");
  ModelBuilder squeezed;
  squeezed.input("x", {1, 6, 1, 1}).integers("s", {1, 6}).node("Squeeze", {"s"}, {"t"}).with("axes", Integers{0});
  squeezed.node("Add", {"t", "s"}, {"u"}).node("Reshape", {"x", "u"}, {"y"}, "r");
  CHECK(only_problem(squeezed) == "node 'r': shape 'u' must be a short tensor of integers stored in the file");
}

TEST_CASE("shapes that the file states otherwise are pointed out", "[onnx]") {
  ModelBuilder model;
  model.input("x", {1, 3, 10, 12});
  conv(model, "x", 3);
  CHECK(ModelBuilder{model}.value_info("c", {1, 8, 8, 10}).warnings().empty());
  CHECK(model.value_info("c", {1, 8, 10, 12}).warnings() ==
        Strings{"node 'c': the file states [1, 8, 10, 12] for its result, which is [1, 8, 8, 10]"});
}

TEST_CASE("what a constant works out", "[onnx]") {
  // Reshape to what arithmetic on constants gives.
  const auto reshaped = [](ModelBuilder& model) {
    model.node("Reshape", {"x", "target"}, {"y"}, "r").node("Relu", {"y"}, {"z"});
    return last(model.graph()).output;
  };
  const auto started = [] {
    ModelBuilder model;
    model.input("x", {1, 6, 4, 5}).integers("one", {1}).integers("minus", {-1}).integers("zero", {0});
    model.node("Shape", {"x"}, {"shape"});
    return model;
  };
  ModelBuilder gather = started();
  gather.integers("i", {1}).node("Gather", {"shape", "i"}, {"c"}).node("Concat", {"one", "c", "minus"}, {"target"});
  gather.with("axis", std::int64_t{0});
  CHECK(reshaped(gather) == Shape{1, 20, 6});
  ModelBuilder division = started();
  division.integers("two", {2})
      .integers("i", {1})
      .node("Gather", {"shape", "i"}, {"c"})
      .node("Div", {"c", "two"}, {"h"});
  division.node("Concat", {"one", "h", "minus"}, {"target"}).with("axis", std::int64_t{0});
  CHECK(reshaped(division).channels == 3);
  ModelBuilder product = started();
  product.node("ReduceProd", {"shape"}, {"all"}).with("keepdims", std::int64_t{1});
  product.node("Concat", {"one", "all"}, {"target"}).with("axis", std::int64_t{0});
  CHECK(reshaped(product) == Shape{1, 1, 120});
  ModelBuilder choice = started();
  choice.integers("s", {1, 6, 20}).integers("never", {9, 9, 9}).node("Equal", {"s", "never"}, {"same"});
  choice.node("Where", {"same", "never", "s"}, {"target"});
  CHECK(reshaped(choice) == Shape{1, 20, 6});
  ModelBuilder range = started();
  range.integers("three", {3}).node("Range", {"three", "zero", "minus"}, {"down"});
  // 3, 2, 1 less 2 is 1, 0, -1: the batch, the channels as they are, and the rest.
  range.integers("two", {2}).node("Sub", {"down", "two"}, {"target"});
  CHECK(reshaped(range) == Shape{1, 20, 6});
  ModelBuilder divided = started();
  divided.node("Div", {"one", "zero"}, {"target"});
  CHECK(divided.node("Reshape", {"x", "target"}, {"y"}, "r").problems() ==
        Strings{"node 'r': shape 'target' must be a short tensor of integers stored in the file"});
}

}  // namespace crossweave
