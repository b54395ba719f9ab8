// One node of an ONNX graph while it is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

#include "frontend/import/onnx_values.h"

namespace crossweave {

/// A node's attributes, and the problems found while reading it. Getters that fail return the fallback; a handler reads
/// everything it needs and gives up afterwards when `failed()`.
class OnnxNode {
 public:
  OnnxNode(const onnx::NodeProto& proto, std::string label) : proto_{proto}, label_{std::move(label)} {}

  [[nodiscard]] const onnx::NodeProto& proto() const { return proto_; }
  /// The node's own name, or that of its first output.
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] bool failed() const { return !problems_.empty(); }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  void fail(std::string message) { problems_.push_back(std::move(message)); }

  [[nodiscard]] bool has_input(int index) const { return index < proto_.input_size() && !proto_.input(index).empty(); }

  [[nodiscard]] const onnx::AttributeProto* attribute(const std::string& name) const {
    for (const onnx::AttributeProto& attribute : proto_.attribute()) {
      if (attribute.name() == name) {
        return &attribute;
      }
    }
    return nullptr;
  }

  std::int64_t integer(const std::string& name, std::int64_t fallback, std::int64_t min, std::int64_t max) {
    const onnx::AttributeProto* found = attribute(name);
    if (found == nullptr) {
      return fallback;
    }
    if (!found->has_i()) {
      fail("attribute '" + name + "' must be an integer");
      return fallback;
    }
    return in_range("attribute '" + name + "'", found->i(), min, max) ? found->i() : fallback;
  }

  std::optional<Integers> integers(const std::string& name) {
    const onnx::AttributeProto* found = attribute(name);
    if (found == nullptr) {
      return std::nullopt;
    }
    if (found->has_i() || found->has_f() || found->has_s() || found->has_t()) {
      fail("attribute '" + name + "' must be a list of integers");
      return std::nullopt;
    }
    return Integers(found->ints().begin(), found->ints().end());
  }

  std::string text(const std::string& name, const std::string& fallback) {
    const onnx::AttributeProto* found = attribute(name);
    if (found == nullptr) {
      return fallback;
    }
    if (!found->has_s()) {
      fail("attribute '" + name + "' must be a string");
      return fallback;
    }
    return found->s();
  }

  bool in_range(const std::string& what, std::int64_t value, std::int64_t min, std::int64_t max) {
    if (value >= min && value <= max) {
      return true;
    }
    fail(what + " must be in " + std::to_string(min) + ".." + std::to_string(max) + ", got " + std::to_string(value));
    return false;
  }

  /// `values` when there are `count` of them, all in range; else a problem and nullopt.
  std::optional<Integers> checked(const std::string& what, Integers values, std::size_t count, std::int64_t min,
                                  std::int64_t max) {
    if (values.size() != count) {
      fail(what + " must have " + std::to_string(count) + " values, got " + dims_text(values));
      return std::nullopt;
    }
    for (const std::int64_t value : values) {
      if (!in_range(what, value, min, max)) {
        return std::nullopt;
      }
    }
    return values;
  }

 private:
  const onnx::NodeProto& proto_;
  std::string label_;
  std::vector<std::string> problems_;
};

}  // namespace crossweave
