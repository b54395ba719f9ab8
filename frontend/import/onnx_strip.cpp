#include "frontend/import/onnx_strip.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace crossweave {
namespace {

/// Deeper nesting than protobuf itself reads (its default limit is 100).
constexpr int kMaxDepth = 100;

/// Texts and lists of attributes longer than this are documentation or weights.
constexpr std::size_t kMaxKeptFieldBytes = std::size_t{1} << 20;

/// Numbers of fields in onnx.proto, which never change: protobuf files stay readable that way.
enum class Message { model, graph, node, attribute, tensor, sparse_tensor, function };

struct Nested {
  std::uint64_t field;
  Message message;
};

/// The fields of a message that may hold tensors, directly or further inside.
std::span<const Nested> nested_fields(Message message) {
  static constexpr std::array kModel{Nested{7, Message::graph}, Nested{25, Message::function}};
  static constexpr std::array kGraph{Nested{1, Message::node}, Nested{5, Message::tensor},
                                     Nested{15, Message::sparse_tensor}};
  static constexpr std::array kNode{Nested{5, Message::attribute}};
  static constexpr std::array kAttribute{Nested{5, Message::tensor},         Nested{6, Message::graph},
                                         Nested{10, Message::tensor},        Nested{11, Message::graph},
                                         Nested{22, Message::sparse_tensor}, Nested{23, Message::sparse_tensor}};
  static constexpr std::array kSparse{Nested{1, Message::tensor}, Nested{2, Message::tensor}};
  static constexpr std::array kFunction{Nested{7, Message::node}};
  switch (message) {
    case Message::model:
      return kModel;
    case Message::graph:
      return kGraph;
    case Message::node:
      return kNode;
    case Message::attribute:
      return kAttribute;
    case Message::sparse_tensor:
      return kSparse;
    case Message::function:
      return kFunction;
    case Message::tensor:
      return {};
  }
  return {};
}

/// float_data, int32_data, string_data, int64_data, raw_data, double_data and uint64_data of a TensorProto.
bool holds_values(std::uint64_t field) { return (field >= 4 && field <= 7) || (field >= 9 && field <= 11); }

bool read_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) {
      return true;
    }
  }
  return false;
}

void write_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) {
    out += static_cast<char>(value | 0x80U);
  }
  out += static_cast<char>(value);
}

/// One field as it stands in the file.
struct Field {
  std::uint64_t number{0};
  std::uint64_t tag{0};
  /// The field whole, tag included.
  std::string_view whole;
  /// What a length stands before; only when `delimited`.
  std::string_view content;
  bool delimited{false};
};

bool read_field(std::string_view& bytes, Field& field) {
  const std::string_view start = bytes;
  if (!read_varint(bytes, field.tag)) {
    return false;
  }
  field.number = field.tag >> 3U;
  std::uint64_t length = 0;
  field.delimited = false;
  switch (field.tag & 7U) {
    case 0:
      if (!read_varint(bytes, length)) {
        return false;
      }
      length = 0;
      break;
    case 1:
      length = 8;
      break;
    case 2:
      field.delimited = true;
      if (!read_varint(bytes, length)) {
        return false;
      }
      break;
    case 5:
      length = 4;
      break;
    default:
      return false;
  }
  if (length > bytes.size()) {
    return false;
  }
  field.content = bytes.substr(0, length);
  bytes.remove_prefix(length);
  field.whole = start.substr(0, start.size() - bytes.size());
  return field.number != 0;
}

bool strip(std::string_view bytes, Message message, int depth, std::string& out) {
  if (depth > kMaxDepth) {
    return false;
  }
  const std::span<const Nested> nested = nested_fields(message);
  // Values may come one field each: what counts is their sum.
  std::size_t values = 0;
  for (Field field; !bytes.empty();) {
    if (!read_field(bytes, field)) {
      return false;
    }
    if (message == Message::tensor && holds_values(field.number)) {
      values += field.whole.size();
      if (values <= kMaxKeptTensorBytes) {
        out += field.whole;
      }
      continue;
    }
    const auto inner = std::ranges::find(nested, field.number, &Nested::field);
    if (!field.delimited || inner == nested.end()) {
      if (field.whole.size() <= kMaxKeptFieldBytes) {
        out += field.whole;
      }
      continue;
    }
    std::string stripped;
    if (!strip(field.content, inner->message, depth + 1, stripped)) {
      return false;
    }
    write_varint(out, field.tag);
    write_varint(out, stripped.size());
    out += stripped;
  }
  return true;
}

}  // namespace

std::optional<std::string> strip_weights(std::string_view model) {
  std::string structure;
  if (!strip(model, Message::model, 0, structure)) {
    return std::nullopt;
  }
  return structure;
}

}  // namespace crossweave
