// What the readers of network files share: the range of what they accept, and the padding rule that several formats
// have.
#pragma once

#include <algorithm>
#include <string>

#include "scheduler/geometry.h"
#include "scheduler/operations.h"

namespace crossweave {

/// Largest extent, kernel, stride, padding, number of channels and so on that a file may state.
inline constexpr int kMaxImportExtent = 1 << 20;

/// "416x416x3"; an extent that the file leaves open (0) is written "?".
[[nodiscard]] inline std::string to_text(const Shape& shape) {
  const auto extent = [](int value) { return value == 0 ? std::string{"?"} : std::to_string(value); };
  return extent(shape.height) + "x" + extent(shape.width) + "x" + extent(shape.channels);
}

/// The padding that gives ceil(extent / stride) outputs along each axis, the odd position at the bottom and right
/// ("same" of TensorFlow and Keras, SAME_UPPER of ONNX).
[[nodiscard]] inline Padding same_padding(const Shape& in, Extent kernel, Extent stride, Extent dilation) {
  const auto total = [](std::int64_t extent, std::int64_t size, std::int64_t step, std::int64_t spread) {
    const std::int64_t outputs = (extent + step - 1) / step;
    return static_cast<int>(
        std::clamp<std::int64_t>((outputs - 1) * step + (size - 1) * spread + 1 - extent, 0, kMaxImportExtent));
  };
  const int rows = total(in.height, kernel.height, stride.height, dilation.height);
  const int columns = total(in.width, kernel.width, stride.width, dilation.width);
  return {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
}

}  // namespace crossweave
