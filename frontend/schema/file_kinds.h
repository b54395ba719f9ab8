// The kinds of our YAML files, and every key of each.
#pragma once

#include <span>
#include <string_view>

#include "arch/yaml_keys.h"

namespace crossweave {

struct FileKind {
  std::string_view name;   ///< as `crossweave schema` knows it
  std::string_view title;  ///< what such a file is
  KeyTree (*keys)();
};

[[nodiscard]] std::span<const FileKind> file_kinds();

}  // namespace crossweave
