// The network on chip: a mesh of routers, one endpoint a tile and one for the DRAM at a corner.
#pragma once

#include <memory>
#include <vector>

#include "models/probes.h"
#include "models/router.h"
#include "models/set_transaction.h"
#include "scheduler/placement.h"

#include "models/systemc.h"

namespace crossweave {

/// `noc.model: ideal`: a packet passes the routers of its XY route and arrives at the instant at which it is sent.
class Noc final : public sc_core::sc_module {
 public:
  Noc(const sc_core::sc_module_name& name, const Placement& placement, Probes& probes);

  /// Sockets of an endpoint: what it sends comes in at `from`, what it receives goes out at `to`.
  [[nodiscard]] tlm_utils::simple_target_socket_tagged<Noc>& from(EndpointId endpoint) {
    return *from_[endpoint.value()];
  }
  [[nodiscard]] tlm_utils::simple_initiator_socket_tagged<Noc>& to(EndpointId endpoint) {
    return *to_[endpoint.value()];
  }
  [[nodiscard]] const Router& router(MeshPosition position) const;

 private:
  tlm::tlm_sync_enum nb_transport_fw(int source, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  /// Registered so that the sockets make no threads to translate what nobody calls.
  void refuse_b_transport(int source, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  [[nodiscard]] Router& router_at(MeshPosition position);

  int columns_;
  Probes& probes_;
  std::vector<MeshPosition> position_;  ///< by endpoint
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<std::unique_ptr<tlm_utils::simple_target_socket_tagged<Noc>>> from_;
  std::vector<std::unique_ptr<tlm_utils::simple_initiator_socket_tagged<Noc>>> to_;
};

}  // namespace crossweave
