// Does any text whatever end in a network or in diagnostics, and is the network one that the passes can work on?
// A libFuzzer target; tests/fuzz/CMakeLists.txt says how it is built and run.
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
