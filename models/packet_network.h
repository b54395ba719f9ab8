// The network on chip, packet by packet and hop by hop (`noc.model: packet`). Plain C++: whoever owns the clock drives
// it. docs/noc.md describes the model and what it was validated against.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/event_wheel.h"
#include "models/routed_network.h"

namespace crossweave {

/// Input-queued routers, dimension-order routing, credits, virtual cut-through: a packet moves on when its output is
/// free and the next buffer has, or is known to have by the time each flit gets there, room for all of it. A packet
/// longer than a buffer moves in pieces of a buffer's depth and keeps its path until its tail has passed (wormhole).
/// An event is a packet that begins to cross a link; credits cause none.
class PacketNetwork final : public RoutedNetwork {
 public:
  explicit PacketNetwork(const NocConfig& config);

  void inject(const NocPacket& packet, NocCycle at) override;
  void inject_multicast(const NocPacket& packet, const std::vector<int>& destinations, NocCycle at) override;
  [[nodiscard]] int queued(int endpoint, MessageClass message_class) const override;
  [[nodiscard]] NocCycle now() const override { return events_.now(); }
  [[nodiscard]] std::optional<NocCycle> next_event() const override { return events_.next(); }
  void advance_to(NocCycle cycle, PacketListener& listener) override;
  [[nodiscard]] std::int64_t occupancy(int router, RouterSide side, int local = 0) const override;
  void check_conservation() const override;

 private:
  /// A packet, or a piece of one that is longer than a buffer.
  struct Segment {
    NocCycle arrival{0};  ///< of the head, in the buffer where it is
    Index packet{kNone};
    Index next{kNone};   ///< behind it in the same buffer
    Index group{kNone};  ///< of destinations: multicast
    int destination{0};
    int flits{0};
    bool first{false};
    bool last{false};
  };
  /// A packet on its way.
  struct Flight {
    std::uint64_t tag{0};
    NocCycle head_left{0};
    NocCycle head_taken{0};
    int copies{0};  ///< still to be delivered
  };
  /// A segment on its way into an endpoint.
  struct Delivery {
    NocCycle head{0};
    Index packet{kNone};
    int destination{0};
    int flits{0};
    bool first{false};
    bool last{false};
  };

  /// Flits that left a buffer back to back: those before number `end`, number n in cycle n + shift.
  struct Run {
    std::int64_t end{0};
    NocCycle shift{0};
  };
  /// A queue in a ring that grows.
  class Runs {
   public:
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] const Run& front() const { return ring_[first_]; }
    void pop_front() {
      first_ = (first_ + 1) & (ring_.size() - 1);
      --size_;
    }
    void push_back(Run run);

   private:
    std::vector<Run> ring_;  ///< its size is a power of two
    std::size_t first_{0};
    std::size_t size_{0};
  };

  /// A virtual channel's buffer at an input port of a router; or a source queue, without bound; or a sink.
  struct InputVc {
    Index front{kNone};
    Index back{kNone};
    NocCycle eligible{0};  ///< when the front may leave at the earliest
    std::int64_t entered{0};
    std::int64_t left{0};
    Runs runs;
    Index port{kNone};
    Index upstream{kNone};      ///< the OutputVc that fills it
    std::uint32_t branches{0};  ///< output ports that the front has yet to leave by: multicast
  };
  struct InputPort {
    NocCycle free{0};
    Index reading{kNone};  ///< the segment that leaves, or left last
    int router{0};
    int side{0};  ///< in 0 .. ports_ - 1; -1: not a router's, but a source
  };
  /// A virtual channel of an output: allocated to one packet at a time.
  struct OutputVc {
    std::uint64_t requests{0};  ///< input VCs of the router whose front wants it
    int owner{-1};
    int next{0};          ///< round robin
    bool blocked{false};  ///< until more flits leave the buffer downstream
  };
  /// A router's output or a source's, with the channel behind it.
  struct Link {
    NocCycle free{0};
    NocCycle wake{kNever};
    Index inputs{kNone};      ///< the InputVc of the first request bit
    Index downstream{kNone};  ///< the InputVc behind its first VC
    int input_vcs{0};
    int flight{0};  ///< from leaving a buffer to arriving in the next
    int credit{0};  ///< from leaving the next buffer to being known here
    int next_vc{0};
    std::uint32_t requested{0};  ///< VCs with requests
    std::int64_t flits{0};
  };
  struct Hop {
    int port{0};
    int vc{0};
  };

  static constexpr Index kDeliveryBit = Index{1} << 31U;

  [[nodiscard]] Index link_of(int router, int port) const { return static_cast<Index>(router * ports_ + port); }
  [[nodiscard]] Index source_link(int endpoint) const { return static_cast<Index>(routers() * ports_ + endpoint); }
  [[nodiscard]] Index source_vc(int endpoint, MessageClass message_class) const;
  [[nodiscard]] Index sink_vc(int endpoint) const;

  void connect(Index link, Index inputs, int input_vcs, Index downstream);
  void enqueue(const NocPacket& packet, int copies, Index group, NocCycle at);
  [[nodiscard]] Hop next_hop(Index input, int destination) const;
  void append(Index input, Index segment);
  void come_to_front(Index input, NocCycle earliest);
  void request(Index input, Hop hop);
  void wake(Index link, NocCycle cycle);
  [[nodiscard]] NocCycle room_from(const Link& link, int vc, int flits);
  [[nodiscard]] NocCycle allocate(const Link& link, OutputVc& output) const;
  [[nodiscard]] NocCycle earliest_start(Index link, int vc);
  void serve(Index link, PacketListener& listener);
  void send(Index link, int vc, PacketListener& listener);
  [[nodiscard]] Index take_copy(Index input, int side);
  void leave(Index input, NocCycle start, int flits);
  void unblock(Index output);
  void eject(Index sink, Index ejected);
  void deliver(Index delivery, PacketListener& listener);
  [[nodiscard]] std::int64_t flits_across(int router, int port) const override {
    return links_[link_of(router, port)].flits;
  }

  int ports_;  ///< of a router
  EventWheel events_;
  std::vector<InputVc> inputs_;  ///< of routers, then sources, then sinks
  std::vector<InputPort> input_ports_;
  std::vector<OutputVc> outputs_;  ///< link * vcs() + vc
  std::vector<Link> links_;        ///< of routers, then sources
  IndexPool<Segment> segments_;
  IndexPool<Flight> flights_;
  IndexPool<std::vector<int>> groups_;  ///< destinations
  IndexPool<Delivery> deliveries_;
  std::int64_t taking_{0};  ///< flits of deliveries_
};

}  // namespace crossweave
