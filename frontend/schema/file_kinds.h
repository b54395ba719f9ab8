// The kinds of our YAML files, and every key of each.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "arch/yaml_keys.h"

namespace crossweave {

struct FileKind {
  std::string_view name;   ///< as `crossweave schema` knows it
  std::string_view title;  ///< what such a file is
  KeyTree (*keys)();
  /// Of keys that only schemas know; null where there are none.
  void (*add_to_schema)(nlohmann::ordered_json& schema){nullptr};

  /// Its JSON Schema.
  [[nodiscard]] std::string schema() const;
};

[[nodiscard]] std::span<const FileKind> file_kinds();

}  // namespace crossweave
