#include "models/gpeu.h"

namespace crossweave {

Gpeu::Gpeu(const sc_core::sc_module_name& name, TileId tile, Probes& probes)
    : sc_module{name}, tile_{tile}, probes_{probes} {
  port.register_b_transport(this, &Gpeu::b_transport);
}

void Gpeu::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  probes_.gpeu_operation.write({now() + to_duration(delay), tile_, set_of(payload).elements()});
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace crossweave
