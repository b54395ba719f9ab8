#include "models/noc.h"

#include <algorithm>
#include <string>

namespace crossweave {
namespace {

MessageClass class_of(TransactionKind kind) {
  switch (kind) {
    case TransactionKind::psum:
      return MessageClass::psum;
    case TransactionKind::ofm:
      return MessageClass::data;
    case TransactionKind::dram_read:
      return MessageClass::memory_response;
    case TransactionKind::dram_write:
      return MessageClass::memory_request;
    case TransactionKind::set_command:
    case TransactionKind::ifm:
      break;
  }
  throw InternalError{"what stays within a tile does not use the network"};
}

}  // namespace

Noc::Noc(const sc_core::sc_module_name& name, const Placement& placement, const NocSpec& spec, Probes& probes)
    : sc_module{name},
      geometry_{geometry_of(placement, spec)},
      probes_{probes},
      network_{make_network_model(spec, placement)} {
  for (int y = 0; y < placement.mesh_rows; ++y) {
    for (int x = 0; x < placement.mesh_columns; ++x) {
      const std::string router = "router_" + std::to_string(x) + "_" + std::to_string(y);
      routers_.push_back(std::make_unique<Router>(router.c_str(), MeshPosition{x, y}));
    }
  }
  for (std::size_t endpoint = 0; endpoint <= placement.position.size(); ++endpoint) {
    position_.push_back(position_of(EndpointId{endpoint}, placement));
    const std::string number = std::to_string(endpoint);
    from_.push_back(std::make_unique<tlm_utils::simple_target_socket_tagged<Noc>>(("from_" + number).c_str()));
    from_.back()->register_nb_transport_fw(this, &Noc::nb_transport_fw, static_cast<int>(endpoint));
    from_.back()->register_b_transport(this, &Noc::refuse_b_transport, static_cast<int>(endpoint));
    to_.push_back(std::make_unique<tlm_utils::simple_initiator_socket_tagged<Noc>>(("to_" + number).c_str()));
  }
  SC_HAS_PROCESS(Noc);
  SC_METHOD(work);
  sensitive << wake_;
  dont_initialize();
}

void Noc::refuse_b_transport(int /*source*/, tlm::tlm_generic_payload& /*payload*/, sc_core::sc_time& /*delay*/) {
  throw InternalError{"endpoints send by non-blocking transport"};
}

Router& Noc::router_at(MeshPosition position) {
  return *routers_[static_cast<std::size_t>(position.y * geometry_.columns + position.x)];
}

const Router& Noc::router(MeshPosition position) const {
  return *routers_[static_cast<std::size_t>(position.y * geometry_.columns + position.x)];
}

void Noc::count_on_the_way(const SetTransaction& set) {
  const Bytes size = set.size();
  MeshPosition at = position_[set.source.value()];
  const MeshPosition end = position_[set.destination.value()];
  router_at(at).forward(size);
  while (at != end) {
    at = geometry_.next_router(at, end);
    router_at(at).forward(size);
  }
}

void Noc::cross_at_once(const SetTransaction& set) {
  MeshPosition at = position_[set.source.value()];
  const MeshPosition end = position_[set.destination.value()];
  const auto cross = [&](RouterSide side) {
    probes_.link_crossed.write({now(), now(), at, static_cast<int>(side), set.size(), set.image, set.station, set.set});
  };
  while (at != end) {
    cross(geometry_.side_towards(at, end));
    at = geometry_.next_router(at, end);
  }
  cross(RouterSide::local);
}

tlm::tlm_sync_enum Noc::nb_transport_fw(int /*source*/, tlm::tlm_generic_payload& payload, tlm::tlm_phase& /*phase*/,
                                        sc_core::sc_time& /*delay*/) {
  const SetTransaction& set = set_of(payload);
  count_on_the_way(set);
  std::uint64_t number = under_way_.size();
  if (free_numbers_.empty()) {
    under_way_.push_back(nullptr);
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  if (network_->send(number, {set.source, set.destination, set.size(), class_of(set.kind)}, now())) {
    free_numbers_.push_back(number);
    cross_at_once(set);
    deliver(payload);
    return tlm::TLM_COMPLETED;
  }
  payload.acquire();
  under_way_[number] = &payload;
  wake_when_due();
  return tlm::TLM_ACCEPTED;
}

void Noc::transfer_left(std::uint64_t number) {
  tlm::tlm_generic_payload& payload = *under_way_[number];
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  (*from_[set_of(payload).source.value()])->nb_transport_bw(payload, phase, delay);
}

void Noc::transfer_arrived(std::uint64_t number) {
  tlm::tlm_generic_payload& payload = *under_way_[number];
  free_numbers_.push_back(number);
  deliver(payload);
  payload.release();
}

void Noc::transfer_crosses(std::uint64_t number, int router, int port, Bytes size, Duration free) {
  const SetTransaction& set = set_of(*under_way_[number]);
  probes_.link_crossed.write({now(),
                              free,
                              {router % geometry_.columns, router / geometry_.columns},
                              port,
                              size,
                              set.image,
                              set.station,
                              set.set});
}

void Noc::deliver(tlm::tlm_generic_payload& payload) {
  SetTransaction& set = set_of(payload);
  // What an empty network would have taken stands last: a packet waits before it moves on.
  const Duration unhindered = network_->zero_load({set.source, set.destination, set.size(), class_of(set.kind)});
  probes_.journeys.spend(set.journey, Activity::noc_contention, now() - unhindered, set.station);
  probes_.journeys.spend(set.journey, Activity::noc_serialization, now(), set.station);
  const int passed = geometry_.routers_between(position_[set.source.value()], position_[set.destination.value()]);
  probes_.transfer_delivered.write(
      {now(), set.kind, set.source, set.destination, set.size(), passed, set.sent, set.spilled});
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum taken = (*to_[set.destination.value()])->nb_transport_fw(payload, phase, delay);
  check_invariant(taken == tlm::TLM_COMPLETED, "an endpoint takes what was reserved for");
}

void Noc::work() {
  network_->advance(now(), *this);
  wake_when_due();
}

void Noc::wake_when_due() {
  if (const std::optional<Duration> next = network_->next_event()) {
    wake_.notify(to_sc_time(std::max(*next, now()) - now()));
  }
}

}  // namespace crossweave
