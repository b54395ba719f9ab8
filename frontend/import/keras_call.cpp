#include "frontend/import/keras_call.h"

#include <algorithm>

#include "frontend/import/import_limits.h"

namespace crossweave {

std::string keras_text(const KerasDims& dims) {
  std::string text = "N";
  for (const std::int64_t dim : dims) {
    text += " x " + std::to_string(dim);
  }
  return text;
}

std::string describe(const KerasJson& value) {
  constexpr std::size_t kMostCharacters = 40;
  if (value.is_array()) {
    return "a list";
  }
  if (value.is_object()) {
    return "an object";
  }
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kMostCharacters) {
    text.resize(kMostCharacters);
    text += "...";
  }
  return text;
}

std::optional<std::int64_t> integer_of(const KerasJson& value) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargest)) {
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

const KerasJson* member(const KerasJson& object, const std::string& key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_member(const KerasJson& object, const std::string& key) {
  const KerasJson* found = member(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

const KerasJson* KerasCall::find(const std::string& key) const {
  const KerasJson* found = member(config_, key);
  return found == nullptr && keyword_arguments != nullptr ? member(*keyword_arguments, key) : found;
}

std::optional<std::int64_t> KerasCall::checked(const std::string& key, const KerasJson& value, std::int64_t min,
                                               std::int64_t max) {
  const std::optional<std::int64_t> number = integer_of(value);
  if (!number || *number < min || *number > max) {
    mismatch(key, "an integer in " + std::to_string(min) + ".." + std::to_string(max), value);
    return std::nullopt;
  }
  return number;
}

std::int64_t KerasCall::integer(const std::string& key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const KerasJson* found = find(key);
  return found == nullptr ? fallback : checked(key, *found, min, max).value_or(fallback);
}

std::int64_t KerasCall::required_integer(const std::string& key, std::int64_t min, std::int64_t max) {
  if (find(key) == nullptr) {
    fail("'" + key + "' is missing");
  }
  return integer(key, min, min, max);
}

bool KerasCall::boolean(const std::string& key, bool fallback) {
  const KerasJson* found = find(key);
  if (found == nullptr) {
    return fallback;
  }
  if (!found->is_boolean()) {
    mismatch(key, "true or false", *found);
    return fallback;
  }
  return found->get<bool>();
}

std::string KerasCall::text(const std::string& key, const std::string& fallback) {
  const KerasJson* found = find(key);
  if (found == nullptr) {
    return fallback;
  }
  if (!found->is_string()) {
    mismatch(key, "text", *found);
    return fallback;
  }
  return found->get<std::string>();
}

std::optional<KerasDims> KerasCall::list(const std::string& key, const KerasJson& value, std::int64_t min,
                                         std::int64_t max) {
  KerasDims values;
  for (const KerasJson& item : value) {
    const std::optional<std::int64_t> number = checked(key, item, min, max);
    if (!number) {
      return std::nullopt;
    }
    values.push_back(*number);
  }
  return values;
}

std::optional<KerasDims> KerasCall::integers(const std::string& key, std::int64_t min, std::int64_t max) {
  const KerasJson* found = find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (found->is_array()) {
    return list(key, *found, min, max);
  }
  const std::optional<std::int64_t> number = checked(key, *found, min, max);
  return number ? std::optional{KerasDims{*number}} : std::nullopt;
}

Extent KerasCall::extent(const std::string& key, Extent fallback) {
  const KerasJson* found = find(key);
  const std::optional<KerasDims> values = integers(key, 1, kMaxImportExtent);
  if (!values) {
    return fallback;
  }
  if (found->is_array() && values->size() != axes()) {
    fail("'" + key + "' must have " + std::to_string(axes()) + " value(s), got " + std::to_string(values->size()));
    return fallback;
  }
  const int last = static_cast<int>(values->back());
  return axes() == 1 ? Extent{1, last} : Extent{static_cast<int>(values->front()), last};
}

Padding KerasCall::sides(const std::string& key, const Padding& fallback) {
  const KerasJson* found = find(key);
  if (found == nullptr) {
    return fallback;
  }
  const bool nested =
      found->is_array() && std::any_of(found->begin(), found->end(), [](const KerasJson& i) { return i.is_array(); });
  if (!nested) {
    const std::optional<KerasDims> values = integers(key, 0, kMaxImportExtent);
    if (!values) {
      return fallback;
    }
    if (found->is_array() && values->size() != 2) {
      fail("'" + key + "' must have 2 values, got " + std::to_string(values->size()));
      return fallback;
    }
    const int first = static_cast<int>(values->front());
    const int second = static_cast<int>(values->back());
    return axes() == 1 ? Padding{0, 0, first, second} : Padding{first, first, second, second};
  }
  std::vector<int> flat;
  for (const KerasJson& pair : *found) {
    const std::optional<KerasDims> values =
        pair.is_array() && pair.size() == 2 ? list(key, pair, 0, kMaxImportExtent) : std::nullopt;
    if (!values) {
      break;
    }
    flat.push_back(static_cast<int>(values->front()));
    flat.push_back(static_cast<int>(values->back()));
  }
  if (axes() != 2 || found->size() != 2 || flat.size() != 4) {
    if (!failed()) {
      fail("'" + key + "' must be a number, [rows, columns] or [[top, bottom], [left, right]]");
    }
    return fallback;
  }
  return {flat[0], flat[1], flat[2], flat[3]};
}

}  // namespace crossweave
