// What a run needs of its tiles' buffers.
#pragma once

#include <string>

#include "scheduler/buffer_requirements.h"

namespace crossweave {

/// One line a tile, in bytes: the least capacities that complete, and the least that never stall.
[[nodiscard]] std::string buffers_csv(const BufferRequirements& needs);

/// The same in words, for the tile that needs most.
[[nodiscard]] std::string buffers_in_words(const BufferRequirements& needs);

}  // namespace crossweave
