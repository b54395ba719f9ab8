#include "models/packet_network.h"

#include <algorithm>
#include <bit>

namespace crossweave {
namespace {

/// A credit crosses the link back and is counted in the cycle after; at a source a cycle later, which makes its loop,
/// with no router in it, 4 cycles where between routers it is 5. BookSim2 has it so.
constexpr int kCreditCount = 1;
constexpr int kSourceCreditCount = 2;

}  // namespace

void PacketNetwork::Runs::push_back(Run run) {
  if (size_ == ring_.size()) {
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(first_), ring_.end());
    first_ = 0;
    ring_.resize(std::max<std::size_t>(4, 2 * ring_.size()));
  }
  ring_[(first_ + size_) & (ring_.size() - 1)] = run;
  ++size_;
}

// --- the wires ---

PacketNetwork::PacketNetwork(const NocConfig& config) : RoutedNetwork{config}, ports_{grid_.ports()} {
  check_invariant(config.model == NocModel::packet, "a packet network is what is asked for");
  const auto router_ports = static_cast<std::size_t>(routers() * ports_);
  const auto endpoint_count = static_cast<std::size_t>(endpoints());
  const auto vc_count = static_cast<std::size_t>(vcs());
  inputs_.resize((router_ports + 2 * endpoint_count) * vc_count);
  input_ports_.resize(router_ports + 2 * endpoint_count);
  links_.resize(router_ports + endpoint_count);
  outputs_.resize(links_.size() * vc_count);
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].port = static_cast<Index>(i / vc_count);
  }
  for (int router = 0; router < routers(); ++router) {
    const Index inputs = link_of(router, 0) * static_cast<Index>(vcs());
    for (int side = 0; side < ports_; ++side) {
      input_ports_[link_of(router, side)] = {0, kNone, router, side};
      if (const int endpoint = grid_.endpoint_at(router, side); endpoint >= 0) {
        connect(link_of(router, side), inputs, ports_ * vcs(), sink_vc(endpoint));
        input_ports_[source_link(endpoint)].side = -1;
        connect(source_link(endpoint), source_link(endpoint) * static_cast<Index>(vcs()), vcs(),
                link_of(router, side) * static_cast<Index>(vcs()));
        links_[source_link(endpoint)].flight = config.link;
        links_[source_link(endpoint)].credit = config.link + kSourceCreditCount;
      } else if (const int other = grid_.neighbour(router, side); other >= 0) {
        connect(link_of(router, side), inputs, ports_ * vcs(),
                link_of(other, NocGrid::opposite(side)) * static_cast<Index>(vcs()));
      }
    }
  }
}

void PacketNetwork::connect(Index link, Index inputs, int input_vcs, Index downstream) {
  links_[link].inputs = inputs;
  links_[link].input_vcs = input_vcs;
  links_[link].downstream = downstream;
  links_[link].flight = config_.pipeline + config_.link;
  links_[link].credit = config_.link + kCreditCount;
  for (Index vc = 0; vc < static_cast<Index>(vcs()); ++vc) {
    inputs_[downstream + vc].upstream = link * static_cast<Index>(vcs()) + vc;
  }
}

PacketNetwork::Index PacketNetwork::source_vc(int endpoint, MessageClass message_class) const {
  return source_link(endpoint) * static_cast<Index>(vcs()) +
         static_cast<Index>(static_cast<int>(message_class) * config_.virtual_channels);
}

PacketNetwork::Index PacketNetwork::sink_vc(int endpoint) const {
  return source_link(endpoints() + endpoint) * static_cast<Index>(vcs());
}

PacketNetwork::Hop PacketNetwork::next_hop(Index input, int destination) const {
  const InputPort& port = input_ports_[inputs_[input].port];
  const int vc = static_cast<int>(input - inputs_[input].port * static_cast<Index>(vcs()));
  if (port.side < 0) {
    return {0, vc};
  }
  const auto [side, beyond_dateline] = grid_.next_hop(port.router, port.side, vc % 2 == 1, destination);
  return {side, grid_.is_torus() ? vc - vc % 2 + (beyond_dateline ? 1 : 0) : vc};
}

// --- packets in ---

void PacketNetwork::inject(const NocPacket& packet, NocCycle at) {
  check_packet(packet, at);
  enqueue(packet, 1, kNone, at);
}

void PacketNetwork::inject_multicast(const NocPacket& packet, const std::vector<int>& destinations, NocCycle at) {
  check_invariant(config_.multicast, "the network has hardware multicast");
  check_invariant(!destinations.empty(), "a packet goes somewhere");
  for (const int destination : destinations) {
    NocPacket copy = packet;
    copy.destination = destination;
    check_packet(copy, at);
  }
  enqueue(packet, static_cast<int>(destinations.size()), groups_.add(destinations), at);
}

void PacketNetwork::enqueue(const NocPacket& packet, int copies, Index group, NocCycle at) {
  const Index flight = flights_.add({packet.tag, 0, 0, copies});
  counts_.injected += packet.flits;
  for (int sent = 0; sent < packet.flits; sent += config_.depth) {
    const int flits = std::min(config_.depth, packet.flits - sent);
    append(
        source_vc(packet.source, packet.message_class),
        segments_.add({at, flight, kNone, group, packet.destination, flits, sent == 0, sent + flits == packet.flits}));
  }
}

int PacketNetwork::queued(int endpoint, MessageClass message_class) const {
  int packets = 0;
  for (Index at = inputs_[source_vc(endpoint, message_class)].front; at != kNone; at = segments_[at].next) {
    packets += segments_[at].last ? 1 : 0;
  }
  return packets;
}

// --- buffers ---

void PacketNetwork::append(Index input, Index segment) {
  InputVc& vc = inputs_[input];
  vc.entered += segments_[segment].flits;
  segments_[segment].next = kNone;
  if (vc.front != kNone) {
    segments_[vc.back].next = segment;
    vc.back = segment;
    return;
  }
  vc.front = segment;
  vc.back = segment;
  come_to_front(input, vc.eligible);
}

/// The segment at the front asks for its outputs; it may leave from `earliest` on, once it has arrived.
void PacketNetwork::come_to_front(Index input, NocCycle earliest) {
  InputVc& vc = inputs_[input];
  const Segment& segment = segments_[vc.front];
  vc.eligible = std::max(earliest, segment.arrival);
  if (segment.group == kNone) {
    request(input, next_hop(input, segment.destination));
    return;
  }
  for (const int destination : groups_[segment.group]) {
    const Hop hop = next_hop(input, destination);
    if ((vc.branches & (1U << hop.port)) == 0) {
      vc.branches |= 1U << hop.port;
      request(input, hop);
    }
  }
}

void PacketNetwork::request(Index input, Hop hop) {
  const InputPort& port = input_ports_[inputs_[input].port];
  const Index index = port.side < 0 ? inputs_[input].port : link_of(port.router, hop.port);
  Link& link = links_[index];
  outputs_[index * static_cast<Index>(vcs()) + static_cast<Index>(hop.vc)].requests |= std::uint64_t{1}
                                                                                       << (input - link.inputs);
  link.requested |= 1U << hop.vc;
  wake(index, inputs_[input].eligible);
}

/// The front of a buffer has gone in full, from `start` on.
void PacketNetwork::leave(Index input, NocCycle start, int flits) {
  InputVc& vc = inputs_[input];
  vc.left += flits;
  vc.eligible = start + flits;
  input_ports_[vc.port].reading = kNone;
  if (vc.upstream != kNone) {
    vc.runs.push_back({vc.left, start - (vc.left - flits)});
    unblock(vc.upstream);
  }
  vc.front = segments_[vc.front].next;
  if (vc.front != kNone) {
    come_to_front(input, vc.eligible);
  }
}

/// More flits are known to leave the buffer behind an output.
void PacketNetwork::unblock(Index output) {
  OutputVc& blocked = outputs_[output];
  if (!blocked.blocked) {
    return;
  }
  const Index index = output / static_cast<Index>(vcs());
  const int vc = static_cast<int>(output - index * static_cast<Index>(vcs()));
  const InputVc& input = inputs_[links_[index].inputs + static_cast<Index>(blocked.owner)];
  if (const NocCycle room = room_from(links_[index], vc, segments_[input.front].flits); room != kNever) {
    blocked.blocked = false;
    wake(index, room);
  }
}

// --- outputs ---

void PacketNetwork::wake(Index index, NocCycle cycle) {
  Link& link = links_[index];
  const NocCycle at = std::max({cycle, link.free, now()});
  if (at < link.wake) {
    link.wake = at;
    events_.push(at, index);
  }
}

/// From when on `flits` more can stream into the buffer behind a link without running out of credits. Flit n needs that
/// flit n - depth has left; since flits leave in runs, only the run of the last one needed counts.
NocCycle PacketNetwork::room_from(const Link& link, int vc, int flits) {
  InputVc& buffer = inputs_[link.downstream + static_cast<Index>(vc)];
  const std::int64_t first = buffer.entered - config_.depth;
  const std::int64_t last = first + flits - 1;
  if (last < 0) {
    return now();
  }
  while (!buffer.runs.empty() && buffer.runs.front().end <= last) {
    buffer.runs.pop_front();
  }
  return buffer.runs.empty() ? kNever : buffer.runs.front().shift + first + link.credit;
}

/// Gives a free virtual channel to one of the packets that want it; otherwise, when the first of them can have it.
NocCycle PacketNetwork::allocate(const Link& link, OutputVc& output) const {
  std::uint64_t ready = 0;
  NocCycle earliest = kNever;
  for (std::uint64_t rest = output.requests; rest != 0; rest &= rest - 1) {
    const NocCycle eligible = inputs_[link.inputs + static_cast<Index>(std::countr_zero(rest))].eligible;
    if (eligible <= now()) {
      ready |= rest & (~rest + 1);
    }
    earliest = std::min(earliest, eligible);
  }
  if (ready != 0) {
    output.owner = round_robin(ready, output.next);
    output.next = output.owner + 1 == link.input_vcs ? 0 : output.owner + 1;
  }
  return earliest;
}

/// When a virtual channel's next segment can begin to cross: now(), later, or kNever as far as is known.
NocCycle PacketNetwork::earliest_start(Index index, int vc) {
  const Link& link = links_[index];
  OutputVc& output = outputs_[index * static_cast<Index>(vcs()) + static_cast<Index>(vc)];
  if (output.owner < 0) {
    if (const NocCycle eligible = allocate(link, output); output.owner < 0) {
      return eligible;
    }
  }
  if ((output.requests >> output.owner & 1U) == 0) {
    return kNever;  // the rest of its packet has yet to arrive
  }
  const InputVc& input = inputs_[link.inputs + static_cast<Index>(output.owner)];
  const NocCycle room = room_from(link, vc, segments_[input.front].flits);
  if (room == kNever) {
    output.blocked = true;
    return kNever;
  }
  NocCycle start = std::max({input.eligible, room, now()});
  // An input port reads one packet at a time; copies of that packet leave by several outputs at once.
  if (const InputPort& port = input_ports_[input.port]; port.reading != input.front) {
    start = std::max(start, port.free);
  }
  return start;
}

void PacketNetwork::serve(Index index, PacketListener& listener) {
  NocCycle next = kNever;
  // Virtual channels take turns on the link, packet by packet.
  for (std::uint32_t rest = links_[index].requested; rest != 0;) {
    const int vc = round_robin(rest, links_[index].next_vc);
    rest &= ~(1U << vc);
    const NocCycle start = earliest_start(index, vc);
    if (start <= now()) {
      send(index, vc, listener);
      if (links_[index].requested != 0) {
        wake(index, links_[index].free);
      }
      return;
    }
    next = std::min(next, start);
  }
  if (next != kNever) {
    wake(index, next);
  }
}

void PacketNetwork::send(Index index, int vc, PacketListener& listener) {
  Link& link = links_[index];
  OutputVc& output = outputs_[index * static_cast<Index>(vcs()) + static_cast<Index>(vc)];
  const Index input = link.inputs + static_cast<Index>(output.owner);
  const Index sending = inputs_[input].front;
  InputPort& port = input_ports_[inputs_[input].port];
  port.free = std::max(port.free, now() + segments_[sending].flits);
  port.reading = segments_[sending].group == kNone ? kNone : sending;
  output.requests &= ~(std::uint64_t{1} << output.owner);
  if (output.requests == 0) {
    link.requested &= ~(1U << vc);
  }
  if (segments_[sending].last) {
    output.owner = -1;
  }
  const int flits = segments_[sending].flits;
  link.free = now() + flits;
  link.flits += flits;
  link.next_vc = vc + 1 == vcs() ? 0 : vc + 1;

  const bool from_source = port.side < 0;
  const Index copy = take_copy(input, from_source ? 0 : static_cast<int>(index) - port.router * ports_);
  Segment& segment = segments_[copy];
  segment.arrival = now() + link.flight;
  if (from_source) {
    append(link.downstream + static_cast<Index>(vc), copy);
    Flight& flight = flights_[segment.packet];
    if (segment.first) {
      flight.head_left = now();
    }
    if (segment.last) {
      listener.left_source(flight.tag, flight.head_left, now() + flits - 1);
    }
    return;
  }
  packet_hops_ += segment.first ? 1 : 0;
  listener.crosses(flights_[segment.packet].tag, port.router, static_cast<int>(index) - port.router * ports_, flits,
                   link.free);
  if (link.downstream < sink_vc(0)) {
    append(link.downstream + static_cast<Index>(vc), copy);
  } else {
    eject(link.downstream + static_cast<Index>(vc), copy);
  }
}

/// Takes out of a buffer what leaves it by an output: the front, or a copy of it for the destinations there.
PacketNetwork::Index PacketNetwork::take_copy(Index input, int side) {
  const Index front = inputs_[input].front;
  const int flits = segments_[front].flits;
  if (segments_[front].group == kNone || input_ports_[inputs_[input].port].side < 0) {
    inputs_[input].branches = 0;
    leave(input, now(), flits);
    return front;
  }
  std::vector<int> here;
  std::vector<int> elsewhere;
  for (const int destination : groups_[segments_[front].group]) {
    (next_hop(input, destination).port == side ? here : elsewhere).push_back(destination);
  }
  inputs_[input].branches &= ~(1U << side);
  Segment copy = segments_[front];
  if (elsewhere.empty()) {
    leave(input, now(), flits);
    groups_[copy.group] = std::move(here);
    return front;
  }
  counts_.replicas += flits;
  groups_[copy.group] = std::move(elsewhere);
  copy.group = groups_.add(std::move(here));
  return segments_.add(copy);
}

/// An endpoint takes flits as they arrive, so that its buffer is empty again a credit's way later.
void PacketNetwork::eject(Index sink, Index ejected) {
  const Segment segment = segments_[ejected];
  segments_.remove(ejected);
  InputVc& vc = inputs_[sink];
  vc.entered += segment.flits;
  vc.left += segment.flits;
  vc.runs.push_back({vc.left, segment.arrival - (vc.left - segment.flits)});
  int destination = segment.destination;
  if (segment.group != kNone) {
    destination = groups_[segment.group].front();
    groups_.remove(segment.group);
  }
  const NocCycle head = segment.arrival + kSink;
  taking_ += segment.flits;
  events_.push(head + segment.flits - 1, kDeliveryBit | deliveries_.add({head, segment.packet, destination,
                                                                         segment.flits, segment.first, segment.last}));
}

void PacketNetwork::deliver(Index index, PacketListener& listener) {
  const Delivery delivery = deliveries_[index];
  deliveries_.remove(index);
  counts_.ejected += delivery.flits;
  taking_ -= delivery.flits;
  Flight& flight = flights_[delivery.packet];
  if (delivery.first) {
    flight.head_taken = delivery.head;
  }
  if (!delivery.last) {
    return;
  }
  const Flight done = flight;
  if (--flight.copies == 0) {
    flights_.remove(delivery.packet);
  }
  listener.arrived(done.tag, delivery.destination, done.head_taken, now());
}

void PacketNetwork::advance_to(NocCycle cycle, PacketListener& listener) {
  check_invariant(cycle >= now(), "time does not run backwards");
  for (std::optional<NocCycle> next = events_.next(); next && *next <= cycle; next = events_.next()) {
    events_.advance(*next);
    events_.take([this, &listener](std::uint32_t subject) {
      if ((subject & kDeliveryBit) != 0) {
        deliver(subject & ~kDeliveryBit, listener);
      } else if (links_[subject].wake == now()) {
        links_[subject].wake = kNever;
        serve(subject, listener);
      }
    });
  }
  events_.advance(cycle);
}

// --- what can be seen ---

std::int64_t PacketNetwork::occupancy(int router, RouterSide side, int local) const {
  const Index first = link_of(router, static_cast<int>(side) + local) * static_cast<Index>(vcs());
  std::int64_t flits = 0;
  for (Index vc = first; vc < first + static_cast<Index>(vcs()); ++vc) {
    flits += inputs_[vc].entered - inputs_[vc].left;
  }
  return flits;
}

void PacketNetwork::check_conservation() const {
  std::int64_t held = taking_;
  for (const InputVc& vc : inputs_) {
    std::int64_t here = 0;
    for (Index at = vc.front; at != kNone; at = segments_[at].next) {
      here += segments_[at].flits;
    }
    check_invariant(here == vc.entered - vc.left, "a buffer holds what entered and has not left");
    check_invariant(vc.upstream == kNone || here <= config_.depth, "no buffer holds more than its depth");
    held += here;
  }
  check_invariant(held == counts_.in_flight(), "flits injected and replicated = flits ejected + in flight");
}

}  // namespace crossweave
