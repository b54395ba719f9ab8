// A network interface: the queue between an endpoint (a tile, the DRAM) and the network on chip.
#pragma once

#include <deque>

#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// Told when a transaction has left its sender.
class CopyListener {
 public:
  virtual void copy_left(const SetTransaction& copy) = 0;

 protected:
  ~CopyListener() = default;
};

/// `send` (loosely timed) takes transactions to other endpoints and puts them on the network in order; those to its own
/// endpoint go straight to `deliver`. `to_network` and `from_network` are approximately timed: a forward call begins a
/// request; the network ends it at once (TLM_COMPLETED, or TLM_UPDATED with END_REQ) or later by a backward call with
/// END_REQ, until which the interface stalls. What arrives has been reserved for and is always taken.
class NetworkInterface final : public sc_core::sc_module {
 public:
  NetworkInterface(const sc_core::sc_module_name& name, EndpointId endpoint, CopyListener& listener, Probes& probes);

  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

  tlm_utils::simple_target_socket<NetworkInterface> send{"send"};
  tlm_utils::simple_initiator_socket<NetworkInterface> deliver{"deliver"};
  tlm_utils::simple_initiator_socket<NetworkInterface> to_network{"to_network"};
  tlm_utils::simple_target_socket<NetworkInterface> from_network{"from_network"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  /// Registered so that the socket makes no thread to translate what nobody calls.
  void refuse_b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void inject();
  void leave();

  EndpointId endpoint_;
  CopyListener& listener_;
  Probes& probes_;
  std::deque<tlm::tlm_generic_payload*> queue_;
  bool stalled_{false};
};

}  // namespace crossweave
