// Arithmetic on short constant tensors. Exporters compute the targets of reshapes and resizes from the shapes of maps
// with a dozen small nodes each; folded, they are plain parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "frontend/import/onnx_node.h"
#include "frontend/import/onnx_values.h"

namespace crossweave {

/// No tensor of a network has more axes.
inline constexpr std::size_t kMaxRank = 8;

/// The operands of a node all of whose inputs are constants; nullptr for an input left out.
using Constants = std::vector<const OnnxConstant*>;

/// What such a node yields, one constant for each output. Values and dimensions that are not worked out are left
/// unknown: whoever needs them says so.
[[nodiscard]] std::vector<OnnxConstant> fold_constants(OnnxNode& node, const Constants& operands);

/// Bits of an element that a node quantizes to: of its zero point's type, of the stated type, or of uint8.
[[nodiscard]] int bits_quantized_to(const OnnxNode& node, const OnnxConstant* zero_point);

/// One-dimensional integers.
[[nodiscard]] OnnxConstant integer_list(Integers values);

/// What a Slice takes of an axis: `count` positions from `first` on, `step` apart.
struct SlicedAxis {
  std::int64_t first{0};
  std::int64_t count{0};
};

/// `step` is not 0; both it and `extent` are far from the range of their type.
[[nodiscard]] SlicedAxis sliced_axis(std::int64_t extent, std::int64_t start, std::int64_t end, std::int64_t step);

/// The dimensions that a Reshape of `dims` to `target` gives (0 keeps an extent, -1 takes the rest); nullopt when they
/// do not fit.
[[nodiscard]] std::optional<Integers> reshape_target(const Integers& dims, const Integers& target, bool zero_is_zero);

/// The result of a Shape node.
[[nodiscard]] OnnxConstant shape_part(OnnxNode& node, const Integers& dims);

}  // namespace crossweave
