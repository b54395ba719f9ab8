#include "frontend/import/network_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "arch/strict_yaml.h"

namespace crossweave {
namespace {

struct NetworkFormat {
  std::string_view extension;
  Result<NetworkImport> (*read)(const std::filesystem::path& file, const std::optional<Shape>& input_shape);
};

constexpr auto kFormats = std::to_array<NetworkFormat>({
    {".yaml", import_network_yaml},
    {".yml", import_network_yaml},
    {".onnx", import_onnx},
    {".cfg", import_darknet},
    {".json", import_keras},
});

/// ".yaml, .yml and .onnx"
std::string supported_extensions() {
  std::string list;
  for (const NetworkFormat& format : kFormats) {
    list += list.empty() ? "" : &format == &kFormats.back() ? " and " : ", ";
    list += format.extension;
  }
  return list;
}

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
  const auto format = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const NetworkFormat& known) { return known.extension == extension; });
  if (format == kFormats.end()) {
    const std::string kind =
        extension.empty() ? "a network file without an extension" : "a network file '" + extension + "'";
    return refuse(kind + " cannot be read by this version; supported: " + supported_extensions());
  }
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    return refuse("cannot open: " + reason);
  }
  return format->read(file, input_shape);
}

}  // namespace crossweave
