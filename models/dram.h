// The off-chip memory: holds the network's input and takes its output.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "models/network_interface.h"
#include "models/probes.h"
#include "models/set_transaction.h"
#include "models/timeline.h"

#include "models/systemc.h"

namespace crossweave {

/// Socket `commands` (loosely timed) takes `dram_read` commands for regions of the network's input, which the DRAM
/// pushes to the tiles that need them when it has read them; `received` takes what the network interface delivers.
/// Output counts when it is written.
class Dram final : public sc_core::sc_module, private CopyListener {
 public:
  Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const Architecture& architecture,
       TransactionPool& pool, Probes& probes);

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
  struct Access {
    Duration done;
    bool write;
    tlm::tlm_generic_payload* payload;
  };
  /// Puts an access behind those before it.
  void begin(bool write, tlm::tlm_generic_payload& payload);
  void finish(bool write, tlm::tlm_generic_payload& payload);
  void finish_read(const SetTransaction& command);
  void finish_write(const SetTransaction& set);
  /// Finishes what is due.
  void work();
  void copy_left(const SetTransaction& /*copy*/) override {}

  const ExecutionPlan& plan_;
  TransactionPool& pool_;
  Probes& probes_;
  NetworkInterface interface_;
  DramTimeline timeline_;
  std::deque<Access> accesses_;  ///< under way, in the order in which they end
  sc_core::sc_event wake_{"wake"};
  IdVector<StationId, std::int64_t> missing_;  ///< elements of each output still to come
};

}  // namespace crossweave
