// A network on chip by itself: what all models of one share, and the interface behind which they stand. Plain C++:
// whoever owns the clock drives it. docs/noc.md describes the models.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "arch/architecture.h"
#include "arch/diagnostics.h"
#include "arch/noc_geometry.h"
#include "models/event_wheel.h"
#include "models/index_pool.h"

namespace crossweave {

/// A network spans at most so many columns and rows of routers.
inline constexpr int kMostNocExtent = 256;

/// Each class is a virtual network: it has buffers and credits of its own, so that none can block another.
enum class MessageClass { psum, data, memory_request, memory_response };
inline constexpr int kMessageClasses = 4;

struct NocConfig {
  /// `packet` or `flit`.
  NocModel model{NocModel::packet};
  NocTopology topology{NocTopology::mesh};
  int columns{1};
  int rows{1};
  /// Endpoints of a router; 1 unless the topology is `cmesh`.
  int concentration{1};
  /// The router of the memory, if there is one: it has a local port more, and on it an endpoint that comes after all
  /// others.
  std::optional<int> memory_router{};
  NocRouting routing{NocRouting::xy};
  /// Flits that an input buffer holds, per port and virtual channel.
  int depth{8};
  /// Flits of the longest packet, its header included.
  int max_packet{8};
  /// Virtual channels of a message class. On a torus one half of them is for packets beyond the dateline.
  int virtual_channels{1};
  /// Cycles on a link.
  int link{1};
  /// `packet`: cycles in a router.
  int pipeline{2};
  /// `flit`: what a router does in which cycle.
  NocRouter router{NocRouter::two_stage};
  /// `flit`: cycles from one flit on a channel to the next: 2 where a channel is half as wide as a flit.
  int cycles_per_flit{1};
  /// `packet`: replication in the routers, for packets with several destinations.
  bool multicast{false};
};

/// What a router of the flit network does in which cycle.
struct RouterPipeline {
  /// From a head's coming to the front of its buffer until it asks for a virtual channel; 0: look-ahead routing.
  int routing{0};
  /// A head asks for the switch in the same cycle as for a virtual channel, in the hope of being given both.
  bool speculative{true};
  /// Through the switch.
  int traversal{1};

  /// From a head's arrival, nothing in its way, until it leaves for the next link.
  [[nodiscard]] constexpr int cycles() const { return routing + (speculative ? 1 : 2) + traversal; }
};
[[nodiscard]] RouterPipeline pipeline_of(NocRouter router);

/// What a network cannot be built from, or nothing.
[[nodiscard]] std::optional<Failure> why_not_a_network(const NocConfig& config);

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
  /// The source needs the packet no longer: its head left in `head`, its tail leaves in `tail`, which may be later than
  /// now. `packet`: the last piece of it (the whole packet when it fits a buffer) begins to leave. `flit`: the tail
  /// leaves.
  virtual void left_source(std::uint64_t tag, NocCycle head, NocCycle tail) = 0;
  /// The endpoint `destination` has taken the tail, now; the head it took in `head`.
  virtual void arrived(std::uint64_t tag, int destination, NocCycle head, NocCycle tail) = 0;
  /// Flits of a packet take a router's output port, and the channel behind it, from now on until cycle `free`.
  virtual void crosses(std::uint64_t /*tag*/, int /*router*/, int /*port*/, int /*flits*/, NocCycle /*free*/) {}

 protected:
  ~PacketListener() = default;
};

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

/// What is connected to which port of which router, and the ways between endpoints.
class NocGrid {
 public:
  static constexpr int kLocal = static_cast<int>(RouterSide::local);

  explicit NocGrid(const NocConfig& config);

  [[nodiscard]] int routers() const { return static_cast<int>(place_.size()); }
  [[nodiscard]] int endpoints() const { return static_cast<int>(homes_.size()); }
  /// Ports of a router: its sides, then its endpoints, then the memory's. Some may be connected to nothing.
  [[nodiscard]] int ports() const { return ports_; }
  [[nodiscard]] bool is_torus() const { return geometry_.is_torus(); }
  /// The router beyond a port; -1 at the edge of a mesh, and beyond local ports.
  [[nodiscard]] int neighbour(int router, int port) const;
  [[nodiscard]] static constexpr int opposite(int side) { return side ^ 1; }
  /// The port of an endpoint.
  struct Home {
    int router{0};
    int port{0};
  };
  [[nodiscard]] Home home(int endpoint) const { return homes_[static_cast<std::size_t>(endpoint)]; }
  /// The endpoint at a port; -1 where there is none.
  [[nodiscard]] int endpoint_at(int router, int port) const;

  /// By which port a packet leaves a router; on a torus, whether on a virtual channel for packets beyond the dateline.
  struct Hop {
    int port{0};
    bool beyond_dateline{false};
  };
  /// For a packet that came in by port `from`, on a channel beyond the dateline or not. A ring is entered on the
  /// channels before it: no virtual channel's buffers form a ring.
  [[nodiscard]] Hop next_hop(int router, int from, bool beyond_dateline, int destination) const;

  /// Routers on the way, those of source and destination included.
  [[nodiscard]] int routers_between(int source, int destination) const;

 private:
  [[nodiscard]] bool crosses_dateline(MeshPosition from, int side) const;

  NocGeometry geometry_;
  int concentration_;
  int ports_;
  std::vector<MeshPosition> place_;  ///< by router
  std::vector<Home> homes_;          ///< by endpoint
};

/// Carries packets from endpoint to endpoint.
class RoutedNetwork {
 public:
  virtual ~RoutedNetwork() = default;

  [[nodiscard]] const NocConfig& config() const { return config_; }
  [[nodiscard]] int endpoints() const { return grid_.endpoints(); }
  [[nodiscard]] int routers() const { return grid_.routers(); }

  /// Queues a packet at its source, which may send it from `at` on (not before now()). A source sends the packets of a
  /// class in the order of the calls; its queue has no bound: hold packets back by queued().
  virtual void inject(const NocPacket& packet, NocCycle at) = 0;
  /// The same packet for several endpoints, all different, where the network has hardware multicast.
  virtual void inject_multicast(const NocPacket& packet, const std::vector<int>& destinations, NocCycle at);
  /// Packets of a class that wait at an endpoint, the one that is about to leave included.
  [[nodiscard]] virtual int queued(int endpoint, MessageClass message_class) const = 0;

  [[nodiscard]] virtual NocCycle now() const = 0;
  /// When something happens next; nothing when the network is empty, or when it is in deadlock.
  [[nodiscard]] virtual std::optional<NocCycle> next_event() const = 0;
  /// Lets everything happen that happens up to `cycle`, and stands there.
  virtual void advance_to(NocCycle cycle, PacketListener& listener) = 0;

  [[nodiscard]] int routers_between(int source, int destination) const {
    return grid_.routers_between(source, destination);
  }
  /// Cycles from the head's injection to the tail's ejection in an empty network whose buffers are no shorter than its
  /// credit loop.
  [[nodiscard]] NocCycle zero_load_latency(int source, int destination, int flits) const;

  [[nodiscard]] const NocFlitCounts& flits() const { return counts_; }
  /// Packets times routers passed.
  [[nodiscard]] std::int64_t packet_hops() const { return packet_hops_; }
  /// Every channel from a router, in the order of routers and sides.
  [[nodiscard]] std::vector<NocLink> links() const;
  /// Flits of the buffers of a router's input port that are taken or promised: at most depth per virtual channel.
  [[nodiscard]] virtual std::int64_t occupancy(int router, RouterSide side, int local = 0) const = 0;
  /// Counts every flit in queues, buffers and on its way out. Throws InternalError where the sum is not in_flight(), or
  /// where a buffer's content is not what its credits say.
  virtual void check_conservation() const = 0;

 protected:
  explicit RoutedNetwork(const NocConfig& config);

  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};
  static constexpr NocCycle kNever = INT64_MAX;
  /// From a flit's arrival at an endpoint until the endpoint has taken it.
  static constexpr int kSink = 1;

  /// The first bit of `mask` at or after `start`, going round. The mask has one.
  [[nodiscard]] static int round_robin(std::uint64_t mask, int start) {
    const std::uint64_t from_start = mask & (~std::uint64_t{0} << start);
    return std::countr_zero(from_start != 0 ? from_start : mask);
  }

  void check_packet(const NocPacket& packet, NocCycle at) const;
  /// Virtual channels of a port.
  [[nodiscard]] int vcs() const { return kMessageClasses * config_.virtual_channels; }
  /// Flits that have crossed the channel from a router's port.
  [[nodiscard]] virtual std::int64_t flits_across(int router, int port) const = 0;

  NocConfig config_;
  NocGrid grid_;
  NocFlitCounts counts_;
  std::int64_t packet_hops_{0};
};

/// The network that `config.model` names. why_not_a_network() has found nothing.
[[nodiscard]] std::unique_ptr<RoutedNetwork> make_routed_network(const NocConfig& config);

}  // namespace crossweave
