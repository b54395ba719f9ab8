#include "frontend/import/onnx_values.h"

#include <algorithm>
#include <cstring>

namespace crossweave {
namespace {

template <class T>
std::vector<T> raw_values(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) {
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  }
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

std::optional<std::int64_t> element_count(const Integers& dims) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count)) {
      return std::nullopt;
    }
  }
  return count;
}

std::optional<Integers> broadcast(const Integers& a, const Integers& b) {
  const Integers& longer = a.size() < b.size() ? b : a;
  const Integers& shorter = a.size() < b.size() ? a : b;
  Integers dims = longer;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& dim = dims[dims.size() - 1 - i];
    const std::int64_t other = shorter[shorter.size() - 1 - i];
    if (dim != other && dim != 1 && other != 1) {
      return std::nullopt;
    }
    dim = dim == 1 ? other : dim;
  }
  return dims;
}

std::string dims_text(const Integers& values) {
  // A broken file may state a million.
  constexpr std::size_t kMostShown = 16;
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(values.size(), kMostShown); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(values[i]);
  }
  return text + (values.size() > kMostShown ? ", ...]" : "]");
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

int quantized_bits(std::int64_t data_type) {
  // Types that are newer than the library of Debian 12 have their numbers only.
  constexpr std::int64_t kFloat8First = 17;
  constexpr std::int64_t kFloat8Last = 20;
  constexpr std::int64_t kUint4 = 21;
  constexpr std::int64_t kInt4 = 22;
  switch (data_type) {
    case kUint4:
    case kInt4:
      return 4;
    case onnx::TensorProto::INT8:
    case onnx::TensorProto::UINT8:
      return 8;
    case onnx::TensorProto::INT16:
    case onnx::TensorProto::UINT16:
      return 16;
    case onnx::TensorProto::INT32:
      return 32;
    default:
      return data_type >= kFloat8First && data_type <= kFloat8Last ? 8 : 0;
  }
}

OnnxConstant constant_of(const onnx::TensorProto& tensor) {
  OnnxConstant constant{.dims = Integers(tensor.dims().begin(), tensor.dims().end()),
                        .bits = quantized_bits(tensor.data_type())};
  if (std::ranges::any_of(*constant.dims, [](std::int64_t dim) { return dim < 0; })) {
    return {.dims = std::nullopt};
  }
  const std::optional<std::int64_t> count = element_count(*constant.dims);
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
    case onnx::TensorProto::BOOL:
      constant.integers = values_of<std::uint8_t, std::int64_t>(tensor, tensor.int32_data(), *count);
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
