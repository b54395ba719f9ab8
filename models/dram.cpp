#include "models/dram.h"

#include "scheduler/result_copies.h"

namespace crossweave {

Dram::Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const Architecture& architecture,
           TransactionPool& pool, Probes& probes)
    : sc_module{name},
      plan_{plan},
      pool_{pool},
      probes_{probes},
      interface_{"network_interface", plan.dram(), *this, probes},
      timeline_{architecture.dram},
      missing_(plan.stations.size(), 0) {
  for (const NetworkOutput& output : plan.outputs) {
    missing_[output.producer] = output.elements;
  }
  commands.register_b_transport(this, &Dram::read);
  received.register_b_transport(this, &Dram::write);
  send.bind(interface_.send);
  interface_.deliver.bind(received);
  SC_HAS_PROCESS(Dram);
  SC_METHOD(work);
  sensitive << wake_;
  dont_initialize();
}

void Dram::read(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) { begin(false, payload); }

void Dram::write(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) { begin(true, payload); }

void Dram::begin(bool write, tlm::tlm_generic_payload& payload) {
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  const Duration done = timeline_.serve(now(), set_of(payload).size());
  if (done == now()) {
    finish(write, payload);
    return;
  }
  payload.acquire();
  accesses_.push_back({done, write, &payload});
  if (accesses_.size() == 1) {
    wake_.notify(to_sc_time(done - now()));
  }
}

void Dram::work() {
  while (!accesses_.empty() && accesses_.front().done == now()) {
    const Access access = accesses_.front();
    accesses_.pop_front();
    finish(access.write, *access.payload);
    access.payload->release();
  }
  if (!accesses_.empty()) {
    wake_.notify(to_sc_time(accesses_.front().done - now()));
  }
}

void Dram::finish(bool write, tlm::tlm_generic_payload& payload) {
  const SetTransaction access = set_of(payload);
  probes_.dram_access.write({now(), write, access.size()});
  if (write) {
    finish_write(access);
  } else {
    finish_read(access);
  }
}

void Dram::finish_read(const SetTransaction& command) {
  const Station& station = plan_.stations[command.station];
  const ResultSlice& slice = station.duplicates[DuplicateId{0}].slices.front();
  for_each_copy(station, command.set, slice, [&](const Delivery& delivery, Interval channels) {
    tlm::tlm_generic_payload& copy = pool_.acquire();
    SetTransaction& set = set_of(copy);
    set = command;
    set.destination = delivery.destination;
    set.rect = delivery.rect;
    set.channels = channels;
    set.bits_per_element = station.bits_per_element;
    address_payload(copy);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    send->b_transport(copy, delay);
    copy.release();
  });
}

void Dram::finish_write(const SetTransaction& set) {
  missing_[set.station] -= set.elements();
  check_invariant(missing_[set.station] >= 0, "no output element is written twice");
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
