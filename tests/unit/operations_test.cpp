// Do operations have the right output shape, and do regions propagate as an enumeration of every pixel's window says?
#include "scheduler/operations.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/network_graph.h"

namespace crossweave {
namespace {

Shape shape_of(const OperationKind& kind, std::vector<Shape> inputs) {
  const Result<Shape, Failure> shape = output_shape(kind, inputs);
  INFO((shape ? "" : shape.error().message));
  REQUIRE(shape);
  return *shape;
}

std::string failure_of(const OperationKind& kind, std::vector<Shape> inputs) {
  const Result<Shape, Failure> shape = output_shape(kind, inputs);
  REQUIRE_FALSE(shape);
  return shape.error().message;
}

/// Every position along one axis of an input that one output position reads, those outside of the map included.
using Reads = std::function<std::vector<int>(int output)>;

/// Compares axis_map with the bounding box of what the outputs of every interval read, clipped to the input.
void check_axis(const OperationKind& kind, Axis axis, std::size_t input, const std::vector<Shape>& inputs,
                const Reads& reads) {
  const Shape out = shape_of(kind, inputs);
  const int outputs = axis == Axis::rows ? out.height : out.width;
  const int extent = axis == Axis::rows ? inputs[input].height : inputs[input].width;
  const AxisMap map = axis_map(kind, axis, input, inputs);
  for (int begin = 0; begin < outputs; ++begin) {
    std::optional<Interval> box;
    for (int end = begin + 1; end <= outputs; ++end) {
      for (const int position : reads(end - 1)) {
        const Interval at{position, position + 1};
        box = box ? box->hull(at) : at;
      }
      const Interval clipped = box ? box->intersect({0, extent}) : Interval{};
      const Interval expected = clipped.empty() ? Interval{0, 0} : clipped;
      CAPTURE(begin, end, expected.begin, expected.end);
      REQUIRE(map.apply({begin, end}, extent) == expected);
    }
  }
}

Reads window_reads(int kernel, int stride, int dilation, int padding) {
  return [=](int output) {
    std::vector<int> positions;
    for (int k = 0; k < kernel; ++k) {
      positions.push_back(output * stride - padding + k * dilation);
    }
    return positions;
  };
}

Reads reads_all(int extent) {
  return [=](int) {
    std::vector<int> positions;
    for (int i = 0; i < extent; ++i) {
      positions.push_back(i);
    }
    return positions;
  };
}

/// Windows that fit, counted one by one.
int count_windows(int extent, int before, int after, int kernel, int stride, int dilation, bool ceil_mode) {
  const int reach = dilation * (kernel - 1);
  int count = 0;
  for (int start = -before; start + reach < extent + after; start += stride) {
    ++count;
  }
  // Rounding up admits one more window for what is left, unless it would begin in the padding behind the map (the rule
  // of PyTorch and ONNX).
  const int end_of_last = -before + (count - 1) * stride + reach + 1;
  count += ceil_mode && end_of_last < extent + after ? 1 : 0;
  count -= ceil_mode && -before + (count - 1) * stride >= extent ? 1 : 0;
  return count;
}

const Shape kMap{13, 11, 8};

}  // namespace

TEST_CASE("windows of convolutions and pools match an enumeration", "[operations]") {
  std::mt19937 random{20240611};
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  int checked = 0;
  for (int round = 0; round < 400; ++round) {
    const Shape in{pick(1, 20), pick(1, 20), 4};
    Pool pool;
    pool.kernel = {pick(1, 4), pick(1, 4)};
    pool.stride = {pick(1, 6), pick(1, 6)};
    pool.dilation = {pick(1, 3), pick(1, 3)};
    pool.padding = {pick(0, 3), pick(0, 3), pick(0, 3), pick(0, 3)};
    pool.ceil_mode = pick(0, 1) == 1;
    const int rows = count_windows(in.height, pool.padding.top, pool.padding.bottom, pool.kernel.height,
                                   pool.stride.height, pool.dilation.height, pool.ceil_mode);
    const int columns = count_windows(in.width, pool.padding.left, pool.padding.right, pool.kernel.width,
                                      pool.stride.width, pool.dilation.width, pool.ceil_mode);
    const int least_rows = pool.dilation.height * (pool.kernel.height - 1) + 1;
    const int least_columns = pool.dilation.width * (pool.kernel.width - 1) + 1;
    if (least_rows > in.height + pool.padding.top + pool.padding.bottom ||
        least_columns > in.width + pool.padding.left + pool.padding.right) {
      CHECK(failure_of(pool, {in}).find("larger than its padded input") != std::string::npos);
      continue;
    }
    CAPTURE(in.height, in.width, pool.kernel.height, pool.stride.height, pool.dilation.height, pool.padding.top,
            pool.padding.bottom, pool.ceil_mode);
    CHECK(shape_of(pool, {in}) == Shape{rows, columns, 4});
    check_axis(pool, Axis::rows, 0, {in},
               window_reads(pool.kernel.height, pool.stride.height, pool.dilation.height, pool.padding.top));
    check_axis(pool, Axis::columns, 0, {in},
               window_reads(pool.kernel.width, pool.stride.width, pool.dilation.width, pool.padding.left));
    if (!pool.ceil_mode) {
      const Conv2d conv{.filters = 6,
                        .kernel = pool.kernel,
                        .stride = pool.stride,
                        .dilation = pool.dilation,
                        .padding = pool.padding,
                        .groups = 2,
                        .bias = false};
      CHECK(shape_of(conv, {in}) == Shape{rows, columns, 6});
      check_axis(conv, Axis::rows, 0, {in},
                 window_reads(pool.kernel.height, pool.stride.height, pool.dilation.height, pool.padding.top));
    }
    ++checked;
  }
  CHECK(checked > 200);
}

TEST_CASE("the last window of ceil_mode begins inside the map or the padding before it", "[operations]") {
  Pool pool;
  pool.kernel = {3, 3};
  pool.stride = {2, 2};
  pool.ceil_mode = true;
  CHECK(shape_of(pool, {{54, 54, 96}}) == Shape{27, 27, 96});
  pool.ceil_mode = false;
  CHECK(shape_of(pool, {{54, 54, 96}}) == Shape{26, 26, 96});
  // PyTorch's rule: a window that would begin in the padding behind the map is dropped.
  pool = {.kind = Pool::Kind::max, .kernel = {1, 1}, .stride = {3, 3}, .dilation = {}, .padding = {0, 2, 0, 2}};
  pool.ceil_mode = true;
  CHECK(shape_of(pool, {{4, 4, 1}}) == Shape{2, 2, 1});
}

TEST_CASE("a stride beyond the kernel leaves positions that no window touches", "[operations]") {
  const Conv2d conv{.filters = 1, .kernel = {1, 1}, .stride = {2, 2}, .dilation = {}, .padding = {}};
  const std::vector<Shape> inputs{{8, 8, 1}};
  CHECK(axis_map(conv, Axis::rows, 0, inputs).skips());
  // The bounding box keeps them.
  CHECK(axis_map(conv, Axis::rows, 0, inputs).apply({1, 3}, 8) == Interval{2, 5});
}

TEST_CASE("a region wholly in the padding needs nothing", "[operations]") {
  NetworkGraph graph{"padded"};
  const OperationId in = *graph.add("input", Input{{4, 4, 1}}, {});
  const OperationId pad = *graph.add("pad", Pad{{2, 0, 0, 3}}, {in});
  CHECK(graph[pad].output == Shape{6, 7, 1});
  CHECK(graph.input_region(pad, 0, {{0, 2}, {0, 7}}) == Rect{});
  CHECK(graph.input_region(pad, 0, {{0, 3}, {0, 7}}) == Rect{{0, 1}, {0, 4}});
  CHECK(graph.input_region(pad, 0, {{0, 6}, {4, 7}}) == Rect{});
  check_axis(Pad{{2, 0, 0, 3}}, Axis::rows, 0, {{4, 4, 1}}, window_reads(1, 1, 1, 2));
}

TEST_CASE("concatenation shifts regions along its axis only", "[operations]") {
  const std::vector<Shape> stacked{{3, 5, 2}, {4, 5, 2}, {2, 5, 2}};
  CHECK(shape_of(Concat{Concat::Along::rows}, stacked) == Shape{9, 5, 2});
  int offset = 0;
  for (std::size_t i = 0; i < stacked.size(); ++i) {
    check_axis(Concat{Concat::Along::rows}, Axis::rows, i, stacked,
               [offset](int output) { return std::vector{output - offset}; });
    check_axis(Concat{Concat::Along::rows}, Axis::columns, i, stacked, [](int output) { return std::vector{output}; });
    offset += stacked[i].height;
  }
  const std::vector<Shape> side_by_side{{3, 5, 2}, {3, 1, 2}};
  CHECK(shape_of(Concat{Concat::Along::columns}, side_by_side) == Shape{3, 6, 2});
  check_axis(Concat{Concat::Along::columns}, Axis::columns, 1, side_by_side,
             [](int output) { return std::vector{output - 5}; });
  const std::vector<Shape> deep{{3, 5, 2}, {3, 5, 7}};
  CHECK(shape_of(Concat{Concat::Along::channels}, deep) == Shape{3, 5, 9});
  check_axis(Concat{Concat::Along::channels}, Axis::rows, 1, deep, [](int output) { return std::vector{output}; });
}

TEST_CASE("slices shift and upsampling divides", "[operations]") {
  const Slice slice{.first = {2, 1, 4}, .extent = {5, 3, 4}};
  CHECK(shape_of(slice, {kMap}) == Shape{5, 3, 4});
  check_axis(slice, Axis::rows, 0, {kMap}, [](int output) { return std::vector{output + 2}; });
  check_axis(slice, Axis::columns, 0, {kMap}, [](int output) { return std::vector{output + 1}; });
  const Upsample upsample{{3, 2}};
  CHECK(shape_of(upsample, {kMap}) == Shape{39, 22, 8});
  check_axis(upsample, Axis::rows, 0, {kMap}, [](int output) { return std::vector{output / 3}; });
  check_axis(upsample, Axis::columns, 0, {kMap}, [](int output) { return std::vector{output / 2}; });
}

TEST_CASE("element-wise operations need the same region, and all of a broadcast input", "[operations]") {
  const std::vector<Shape> inputs{{6, 1, 4}, {6, 5, 1}, {1, 1, 4}};
  CHECK(shape_of(Elementwise{"add"}, inputs) == Shape{6, 5, 4});
  const auto same = [](int output) { return std::vector{output}; };
  const auto first = [](int) { return std::vector{0}; };
  check_axis(Elementwise{"add"}, Axis::rows, 0, inputs, reads_all(6));
  check_axis(Elementwise{"add"}, Axis::columns, 0, inputs, first);
  check_axis(Elementwise{"add"}, Axis::columns, 1, inputs, same);
  check_axis(Elementwise{"add"}, Axis::rows, 2, inputs, first);
}

TEST_CASE("what loses its place in the map needs the whole map", "[operations]") {
  const int elements = static_cast<int>(kMap.elements());
  const std::vector<OperationKind> kinds{Dense{10, true}, GlobalPool{Pool::Kind::max}, Reshape{{1, 1, elements}}};
  for (const OperationKind& kind : kinds) {
    check_axis(kind, Axis::rows, 0, {kMap}, reads_all(kMap.height));
    check_axis(kind, Axis::columns, 0, {kMap}, reads_all(kMap.width));
  }
  CHECK(shape_of(Dense{10, true}, {kMap}) == Shape{1, 1, 10});
  CHECK(shape_of(GlobalPool{Pool::Kind::average}, {kMap}) == Shape{1, 1, 8});
}

TEST_CASE("pointwise operations keep every position", "[operations]") {
  for (const OperationKind& kind : std::vector<OperationKind>{Bias{}, BatchNorm{}, Activation{"relu"}}) {
    CHECK(is_pointwise(kind));
    CHECK_FALSE(is_base(kind));
    CHECK(shape_of(kind, {kMap}) == kMap);
    check_axis(kind, Axis::rows, 0, {kMap}, [](int output) { return std::vector{output}; });
  }
  CHECK(is_base(Conv2d{}));
  CHECK(is_base(Dense{}));
}

TEST_CASE("operations that do not fit their inputs say so", "[operations]") {
  Conv2d conv;
  conv.kernel = {3, 3};
  CHECK(failure_of(conv, {{2, 9, 3}}) == "kernel of 3x3 is larger than its padded input of 2x9");
  conv.stride = {0, 1};
  CHECK(failure_of(conv, {{9, 9, 3}}) == "kernel, stride and dilation must be positive");
  conv.stride = {1, 1};
  conv.padding.left = -1;
  CHECK(failure_of(conv, {{9, 9, 3}}) == "padding must not be negative");
  conv.padding.left = 0;
  conv.groups = 2;
  CHECK(failure_of(conv, {{9, 9, 3}}).find("2 groups") == 0);
  CHECK(failure_of(Dense{0, true}, {kMap}) == "units must be positive");
  CHECK(failure_of(Elementwise{"add"}, {{4, 4, 2}, {4, 3, 2}}) ==
        "inputs of 4x4x2 and 4x3x2 cannot be combined element by element");
  CHECK(failure_of(Concat{}, {{4, 4, 2}, {4, 3, 2}}) == "inputs of 4x4x2 and 4x3x2 cannot be concatenated");
  CHECK(failure_of(Slice{{0, 0, 4}, {13, 11, 5}}, {kMap}) == "the slice reaches beyond its input of 13x11x8");
  CHECK(failure_of(Reshape{{1, 1, 7}}, {kMap}) == "cannot reshape 13x11x8 to 1x1x7");
  CHECK(failure_of(Upsample{{0, 1}}, {kMap}) == "the upsampling factor is out of range");
  CHECK(failure_of(Input{{0, 4, 4}}, {}) == "the output of 0x4x4 is empty or too large");
  CHECK(failure_of(BatchNorm{}, {kMap, kMap}) == "batch_norm takes 1 input(s), got 2");
}

}  // namespace crossweave
