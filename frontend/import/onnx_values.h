// The values of an ONNX graph, as far as a network of feature maps has them, and the meaning of their axes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <onnx/onnx_pb.h>

#include "arch/ids.h"
#include "frontend/import/onnx_layout.h"

namespace crossweave {

/// A tensor that does not depend on the network's input: a weight, or a parameter of an operation.
struct OnnxConstant {
  /// nullopt when nothing in the file tells.
  std::optional<Integers> dims{Integers{}};
  /// The values of short tensors of integers or truth values.
  std::optional<Integers> integers{};
  /// The values of short floating-point tensors.
  std::optional<std::vector<double>> reals{};
  /// Of an element in the file, before a DequantizeLinear; 0 where its type is none
  /// of quantized values.
  int bits{0};
};

/// A feature map as the tensor that a node made of it. The batch is always 1: one inference is simulated.
struct OnnxFeatureMap {
  OperationId operation;
  Layout axes;
};

using OnnxValue = std::variant<OnnxFeatureMap, OnnxConstant>;

/// Shapes, axes, scales and the like are short; values of longer tensors are weights, which nobody asks for.
inline constexpr std::int64_t kMaxKnownValues = 1024;

inline constexpr std::size_t kBatchAxis = 0;
inline constexpr std::size_t kChannelAxis = 1;

/// Product of dimensions; nullopt when one is negative or the product does not fit.
[[nodiscard]] std::optional<std::int64_t> element_count(const Integers& dims);

/// The dimensions of two tensors combined element by element; nullopt when they do not fit. Extents of 1 are repeated,
/// missing leading ones are 1.
[[nodiscard]] std::optional<Integers> broadcast(const Integers& a, const Integers& b);

/// "[1, 3, 224, 224]"; what is longer than any tensor has is cut short.
[[nodiscard]] std::string dims_text(const Integers& values);

/// `name` with control characters and broken UTF-8 replaced: names go into reports and YAML files.
[[nodiscard]] std::string printable_name(const std::string& name);

/// Bits of an element of a type that quantized values have (TensorProto.DataType); 0 for all others.
[[nodiscard]] int quantized_bits(std::int64_t data_type);

/// A tensor of the file; its values are read where they are stored in the file, short, and of a type that parameters
/// have.
[[nodiscard]] OnnxConstant constant_of(const onnx::TensorProto& tensor);

}  // namespace crossweave
