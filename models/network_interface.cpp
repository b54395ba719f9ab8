#include "models/network_interface.h"

namespace crossweave {

NetworkInterface::NetworkInterface(const sc_core::sc_module_name& name, EndpointId endpoint, CopyListener& listener,
                                   Probes& probes)
    : sc_module{name}, endpoint_{endpoint}, listener_{listener}, probes_{probes} {
  send.register_b_transport(this, &NetworkInterface::b_transport);
  to_network.register_nb_transport_bw(this, &NetworkInterface::nb_transport_bw);
  from_network.register_nb_transport_fw(this, &NetworkInterface::nb_transport_fw);
  from_network.register_b_transport(this, &NetworkInterface::refuse_b_transport);
}

void NetworkInterface::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  SetTransaction& set = set_of(payload);
  set.sent = now();
  if (set.destination == endpoint_) {
    probes_.transfer_delivered.write(
        {now(), set.kind, set.source, set.destination, set.size(), 0, set.sent, set.spilled});
    deliver->b_transport(payload, delay);
    listener_.copy_left(set);
    return;
  }
  payload.acquire();
  queue_.push_back(&payload);
  if (!stalled_ && queue_.size() == 1) {
    inject();
  }
}

void NetworkInterface::refuse_b_transport(tlm::tlm_generic_payload& /*payload*/, sc_core::sc_time& /*delay*/) {
  throw InternalError{"the network delivers by non-blocking transport"};
}

void NetworkInterface::inject() {
  // A listener may send more when a copy leaves, and that may have stalled the interface already.
  while (!stalled_ && !queue_.empty()) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum status = to_network->nb_transport_fw(*queue_.front(), phase, delay);
    if (status == tlm::TLM_ACCEPTED) {
      stalled_ = true;
      return;
    }
    leave();
  }
}

void NetworkInterface::leave() {
  tlm::tlm_generic_payload& payload = *queue_.front();
  queue_.pop_front();
  listener_.copy_left(set_of(payload));
  payload.release();
}

tlm::tlm_sync_enum NetworkInterface::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& /*delay*/) {
  check_invariant(stalled_ && phase == tlm::END_REQ && &payload == queue_.front(),
                  "the network ends the request that it has accepted");
  stalled_ = false;
  leave();
  inject();
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum NetworkInterface::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& /*phase*/,
                                                     sc_core::sc_time& delay) {
  deliver->b_transport(payload, delay);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  return tlm::TLM_COMPLETED;
}

}  // namespace crossweave
