// The ONNX reader for models that are in memory already.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frontend/import/network_file.h"

namespace crossweave {

/// Reads a serialised ModelProto. `file` names it in messages, `name` is the name of the network.
Result<NetworkImport> import_onnx_bytes(std::string_view bytes, const std::string& file, const std::string& name,
                                        const std::optional<Shape>& input_shape);

}  // namespace crossweave
