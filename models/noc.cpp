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

Noc::Noc(const sc_core::sc_module_name& name, const Placement& placement, const NocSpec& spec, TransactionPool& pool,
         Probes& probes)
    : sc_module{name},
      geometry_{geometry_of(placement, spec)},
      pool_{pool},
      probes_{probes},
      network_{make_network_model(spec, placement)} {
  for (int y = 0; y < placement.mesh_rows; ++y) {
    for (int x = 0; x < placement.mesh_columns; ++x) {
      const std::string router = "router_" + std::to_string(x) + "_" + std::to_string(y);
      routers_.push_back(std::make_unique<Router>(router.c_str(), MeshPosition{x, y}));
    }
  }
  last_counted_.resize(routers_.size());
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

std::size_t Noc::index_of(MeshPosition position) const {
  return static_cast<std::size_t>(position.y * geometry_.columns + position.x);
}

const Router& Noc::router(MeshPosition position) const { return *routers_[index_of(position)]; }

int Noc::count_on_the_way(const SetTransaction& set, EndpointId destination) {
  const Bytes size = set.size();
  MeshPosition at = position_[set.source.value()];
  const MeshPosition end = position_[destination.value()];
  int shared = 0;
  const auto count = [&] {
    std::uint64_t& last = last_counted_[index_of(at)];
    shared += last == transfers_ ? 1 : 0;
    if (last != transfers_) {
      last = transfers_;
      routers_[index_of(at)]->forward(size);
    }
  };
  count();
  while (at != end) {
    at = geometry_.next_router(at, end);
    count();
  }
  return shared;
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
  std::uint64_t number = under_way_.size();
  if (free_numbers_.empty()) {
    under_way_.emplace_back();
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  ++transfers_;
  const Transfer transfer{set.source, set.destination, set.size(), class_of(set.kind)};
  UnderWay& under_way = under_way_[number];
  under_way.shared_routers.clear();
  if (set.branches.empty()) {
    count_on_the_way(set, set.destination);
    if (network_->send(number, transfer, now())) {
      free_numbers_.push_back(number);
      cross_at_once(set);
      deliver(payload, 0);
      return tlm::TLM_COMPLETED;
    }
  } else {
    std::vector<EndpointId> destinations;
    for (const MulticastBranch& branch : set.branches) {
      destinations.push_back(branch.destination);
      under_way.shared_routers.push_back(count_on_the_way(set, branch.destination));
    }
    network_->send_multicast(number, transfer, destinations, now());
  }
  payload.acquire();
  under_way.payload = &payload;
  under_way.to_arrive = set.copies();
  wake_when_due();
  return tlm::TLM_ACCEPTED;
}

void Noc::transfer_left(std::uint64_t number) {
  tlm::tlm_generic_payload& payload = *under_way_[number].payload;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  (*from_[set_of(payload).source.value()])->nb_transport_bw(payload, phase, delay);
}

void Noc::transfer_arrived(std::uint64_t number, std::size_t which) {
  UnderWay& under_way = under_way_[number];
  tlm::tlm_generic_payload& payload = *under_way.payload;
  const int shared_routers = under_way.shared_routers.empty() ? 0 : under_way.shared_routers[which];
  const bool last = --under_way.to_arrive == 0;
  if (last) {
    free_numbers_.push_back(number);
  }
  if (set_of(payload).branches.empty()) {
    deliver(payload, shared_routers);
  } else {
    tlm::tlm_generic_payload& copy = make_copy(set_of(payload), which);
    deliver(copy, shared_routers);
    copy.release();
  }
  if (last) {
    payload.release();
  }
}

void Noc::transfer_crosses(std::uint64_t number, int router, int port, Bytes size, Duration free) {
  const SetTransaction& set = set_of(*under_way_[number].payload);
  probes_.link_crossed.write({now(),
                              free,
                              {router % geometry_.columns, router / geometry_.columns},
                              port,
                              size,
                              set.image,
                              set.station,
                              set.set});
}

tlm::tlm_generic_payload& Noc::make_copy(const SetTransaction& multicast, std::size_t which) {
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& copy = set_of(payload);
  copy = multicast;
  copy.branches.clear();
  copy.destination = multicast.branches[which].destination;
  copy.region = multicast.branches[which].region;
  copy.turn = multicast.branches[which].turn;
  address_payload(payload);
  return payload;
}

void Noc::deliver(tlm::tlm_generic_payload& payload, int shared_routers) {
  SetTransaction& set = set_of(payload);
  // What an empty network would have taken stands last: a packet waits before it moves on.
  const Duration unhindered = network_->zero_load({set.source, set.destination, set.size(), class_of(set.kind)});
  probes_.journeys.spend(set.journey, Activity::noc_contention, now() - unhindered, set.station);
  probes_.journeys.spend(set.journey, Activity::noc_serialization, now(), set.station);
  const int passed = geometry_.routers_between(position_[set.source.value()], position_[set.destination.value()]);
  probes_.transfer_delivered.write(
      {now(), set.kind, set.source, set.destination, set.size(), passed, set.sent, set.spilled, shared_routers});
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
