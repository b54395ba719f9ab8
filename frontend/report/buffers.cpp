#include "frontend/report/buffers.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace crossweave {

std::string buffers_csv(const BufferRequirements& needs) {
  std::string csv = "tile,least_input_bytes,least_output_bytes,stall_free_input_bytes,stall_free_output_bytes\n";
  for (const EndpointId tile : ids(needs.least)) {
    const TileBuffers& least = needs.least[tile];
    const TileBuffers& stall_free = needs.stall_free[tile];
    csv += fmt::format("{},{},{},{},{}\n", tile.value(), least.input.count(), least.output.count(),
                       stall_free.input.count(), stall_free.output.count());
  }
  return csv;
}

std::string buffers_in_words(const BufferRequirements& needs) {
  const auto both = [](const IdVector<EndpointId, TileBuffers>& tiles) {
    TileBuffers most;
    for (const TileBuffers& tile : tiles) {
      most.input = std::max(most.input, tile.input);
      most.output = std::max(most.output, tile.output);
    }
    return fmt::format("{} in, {} out", to_string(most.input), to_string(most.output));
  };
  return fmt::format("{} a tile complete; {} never stall", both(needs.least), both(needs.stall_free));
}

}  // namespace crossweave
