#include "models/flit_network.h"

#include <algorithm>
#include <bit>

namespace crossweave {
namespace {

/// What leaves in one cycle crosses its link in the next ones, and is looked at in the one after them.
constexpr NocCycle kArrival = 1;

constexpr std::uint32_t bit(std::uint32_t at) { return std::uint32_t{1} << at; }
constexpr std::uint64_t wide_bit(std::uint32_t at) { return std::uint64_t{1} << at; }

template <class Mask>
std::uint32_t take_first(Mask& mask) {
  const auto first = static_cast<std::uint32_t>(std::countr_zero(mask));
  mask &= mask - 1;
  return first;
}

}  // namespace

/// Who asks for the switch: of each input, at most one channel for each output.
struct FlitNetwork::SwitchRequests {
  std::array<std::uint32_t, kMostPorts> outputs{};                ///< that an input asks for
  std::array<std::uint32_t, kMostPorts> speculative{};            ///< those of them for a packet without a channel
  std::array<std::uint32_t, kMostPorts> inputs{};                 ///< that ask for an output
  std::array<std::array<Index, kMostPorts>, kMostPorts> channel;  ///< of an input, which asks for an output

  void add(Index input, Index output, Index from) {
    outputs[input] |= bit(output);
    inputs[output] |= bit(input);
    channel[input][output] = from;
  }
};

// --- the wires ---

FlitNetwork::FlitNetwork(const NocConfig& config)
    : RoutedNetwork{config},
      pipeline_{pipeline_of(config.router)},
      ports_{static_cast<Index>(grid_.ports())},
      channels_{static_cast<Index>(vcs())},
      class_channels_{static_cast<Index>(config.virtual_channels)},
      port_ranges_{static_cast<Index>(kMessageClasses * (grid_.is_torus() ? 2 : 1))},
      range_channels_{channels_ / port_ranges_},
      flight_{pipeline_.traversal + config.link + kArrival},
      source_flight_{config.link + kArrival},
      credit_{config.link + kArrival} {
  check_invariant(config.model == NocModel::flit, "a flit network is what is asked for");
  const auto router_count = static_cast<Index>(routers());
  buffers_.resize((router_count * ports_ + static_cast<Index>(endpoints())) * channels_);
  inputs_.resize(router_count * ports_);
  outputs_.resize(router_count * ports_);
  ranges_.resize(router_count * ports_ * port_ranges_);
  routers_.resize(router_count);
  sources_.resize(static_cast<std::size_t>(endpoints()));
  queues_.resize(sources_.size() * kMessageClasses);
  for (Index i = 0; i < ports_ * class_channels_; ++i) {
    request_port_[i] = i / class_channels_;
    request_channel_[i] = i % class_channels_;
  }
  for (Index i = 0; i < buffers_.size(); ++i) {
    Buffer& buffer = buffers_[i];
    buffer.credits = static_cast<std::int16_t>(config.depth);
    buffer.channel = static_cast<std::uint8_t>(i % channels_);
    if (const Index port = i / channels_; port < inputs_.size()) {
      buffer.router = port / ports_;
      buffer.port = static_cast<std::uint8_t>(port % ports_);
      buffer.request_bit = static_cast<std::uint8_t>(buffer.port * class_channels_ + buffer.channel % class_channels_);
    }
  }
  for (int router = 0; router < routers(); ++router) {
    for (int port = 0; port < grid_.ports(); ++port) {
      const auto from = static_cast<Index>(router);
      const auto output = static_cast<Index>(port);
      if (const int endpoint = grid_.endpoint_at(router, port); endpoint >= 0) {
        connect(from, output, sink_of(endpoint));
      } else if (const int other = grid_.neighbour(router, port); other >= 0) {
        const auto input = static_cast<Index>(NocGrid::opposite(port));
        connect(from, output, port_of(static_cast<Index>(other), input) * channels_);
      }
    }
  }
}

void FlitNetwork::connect(Index router, Index port, Index first) {
  for (Index i = 0; i < port_ranges_; ++i) {
    ChannelRange& range = range_of(router, port * port_ranges_ + i);
    const Index channel = i * range_channels_;
    range.first = first + channel;
    range.free = bit(range_channels_) - 1;
    range.port = static_cast<std::uint8_t>(port);
    range.channel = static_cast<std::uint8_t>(channel);
    range.class_channel = static_cast<std::uint8_t>(channel - channel % class_channels_);
  }
}

FlitNetwork::Index FlitNetwork::local_port_of(int endpoint) const {
  const NocGrid::Home home = grid_.home(endpoint);
  return port_of(static_cast<Index>(home.router), static_cast<Index>(home.port));
}

FlitNetwork::Index FlitNetwork::sink_of(int endpoint) const {
  return (static_cast<Index>(inputs_.size()) + static_cast<Index>(endpoint)) * channels_;
}

// --- time ---

std::optional<NocCycle> FlitNetwork::next_event() const {
  const std::optional<NocCycle> next = events_.next();
  return due_.empty() ? next : std::min(evaluated_ + 1, next.value_or(kNever));
}

void FlitNetwork::advance_to(NocCycle cycle, PacketListener& listener) {
  check_invariant(cycle >= now(), "time does not run backwards");
  for (std::optional<NocCycle> next = next_event(); next && *next <= cycle; next = next_event()) {
    events_.advance(*next);
    events_.take([this, &listener](std::uint32_t event) { handle(event, listener); });
    for (const int source : serving_) {
      serve(source, listener);
    }
    serving_.clear();
    // What a listener injects into the cycle that stands comes after the routers' part of it, which it cannot touch.
    if (evaluated_ < now()) {
      evaluated_ = now();
      visiting_.swap(due_);
      for (const Index router : visiting_) {
        evaluate(router, listener);
      }
      visiting_.clear();
    }
  }
  events_.advance(cycle);
}

void FlitNetwork::handle(std::uint32_t event, PacketListener& listener) {
  const Index subject = event & (bit(kEventShift) - 1);
  switch (static_cast<Event>(event >> kEventShift)) {
    case Event::flit:
      arrive(subject, listener);
      return;
    case Event::credit:
      return_credit(subject);
      return;
    case Event::route:
      request_channel(subject);
      return;
    case Event::source:
      if (sources_[subject].wake == now()) {
        sources_[subject].wake = kNever;
        serving_.push_back(static_cast<int>(subject));
      }
      return;
  }
}

/// Has a router evaluated: in this cycle, or, when its turn has come in this one, in the next.
void FlitNetwork::make_due(Index router) {
  if (!routers_[router].due) {
    routers_[router].due = true;
    due_.push_back(router);
  }
}

// --- sources ---

void FlitNetwork::inject(const NocPacket& packet, NocCycle at) {
  check_packet(packet, at);
  counts_.injected += packet.flits;
  const Index index = packets_.add({packet.tag, at, 0, 0, kNone, packet.destination, packet.flits});
  SourceQueue& queue = queue_of(packet.source, static_cast<int>(packet.message_class));
  ++queue.waiting;
  if (queue.front == kNone) {
    queue.front = index;
    wake(packet.source, at);
  } else {
    packets_[queue.back].next = index;
  }
  queue.back = index;
}

int FlitNetwork::queued(int endpoint, MessageClass message_class) const {
  return queues_[static_cast<std::size_t>(endpoint * kMessageClasses + static_cast<int>(message_class))].waiting;
}

void FlitNetwork::wake(int source, NocCycle cycle) {
  const NocCycle at = std::max(cycle, now());
  if (NocCycle& wake = sources_[static_cast<std::size_t>(source)].wake; at < wake) {
    wake = at;
    schedule(at, Event::source, static_cast<Index>(source));
  }
}

/// Sends a flit where the channel is free; classes take turns.
void FlitNetwork::serve(int source, PacketListener& listener) {
  Source& state = sources_[static_cast<std::size_t>(source)];
  if (state.free > now()) {
    wake(source, state.free);
    return;
  }
  const Index first = local_port_of(source) * channels_;
  for (int i = 0; i < kMessageClasses; ++i) {
    const int message_class = (state.turn + i) % kMessageClasses;
    SourceQueue& queue = queue_of(source, message_class);
    if (queue.front == kNone) {
      continue;
    }
    if (packets_[queue.front].at > now()) {
      wake(source, packets_[queue.front].at);
      continue;
    }
    if (queue.output == kNone) {
      queue.output = channel_for(queue, first + static_cast<Index>(message_class) * class_channels_);
    }
    if (queue.output != kNone && buffers_[queue.output].credits > 0) {
      state.turn = (message_class + 1) % kMessageClasses;
      state.free = now() + config_.cycles_per_flit;
      wake(source, state.free);
      send_from(queue, listener);
      return;
    }
  }
}

/// The next in turn that has a credit, of the channels of a message class from `first` on; on a torus, of those before
/// the dateline.
FlitNetwork::Index FlitNetwork::channel_for(SourceQueue& queue, Index first) const {
  for (Index i = 0; i < range_channels_; ++i) {
    const Index channel = (queue.turn + i) % range_channels_;
    if (buffers_[first + channel].credits > 0) {
      queue.turn = (channel + 1) % range_channels_;
      return first + channel;
    }
  }
  return kNone;
}

void FlitNetwork::send_from(SourceQueue& queue, PacketListener& listener) {
  Packet& packet = packets_[queue.front];
  Buffer& to = buffers_[queue.output];
  --to.credits;
  ++to.coming;
  schedule(now() + source_flight_, Event::flit, queue.output);
  if (queue.sent++ == 0) {
    packet.head_left = now();
    announce(queue.output, queue.front, static_cast<std::uint16_t>(packet.flits));
  }
  if (queue.sent == packet.flits) {
    queue.front = packet.next;
    queue.output = kNone;
    queue.sent = 0;
    --queue.waiting;
    listener.left_source(packet.tag, packet.head_left, now());
  }
}

// --- flits and credits come in ---

/// The head of a packet has been sent to a buffer.
void FlitNetwork::announce(Index buffer, Index packet, std::uint16_t flits) {
  const Index visit = visits_.add({packet, kNone, flits, 0, 0});
  Buffer& to = buffers_[buffer];
  (to.front == kNone ? to.front : visits_[to.back].next) = visit;
  to.back = visit;
  if (to.filling == kNone) {
    to.filling = visit;
  }
}

void FlitNetwork::arrive(Index index, PacketListener& listener) {
  Buffer& buffer = buffers_[index];
  --buffer.coming;
  ++buffer.held;
  Visit& visit = visits_[buffer.filling];
  const bool head = visit.arrived == 0;
  if (++visit.arrived == visit.flits) {
    buffer.filling = visit.next;
  }
  if (buffer.router == kNone) {
    eject(index, listener);
  } else if (buffer.held > 1) {
    return;  // behind others
  } else if (head) {
    come_to_front(index, now());
  } else if (buffers_[buffer.output].credits > 0) {
    make_ready(buffer);
  }
}

/// An endpoint takes flits as they arrive.
void FlitNetwork::eject(Index index, PacketListener& listener) {
  Buffer& buffer = buffers_[index];
  Visit& visit = visits_[buffer.front];
  --buffer.held;
  ++buffer.returning;
  schedule(now() + credit_, Event::credit, index);
  ++counts_.ejected;
  const Index packet = visit.packet;
  if (++visit.left == 1) {
    packets_[packet].head_taken = now();
  }
  if (visit.left < visit.flits) {
    return;
  }
  const Index gone = buffer.front;
  buffer.front = visit.next;
  visits_.remove(gone);
  const Packet taken = packets_[packet];
  packets_.remove(packet);
  listener.arrived(taken.tag, taken.destination, taken.head_taken, now());
}

void FlitNetwork::return_credit(Index index) {
  Buffer& buffer = buffers_[index];
  --buffer.returning;
  ++buffer.credits;
  if (buffer.owner != kNone) {
    if (const Buffer& sender = buffers_[buffer.owner]; buffer.credits == 1 && sender.held > 0) {
      make_ready(sender);
    }
  } else if (buffer.router != kNone && buffer.port >= NocGrid::kLocal) {
    const int source = grid_.endpoint_at(static_cast<int>(buffer.router), buffer.port);
    if (queue_of(source, static_cast<int>(buffer.channel / class_channels_)).front != kNone) {
      wake(source, now());
    }
  }
}

/// A head stands at the front of its buffer from `cycle` on.
void FlitNetwork::come_to_front(Index buffer, NocCycle cycle) {
  if (pipeline_.routing == 0) {
    request_channel(buffer);
  } else {
    schedule(cycle + pipeline_.routing, Event::route, buffer);
  }
}

void FlitNetwork::request_channel(Index index) {
  Buffer& buffer = buffers_[index];
  const bool beyond = buffer.channel % class_channels_ >= range_channels_;
  const auto [port, then_beyond] = grid_.next_hop(static_cast<int>(buffer.router), buffer.port, beyond,
                                                  packets_[visits_[buffer.front].packet].destination);
  const Index class_range = buffer.channel / class_channels_ * class_channels_ / range_channels_;
  buffer.range =
      static_cast<std::uint8_t>(static_cast<Index>(port) * port_ranges_ + class_range + (then_beyond ? 1 : 0));
  ChannelRange& range = range_of(buffer.router, buffer.range);
  range.requests |= wide_bit(buffer.request_bit);
  if (range.free != 0) {
    routers_[buffer.router].ranges |= wide_bit(buffer.range);
    make_due(buffer.router);
  }
}

void FlitNetwork::make_ready(const Buffer& buffer) {
  inputs_[port_of(buffer.router, buffer.port)].ready |= bit(buffer.channel);
  routers_[buffer.router].ports |= bit(buffer.port);
  make_due(buffer.router);
}

void FlitNetwork::make_unready(const Buffer& buffer) {
  InputPort& port = inputs_[port_of(buffer.router, buffer.port)];
  port.ready &= ~bit(buffer.channel);
  if (port.ready == 0) {
    routers_[buffer.router].ports &= ~bit(buffer.port);
  }
}

// --- a router's cycle ---

void FlitNetwork::evaluate(Index index, PacketListener& listener) {
  Router& router = routers_[index];
  SwitchRequests requests;
  request_switch(index, requests);
  for (std::uint64_t ranges = router.ranges; ranges != 0;) {
    const ChannelRange& range = range_of(index, take_first(ranges));
    allocate_channels(index, range);
    if (pipeline_.speculative) {
      request_switch_speculatively(index, range, requests);
    }
  }
  take_channels();
  allocate_switch(index, requests, listener);
  router.due = router.ports != 0 || router.ranges != 0;
  if (router.due) {
    due_.push_back(index);
  }
}

/// Each free channel is granted to one of the packets that request it, each packet accepts one of its grants.
void FlitNetwork::allocate_channels(Index router, const ChannelRange& range) {
  std::array<Index, kMostChannels> winner;
  for (std::uint32_t free = range.free; free != 0;) {
    const Index i = take_first(free);
    winner[i] = next_of(range.requests, buffers_[range.first + i].grant);
  }
  const Index first_channel = range.port * channels_ + range.channel;  // of all outputs' channels
  for (std::uint32_t rest = range.free; rest != 0;) {
    const Index request = winner[static_cast<Index>(std::countr_zero(rest))];
    std::uint32_t grants = 0;
    for (std::uint32_t others = rest; others != 0;) {
      const Index i = take_first(others);
      grants |= winner[i] == request ? bit(i) : 0;
    }
    rest &= ~grants;
    const Index index =
        port_of(router, request_port_[request]) * channels_ + range.class_channel + request_channel_[request];
    Buffer& input = buffers_[index];
    const bool within = input.accept > first_channel && input.accept < first_channel + range_channels_;
    const Index accepted = next_of(grants, within ? input.accept - first_channel : 0);
    input.accept = static_cast<std::uint8_t>((first_channel + accepted + 1) % (ports_ * channels_));
    input.output = range.first + accepted;
    buffers_[input.output].grant = static_cast<std::uint8_t>((request + 1) % (ports_ * class_channels_));
    allocated_.push_back(index);
  }
}

void FlitNetwork::take_channels() {
  for (const Index index : allocated_) {
    const Buffer& input = buffers_[index];
    ChannelRange& range = range_of(input.router, input.range);
    range.requests &= ~wide_bit(input.request_bit);
    range.free &= ~bit(input.output - range.first);
    if (range.requests == 0 || range.free == 0) {
      routers_[input.router].ranges &= ~wide_bit(input.range);
    }
    Buffer& output = buffers_[input.output];
    output.owner = index;
    if (output.credits > 0) {
      make_ready(input);
    }
  }
  allocated_.clear();
}

/// For flits that have a channel and a credit. An input asks for an output once, for the channel whose turn it is.
void FlitNetwork::request_switch(Index router, SwitchRequests& requests) const {
  for (std::uint32_t ports = routers_[router].ports; ports != 0;) {
    const Index port = take_first(ports);
    const InputPort& input = inputs_[port_of(router, port)];
    const Index first = port_of(router, port) * channels_;
    for (std::uint32_t ready = input.ready; ready != 0;) {
      const Index channel = next_of(ready, input.channel);
      ready &= ~bit(channel);
      const Index output = buffers_[first + channel].range / port_ranges_;
      if ((requests.outputs[port] & bit(output)) == 0 && outputs_[port_of(router, output)].free <= now()) {
        requests.add(port, output, channel);
      }
    }
  }
}

/// For heads that request a channel, where one of the range is free and has a credit. They give way to flits that have
/// a channel, but only where both are at the same input: iSLIP knows no priorities, and BookSim2 leaves it at that.
void FlitNetwork::request_switch_speculatively(Index router, const ChannelRange& range,
                                               SwitchRequests& requests) const {
  bool credit = false;
  for (std::uint32_t free = range.free; free != 0;) {
    credit |= buffers_[range.first + take_first(free)].credits > 0;
  }
  if (!credit || outputs_[port_of(router, range.port)].free > now()) {
    return;
  }
  const std::uint32_t output = bit(range.port);
  for (std::uint64_t rest = range.requests; rest != 0;) {
    const Index request = take_first(rest);
    const Index port = request_port_[request];
    const Index channel = range.class_channel + request_channel_[request];
    if ((requests.outputs[port] & output) != 0) {
      const Index turn = inputs_[port_of(router, port)].channel;
      const auto distance = [this, turn](Index at) { return at >= turn ? at - turn : at + channels_ - turn; };
      if ((requests.speculative[port] & output) == 0 ||
          distance(requests.channel[port][range.port]) < distance(channel)) {
        continue;
      }
    }
    requests.speculative[port] |= output;
    requests.add(port, range.port, channel);
  }
}

/// Each output is granted to an input, each input accepts one of its grants. A speculative head sends when it was given
/// a channel too, and this has a credit.
void FlitNetwork::allocate_switch(Index router, const SwitchRequests& requests, PacketListener& listener) {
  std::array<std::uint32_t, kMostPorts> granted{};
  for (Index output = 0; output < ports_; ++output) {
    if (requests.inputs[output] != 0) {
      granted[next_of(requests.inputs[output], outputs_[port_of(router, output)].grant)] |= bit(output);
    }
  }
  for (Index port = 0; port < ports_; ++port) {
    if (granted[port] == 0) {
      continue;
    }
    InputPort& input = inputs_[port_of(router, port)];
    const Index output = next_of(granted[port], input.accept);
    const Index channel = requests.channel[port][output];
    input.accept = (output + 1) % ports_;
    input.channel = (channel + 1) % channels_;
    outputs_[port_of(router, output)].grant = (port + 1) % ports_;
    const Index buffer = port_of(router, port) * channels_ + channel;
    if (const Index to = buffers_[buffer].output; to != kNone && buffers_[to].credits > 0) {
      send(buffer, listener);
    }
  }
}

void FlitNetwork::send(Index index, PacketListener& listener) {
  Buffer& buffer = buffers_[index];
  Buffer& to = buffers_[buffer.output];
  --buffer.held;
  ++buffer.returning;
  schedule(now() + credit_, Event::credit, index);
  --to.credits;
  ++to.coming;
  schedule(now() + flight_, Event::flit, buffer.output);
  ChannelRange& range = range_of(buffer.router, buffer.range);
  OutputPort& port = outputs_[port_of(buffer.router, range.port)];
  port.free = now() + config_.cycles_per_flit;
  ++port.flits;
  const Index visit = buffer.front;
  listener.crosses(packets_[visits_[visit].packet].tag, static_cast<int>(buffer.router), static_cast<int>(range.port),
                   1, port.free);
  if (visits_[visit].left++ == 0) {
    ++packet_hops_;
    announce(buffer.output, visits_[visit].packet, visits_[visit].flits);
  }
  const bool tail = visits_[visit].left == visits_[visit].flits;
  if (tail || buffer.held == 0 || to.credits == 0) {
    make_unready(buffer);
  }
  if (!tail) {
    return;
  }
  range.free |= bit(buffer.output - range.first);
  if (range.requests != 0) {
    routers_[buffer.router].ranges |= wide_bit(buffer.range);
  }
  to.owner = kNone;
  buffer.output = kNone;
  buffer.front = visits_[visit].next;
  visits_.remove(visit);
  if (buffer.held > 0) {
    come_to_front(index, now() + 1);
  }
}

// --- what can be seen ---

std::int64_t FlitNetwork::occupancy(int router, RouterSide side, int local) const {
  const Index port = port_of(static_cast<Index>(router), static_cast<Index>(static_cast<int>(side) + local));
  std::int64_t flits = 0;
  for (Index channel = 0; channel < channels_; ++channel) {
    const Buffer& buffer = buffers_[port * channels_ + channel];
    flits += buffer.held + buffer.coming;
  }
  return flits;
}

void FlitNetwork::check_conservation() const {
  std::int64_t inside = 0;
  for (const SourceQueue& queue : queues_) {
    for (Index at = queue.front; at != kNone; at = packets_[at].next) {
      inside += packets_[at].flits;
    }
    inside -= queue.sent;
  }
  for (const Buffer& buffer : buffers_) {
    int here = 0;
    for (Index at = buffer.front; at != kNone; at = visits_[at].next) {
      here += visits_[at].arrived - visits_[at].left;
    }
    check_invariant(here == buffer.held, "a buffer holds what arrived and has not left");
    check_invariant(buffer.credits >= 0 && buffer.held >= 0 && buffer.coming >= 0 && buffer.returning >= 0 &&
                        buffer.credits + buffer.held + buffer.coming + buffer.returning == config_.depth,
                    "a buffer's places are held, promised or free, and its sender knows or will know of those");
    inside += buffer.held + buffer.coming;
  }
  check_invariant(inside == counts_.in_flight(), "flits injected = flits ejected + in flight");
}

}  // namespace crossweave
