// One call of a Keras layer while it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "arch/ids.h"
#include "scheduler/geometry.h"
#include "scheduler/operations.h"

namespace crossweave {

using KerasJson = nlohmann::json;
using KerasDims = std::vector<std::int64_t>;

/// A feature map and the dimensions that Keras gives it, without the batch: H x W x C, W x C (H = 1) or C (H = W = 1).
/// Behind H x W the channels may be split over several dimensions, as a channel shuffle does for a while.
struct KerasMap {
  OperationId operation;
  KerasDims dims;
};

/// "N x 8 x 8 x 16"
[[nodiscard]] std::string keras_text(const KerasDims& dims);

/// What stands in the file, for "..., got ...": a scalar itself, shortened, otherwise "a list" or "an object".
[[nodiscard]] std::string describe(const KerasJson& value);

/// `value` when it is a whole number that fits.
[[nodiscard]] std::optional<std::int64_t> integer_of(const KerasJson& value);

/// The member of an object; nullptr when there is none, when it is null (None), or when `object` is no object.
[[nodiscard]] const KerasJson* member(const KerasJson& object, const std::string& key);

/// The text of a member; empty when it is no text.
[[nodiscard]] std::string text_member(const KerasJson& object, const std::string& key);

/// The layer's configuration, the maps it is called with, and the problems found while reading it. Getters that fail
/// return the fallback; a handler reads everything it needs and gives up afterwards when `failed()`.
class KerasCall {
 public:
  /// `name` is that of the operations to come.
  KerasCall(std::string name, std::string class_name, const KerasJson& config)
      : name_{std::move(name)}, class_name_{std::move(class_name)}, config_{config} {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& class_name() const { return class_name_; }
  /// Axes that a window moves along: 1 for a class that ends in 1D.
  [[nodiscard]] std::size_t axes() const { return class_name_.ends_with("1D") ? 1 : 2; }

  [[nodiscard]] bool failed() const { return !problems_.empty(); }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  void fail(std::string message) { problems_.push_back(std::move(message)); }
  /// What is handled more cautiously than the layer itself would ask for.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  void warn(std::string message) { warnings_.push_back(std::move(message)); }

  // Called with.
  std::vector<KerasMap> inputs;
  std::vector<const KerasJson*> constants;
  const KerasJson* keyword_arguments{nullptr};
  /// What the call gives, as far as it has been read.
  std::optional<KerasMap> result;

  /// A value of the configuration, or a keyword argument of the call; nullptr when absent or None.
  [[nodiscard]] const KerasJson* find(const std::string& key) const;

  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t min, std::int64_t max);
  std::int64_t required_integer(const std::string& key, std::int64_t min, std::int64_t max);
  /// A positive or negative number; whether it fits is for the caller to say.
  std::int64_t any_integer(const std::string& key, std::int64_t fallback) {
    return integer(key, fallback, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  }
  bool boolean(const std::string& key, bool fallback);
  std::string text(const std::string& key, const std::string& fallback);
  /// A number, or a list of numbers.
  std::optional<KerasDims> integers(const std::string& key, std::int64_t min, std::int64_t max);
  /// One number for all axes, or one for each; one-dimensional windows lie along the columns.
  Extent extent(const std::string& key, Extent fallback);
  /// n, [rows, columns] or [[top, bottom], [left, right]]; n or [left, right] along one axis.
  Padding sides(const std::string& key, const Padding& fallback);

 private:
  void mismatch(const std::string& key, const std::string& expected, const KerasJson& value) {
    fail("'" + key + "' must be " + expected + ", got " + describe(value));
  }
  std::optional<std::int64_t> checked(const std::string& key, const KerasJson& value, std::int64_t min,
                                      std::int64_t max);
  std::optional<KerasDims> list(const std::string& key, const KerasJson& value, std::int64_t min, std::int64_t max);

  std::string name_;
  std::string class_name_;
  const KerasJson& config_;
  std::vector<std::string> problems_;
  std::vector<std::string> warnings_;
};

}  // namespace crossweave
