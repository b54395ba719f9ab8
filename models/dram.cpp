#include "models/dram.h"

#include "models/result_copies.h"

namespace crossweave {

Dram::Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, TransactionPool& pool, Probes& probes)
    : sc_module{name},
      plan_{plan},
      pool_{pool},
      probes_{probes},
      interface_{"network_interface", plan.dram(), *this, probes},
      missing_(plan.stations.size(), 0) {
  for (const NetworkOutput& output : plan.outputs) {
    missing_[output.producer] = output.elements;
  }
  commands.register_b_transport(this, &Dram::read);
  received.register_b_transport(this, &Dram::write);
  send.bind(interface_.send);
  interface_.deliver.bind(received);
}

void Dram::read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const SetTransaction command = set_of(payload);
  const Station& station = plan_.stations[command.station];
  const ResultSlice& slice = station.duplicates[DuplicateId{0}].slices.front();
  probes_.dram_access.write({now(), false, command.size()});
  for_each_copy(station, command.set, slice, [&](const Delivery& delivery, Interval channels) {
    tlm::tlm_generic_payload& copy = pool_.acquire();
    SetTransaction& set = set_of(copy);
    set = command;
    set.destination = delivery.destination;
    set.rect = delivery.rect;
    set.channels = channels;
    set.bits_per_element = station.bits_per_element;
    address_payload(copy);
    send->b_transport(copy, delay);
    copy.release();
  });
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Dram::write(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  const SetTransaction& set = set_of(payload);
  missing_[set.station] -= set.elements();
  check_invariant(missing_[set.station] >= 0, "no output element is written twice");
  probes_.dram_access.write({now(), true, set.size()});
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool Dram::complete() const {
  for (const std::int64_t missing : missing_) {
    if (missing != 0) {
      return false;
    }
  }
  return true;
}

void Dram::diagnose(std::vector<std::string>& out) const {
  for (const StationId station : ids(missing_)) {
    if (missing_[station] != 0) {
      out.push_back("dram waits for " + std::to_string(missing_[station]) + " elements of the output of " +
                    plan_.stations[station].name);
    }
  }
}

}  // namespace crossweave
