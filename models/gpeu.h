// The general purpose execution unit of a tile: runs what is no matrix-vector multiplication.
#pragma once

#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// Socket `port`: loosely timed; takes the region on which operations run and adds their time to the delay. The
/// architecture's GPEU is ideal: no time.
class Gpeu final : public sc_core::sc_module {
 public:
  Gpeu(const sc_core::sc_module_name& name, TileId tile, Probes& probes);

  tlm_utils::simple_target_socket<Gpeu> port{"port"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  TileId tile_;
  Probes& probes_;
};

}  // namespace crossweave
