// JSON Schemas of our YAML files, for editors.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "arch/yaml_keys.h"

namespace crossweave {

/// What a value of one of these forms, or a mapping with the keys of `section` (unless null), must be.
[[nodiscard]] nlohmann::ordered_json value_schema(const std::vector<ValueForm>& forms, const KeyTree* section);

/// What a mapping must be. Editors check by it all that the reader checks but the bounds of quantities, rules across
/// keys, and files.
[[nodiscard]] nlohmann::ordered_json mapping_schema(const KeyTree& tree);

/// The schema of a file: draft 7, which editors know.
[[nodiscard]] std::string json_schema(const std::string& title, const KeyTree& tree);

}  // namespace crossweave
