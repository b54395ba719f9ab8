// The network on chip, flit by flit and cycle by cycle (`noc.model: flit`). docs/noc.md describes the model,
// docs/validation.md compares it with other simulators.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/event_wheel.h"
#include "models/routed_network.h"

namespace crossweave {

/// Input-queued routers with virtual channels, wormhole switching and credits, as the input-queued router of BookSim2:
/// separable round-robin allocation (iSLIP, one iteration) of virtual channels and of the switch.
///
/// Within a cycle flits and credits come in, sources send, then each router allocates by the state from before the
/// cycle's grants. Only routers where something may be granted are visited: a flit without a credit or a virtual
/// channel costs nothing until it may have got one, and neither does an empty router.
class FlitNetwork final : public RoutedNetwork {
 public:
  explicit FlitNetwork(const NocConfig& config);

  void inject(const NocPacket& packet, NocCycle at) override;
  [[nodiscard]] int queued(int endpoint, MessageClass message_class) const override;
  [[nodiscard]] NocCycle now() const override { return events_.now(); }
  [[nodiscard]] std::optional<NocCycle> next_event() const override;
  void advance_to(NocCycle cycle, PacketListener& listener) override;
  [[nodiscard]] std::int64_t occupancy(int router, RouterSide side, int local = 0) const override;
  void check_conservation() const override;

 private:
  /// The most ports of a router, and virtual channels of a message class; of their product there is kMaxNocRequests.
  static constexpr std::size_t kMostPorts = NocGrid::kLocal + kMaxNocConcentration + 1;
  static constexpr std::size_t kMostChannels = kMaxNocVirtualChannels;

  struct Packet {
    std::uint64_t tag{0};
    NocCycle at{0};  ///< may leave from then on
    NocCycle head_left{0};
    NocCycle head_taken{0};
    Index next{kNone};  ///< behind it in the source's queue
    int destination{0};
    int flits{0};
  };
  /// A packet in a buffer, from when its head is sent there until its tail has left.
  struct Visit {
    Index packet{kNone};
    Index next{kNone};  ///< behind it in the same buffer
    std::uint16_t flits{0};
    std::uint16_t arrived{0};
    std::uint16_t left{0};
  };
  /// A virtual channel: its buffer at a port of a router or at an endpoint, with what its sender knows of it.
  struct Buffer {
    Index front{kNone};
    Index back{kNone};
    Index filling{kNone};  ///< the first packet that has yet to arrive in full
    Index output{kNone};   ///< the virtual channel that the front packet has been given
    Index owner{kNone};    ///< the buffer whose front packet has been given this one
    Index router{kNone};   ///< none: an endpoint's
    // In flits; together the depth.
    std::int16_t credits{0};    ///< that the sender has
    std::int16_t held{0};       ///< in the buffer
    std::int16_t coming{0};     ///< on the link
    std::int16_t returning{0};  ///< credits on their way back
    std::uint8_t port{0};
    std::uint8_t channel{0};      ///< of the port
    std::uint8_t request_bit{0};  ///< in ChannelRange::requests
    std::uint8_t range{0};        ///< of its router: what the front packet wants
    std::uint8_t grant{0};        ///< as an output: which request bit's turn it is
    std::uint8_t accept{0};       ///< as an input: which channel's turn it is, of all outputs'
  };
  /// The virtual channels of an output among which a packet may choose: those of its message class, on a torus on its
  /// side of the dateline.
  struct ChannelRange {
    std::uint64_t requests{0};  ///< of input buffers, by port and then channel of the message class
    Index first{kNone};         ///< buffer of the first
    std::uint32_t free{0};      ///< those that no packet has
    std::uint8_t port{0};
    std::uint8_t channel{0};        ///< of the port: the first
    std::uint8_t class_channel{0};  ///< of the input ports: the first of the message class
  };
  struct InputPort {
    std::uint32_t ready{0};  ///< channels that have an output, a flit, and a credit for it
    Index channel{0};        ///< whose turn it is
    Index accept{0};         ///< which output's turn it is
  };
  struct OutputPort {
    NocCycle free{0};  ///< when the next flit may leave
    std::int64_t flits{0};
    Index grant{0};  ///< which input's turn it is
  };
  struct Router {
    std::uint64_t ranges{0};  ///< that are requested and have a free channel
    std::uint32_t ports{0};   ///< input ports with something ready
    bool due{false};          ///< to be visited
  };
  /// A message class's packets at an endpoint.
  struct SourceQueue {
    Index front{kNone};
    Index back{kNone};
    int waiting{0};
    int sent{0};          ///< flits of the front
    Index output{kNone};  ///< the virtual channel that the front has been given
    Index turn{0};        ///< which channel's turn it is
  };
  struct Source {
    NocCycle free{0};  ///< when the next flit may leave
    NocCycle wake{kNever};
    int turn{0};  ///< which class's turn it is
  };
  /// A flit arrives in a buffer; a credit for one, at its sender; the route of a buffer's front packet is known; a
  /// source may send.
  enum class Event : std::uint32_t { flit, credit, route, source };
  static constexpr std::uint32_t kEventShift = 30;

  struct SwitchRequests;

  void schedule(NocCycle cycle, Event event, Index subject) {
    events_.push(cycle, static_cast<std::uint32_t>(event) << kEventShift | subject);
  }
  [[nodiscard]] static Index next_of(std::uint64_t mask, Index turn) {
    return static_cast<Index>(round_robin(mask, static_cast<int>(turn)));
  }
  [[nodiscard]] Index port_of(Index router, Index port) const { return router * ports_ + port; }
  [[nodiscard]] Index local_port_of(int endpoint) const;
  [[nodiscard]] Index sink_of(int endpoint) const;
  [[nodiscard]] ChannelRange& range_of(Index router, Index range) {
    return ranges_[router * ports_ * port_ranges_ + range];
  }
  [[nodiscard]] SourceQueue& queue_of(int endpoint, int message_class) {
    return queues_[static_cast<std::size_t>(endpoint * kMessageClasses + message_class)];
  }

  void connect(Index router, Index port, Index first);
  void handle(std::uint32_t event, PacketListener& listener);
  void make_due(Index router);

  void wake(int source, NocCycle cycle);
  void serve(int source, PacketListener& listener);
  [[nodiscard]] Index channel_for(SourceQueue& queue, Index first) const;
  void send_from(SourceQueue& queue, PacketListener& listener);

  void announce(Index buffer, Index packet, std::uint16_t flits);
  void arrive(Index buffer, PacketListener& listener);
  void eject(Index buffer, PacketListener& listener);
  void return_credit(Index buffer);
  void come_to_front(Index buffer, NocCycle cycle);
  void request_channel(Index buffer);
  void make_ready(const Buffer& buffer);
  void make_unready(const Buffer& buffer);

  void evaluate(Index router, PacketListener& listener);
  void allocate_channels(Index router, const ChannelRange& range);
  void take_channels();
  void request_switch(Index router, SwitchRequests& requests) const;
  void request_switch_speculatively(Index router, const ChannelRange& range, SwitchRequests& requests) const;
  void allocate_switch(Index router, const SwitchRequests& requests, PacketListener& listener);
  void send(Index buffer, PacketListener& listener);
  [[nodiscard]] std::int64_t flits_across(int router, int port) const override {
    return outputs_[port_of(static_cast<Index>(router), static_cast<Index>(port))].flits;
  }

  RouterPipeline pipeline_;
  Index ports_;                                        ///< of a router
  Index channels_;                                     ///< of a port
  Index class_channels_;                               ///< of a port and message class
  Index port_ranges_;                                  ///< of a port
  Index range_channels_;                               ///< of a range
  NocCycle flight_;                                    ///< from being given the switch to arriving in the next buffer
  NocCycle source_flight_;                             ///< from leaving a source to arriving in the first
  NocCycle credit_;                                    ///< from leaving a buffer to the credit's counting at its sender
  std::array<Index, kMaxNocRequests> request_port_{};  ///< by request bit
  std::array<Index, kMaxNocRequests> request_channel_{};
  EventWheel events_;
  std::vector<Buffer> buffers_;  ///< of router ports, then of endpoints
  std::vector<InputPort> inputs_;
  std::vector<OutputPort> outputs_;
  std::vector<ChannelRange> ranges_;  ///< by router and output port
  std::vector<Router> routers_;
  std::vector<Source> sources_;
  std::vector<SourceQueue> queues_;  ///< by endpoint and message class
  IndexPool<Packet> packets_;
  IndexPool<Visit> visits_;
  NocCycle evaluated_{-1};        ///< the last cycle in which routers were visited
  std::vector<Index> due_;        ///< routers to visit in the cycle after it
  std::vector<Index> visiting_;   ///< in this cycle
  std::vector<int> serving_;      ///< sources that may send in this cycle
  std::vector<Index> allocated_;  ///< buffers whose front packets a router gives channels in this cycle
};

}  // namespace crossweave
