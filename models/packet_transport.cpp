#include "models/packet_transport.h"

#include <algorithm>
#include <utility>

namespace crossweave {
namespace {

NocConfig config_of(const NocSpec& spec, const Placement& placement) {
  NocConfig config;
  config.model = spec.model;
  config.topology = spec.topology;
  config.columns = placement.mesh_columns;
  config.rows = placement.mesh_rows;
  config.concentration = spec.concentration;
  config.memory_router = kDramPosition.y * placement.mesh_columns + kDramPosition.x;
  config.routing = spec.routing;
  config.depth = spec.buffer;
  config.max_packet = spec.max_packet;
  config.link = spec.link_cycles;
  config.pipeline = spec.router_cycles;
  config.virtual_channels =
      spec.model == NocModel::flit ? spec.virtual_channels : fewest_virtual_channels(spec.topology);
  config.router = spec.router;
  config.cycles_per_flit = spec.cycles_per_flit;
  config.multicast = spec.multicast;
  return config;
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

PacketTransport::PacketTransport(const NocSpec& spec, const Placement& placement)
    : spec_{spec}, network_{make_routed_network(config_of(spec, placement))} {
  std::vector<int> tiles_at(static_cast<std::size_t>(network_->routers()), 0);
  for (const MeshPosition at : placement.position) {
    const int router = at.y * placement.mesh_columns + at.x;
    endpoints_.push_back(router * spec.concentration + tiles_at[static_cast<std::size_t>(router)]++);
  }
  endpoints_.push_back(network_->endpoints() - 1);
}

std::int64_t PacketTransport::flits_of(Bytes size) const {
  const std::int64_t data = ceil_div(size.count(), spec_.flit.count());
  return data + ceil_div(data, spec_.max_packet - 1);
}

template <class Inject>
void PacketTransport::enter(std::uint64_t number, const Transfer& transfer, Progress progress, Duration now,
                            Inject&& inject) {
  std::int64_t flits = flits_of(transfer.size);
  check_invariant(flits > 0, "a transfer has bytes");
  progress.size = transfer.size;
  progress.to_reach = 1 + progress.others.size();
  progress.to_leave = progress.first.to_arrive = ceil_div(flits, spec_.max_packet);
  for (Branch& branch : progress.others) {
    branch.to_arrive = progress.to_leave;
  }
  NocPacket packet{endpoint_of(transfer.source), progress.first.endpoint, 0, transfer.message_class, number};
  const auto copies = static_cast<std::int64_t>(progress.to_reach);
  const bool is_new = under_way_.emplace(number, std::move(progress)).second;
  check_invariant(is_new, "transfers that are under way have different numbers");
  sent_ += Bytes{copies * transfer.size.count()};
  flits_sent_ += flits;
  for (; flits > 0; flits -= packet.flits) {
    packet.flits = static_cast<int>(std::min<std::int64_t>(flits, spec_.max_packet));
    inject(packet, cycle_from(now));
  }
}

bool PacketTransport::send(std::uint64_t number, const Transfer& transfer, Duration now) {
  Progress progress;
  progress.first.endpoint = endpoint_of(transfer.destination);
  enter(number, transfer, std::move(progress), now,
        [this](const NocPacket& packet, NocCycle at) { network_->inject(packet, at); });
  return false;
}

void PacketTransport::send_multicast(std::uint64_t number, const Transfer& transfer,
                                     const std::vector<EndpointId>& destinations, Duration now) {
  std::vector<int> endpoints;
  Progress progress;
  for (const EndpointId destination : destinations) {
    endpoints.push_back(endpoint_of(destination));
    if (endpoints.size() == 1) {
      progress.first.endpoint = endpoints.front();
    } else {
      progress.others.push_back({endpoints.back(), 0});
    }
  }
  enter(number, transfer, std::move(progress), now,
        [&](const NocPacket& packet, NocCycle at) { network_->inject_multicast(packet, endpoints, at); });
}

/// Packets of one transfer follow one another without a gap, as one long packet would.
Duration PacketTransport::zero_load(const Transfer& transfer) const {
  return time_of_cycles(network_->zero_load_latency(endpoint_of(transfer.source), endpoint_of(transfer.destination),
                                                    static_cast<int>(flits_of(transfer.size))),
                        spec_.clock);
}

int PacketTransport::endpoint_of(EndpointId endpoint) const { return endpoints_[endpoint.value()]; }

/// The first cycle that does not begin before `now`. The cycle under way will do when it has begun within this
/// picosecond: whoever answers to what happened in it is not late.
NocCycle PacketTransport::cycle_from(Duration now) const {
  const NocCycle cycle = cycles_within(now, spec_.clock);
  return time_of_cycles(cycle, spec_.clock) == now ? cycle : cycle + 1;
}

std::optional<Duration> PacketTransport::next_event() const {
  const std::optional<NocCycle> next = network_->next_event();
  return next ? std::optional{time_of_cycles(*next, spec_.clock)} : std::nullopt;
}

void PacketTransport::advance(Duration now, TransferListener& listener) {
  listener_ = &listener;
  network_->advance_to(cycles_within(now, spec_.clock), *this);
  listener_ = nullptr;
}

void PacketTransport::left_source(std::uint64_t tag, NocCycle /*head*/, NocCycle /*tail*/) {
  if (--under_way_.at(tag).to_leave == 0) {
    listener_->transfer_left(tag);
  }
}

void PacketTransport::arrived(std::uint64_t tag, int destination, NocCycle /*head*/, NocCycle /*tail*/) {
  Progress& progress = under_way_.at(tag);
  std::size_t which = 0;
  Branch* branch = &progress.first;
  while (branch->endpoint != destination) {
    branch = &progress.others.at(which++);
  }
  if (--branch->to_arrive > 0) {
    return;
  }
  delivered_ += progress.size;
  if (--progress.to_reach == 0) {
    under_way_.erase(tag);
  }
  listener_->transfer_arrived(tag, which);
}

void PacketTransport::crosses(std::uint64_t tag, int router, int port, int flits, NocCycle free) {
  listener_->transfer_crosses(tag, router, port, Bytes{spec_.flit.count() * flits}, time_of_cycles(free, spec_.clock));
}

void PacketTransport::check_conservation(bool all_arrived) const {
  network_->check_conservation();
  check_invariant(network_->flits().injected == flits_sent_, "every flit of a transfer is injected");
  Bytes under_way;
  for (const auto& [number, progress] : under_way_) {
    under_way += Bytes{static_cast<std::int64_t>(progress.to_reach) * progress.size.count()};
  }
  check_invariant(sent_ == delivered_ + under_way, "bytes sent = bytes delivered + under way");
  if (all_arrived) {
    check_invariant(under_way_.empty() && network_->flits().in_flight() == 0, "what was sent has arrived");
  }
}

}  // namespace crossweave
