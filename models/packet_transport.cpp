#include "models/packet_transport.h"

#include <algorithm>

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

bool PacketTransport::send(std::uint64_t number, const Transfer& transfer, Duration now) {
  std::int64_t flits = flits_of(transfer.size);
  check_invariant(flits > 0, "a transfer has bytes");
  const bool is_new = under_way_.emplace(number, Progress{}).second;
  check_invariant(is_new, "transfers that are under way have different numbers");
  Progress& progress = under_way_[number];
  progress.size = transfer.size;
  progress.to_leave = progress.to_arrive = ceil_div(flits, spec_.max_packet);
  sent_ += transfer.size;
  flits_sent_ += flits;
  NocPacket packet{endpoint_of(transfer.source), endpoint_of(transfer.destination), 0, transfer.message_class, number};
  for (; flits > 0; flits -= packet.flits) {
    packet.flits = static_cast<int>(std::min<std::int64_t>(flits, spec_.max_packet));
    network_->inject(packet, cycle_from(now));
  }
  return false;
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

void PacketTransport::arrived(std::uint64_t tag, int /*destination*/, NocCycle /*head*/, NocCycle /*tail*/) {
  Progress& progress = under_way_.at(tag);
  if (--progress.to_arrive == 0) {
    delivered_ += progress.size;
    under_way_.erase(tag);
    listener_->transfer_arrived(tag);
  }
}

void PacketTransport::crosses(std::uint64_t tag, int router, int port, int flits, NocCycle free) {
  listener_->transfer_crosses(tag, router, port, Bytes{spec_.flit.count() * flits}, time_of_cycles(free, spec_.clock));
}

void PacketTransport::check_conservation(bool all_arrived) const {
  network_->check_conservation();
  check_invariant(network_->flits().injected == flits_sent_, "every flit of a transfer is injected");
  Bytes under_way;
  for (const auto& [number, progress] : under_way_) {
    under_way += progress.size;
  }
  check_invariant(sent_ == delivered_ + under_way, "bytes sent = bytes delivered + under way");
  if (all_arrived) {
    check_invariant(under_way_.empty() && network_->flits().in_flight() == 0, "what was sent has arrived");
  }
}

}  // namespace crossweave
