// The structure of an ONNX file without its weights, cut out of the protobuf bytes before anything is parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crossweave {

/// Values of one tensor that stay in the file, in bytes. Shapes, axes and scales are far shorter, weights are longer.
inline constexpr std::size_t kMaxKeptTensorBytes = 8192;

/// The serialised ModelProto `model` without the values of large tensors and without long texts; names, dimensions and
/// short tensors stay. nullopt when the bytes are not a protobuf message of that form. Memory follows the result, not
/// the input: of a mapped file only the pages that hold structure are touched.
[[nodiscard]] std::optional<std::string> strip_weights(std::string_view model);

}  // namespace crossweave
