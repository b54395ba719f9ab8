// The off-chip memory: holds the network's input and takes its output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network_interface.h"
#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// `dram.model: ideal`: reads and writes take no time. Socket `commands` (loosely timed) takes `dram_read` commands for
/// regions of the network's input, which the DRAM pushes to the tiles that need them; `received` takes what the network
/// interface delivers.
class Dram final : public sc_core::sc_module, private CopyListener {
 public:
  Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, TransactionPool& pool, Probes& probes);

  [[nodiscard]] NetworkInterface& network_interface() { return interface_; }
  /// All of the network's output has been written.
  [[nodiscard]] bool complete() const;
  /// The outputs that are not complete, in words.
  void diagnose(std::vector<std::string>& out) const;

  tlm_utils::simple_target_socket<Dram> commands{"commands"};
  tlm_utils::simple_target_socket<Dram> received{"received"};
  tlm_utils::simple_initiator_socket<Dram> send{"send"};

 private:
  void read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void write(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void copy_left(const SetTransaction& /*copy*/) override {}

  const ExecutionPlan& plan_;
  TransactionPool& pool_;
  Probes& probes_;
  NetworkInterface interface_;
  IdVector<StationId, std::int64_t> missing_;  ///< elements of each output still to come
};

}  // namespace crossweave
