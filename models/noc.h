// The network on chip: routers, one endpoint a tile and one for the DRAM.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arch/architecture.h"
#include "models/network_model.h"
#include "models/probes.h"
#include "models/router.h"
#include "models/set_transaction.h"
#include "scheduler/placement.h"

#include "models/systemc.h"

namespace crossweave {

/// Takes transfers from endpoints, has a NetworkModel carry them, and hands them out at their destinations. One process
/// drives the whole network, when something happens in it. The routers count what takes its way through them.
class Noc final : public sc_core::sc_module, private TransferListener {
 public:
  /// `pool`: for the copies that the routers make of a multicast.
  Noc(const sc_core::sc_module_name& name, const Placement& placement, const NocSpec& spec, TransactionPool& pool,
      Probes& probes);

  /// Sockets of an endpoint: what it sends comes in at `from`, what it receives goes out at `to`.
  [[nodiscard]] tlm_utils::simple_target_socket_tagged<Noc>& from(EndpointId endpoint) {
    return *from_[endpoint.value()];
  }
  [[nodiscard]] tlm_utils::simple_initiator_socket_tagged<Noc>& to(EndpointId endpoint) {
    return *to_[endpoint.value()];
  }
  [[nodiscard]] const Router& router(MeshPosition position) const;
  /// Throws InternalError when something got lost; `all_arrived` when nothing may be under way any more.
  void check_conservation(bool all_arrived) const { network_->check_conservation(all_arrived); }

 private:
  tlm::tlm_sync_enum nb_transport_fw(int source, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void transfer_left(std::uint64_t number) override;
  void transfer_arrived(std::uint64_t number, std::size_t which) override;
  void transfer_crosses(std::uint64_t number, int router, int port, Bytes size, Duration free) override;
  /// A copy of what a multicast carries, for one of its destinations; the caller holds its one reference.
  [[nodiscard]] tlm::tlm_generic_payload& make_copy(const SetTransaction& multicast, std::size_t which);
  void deliver(tlm::tlm_generic_payload& payload, int shared_routers);
  /// Lets the network do what is due.
  void work();
  void wake_when_due();
  /// Registered so that the sockets make no threads to translate what nobody calls.
  void refuse_b_transport(int source, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  [[nodiscard]] std::size_t index_of(MeshPosition position) const;
  /// Has the routers of a transfer's way to a destination count it, those that have not; returns how many had, for
  /// another destination of the same transfer, which `transfers_` counts.
  int count_on_the_way(const SetTransaction& set, EndpointId destination);
  /// A transfer crosses all channels of its way at once.
  void cross_at_once(const SetTransaction& set);

  NocGeometry geometry_;
  TransactionPool& pool_;
  Probes& probes_;
  std::unique_ptr<NetworkModel> network_;
  std::vector<MeshPosition> position_;  ///< by endpoint
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<std::unique_ptr<tlm_utils::simple_target_socket_tagged<Noc>>> from_;
  std::vector<std::unique_ptr<tlm_utils::simple_initiator_socket_tagged<Noc>>> to_;
  std::uint64_t transfers_{0};
  std::vector<std::uint64_t> last_counted_;  ///< by router: which transfer
  struct UnderWay {
    tlm::tlm_generic_payload* payload{nullptr};
    std::size_t to_arrive{0};
    std::vector<int> shared_routers;  ///< of a multicast, by destination
  };
  std::vector<UnderWay> under_way_;  ///< by the transfers' numbers
  std::vector<std::uint64_t> free_numbers_;
  sc_core::sc_event wake_{"wake"};
};

}  // namespace crossweave
