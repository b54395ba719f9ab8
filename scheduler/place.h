// The methods of placement, by name.
#pragma once

#include <cstdint>

#include "arch/architecture.h"
#include "scheduler/mapped_network.h"
#include "scheduler/mapping_options.h"
#include "scheduler/placement.h"

namespace crossweave {

/// `mapping.placement`; `seed` is that of `random`. The chip must have room for the network (chip_size).
[[nodiscard]] Placement place(const ScheduledNetwork& network, const Architecture& architecture, PlacementMethod method,
                              std::uint64_t seed);

}  // namespace crossweave
