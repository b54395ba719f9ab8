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
#include "scheduler/geometry.h"

namespace crossweave {

using Integers = std::vector<std::int64_t>;

/// A tensor that does not depend on the network's input: a weight, or a parameter of an operation.
struct OnnxConstant {
  Integers dims{};
  /// The values of short integer tensors.
  std::optional<Integers> integers{};
  /// The values of short floating-point tensors.
  std::optional<std::vector<double>> reals{};
};

/// A feature map and the rank of its tensor: 4 is N x C x H x W, 3 is N x C x W (H = 1), 2 is N x C (H = W = 1).
/// N is always 1: one inference is simulated.
struct OnnxFeatureMap {
  OperationId operation;
  std::size_t rank{4};
};

using OnnxValue = std::variant<OnnxFeatureMap, OnnxConstant>;

inline constexpr std::size_t kBatchAxis = 0;
inline constexpr std::size_t kChannelAxis = 1;

/// The extent of `shape` that axis `axis` of a tensor of rank `rank` names.
[[nodiscard]] int& extent_at(Shape& shape, std::size_t rank, std::size_t axis);

/// The dimensions of a map as a tensor of rank `rank`.
[[nodiscard]] Integers dims_of(Shape shape, std::size_t rank);

/// The map that a tensor of these dimensions is; nullopt when it is none (rank, batch, or an extent out of range).
[[nodiscard]] std::optional<Shape> shape_of(const Integers& dims);

/// Product of dimensions; nullopt when one is negative or the product does not fit.
[[nodiscard]] std::optional<std::int64_t> element_count(const Integers& dims);

/// "[1, 3, 224, 224]"
[[nodiscard]] std::string dims_text(const Integers& values);

/// `name` with control characters and broken UTF-8 replaced: names go into reports and YAML files.
[[nodiscard]] std::string printable_name(const std::string& name);

/// A tensor of the file; its values are read where they are stored in the file, short, and of a type that parameters
/// have.
[[nodiscard]] OnnxConstant constant_of(const onnx::TensorProto& tensor);

}  // namespace crossweave
