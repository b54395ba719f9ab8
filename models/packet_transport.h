// Transfers over a network of routers: cut into packets, in picoseconds instead of cycles.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "models/network_model.h"

namespace crossweave {

/// `noc.model: packet` and `flit`. A transfer is cut into packets of at most `max_packet` flits, the first of each its
/// header. All of its packets are queued at the source at once; it has left when the source needs the last of them no
/// longer, and has arrived when the tail of the last has.
/// The DRAM has a port of its own at its router, so that it shares the router, but no channel, with the tiles there.
class PacketTransport final : public NetworkModel, private PacketListener {
 public:
  PacketTransport(const NocSpec& spec, const Placement& placement);

  bool send(std::uint64_t number, const Transfer& transfer, Duration now) override;
  void send_multicast(std::uint64_t number, const Transfer& transfer, const std::vector<EndpointId>& destinations,
                      Duration now) override;
  [[nodiscard]] Duration zero_load(const Transfer& transfer) const override;
  [[nodiscard]] std::optional<Duration> next_event() const override;
  void advance(Duration now, TransferListener& listener) override;
  void check_conservation(bool all_arrived) const override;

  [[nodiscard]] const RoutedNetwork& network() const { return *network_; }
  /// How many flits of data and headers a transfer takes.
  [[nodiscard]] std::int64_t flits_of(Bytes size) const;

 private:
  /// Packets that have yet to arrive at an endpoint of the network.
  struct Branch {
    int endpoint{0};
    std::int64_t to_arrive{0};
  };
  struct Progress {
    std::int64_t to_leave{0};  ///< packets that have yet to leave the source
    std::size_t to_reach{0};   ///< destinations that lack some packets
    Branch first;
    std::vector<Branch> others;  ///< of a multicast
    Bytes size;
  };

  /// Queues the packets of a transfer at its source: inject(packet, cycle).
  template <class Inject>
  void enter(std::uint64_t number, const Transfer& transfer, Progress progress, Duration now, Inject&& inject);
  void left_source(std::uint64_t tag, NocCycle head, NocCycle tail) override;
  void arrived(std::uint64_t tag, int destination, NocCycle head, NocCycle tail) override;
  void crosses(std::uint64_t tag, int router, int port, int flits, NocCycle free) override;
  [[nodiscard]] int endpoint_of(EndpointId endpoint) const;
  [[nodiscard]] NocCycle cycle_from(Duration now) const;

  NocSpec spec_;
  std::unique_ptr<RoutedNetwork> network_;
  std::vector<int> endpoints_;  ///< of the network, by ours; the DRAM's is the last
  std::unordered_map<std::uint64_t, Progress> under_way_;
  TransferListener* listener_{nullptr};  ///< while time advances
  std::int64_t flits_sent_{0};
  Bytes sent_;
  Bytes delivered_;
};

}  // namespace crossweave
