// What the channels of a router are called.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace crossweave {

/// Of a port in the order of RouterSide: "east" and so on; "local" from there on, with a number where several things
/// stand at a router.
[[nodiscard]] inline std::string port_name(int port) {
  constexpr std::array kSides{"east", "west", "south", "north"};
  if (port < static_cast<int>(kSides.size())) {
    return kSides[static_cast<std::size_t>(port)];
  }
  const int local = port - static_cast<int>(kSides.size());
  return local == 0 ? "local" : "local" + std::to_string(local);
}

}  // namespace crossweave
