// A DRAM channel from YAML and back. Sources of the figures stand beside them in the files (configs/dram).
#pragma once

#include <filesystem>
#include <string>

#include "arch/banked_dram.h"
#include "arch/strict_yaml.h"

namespace crossweave {

/// Reads a device file, rules across its keys included.
[[nodiscard]] Result<DramDevice> load_dram_device(const std::filesystem::path& file);

/// Reads the keys of `dram.model: banked` from the mapping `node`, whose reader is `reader`. `device` is a mapping, or
/// the path of a device file, which is then read.
void read_banked_dram(const YamlNode& node, MapReader& reader, BankedDramSpec& spec);

/// Replaces the path at the key `device` of the mapping `dram` by the content of that file, if it can be read, so that
/// assignments can lead into it.
void inline_dram_device(YamlNode& dram);

/// The keys that read_banked_dram() reads back, one or more a line, each behind `margin`.
[[nodiscard]] std::string to_yaml(const BankedDramSpec& spec, const std::string& margin);

}  // namespace crossweave
