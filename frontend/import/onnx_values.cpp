#include "frontend/import/onnx_values.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace crossweave {
namespace {

/// Shapes, axes, scales and the like are short; values of longer tensors are weights, which nobody asks for.
constexpr std::int64_t kMaxKnownValues = 1024;

template <class T>
std::vector<T> raw_values(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

/// The values of a tensor from its typed field, or from the little-endian bytes of `raw_data`.
template <class T, class Out, class Field>
std::optional<std::vector<Out>> values_of(const onnx::TensorProto& tensor, const Field& field, std::int64_t count) {
  std::vector<Out> values;
  if (tensor.has_raw_data()) {
    const std::vector<T> raw = raw_values<T>(tensor.raw_data());
    values.assign(raw.begin(), raw.end());
  } else {
    values.assign(field.begin(), field.end());
  }
  if (static_cast<std::int64_t>(values.size()) != count) {
    return std::nullopt;
  }
  return values;
}

}  // namespace

int& extent_at(Shape& shape, std::size_t rank, std::size_t axis) {
  if (axis == kChannelAxis) {
    return shape.channels;
  }
  return rank == 4 && axis == 2 ? shape.height : shape.width;
}

Integers dims_of(Shape shape, std::size_t rank) {
  Integers dims{1};
  for (std::size_t axis = kChannelAxis; axis < rank; ++axis) {
    dims.push_back(extent_at(shape, rank, axis));
  }
  return dims;
}

std::optional<Shape> shape_of(const Integers& dims) {
  const auto fits = [](std::int64_t dim) { return dim >= 1 && dim <= std::numeric_limits<int>::max(); };
  if (dims.size() < 2 || dims.size() > 4 || dims[kBatchAxis] != 1 || !std::all_of(dims.begin(), dims.end(), fits)) {
    return std::nullopt;
  }
  Shape shape{1, 1, 1};
  for (std::size_t axis = kChannelAxis; axis < dims.size(); ++axis) {
    extent_at(shape, dims.size(), axis) = static_cast<int>(dims[axis]);
  }
  return shape;
}

std::optional<std::int64_t> element_count(const Integers& dims) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count)) {
      return std::nullopt;
    }
  }
  return count;
}

std::string dims_text(const Integers& values) {
  std::string text = "[";
  for (const std::int64_t value : values) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  }
  return text + "]";
}

std::string printable_name(const std::string& name) {
  std::string clean;
  for (std::size_t i = 0; i < name.size();) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 && byte < 0xF5 ? 4 : byte >= 0xE0 ? 3 : 2;
    const bool lead = byte < 0x80 || (byte >= 0xC2 && byte < 0xF5);
    const auto continues = [&](std::size_t k) { return (static_cast<unsigned char>(name[i + k]) & 0xC0) == 0x80; };
    bool valid = lead && i + length <= name.size();
    for (std::size_t k = 1; valid && k < length; ++k) {
      valid = continues(k);
    }
    if (!valid || byte < 0x20 || byte == 0x7F) {
      clean += '_';
      ++i;
    } else {
      clean += name.substr(i, length);
      i += length;
    }
  }
  return clean;
}

OnnxConstant constant_of(const onnx::TensorProto& tensor) {
  OnnxConstant constant{.dims = Integers(tensor.dims().begin(), tensor.dims().end())};
  const std::optional<std::int64_t> count = element_count(constant.dims);
  const bool external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  if (!count || *count > kMaxKnownValues || external) {
    return constant;
  }
  switch (tensor.data_type()) {
    case onnx::TensorProto::INT64:
      constant.integers = values_of<std::int64_t, std::int64_t>(tensor, tensor.int64_data(), *count);
      break;
    case onnx::TensorProto::INT32:
      constant.integers = values_of<std::int32_t, std::int64_t>(tensor, tensor.int32_data(), *count);
      break;
    case onnx::TensorProto::FLOAT:
      constant.reals = values_of<float, double>(tensor, tensor.float_data(), *count);
      break;
    case onnx::TensorProto::DOUBLE:
      constant.reals = values_of<double, double>(tensor, tensor.double_data(), *count);
      break;
    default:
      break;
  }
  return constant;
}

}  // namespace crossweave
