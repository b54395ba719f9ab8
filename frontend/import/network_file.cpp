#include "frontend/import/network_file.h"

#include <algorithm>
#include <cctype>

#include "arch/strict_yaml.h"

namespace crossweave {
namespace {

constexpr const char* kSupportedExtensions = ".yaml, .yml and .onnx";

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Result<NetworkImport> import_network(const std::filesystem::path& file, const std::optional<Shape>& input_shape,
                                     const SourcePosition& where) {
  // The place that names the file is the one to correct; on its own the file is the only place there is.
  const auto refuse = [&](const std::string& message) -> Result<NetworkImport> {
    if (where.file.empty()) {
      return Diagnostics{{SourcePosition{.file = file.string()}, message}};
    }
    return Diagnostics{{where, "network '" + file.string() + "': " + message}};
  };

  const std::string extension = lower_case(file.extension().string());
  const bool is_yaml = extension == ".yaml" || extension == ".yml";
  if (!is_yaml && extension != ".onnx") {
    const std::string kind =
        extension.empty() ? "a network file without an extension" : "a network file '" + extension + "'";
    return refuse(kind + " cannot be read by this version; supported: " + kSupportedExtensions);
  }
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    return refuse("cannot open: " + reason);
  }
  return is_yaml ? import_network_yaml(file, input_shape) : import_onnx(file, input_shape);
}

}  // namespace crossweave
