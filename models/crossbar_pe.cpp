#include "models/crossbar_pe.h"

namespace crossweave {

CrossbarPe::CrossbarPe(const sc_core::sc_module_name& name, PeId id, const CrossbarSpec& spec, Probes& probes)
    : sc_module{name}, id_{id}, timing_{spec}, probes_{probes} {
  port.register_b_transport(this, &CrossbarPe::b_transport);
}

void CrossbarPe::hold_weights(LayerId layer, int rows_driven, int columns_read) {
  layer_ = layer;
  rows_driven_ = rows_driven;
  columns_read_ = columns_read;
}

void CrossbarPe::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const SetTransaction& set = set_of(payload);
  const std::int64_t mvms = set.rect.area();
  probes_.mvm_started.write(
      {now() + to_duration(delay), id_, layer_, set.set, mvms, mvms * rows_driven_, mvms * columns_read_, set.image});
  delay += to_sc_time(timing_.compute(mvms));
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void CrossbarPe::finish() { probes_.mvm_finished.write({now(), id_}); }

}  // namespace crossweave
