// What carries transfers between endpoints: one interface, and the networks behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "arch/architecture.h"
#include "arch/units.h"
#include "models/routed_network.h"
#include "scheduler/execution_plan.h"
#include "scheduler/placement.h"

namespace crossweave {

struct Transfer {
  EndpointId source;
  EndpointId destination;
  Bytes size;
  MessageClass message_class{MessageClass::data};
};

/// Told what becomes of transfers, by the numbers that their sender gave them. It may send.
class TransferListener {
 public:
  /// The source may forget the transfer and begin the next.
  virtual void transfer_left(std::uint64_t number) = 0;
  /// `which` counts the destinations of a multicast from 0, in the order in which they were given.
  virtual void transfer_arrived(std::uint64_t number, std::size_t which) = 0;
  /// A part of it takes a channel, from now on until `free`: that behind a port of a router (y * columns + x).
  virtual void transfer_crosses(std::uint64_t /*number*/, int /*router*/, int /*port*/, Bytes /*size*/,
                                Duration /*free*/) {}

 protected:
  ~TransferListener() = default;
};

/// Plain values and times; whoever owns it calls advance() when next_event() is due.
class NetworkModel {
 public:
  virtual ~NetworkModel() = default;

  /// A transfer between two endpoints enters at `now`. True when it arrives at once, and the listener hears no more of
  /// it; otherwise it hears when it has left its source, and when it has arrived.
  [[nodiscard]] virtual bool send(std::uint64_t number, const Transfer& transfer, Duration now) = 0;
  /// The same transfer to several endpoints, all different, where routers replicate packets (`noc.multicast`). It
  /// leaves once, and the listener hears of the arrival at each. `transfer.destination` is ignored.
  virtual void send_multicast(std::uint64_t number, const Transfer& transfer,
                              const std::vector<EndpointId>& destinations, Duration now) = 0;
  /// What a transfer would take through an empty network.
  [[nodiscard]] virtual Duration zero_load(const Transfer& transfer) const = 0;
  [[nodiscard]] virtual std::optional<Duration> next_event() const = 0;
  /// Lets everything happen that is due by `now`.
  virtual void advance(Duration now, TransferListener& listener) = 0;
  /// Throws InternalError when something got lost; `all_arrived` when nothing may be under way any more.
  virtual void check_conservation(bool all_arrived) const = 0;
};

/// `noc.model` of `spec` on the mesh of `placement`.
[[nodiscard]] std::unique_ptr<NetworkModel> make_network_model(const NocSpec& spec, const Placement& placement);

}  // namespace crossweave
