// An input or output buffer of a tile.
#pragma once

#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// Transactions pass from `in` to `out`; the tile says how many bytes stay, and when they leave. Capacity is unlimited.
class Buffer final : public sc_core::sc_module {
 public:
  Buffer(const sc_core::sc_module_name& name, TileId tile, BufferLevel::Which which, Probes& probes);

  /// Bytes come to lie in the buffer, or leave it.
  void store(Bytes size);
  void release(Bytes size);
  [[nodiscard]] Bytes level() const { return level_; }

  tlm_utils::simple_target_socket<Buffer> in{"in"};
  tlm_utils::simple_initiator_socket<Buffer> out{"out"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  TileId tile_;
  BufferLevel::Which which_;
  Probes& probes_;
  Bytes level_;
};

}  // namespace crossweave
