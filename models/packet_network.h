// The network on chip, packet by packet and hop by hop (`noc.model: packet`). Plain C++: whoever owns the clock drives
// it. docs/noc.md describes the model and what it was validated against.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "arch/architecture.h"
#include "arch/diagnostics.h"
#include "models/event_wheel.h"

namespace crossweave {

/// Each class is a virtual network: it has buffers and credits of its own, so that none can block another.
enum class MessageClass { psum, data, memory_request, memory_response };
inline constexpr int kMessageClasses = 4;

struct PacketNetworkConfig {
  NocTopology topology{NocTopology::mesh};
  int columns{1};
  int rows{1};
  /// Endpoints of a router; 1 unless the topology is `cmesh`.
  int concentration{1};
  /// A router with a local port more: that of the memory, an endpoint that comes after all others.
  std::optional<int> memory_router{};
  NocRouting routing{NocRouting::xy};
  /// Flits that an input buffer holds, per port and virtual channel.
  int depth{8};
  /// Flits of the longest packet, its header included.
  int max_packet{8};
  /// Virtual channels of a message class: 2 on a torus (dateline), otherwise 1.
  int virtual_channels{1};
  /// Cycles in a router and on a link.
  int pipeline{2};
  int link{1};
  /// Replication in the routers, for packets with several destinations.
  bool multicast{false};
};

/// What a network cannot be built from, or nothing.
[[nodiscard]] std::optional<Failure> why_not_a_network(const PacketNetworkConfig& config);

struct NocPacket {
  int source{0};       ///< endpoint: router * concentration + its number there; router = y * columns + x
  int destination{0};  ///< endpoint; the memory's is the last
  int flits{1};        ///< with the header
  MessageClass message_class{MessageClass::data};
  std::uint64_t tag{0};  ///< the owner's; comes back with each event
};

/// Told what happens to packets, while the network advances. It may inject.
class PacketListener {
 public:
  /// The source has begun to send the last piece of a packet (the whole packet when it fits a buffer): its head left or
  /// leaves in `head`, its tail in `tail`.
  virtual void left_source(std::uint64_t tag, NocCycle head, NocCycle tail) = 0;
  /// The endpoint `destination` has taken the tail, now; the head it took in `head`.
  virtual void arrived(std::uint64_t tag, int destination, NocCycle head, NocCycle tail) = 0;

 protected:
  ~PacketListener() = default;
};

/// The side of a router on which a port lies; local ports follow from `local` on.
enum class RouterSide { east, west, south, north, local };  // +x, -x, +y, -y

/// A channel that flits cross, and how many did.
struct NocLink {
  int router{0};                      ///< from whose output
  RouterSide side{RouterSide::east};  ///< of that router; local: ejection to `endpoint`
  int endpoint{0};
  std::int64_t flits{0};
};

struct NocFlitCounts {
  std::int64_t injected{0};  ///< handed over by endpoints, those still in source queues included
  std::int64_t replicas{0};  ///< made by multicast
  std::int64_t ejected{0};   ///< taken by endpoints
  [[nodiscard]] std::int64_t in_flight() const { return injected + replicas - ejected; }
};

/// Input-queued routers, dimension-order routing, credits, virtual cut-through: a packet moves on when its output is
/// free and the next buffer has, or is known to have by the time each flit gets there, room for all of it. A packet
/// longer than a buffer moves in pieces of a buffer's depth and keeps its path until its tail has passed (wormhole).
/// An event is a packet that begins to cross a link; credits cause none.
class PacketNetwork {
 public:
  explicit PacketNetwork(const PacketNetworkConfig& config);

  [[nodiscard]] const PacketNetworkConfig& config() const { return config_; }
  [[nodiscard]] int endpoints() const { return static_cast<int>(homes_.size()); }
  [[nodiscard]] int routers() const { return routers_; }

  /// Queues a packet at its source, which may send it from `at` on (not before now()). A source sends the packets of a
  /// class in the order of the calls; its queue has no bound: hold packets back by queued().
  void inject(const NocPacket& packet, NocCycle at);
  /// The same packet for several endpoints, all different, where the network has hardware multicast.
  void inject_multicast(const NocPacket& packet, const std::vector<int>& destinations, NocCycle at);
  /// Packets of a class that wait at an endpoint, the one that is about to leave included.
  [[nodiscard]] int queued(int endpoint, MessageClass message_class) const;

  [[nodiscard]] NocCycle now() const { return events_.now(); }
  /// When something happens next; nothing when the network is empty, or when it is in deadlock.
  [[nodiscard]] std::optional<NocCycle> next_event() const { return events_.next(); }
  /// Lets everything happen that happens up to `cycle`, and stands there.
  void advance_to(NocCycle cycle, PacketListener& listener);

  /// Routers on the way, those of source and destination included.
  [[nodiscard]] int routers_between(int source, int destination) const;
  /// Cycles from the head's injection to the tail's ejection in an empty network with buffers of at least 5 flits.
  [[nodiscard]] NocCycle zero_load_latency(int source, int destination, int flits) const;

  [[nodiscard]] const NocFlitCounts& flits() const { return counts_; }
  /// Packets times routers passed; the measure of the work done.
  [[nodiscard]] std::int64_t packet_hops() const { return packet_hops_; }
  /// Every channel from a router, in the order of routers and sides.
  [[nodiscard]] std::vector<NocLink> links() const;
  /// Flits of the buffers of a router's input port that are taken or promised: at most depth per virtual channel.
  [[nodiscard]] std::int64_t occupancy(int router, RouterSide side, int local = 0) const;
  /// Counts every flit in queues, buffers and on its way out. Throws InternalError where the sum is not in_flight(), or
  /// where a buffer's content is not what its credits say.
  void check_conservation() const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

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

  /// Items under indices that are used again.
  template <class T>
  class Pool {
   public:
    Index add(T item) {
      if (free_.empty()) {
        items_.push_back(std::move(item));
        return static_cast<Index>(items_.size() - 1);
      }
      const Index index = free_.back();
      free_.pop_back();
      items_[index] = std::move(item);
      return index;
    }
    void remove(Index index) { free_.push_back(index); }
    T& operator[](Index index) { return items_[index]; }
    const T& operator[](Index index) const { return items_[index]; }

   private:
    std::vector<T> items_;
    std::vector<Index> free_;
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
    int side{0};  ///< of the router; -1: not a router's, but a source
  };
  struct Place {
    int x{0};
    int y{0};
  };
  /// Where an endpoint is: at which port of which router.
  struct Home {
    int router{0};
    int side{0};
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

  static constexpr NocCycle kNever = INT64_MAX;
  static constexpr Index kDeliveryBit = Index{1} << 31U;

  [[nodiscard]] int vcs() const { return kMessageClasses * config_.virtual_channels; }
  [[nodiscard]] Index link_of(int router, int side) const {
    return first_link_[static_cast<std::size_t>(router)] + static_cast<Index>(side);
  }
  [[nodiscard]] int ports_of(int router) const { return static_cast<int>(link_of(router + 1, 0) - link_of(router, 0)); }
  [[nodiscard]] Index source_link(int endpoint) const { return first_link_.back() + static_cast<Index>(endpoint); }
  [[nodiscard]] Index source_vc(int endpoint, MessageClass message_class) const;
  [[nodiscard]] Index sink_vc(int endpoint) const;
  [[nodiscard]] int neighbour(int router, int side) const;
  [[nodiscard]] int side_towards(Place from, Place to) const;
  [[nodiscard]] bool crosses_dateline(Place from, int side) const;

  void connect(Index link, Index inputs, int input_vcs, Index downstream);
  void check_packet(const NocPacket& packet, NocCycle at) const;
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

  PacketNetworkConfig config_;
  int routers_;
  std::vector<Place> place_;       ///< by router
  std::vector<Index> first_link_;  ///< by router; the last entry ends those of the last
  std::vector<Home> homes_;        ///< by endpoint
  EventWheel events_;
  std::vector<InputVc> inputs_;  ///< of routers, then sources, then sinks
  std::vector<InputPort> input_ports_;
  std::vector<OutputVc> outputs_;  ///< link * vcs() + vc
  std::vector<Link> links_;        ///< of routers, then sources
  Pool<Segment> segments_;
  Pool<Flight> flights_;
  Pool<std::vector<int>> groups_;  ///< destinations
  Pool<Delivery> deliveries_;
  NocFlitCounts counts_;
  std::int64_t taking_{0};  ///< flits of deliveries_
  std::int64_t packet_hops_{0};
};

}  // namespace crossweave
