// The text of a network file.
#pragma once

#include <filesystem>
#include <string>

#include "arch/diagnostics.h"

namespace crossweave {

/// The whole of a regular file, or why it cannot be read.
Result<std::string> read_text(const std::filesystem::path& file);

}  // namespace crossweave
