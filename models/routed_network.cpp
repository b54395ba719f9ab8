#include "models/routed_network.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "models/flit_network.h"
#include "models/packet_network.h"

namespace crossweave {
namespace {

constexpr int kMaxExtent = 256;
constexpr int kMaxConcentration = 4;  // a request mask of 64 bits holds 8 ports of 8 virtual channels
constexpr int kMaxFlits = 4096;
constexpr int kMaxCycles = 1000;
/// Of a message class in the flit network, for the same mask.
constexpr int kMaxVirtualChannels = 8;

constexpr int kEast = static_cast<int>(RouterSide::east);
constexpr int kWest = static_cast<int>(RouterSide::west);
constexpr int kSouth = static_cast<int>(RouterSide::south);
constexpr int kNorth = static_cast<int>(RouterSide::north);

std::optional<Failure> not_within(const char* what, int value, int most) {
  if (value >= 1 && value <= most) {
    return std::nullopt;
  }
  return Failure{std::string{what} + ": expected 1 to " + std::to_string(most) + ", got " + std::to_string(value)};
}

std::optional<Failure> why_not_a_packet_network(const NocConfig& config) {
  if (config.topology == NocTopology::torus && config.virtual_channels != 2) {
    return Failure{"a torus needs 2 virtual channels, or packets that wait in a ring for one another would never move"};
  }
  if (config.topology != NocTopology::torus && config.virtual_channels != 1) {
    return Failure{"a mesh of the packet network has 1 virtual channel for each message class"};
  }
  if (config.cycles_per_flit != 1) {
    return Failure{"channels narrower than a flit are a feature of the flit network"};
  }
  if (config.multicast && config.depth < config.max_packet) {
    return Failure{"multicast needs buffers that hold a whole packet: a depth of at least " +
                   std::to_string(config.max_packet) + ", got " + std::to_string(config.depth)};
  }
  return std::nullopt;
}

std::optional<Failure> why_not_a_flit_network(const NocConfig& config) {
  if (std::optional<Failure> failure = not_within("virtual channels", config.virtual_channels, kMaxVirtualChannels)) {
    return failure;
  }
  if (std::optional<Failure> failure = not_within("cycles per flit", config.cycles_per_flit, kMaxCycles)) {
    return failure;
  }
  if (config.topology == NocTopology::torus && config.virtual_channels % 2 != 0) {
    return Failure{
        "a torus needs an even number of virtual channels, half of them for packets beyond the dateline: packets that "
        "wait in a ring for one another would never move"};
  }
  if (config.multicast) {
    return Failure{"the flit network does not replicate packets: multicast is a feature of the packet network"};
  }
  return std::nullopt;
}

int router_cycles(const NocConfig& config) {
  return config.model == NocModel::flit ? pipeline_of(config.router).cycles() : config.pipeline;
}

}  // namespace

RouterPipeline pipeline_of(NocRouter router) {
  switch (router) {
    case NocRouter::one_stage:
      return {0, true, 0};
    case NocRouter::two_stage:
      return {0, true, 1};
    case NocRouter::four_stage:
      return {1, false, 1};
  }
  throw InternalError{"a router has a pipeline"};
}

std::optional<Failure> why_not_a_network(const NocConfig& config) {
  const auto within = {not_within("columns", config.columns, kMaxExtent),
                       not_within("rows", config.rows, kMaxExtent),
                       not_within("concentration", config.concentration, kMaxConcentration),
                       not_within("depth", config.depth, kMaxFlits),
                       not_within("longest packet", config.max_packet, kMaxFlits),
                       not_within("router pipeline", config.pipeline, kMaxCycles),
                       not_within("link latency", config.link, kMaxCycles)};
  for (const std::optional<Failure>& failure : within) {
    if (failure) {
      return failure;
    }
  }
  if (config.concentration > 1 && config.topology != NocTopology::cmesh) {
    return Failure{"several endpoints a router are a concentrated mesh (cmesh)"};
  }
  return config.model == NocModel::flit ? why_not_a_flit_network(config) : why_not_a_packet_network(config);
}

// --- the wires ---

NocGrid::NocGrid(const NocConfig& config)
    : columns_{config.columns},
      rows_{config.rows},
      concentration_{config.concentration},
      torus_{config.topology == NocTopology::torus},
      x_first_{config.routing == NocRouting::xy} {
  for (int router = 0; router < routers(); ++router) {
    place_.push_back({router % columns_, router / columns_});
  }
}

int NocGrid::neighbour(int router, int side) const {
  const auto [x, y] = place_[static_cast<std::size_t>(router)];
  const int to_x = x + (side == kEast ? 1 : 0) - (side == kWest ? 1 : 0);
  const int to_y = y + (side == kSouth ? 1 : 0) - (side == kNorth ? 1 : 0);
  if (torus_) {
    return (to_y + rows_) % rows_ * columns_ + (to_x + columns_) % columns_;
  }
  return to_x < 0 || to_x >= columns_ || to_y < 0 || to_y >= rows_ ? -1 : to_y * columns_ + to_x;
}

int NocGrid::side_towards(Place from, Place to) const {
  // Upwards where that is no longer than downwards.
  const auto upwards = [this](int at, int goal, int extent) {
    return torus_ ? 2 * ((goal - at + extent) % extent) <= extent : goal > at;
  };
  if (from.x != to.x && (x_first_ || from.y == to.y)) {
    return upwards(from.x, to.x, columns_) ? kEast : kWest;
  }
  if (from.y != to.y) {
    return upwards(from.y, to.y, rows_) ? kSouth : kNorth;
  }
  return kLocal;
}

/// Whether the channel is the one of its ring that goes from one end of the row or column to the other.
bool NocGrid::crosses_dateline(Place from, int side) const {
  return (side == kEast && from.x == columns_ - 1) || (side == kWest && from.x == 0) ||
         (side == kSouth && from.y == rows_ - 1) || (side == kNorth && from.y == 0);
}

NocGrid::Hop NocGrid::next_hop(int router, int from, bool beyond_dateline, int destination) const {
  const int goal = concentration_ == 1 ? destination : destination / concentration_;
  const Place at = place_[static_cast<std::size_t>(router)];
  const int side = side_towards(at, place_[static_cast<std::size_t>(goal)]);
  if (side == kLocal) {
    return {kLocal + destination - goal * concentration_, false};
  }
  const bool same_ring = from < kLocal && from / 2 == side / 2;
  return {side, torus_ && ((same_ring && beyond_dateline) || crosses_dateline(at, side))};
}

int NocGrid::routers_between(int source, int destination) const {
  const Place from = place_[static_cast<std::size_t>(source / concentration_)];
  const Place to = place_[static_cast<std::size_t>(destination / concentration_)];
  int x = std::abs(from.x - to.x);
  int y = std::abs(from.y - to.y);
  if (torus_) {
    x = std::min(x, columns_ - x);
    y = std::min(y, rows_ - y);
  }
  return x + y + 1;
}

// --- what all networks have ---

RoutedNetwork::RoutedNetwork(const NocConfig& config) : config_{config}, grid_{config} {
  check_invariant(!why_not_a_network(config), "a network is built from what can be one");
}

NocCycle RoutedNetwork::zero_load_latency(int source, int destination, int flits) const {
  return config_.link + routers_between(source, destination) * (router_cycles(config_) + config_.link) + kSink +
         (flits - 1) * NocCycle{config_.cycles_per_flit};
}

std::vector<NocLink> RoutedNetwork::links() const {
  std::vector<NocLink> result;
  for (int router = 0; router < routers(); ++router) {
    for (int port = 0; port < grid_.ports(); ++port) {
      if (port >= NocGrid::kLocal || grid_.neighbour(router, port) >= 0) {
        const int endpoint = port < NocGrid::kLocal ? 0 : router * config_.concentration + port - NocGrid::kLocal;
        result.push_back(
            {router, static_cast<RouterSide>(std::min(port, NocGrid::kLocal)), endpoint, flits_across(router, port)});
      }
    }
  }
  return result;
}

void RoutedNetwork::check_packet(const NocPacket& packet, NocCycle at) const {
  check_invariant(packet.source >= 0 && packet.source < endpoints(), "a packet comes from an endpoint");
  check_invariant(packet.destination >= 0 && packet.destination < endpoints(), "a packet goes to an endpoint");
  check_invariant(packet.flits >= 1 && packet.flits <= config_.max_packet, "a packet has 1 to max_packet flits");
  check_invariant(at >= now(), "a packet is not injected in the past");
}

std::unique_ptr<RoutedNetwork> make_routed_network(const NocConfig& config) {
  switch (config.model) {
    case NocModel::packet:
      return std::make_unique<PacketNetwork>(config);
    case NocModel::flit:
      return std::make_unique<FlitNetwork>(config);
    case NocModel::ideal:
      break;
  }
  throw InternalError{"an ideal network has no routers"};
}

}  // namespace crossweave
