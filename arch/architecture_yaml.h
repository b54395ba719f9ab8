// Architecture from and to YAML.
#pragma once

#include <string>

#include "arch/architecture.h"
#include "arch/strict_yaml.h"
#include "arch/yaml_keys.h"

namespace crossweave {

/// Every key of an architecture, with its default and its meaning.
void list_keys(Keys& keys, Architecture& architecture);

/// Reads the mapping of an architecture file; `path` is its dotted path in the document ("" for a file of its own,
/// "architecture" inside a run). Every problem goes to `out`; the result is only meaningful when it has no errors.
Architecture read_architecture(const YamlNode& node, const std::string& path, Diagnostics& out);

/// Rules that span several keys. Pure.
void validate(const Architecture& architecture, const SourcePosition& where, Diagnostics& out);

/// Every key, defaults included, each line indented by `indent` spaces. read_architecture of it gives the same value.
[[nodiscard]] std::string to_yaml(const Architecture& architecture, int indent);

}  // namespace crossweave
