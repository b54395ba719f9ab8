// Does any text whatever end in a network or in diagnostics, and is the network one that the passes can work on?
// A libFuzzer target. Built and run by hand, from the root of the sources:
//
//   clang++-14 -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//     tests/fuzz/fuzz_keras.cpp frontend/import/keras*.cpp arch/*.cpp scheduler/*.cpp scheduler/passes/*.cpp \
//     -lyaml-cpp -lgmpxx -lgmp -o /tmp/fuzz_keras
//   mkdir -p /tmp/corpus && /tmp/fuzz_keras -max_len=8192 -max_total_time=600 /tmp/corpus tests/data/keras \
//     tests/bad_input/network
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
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  read(text, std::nullopt);
  read(text, crossweave::Shape{32, 32, 3});
  return 0;
}
