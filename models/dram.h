// The off-chip memory: holds the network's input and takes its output.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "arch/architecture.h"
#include "models/input_space.h"
#include "models/network_interface.h"
#include "models/probes.h"
#include "models/set_transaction.h"
#include "models/timeline.h"

#include "models/systemc.h"

namespace crossweave {

/// Socket `commands` (loosely timed) takes `dram_read` commands for regions of the network's input, which the DRAM
/// pushes to the tiles that need them when it has read them; `received` takes what the network interface delivers.
/// Output counts when it is written.
///
/// Where buffers are limited, a command reads for the tiles that have space then; for the others the DRAM reads again,
/// tile by tile, when they have. What tiles spill it writes, and reads when its consumer has space.
class Dram final : public sc_core::sc_module, private CopyListener, private SpaceHolder {
 public:
  Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const Architecture& architecture,
       TransactionPool& pool, Probes& probes);

  /// As Tile::seal().
  void seal(const ReservationOrder* reservations, const std::vector<InputSpace*>& spaces);
  [[nodiscard]] NetworkInterface& network_interface() { return interface_; }
  /// All of the network's output has been written, and what was spilled has been read.
  [[nodiscard]] bool complete() const;
  /// The outputs that are not complete, in words.
  void diagnose(std::vector<std::string>& out) const;

  tlm_utils::simple_target_socket<Dram> commands{"commands"};
  tlm_utils::simple_target_socket<Dram> received{"received"};
  tlm_utils::simple_initiator_socket<Dram> send{"send"};

 private:
  /// A reading or writing, and what is sent when it ends.
  struct Access {
    Duration done;
    bool write{false};
    SetTransaction what;
    std::vector<tlm::tlm_generic_payload*> copies;
  };

  void read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void write(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  /// Puts an access behind those before it.
  void begin(Access access);
  void finish(Access access);
  void finish_write(const SetTransaction& set);
  /// A copy of the network's input, or of what was spilled, for one tile and one of its turns.
  [[nodiscard]] tlm::tlm_generic_payload& make_copy(const SetTransaction& set, std::uint32_t turn);
  [[nodiscard]] std::vector<std::uint32_t> turns_of(RegionId region) const;
  /// Asks for the space of a copy; false: it is held until there is some.
  [[nodiscard]] bool has_space(tlm::tlm_generic_payload& copy);
  void read_for(tlm::tlm_generic_payload& copy);
  void space_came(std::uint64_t ticket) override;
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
  IdVector<StationId, std::int64_t> missing_;      ///< elements of each output still to come
  const ReservationOrder* reservations_{nullptr};  ///< null where buffers are unlimited
  std::vector<InputSpace*> spaces_;
  std::unordered_map<std::uint64_t, tlm::tlm_generic_payload*> held_;  ///< copies that wait for space
  std::uint64_t tickets_{0};
  Bytes to_read_back_;  ///< of what was spilled
};

}  // namespace crossweave
