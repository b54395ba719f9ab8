#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "frontend/commands/command.h"
#include "frontend/schema/file_kinds.h"

namespace crossweave {
namespace {

std::string list_of_kinds() {
  std::string text;
  for (const FileKind& kind : file_kinds()) {
    text += (text.empty() ? "" : ", ") + std::string{kind.name};
  }
  return text;
}

/// Why there is no such kind of file; empty when there is.
std::string objection(const std::string& name) {
  std::vector<std::string> names;
  for (const FileKind& kind : file_kinds()) {
    names.emplace_back(kind.name);
  }
  return std::ranges::find(names, name) != names.end()
             ? ""
             : "expected one of: " + list_of_kinds() + ", got '" + name + "'" + did_you_mean(name, names);
}

}  // namespace

std::function<int()> declare_schema(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("KIND", *name, "Of which file: " + list_of_kinds())->required()->check(objection);
  return [name] {
    const FileKind& kind = *std::ranges::find(file_kinds(), *name, &FileKind::name);
    std::cout << kind.schema();
    return kExitDone;
  };
}

}  // namespace crossweave
