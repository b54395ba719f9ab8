// Packets for a network on chip alone: synthetic traffic, and what became of each packet.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/routed_network.h"

namespace crossweave {

/// A packet as a trace has it; source and destination are endpoints.
struct OfferedPacket {
  NocCycle created{0};
  int source{0};
  int destination{0};
  int flits{1};

  friend bool operator==(const OfferedPacket&, const OfferedPacket&) = default;
};

/// What became of one, in cycles.
struct PacketTimes {
  NocCycle head_injected{0};
  NocCycle head_ejected{0};
  NocCycle tail_ejected{0};
};

/// Where packets go. `uniform`: to any endpoint, the source included. `hotspot`: the same, with the middle endpoint
/// drawn as often as itself and a quarter of all. `transpose`: from router (x, y) to (y, x). `neighbour`: to (x + 1, y
/// + 1), round the edges. `bit-complement`: to the router opposite about the middle. These three keep an endpoint's
/// number at its router. The first four are those of BookSim2.
enum class TrafficPattern { uniform, transpose, neighbour, hotspot, bit_complement };
inline constexpr std::array<std::string_view, 5> kTrafficPatternNames{"uniform", "transpose", "neighbour", "hotspot",
                                                                      "bit-complement"};

struct SyntheticTraffic {
  TrafficPattern pattern{TrafficPattern::uniform};
  /// Flits that an endpoint offers a cycle, on average: each cycle brings a packet with probability rate / flits.
  double rate{0.1};
  int flits{4};  ///< of a packet
  NocCycle cycles{10000};
  std::uint64_t seed{1};
};

/// In the order of cycles, and endpoints within a cycle. `transpose` needs a square.
[[nodiscard]] std::vector<OfferedPacket> generate(const SyntheticTraffic& traffic, const NocConfig& network);

/// Sends packets, in the order of their creation, from source queues without bound until all have arrived; nothing else
/// may be on the network. The times are in the order of `packets`.
[[nodiscard]] std::vector<PacketTimes> send_all(RoutedNetwork& network, const std::vector<OfferedPacket>& packets);

}  // namespace crossweave
