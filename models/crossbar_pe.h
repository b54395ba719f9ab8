// A processing element: one RRAM crossbar.
#pragma once

#include "arch/architecture.h"
#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// How long a crossbar computes. One matrix-vector multiplication yields one 1 x 1 x Co OFM vector in t_MVM (paper,
/// Section III-B); a set of n pixels takes n of them, without preemption.
class CrossbarTiming {
 public:
  explicit CrossbarTiming(const CrossbarSpec& spec) : t_mvm_{spec.mvm_latency} {}

  [[nodiscard]] Duration compute(std::int64_t mvms) const { return t_mvm_ * mvms; }

 private:
  Duration t_mvm_;
};

/// Socket `port`: loosely timed; takes an `ifm` transaction, the input of one set, and adds the time of computing it to
/// the delay. The tile calls finish() when that time is over.
class CrossbarPe final : public sc_core::sc_module {
 public:
  CrossbarPe(const sc_core::sc_module_name& name, PeId id, const CrossbarSpec& spec, Probes& probes);

  /// Which part of a layer's matrix the crossbar holds.
  void hold_weights(LayerId layer, int rows_driven, int columns_read);
  void finish();

  tlm_utils::simple_target_socket<CrossbarPe> port{"port"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  PeId id_;
  CrossbarTiming timing_;
  Probes& probes_;
  LayerId layer_;
  int rows_driven_{0};
  int columns_read_{0};
};

}  // namespace crossweave
