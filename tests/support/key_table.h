// The tables of docs/ that show every key of a file.
#pragma once

#include <string>

#include "arch/yaml_keys.h"

namespace crossweave::test {

/// A Markdown table with a row for each key by its dotted path: value, default, meaning. What can stand in a file of
/// its own has a table of its own.
[[nodiscard]] std::string key_table(const KeyTree& tree);

}  // namespace crossweave::test
