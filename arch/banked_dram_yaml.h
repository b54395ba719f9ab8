// A DRAM channel from YAML and back. Sources of the figures stand beside them in the files (configs/dram).
#pragma once

#include <filesystem>

#include "arch/banked_dram.h"
#include "arch/strict_yaml.h"
#include "arch/yaml_keys.h"

namespace crossweave {

/// Every key of a device file, and of `dram.model: banked`, with its default and its meaning.
void list_keys(Keys& keys, DramDevice& device);
void list_keys(Keys& keys, BankedDramSpec& spec);

/// Reads a device file, rules across its keys included.
[[nodiscard]] Result<DramDevice> load_dram_device(const std::filesystem::path& file);

/// Replaces the path at the key `device` of the mapping `dram` by the content of that file, if it can be read, so that
/// assignments can lead into it.
void inline_dram_device(YamlNode& dram, const YamlLoader& load);

}  // namespace crossweave
