// Values that several readers of YAML want, with their bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "arch/strict_yaml.h"
#include "arch/units.h"

namespace crossweave {

/// Stores what a getter found; leaves the default otherwise, since the problem has been reported.
inline void assign(int& target, std::optional<std::int64_t> value) {
  if (value) {
    target = static_cast<int>(*value);
  }
}

/// The required key of a clock, from 1 MHz to 1 THz: a cycle of at least a picosecond, which is how finely time is
/// counted.
void read_clock(MapReader& reader, std::string_view key, Frequency& target);

}  // namespace crossweave
