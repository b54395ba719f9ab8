#include "models/noc.h"

#include <string>

namespace crossweave {

Noc::Noc(const sc_core::sc_module_name& name, const Placement& placement, Probes& probes)
    : sc_module{name}, columns_{placement.mesh_columns}, probes_{probes} {
  for (int y = 0; y < placement.mesh_rows; ++y) {
    for (int x = 0; x < placement.mesh_columns; ++x) {
      const std::string router = "router_" + std::to_string(x) + "_" + std::to_string(y);
      routers_.push_back(std::make_unique<Router>(router.c_str(), MeshPosition{x, y}));
    }
  }
  position_ = placement.position.raw();
  position_.push_back({0, 0});  // the DRAM, at a corner tile's router
  for (std::size_t endpoint = 0; endpoint < position_.size(); ++endpoint) {
    const std::string number = std::to_string(endpoint);
    from_.push_back(std::make_unique<tlm_utils::simple_target_socket_tagged<Noc>>(("from_" + number).c_str()));
    from_.back()->register_nb_transport_fw(this, &Noc::nb_transport_fw, static_cast<int>(endpoint));
    from_.back()->register_b_transport(this, &Noc::refuse_b_transport, static_cast<int>(endpoint));
    to_.push_back(std::make_unique<tlm_utils::simple_initiator_socket_tagged<Noc>>(("to_" + number).c_str()));
  }
}

void Noc::refuse_b_transport(int /*source*/, tlm::tlm_generic_payload& /*payload*/, sc_core::sc_time& /*delay*/) {
  throw InternalError{"endpoints send by non-blocking transport"};
}

Router& Noc::router_at(MeshPosition position) {
  return *routers_[static_cast<std::size_t>(position.y * columns_ + position.x)];
}

const Router& Noc::router(MeshPosition position) const {
  return *routers_[static_cast<std::size_t>(position.y * columns_ + position.x)];
}

tlm::tlm_sync_enum Noc::nb_transport_fw(int source, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  const SetTransaction& set = set_of(payload);
  const std::size_t destination = set.destination.value();
  const Bytes size = set.size();
  MeshPosition at = position_[static_cast<std::size_t>(source)];
  int passed = 1;
  router_at(at).forward(size);
  while (at != position_[destination]) {
    at = next_hop_xy(at, position_[destination]);
    router_at(at).forward(size);
    ++passed;
  }
  probes_.transfer_delivered.write({now(), set.kind, set.source, set.destination, size, passed});
  const tlm::tlm_sync_enum taken = (*to_[destination])->nb_transport_fw(payload, phase, delay);
  check_invariant(taken == tlm::TLM_COMPLETED, "an endpoint takes what was reserved for");
  return tlm::TLM_COMPLETED;
}

}  // namespace crossweave
