#include "scheduler/operations.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace crossweave {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

/// Maps larger than this are a mistake in the file; it keeps every product of extents within 64 bits.
constexpr int kMaxExtent = 1 << 20;

/// The same for whole maps, whose channels flattening may make many.
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

std::string text(const Shape& shape) {
  return std::to_string(shape.height) + "x" + std::to_string(shape.width) + "x" + std::to_string(shape.channels);
}

Failure fail(std::string message) { return Failure{std::move(message)}; }

/// Outputs of a window that slides over `extent` padded positions; 0 when the window does not fit.
std::int64_t window_count(std::int64_t extent, int window, int stride, bool ceil_mode) {
  if (extent < window) {
    return 0;
  }
  const std::int64_t room = extent - window;
  return (ceil_mode ? (room + stride - 1) / stride : room / stride) + 1;
}

bool positive(Extent extent) {
  return extent.height >= 1 && extent.width >= 1 && extent.height <= kMaxExtent && extent.width <= kMaxExtent;
}

bool valid(const Padding& padding) {
  const auto fits = [](int value) { return value >= 0 && value <= kMaxExtent; };
  return fits(padding.top) && fits(padding.bottom) && fits(padding.left) && fits(padding.right);
}

/// Output extents of a convolution or pooling window.
Result<Shape, Failure> windowed(const Shape& in, Extent kernel, Extent stride, Extent dilation, const Padding& padding,
                                bool ceil_mode, int channels) {
  if (!positive(kernel) || !positive(stride) || !positive(dilation)) {
    return fail("kernel, stride and dilation must be positive");
  }
  if (!valid(padding)) {
    return fail("padding must not be negative");
  }
  const auto effective = [](int size, int step) { return (std::int64_t{size} - 1) * step + 1; };
  const std::int64_t window_h = effective(kernel.height, dilation.height);
  const std::int64_t window_w = effective(kernel.width, dilation.width);
  const std::int64_t padded_h = std::int64_t{in.height} + padding.top + padding.bottom;
  const std::int64_t padded_w = std::int64_t{in.width} + padding.left + padding.right;
  if (window_h > padded_h || window_w > padded_w) {
    return fail("kernel of " + std::to_string(window_h) + "x" + std::to_string(window_w) +
                " is larger than its padded input of " + std::to_string(padded_h) + "x" + std::to_string(padded_w));
  }
  std::int64_t height = window_count(padded_h, static_cast<int>(window_h), stride.height, ceil_mode);
  std::int64_t width = window_count(padded_w, static_cast<int>(window_w), stride.width, ceil_mode);
  if (ceil_mode) {
    // A window must begin inside the map or its leading padding (the rule of PyTorch and ONNX).
    if ((height - 1) * stride.height >= std::int64_t{in.height} + padding.top) {
      --height;
    }
    if ((width - 1) * stride.width >= std::int64_t{in.width} + padding.left) {
      --width;
    }
  }
  return Shape{static_cast<int>(height), static_cast<int>(width), channels};
}

AxisMap window_map(Axis axis, Extent kernel, Extent stride, Extent dilation, const Padding& padding) {
  if (axis == Axis::rows) {
    return {
        .stride = stride.height, .offset = -padding.top, .window = effective_kernel(kernel.height, dilation.height)};
  }
  return {.stride = stride.width, .offset = -padding.left, .window = effective_kernel(kernel.width, dilation.width)};
}

int extent_of(const Shape& shape, Axis axis) { return axis == Axis::rows ? shape.height : shape.width; }

constexpr AxisMap kWhole{.whole = true};

}  // namespace

Interval AxisMap::apply(Interval output, int extent) const {
  if (output.empty()) {
    return {0, 0};
  }
  if (whole) {
    return {0, extent};
  }
  const std::int64_t first = std::int64_t{stride} * (output.begin / divisor) + offset;
  const std::int64_t last = std::int64_t{stride} * ((output.end - 1) / divisor) + offset + window;
  const std::int64_t begin = std::clamp<std::int64_t>(first, 0, extent);
  const std::int64_t end = std::clamp<std::int64_t>(last, 0, extent);
  return begin < end ? Interval{static_cast<int>(begin), static_cast<int>(end)} : Interval{0, 0};
}

std::string_view operation_name(const OperationKind& kind) {
  return std::visit(
      Overloaded{
          [](const Input&) -> std::string_view { return "input"; },
          [](const Conv2d&) -> std::string_view { return "conv2d"; },
          [](const Dense&) -> std::string_view { return "dense"; },
          [](const Bias&) -> std::string_view { return "bias"; },
          [](const BatchNorm&) -> std::string_view { return "batch_norm"; },
          [](const Activation& op) -> std::string_view { return op.function; },
          [](const Pool& op) -> std::string_view { return op.kind == Pool::Kind::max ? "max_pool" : "average_pool"; },
          [](const GlobalPool& op) -> std::string_view {
            return op.kind == Pool::Kind::max ? "global_max_pool" : "global_average_pool";
          },
          [](const Pad&) -> std::string_view { return "pad"; },
          [](const Elementwise& op) -> std::string_view { return op.function; },
          [](const Concat&) -> std::string_view { return "concat"; },
          [](const Slice&) -> std::string_view { return "slice"; },
          [](const Upsample&) -> std::string_view { return "upsample"; },
          [](const Reshape&) -> std::string_view { return "reshape"; },
      },
      kind);
}

namespace {

Result<Shape, Failure> shape_of_elementwise(std::span<const Shape> inputs) {
  Shape out{1, 1, 1};
  for (const Shape& in : inputs) {
    const auto merge = [](int& into, int extent) {
      if (into == 1) {
        into = extent;
      }
      return extent == into || extent == 1;
    };
    if (!merge(out.height, in.height) || !merge(out.width, in.width) || !merge(out.channels, in.channels)) {
      return fail("inputs of " + text(inputs.front()) + " and " + text(in) + " cannot be combined element by element");
    }
  }
  return out;
}

Result<Shape, Failure> shape_of_concat(const Concat& op, std::span<const Shape> inputs) {
  Shape out = inputs.front();
  std::int64_t sum = 0;
  for (const Shape& in : inputs) {
    const bool fits = (op.along == Concat::Along::rows || in.height == out.height) &&
                      (op.along == Concat::Along::columns || in.width == out.width) &&
                      (op.along == Concat::Along::channels || in.channels == out.channels);
    if (!fits) {
      return fail("inputs of " + text(inputs.front()) + " and " + text(in) + " cannot be concatenated");
    }
    sum += op.along == Concat::Along::rows ? in.height : op.along == Concat::Along::columns ? in.width : in.channels;
  }
  if (sum > kMaxExtent) {
    return fail("the concatenation is too large");
  }
  (op.along == Concat::Along::rows      ? out.height
   : op.along == Concat::Along::columns ? out.width
                                        : out.channels) = static_cast<int>(sum);
  return out;
}

Result<Shape, Failure> shape_of_conv(const Conv2d& op, const Shape& in) {
  if (op.groups < 1 || op.filters < 1) {
    return fail("filters and groups must be positive");
  }
  if (in.channels % op.groups != 0 || op.filters % op.groups != 0) {
    return fail(std::to_string(op.groups) + " groups do not divide both the " + std::to_string(in.channels) +
                " input channels and the " + std::to_string(op.filters) + " filters");
  }
  return windowed(in, op.kernel, op.stride, op.dilation, op.padding, false, op.filters);
}

Result<Shape, Failure> shape_of_pad(const Pad& op, const Shape& in) {
  if (!valid(op.padding)) {
    return fail("padding must not be negative");
  }
  return Shape{in.height + op.padding.top + op.padding.bottom, in.width + op.padding.left + op.padding.right,
               in.channels};
}

Result<Shape, Failure> shape_of_slice(const Slice& op, const Shape& in) {
  const auto within = [](int first, int extent, int whole) {
    return first >= 0 && extent >= 1 && std::int64_t{first} + extent <= whole;
  };
  if (!within(op.first.height, op.extent.height, in.height) || !within(op.first.width, op.extent.width, in.width) ||
      !within(op.first.channels, op.extent.channels, in.channels)) {
    return fail("the slice reaches beyond its input of " + text(in));
  }
  return op.extent;
}

Result<Shape, Failure> shape_of_upsample(const Upsample& op, const Shape& in) {
  if (!positive(op.factor) || std::int64_t{in.height} * op.factor.height > kMaxExtent ||
      std::int64_t{in.width} * op.factor.width > kMaxExtent) {
    return fail("the upsampling factor is out of range");
  }
  return Shape{in.height * op.factor.height, in.width * op.factor.width, in.channels};
}

Result<Shape, Failure> shape_of_reshape(const Reshape& op, const Shape& in) {
  if (op.shape.elements() != in.elements()) {
    return fail("cannot reshape " + text(in) + " to " + text(op.shape));
  }
  return op.shape;
}

Result<Shape, Failure> infer(const OperationKind& kind, std::span<const Shape> inputs) {
  return std::visit(Overloaded{
                        [](const Input& op) -> Result<Shape, Failure> { return op.shape; },
                        [&](const Conv2d& op) { return shape_of_conv(op, inputs[0]); },
                        [&](const Dense& op) -> Result<Shape, Failure> {
                          if (op.units < 1) {
                            return fail("units must be positive");
                          }
                          if (inputs[0].elements() > std::numeric_limits<int>::max()) {
                            return fail("a dense layer on " + text(inputs[0]) + " has too many inputs");
                          }
                          return Shape{1, 1, op.units};
                        },
                        [&](const Bias&) -> Result<Shape, Failure> { return inputs[0]; },
                        [&](const BatchNorm&) -> Result<Shape, Failure> { return inputs[0]; },
                        [&](const Activation&) -> Result<Shape, Failure> { return inputs[0]; },
                        [&](const Pool& op) {
                          return windowed(inputs[0], op.kernel, op.stride, op.dilation, op.padding, op.ceil_mode,
                                          inputs[0].channels);
                        },
                        [&](const GlobalPool&) -> Result<Shape, Failure> {
                          return Shape{1, 1, inputs[0].channels};
                        },
                        [&](const Pad& op) { return shape_of_pad(op, inputs[0]); },
                        [&](const Elementwise&) { return shape_of_elementwise(inputs); },
                        [&](const Concat& op) { return shape_of_concat(op, inputs); },
                        [&](const Slice& op) { return shape_of_slice(op, inputs[0]); },
                        [&](const Upsample& op) { return shape_of_upsample(op, inputs[0]); },
                        [&](const Reshape& op) { return shape_of_reshape(op, inputs[0]); },
                    },
                    kind);
}

/// Number of inputs an operation takes; `most` is unlimited for element-wise operations and concatenation.
struct Arity {
  std::size_t least;
  std::size_t most;
};

Arity arity(const OperationKind& kind) {
  if (std::holds_alternative<Input>(kind)) {
    return {0, 0};
  }
  if (std::holds_alternative<Elementwise>(kind) || std::holds_alternative<Concat>(kind)) {
    return {1, std::numeric_limits<std::size_t>::max()};
  }
  return {1, 1};
}

}  // namespace

Result<Shape, Failure> output_shape(const OperationKind& kind, std::span<const Shape> inputs) {
  const Arity expected = arity(kind);
  if (inputs.size() < expected.least || inputs.size() > expected.most) {
    return fail(std::string{operation_name(kind)} + " takes " + std::to_string(expected.least) + " input(s), got " +
                std::to_string(inputs.size()));
  }
  Result<Shape, Failure> shape = infer(kind, inputs);
  if (shape) {
    const auto in_range = [](int extent) { return extent >= 1 && extent <= kMaxExtent; };
    if (!in_range(shape->height) || !in_range(shape->width) || shape->channels < 1 ||
        shape->elements() > kMostElements) {
      return fail("the output of " + text(*shape) + " is empty or too large");
    }
  }
  return shape;
}

AxisMap axis_map(const OperationKind& kind, Axis axis, std::size_t input, std::span<const Shape> inputs) {
  return std::visit(
      Overloaded{
          [](const Input&) { return AxisMap{}; },
          [&](const Conv2d& op) { return window_map(axis, op.kernel, op.stride, op.dilation, op.padding); },
          [](const Dense&) { return kWhole; },
          [](const Bias&) { return AxisMap{}; },
          [](const BatchNorm&) { return AxisMap{}; },
          [](const Activation&) { return AxisMap{}; },
          [&](const Pool& op) { return window_map(axis, op.kernel, op.stride, op.dilation, op.padding); },
          [](const GlobalPool&) { return kWhole; },
          [&](const Pad& op) { return window_map(axis, {}, {}, {}, op.padding); },
          [&](const Elementwise&) {
            // "The same region of every input, all of a broadcast one" (method, Stage II): an input that is stretched
            // along either axis is needed as a whole.
            const auto stretched = [&](Axis along) {
              return std::ranges::any_of(inputs, [&](const Shape& other) {
                return extent_of(inputs[input], along) < extent_of(other, along);
              });
            };
            return stretched(Axis::rows) || stretched(Axis::columns) ? kWhole : AxisMap{};
          },
          [&](const Concat& op) {
            const bool along = op.along == (axis == Axis::rows ? Concat::Along::rows : Concat::Along::columns);
            if (!along) {
              return AxisMap{};
            }
            const int before = std::accumulate(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(input), 0,
                                               [&](int sum, const Shape& in) { return sum + extent_of(in, axis); });
            return AxisMap{.offset = -before};
          },
          [&](const Slice& op) { return AxisMap{.offset = extent_of(op.first, axis)}; },
          [&](const Upsample& op) {
            return AxisMap{.divisor = axis == Axis::rows ? op.factor.height : op.factor.width};
          },
          [](const Reshape&) { return kWhole; },
      },
      kind);
}

bool is_base(const OperationKind& kind) {
  return std::holds_alternative<Conv2d>(kind) || std::holds_alternative<Dense>(kind);
}

bool is_pointwise(const OperationKind& kind) {
  return std::holds_alternative<Bias>(kind) || std::holds_alternative<BatchNorm>(kind) ||
         std::holds_alternative<Activation>(kind);
}

}  // namespace crossweave
