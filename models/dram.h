// The off-chip memory: holds the network's input and takes its output.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "arch/architecture.h"
#include "models/dram_layout.h"
#include "models/input_space.h"
#include "models/memory_model.h"
#include "models/network_interface.h"
#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// Socket `commands` (loosely timed) takes `dram_read` commands for regions of the network's input, which the DRAM
/// pushes to the tiles that need them when it has read them; `received` takes what the network interface delivers.
/// Output counts when it is written. A MemoryModel says how long reading and writing take.
///
/// Where buffers are limited, a command reads for the tiles that have space then; for the others the DRAM reads again,
/// tile by tile, when they have. What tiles spill it writes, and reads when its consumer has space.
class Dram final : public sc_core::sc_module, private CopyListener, private SpaceHolder, private MemoryListener {
 public:
  Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const Architecture& architecture,
       TransactionPool& pool, Probes& probes);

  /// As Tile::seal().
  void seal(const ReservationOrder* reservations, const std::vector<InputSpace*>& spaces);
  [[nodiscard]] NetworkInterface& network_interface() { return interface_; }
  /// All of the network's output has been written, and what was spilled has been read.
  [[nodiscard]] bool complete() const;
  /// Throws InternalError when an access got lost; `all_done` when nothing may be under way any more.
  void check_conservation(bool all_done) const { memory_->check_conservation(all_done); }
  /// The outputs that are not complete, in words.
  void diagnose(std::vector<std::string>& out) const;

  tlm_utils::simple_target_socket<Dram> commands{"commands"};
  tlm_utils::simple_target_socket<Dram> received{"received"};
  tlm_utils::simple_initiator_socket<Dram> send{"send"};

 private:
  /// A reading or writing, and what is sent when it ends.
  struct Access {
    bool write{false};
    SetTransaction what;
    std::vector<tlm::tlm_generic_payload*> copies;
  };

  void read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void write(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void begin(Access access);
  void access_done(std::uint64_t number) override;
  void finish(Access access);
  void finish_write(const SetTransaction& set);
  /// A copy of the network's input, or of what was spilled, for one tile and one of its turns.
  [[nodiscard]] tlm::tlm_generic_payload& make_copy(const SetTransaction& set, std::uint32_t turn);
  [[nodiscard]] std::vector<std::uint32_t> turns_of(RegionId region) const;
  /// Asks for the space of a copy; false: it is held until there is some.
  [[nodiscard]] bool has_space(tlm::tlm_generic_payload& copy);
  void read_for(tlm::tlm_generic_payload& copy);
  void space_came(std::uint64_t ticket) override;
  /// Lets the memory do what is due.
  void work();
  void wake_when_due();
  void copy_left(const SetTransaction& /*copy*/) override {}

  const ExecutionPlan& plan_;
  bool multicast_;
  TransactionPool& pool_;
  Probes& probes_;
  NetworkInterface interface_;
  DramLayout layout_;
  std::unique_ptr<MemoryModel> memory_;
  std::vector<Access> accesses_;  ///< under way, by their numbers
  std::vector<std::uint64_t> free_numbers_;
  sc_core::sc_event wake_{"wake"};
  IdVector<StationId, std::int64_t> missing_;      ///< elements of each output still to come
  const ReservationOrder* reservations_{nullptr};  ///< null where buffers are unlimited
  std::vector<InputSpace*> spaces_;
  std::unordered_map<std::uint64_t, tlm::tlm_generic_payload*> held_;  ///< copies that wait for space
  std::uint64_t tickets_{0};
  Bytes to_read_back_;  ///< of what was spilled
};

}  // namespace crossweave
