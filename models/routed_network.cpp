#include "models/routed_network.h"

#include <algorithm>
#include <string>

#include "models/flit_network.h"
#include "models/packet_network.h"

namespace crossweave {
namespace {

constexpr int kMaxFlits = 4096;
constexpr int kMaxCycles = 1000;

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

/// Ports of a router, whether connected or not.
int ports_of(const NocConfig& config) {
  return NocGrid::kLocal + config.concentration + (config.memory_router ? 1 : 0);
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
  if (std::optional<Failure> failure =
          not_within("virtual channels", config.virtual_channels, kMaxNocVirtualChannels)) {
    return failure;
  }
  if (const int most = kMaxNocRequests / ports_of(config); config.virtual_channels > most) {
    return Failure{"a router of " + std::to_string(ports_of(config)) + " ports has at most " + std::to_string(most) +
                   " virtual channels for each message class, got " + std::to_string(config.virtual_channels)};
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
  const auto within = {not_within("columns", config.columns, kMostNocExtent),
                       not_within("rows", config.rows, kMostNocExtent),
                       not_within("concentration", config.concentration, kMaxNocConcentration),
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
  if (config.memory_router && (*config.memory_router < 0 || *config.memory_router >= config.columns * config.rows)) {
    return Failure{"the memory is at one of the routers"};
  }
  return config.model == NocModel::flit ? why_not_a_flit_network(config) : why_not_a_packet_network(config);
}

// --- the wires ---

NocGrid::NocGrid(const NocConfig& config)
    : geometry_{config.topology, config.routing, config.columns, config.rows},
      concentration_{config.concentration},
      ports_{ports_of(config)} {
  for (int router = 0; router < config.columns * config.rows; ++router) {
    place_.push_back({router % config.columns, router / config.columns});
    for (int local = 0; local < concentration_; ++local) {
      homes_.push_back({router, kLocal + local});
    }
  }
  if (config.memory_router) {
    homes_.push_back({*config.memory_router, kLocal + concentration_});
  }
}

int NocGrid::neighbour(int router, int port) const {
  const std::optional<MeshPosition> beyond =
      geometry_.neighbour(place_[static_cast<std::size_t>(router)], static_cast<RouterSide>(std::min(port, kLocal)));
  return beyond ? beyond->y * geometry_.columns + beyond->x : -1;
}

int NocGrid::endpoint_at(int router, int port) const {
  if (port < kLocal) {
    return -1;
  }
  if (port < kLocal + concentration_) {
    return router * concentration_ + port - kLocal;
  }
  return homes_.back().router == router ? endpoints() - 1 : -1;
}

/// Whether the channel is the one of its ring that goes from one end of the row or column to the other.
bool NocGrid::crosses_dateline(MeshPosition from, int side) const {
  return (side == kEast && from.x == geometry_.columns - 1) || (side == kWest && from.x == 0) ||
         (side == kSouth && from.y == geometry_.rows - 1) || (side == kNorth && from.y == 0);
}

NocGrid::Hop NocGrid::next_hop(int router, int from, bool beyond_dateline, int destination) const {
  const Home goal = home(destination);
  if (goal.router == router) {
    return {goal.port, false};
  }
  const MeshPosition at = place_[static_cast<std::size_t>(router)];
  const int side = static_cast<int>(geometry_.side_towards(at, place_[static_cast<std::size_t>(goal.router)]));
  const bool same_ring = from < kLocal && from / 2 == side / 2;
  return {side, is_torus() && ((same_ring && beyond_dateline) || crosses_dateline(at, side))};
}

int NocGrid::routers_between(int source, int destination) const {
  return geometry_.routers_between(place_[static_cast<std::size_t>(home(source).router)],
                                   place_[static_cast<std::size_t>(home(destination).router)]);
}

// --- what all networks have ---

RoutedNetwork::RoutedNetwork(const NocConfig& config) : config_{config}, grid_{config} {
  check_invariant(!why_not_a_network(config), "a network is built from what can be one");
}

void RoutedNetwork::inject_multicast(const NocPacket& /*packet*/, const std::vector<int>& /*destinations*/,
                                     NocCycle /*at*/) {
  throw InternalError{"the network has hardware multicast"};
}

NocCycle RoutedNetwork::zero_load_latency(int source, int destination, int flits) const {
  return config_.link + routers_between(source, destination) * (router_cycles(config_) + config_.link) + kSink +
         (flits - 1) * NocCycle{config_.cycles_per_flit};
}

std::vector<NocLink> RoutedNetwork::links() const {
  std::vector<NocLink> result;
  for (int router = 0; router < routers(); ++router) {
    for (int port = 0; port < grid_.ports(); ++port) {
      const int endpoint = grid_.endpoint_at(router, port);
      if (endpoint >= 0 || grid_.neighbour(router, port) >= 0) {
        result.push_back({router, static_cast<RouterSide>(std::min(port, NocGrid::kLocal)), std::max(endpoint, 0),
                          flits_across(router, port)});
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
