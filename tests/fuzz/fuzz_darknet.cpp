// Does any text whatever end in a network or in diagnostics, and is the network one that the passes can work on?
// A libFuzzer target. Built and run by hand, from the root of the sources:
//
//   flags="-std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I."
//   sources="tests/fuzz/fuzz_darknet.cpp frontend/import/darknet.cpp arch/*.cpp scheduler/*.cpp scheduler/passes/*.cpp"
//   clang++-14 $flags $sources -lyaml-cpp -lgmpxx -lgmp -o /tmp/fuzz_darknet
//   mkdir -p /tmp/corpus && /tmp/fuzz_darknet -max_len=8192 -max_total_time=600 /tmp/corpus tests/data/darknet
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "frontend/import/network_file.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {
namespace {

void check_regions(const NetworkGraph& graph) {
  for (const OperationId id : ids(graph.operations())) {
    for (std::size_t input = 0; input < graph[id].inputs.size(); ++input) {
      const Rect map = whole(graph[graph[id].inputs[input]].output);
      const Rect region = graph.input_region(id, input, whole(graph[id].output));
      check_invariant(region.empty() || region.intersect(map) == region, "a region lies within its map");
    }
  }
}

}  // namespace
}  // namespace crossweave

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crossweave;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<NetworkImport> import = parse_darknet(text, "fuzz.cfg", std::nullopt);
  check_invariant(import || has_errors(import.error()), "what is no network is refused with a reason");
  if (import) {
    check_invariant(!has_errors(import->warnings), "warnings are no errors");
    check_regions(import->graph);
    for (const bool include_top : {false, true}) {
      check_regions(canonical_form(import->graph, include_top));
    }
  }
  return 0;
}
