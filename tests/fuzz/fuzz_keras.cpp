// Does any text whatever end in a network or in diagnostics, and is the network one that the passes can work on?
// A libFuzzer target; tests/fuzz/CMakeLists.txt says how it is built and run.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "frontend/import/network_file.h"
#include "scheduler/passes/partition_base_layers.h"

namespace {

void read(std::string_view text, const std::optional<crossweave::Shape>& input_shape) {
  using namespace crossweave;
  const Result<NetworkImport> import = parse_keras(text, "fuzz.json", input_shape);
  if (!import) {
    check_invariant(has_errors(import.error()), "a refusal says why");
    return;
  }
  check_invariant(!has_errors(import->warnings), "a warning is no error");
  std::unordered_set<std::string_view> names;
  for (const Operation& operation : import->graph.operations()) {
    check_invariant(names.insert(operation.name).second, "names are unique");
    check_invariant(operation.output.elements() > 0, "maps are not empty");
  }
  static_cast<void>(partition_base_layers(canonical_form(import->graph, false)));
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  read(text, std::nullopt);
  read(text, crossweave::Shape{32, 32, 3});
  return 0;
}
