// The general purpose execution unit of a tile: runs what is no matrix-vector multiplication.
#pragma once

#include "arch/architecture.h"
#include "models/probes.h"
#include "models/set_transaction.h"
#include "models/timeline.h"

#include "models/systemc.h"

namespace crossweave {

/// Socket `port`: loosely timed; takes the region on which operations run and adds to the delay the time until they are
/// done, waiting for earlier ones included. The tile calls finish() when that time is over.
class Gpeu final : public sc_core::sc_module {
 public:
  Gpeu(const sc_core::sc_module_name& name, TileId tile, const GpeuSpec& spec, Probes& probes);

  /// Operations of so much work are done, on a set of a station or on partial sums of one.
  void finish(std::int64_t work, std::uint32_t image, StationId station, SetId set);

  tlm_utils::simple_target_socket<Gpeu> port{"port"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  TileId tile_;
  GpeuTimeline timeline_;
  Probes& probes_;
};

}  // namespace crossweave
