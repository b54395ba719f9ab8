// The operations of a canonical network: each knows its output shape and which input region an output region needs
// (Stage II of CLSA-CIM propagates rectangles backwards through these rules).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "arch/diagnostics.h"
#include "scheduler/geometry.h"

namespace crossweave {

enum class Axis { rows, columns };

/// Rows by columns of a kernel, a stride or a dilation.
struct Extent {
  int height{1};
  int width{1};

  friend bool operator==(Extent, Extent) = default;
};

struct Padding {
  int top{0};
  int bottom{0};
  int left{0};
  int right{0};

  friend bool operator==(const Padding&, const Padding&) = default;
};

/// How one axis of an output region maps to the input region it touches. For outputs [a, b) the input is
/// [stride * floor(a / divisor) + offset, stride * floor((b - 1) / divisor) + offset + window), or the whole extent.
/// Positions skipped by a stride are included (bounding box).
struct AxisMap {
  bool whole{false};
  int stride{1};
  int divisor{1};
  int offset{0};
  int window{1};

  /// The input interval clipped to [0, extent); empty when it lies wholly outside, or when `output` is empty.
  [[nodiscard]] Interval apply(Interval output, int extent) const;
  /// True when neighbouring outputs leave positions between their windows that neither touches.
  [[nodiscard]] bool skips() const { return !whole && stride > window; }

  friend bool operator==(const AxisMap&, const AxisMap&) = default;
};

// --- the operations ---

/// An input of the network.
struct Input {
  Shape shape;
};

/// 2-D convolution (base layer). Kernel of height x width x (Ci / groups) per output channel.
struct Conv2d {
  int filters{1};
  Extent kernel;
  Extent stride;
  Extent dilation;
  Padding padding;
  int groups{1};
  bool bias{true};
  /// Bits of its weights where the network file states them; 0: as the architecture says.
  int weight_bits{0};
};

/// Fully connected layer on the flattened input (base layer).
struct Dense {
  int units{1};
  bool bias{true};
  /// As those of a convolution.
  int weight_bits{0};
};

/// Adds one value per channel.
struct Bias {};

struct BatchNorm {};

/// Any element-wise function of one input (ReLU, LeakyReLU, softmax over channels, ...): identity in H and W.
struct Activation {
  std::string function;
};

/// Max or average pooling.
struct Pool {
  enum class Kind { max, average };
  Kind kind{Kind::max};
  Extent kernel;
  Extent stride;
  Extent dilation;
  Padding padding;
  /// Rounds the output extent up instead of down; the last window may then reach beyond the padding.
  bool ceil_mode{false};
};

/// Reduction over all of H and W.
struct GlobalPool {
  Pool::Kind kind{Pool::Kind::average};
};

/// Zero padding, decoupled from a base layer or explicit in the file.
struct Pad {
  Padding padding;
};

/// Element-wise function of several inputs (add, mul, ...). Inputs of H, W or C equal to 1 are broadcast.
struct Elementwise {
  std::string function;
};

/// Concatenation along rows, columns or channels.
struct Concat {
  enum class Along { rows, columns, channels };
  Along along{Along::channels};
};

/// A contiguous part of a map: rows, columns and channels from `first` on, `extent` of them.
struct Slice {
  Shape first;
  Shape extent;
};

/// Nearest-neighbour enlargement by integer factors.
struct Upsample {
  Extent factor;
};

/// Any rearrangement whose spatial meaning is lost (flatten, general reshape): needs the whole map.
struct Reshape {
  Shape shape;
};

using OperationKind = std::variant<Input, Conv2d, Dense, Bias, BatchNorm, Activation, Pool, GlobalPool, Pad,
                                   Elementwise, Concat, Slice, Upsample, Reshape>;

/// The term used in files, reports and messages: "conv2d", "max_pool", ...
[[nodiscard]] std::string_view operation_name(const OperationKind& kind);

/// The output shape, or why the operation does not fit its inputs.
Result<Shape, Failure> output_shape(const OperationKind& kind, std::span<const Shape> inputs);

/// How one axis of the output depends on input `input`.
[[nodiscard]] AxisMap axis_map(const OperationKind& kind, Axis axis, std::size_t input, std::span<const Shape> inputs);

/// Executed on crossbars (base layer) rather than on a GPEU.
[[nodiscard]] bool is_base(const OperationKind& kind);

/// Identity in H, W and C of its only input: runs wherever its input is produced.
[[nodiscard]] bool is_pointwise(const OperationKind& kind);

/// Kernel extent including the holes of a dilation.
[[nodiscard]] inline int effective_kernel(int kernel, int dilation) { return dilation * (kernel - 1) + 1; }

}  // namespace crossweave
