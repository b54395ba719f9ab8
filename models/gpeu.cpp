#include "models/gpeu.h"

namespace crossweave {

Gpeu::Gpeu(const sc_core::sc_module_name& name, TileId tile, const GpeuSpec& spec, Probes& probes)
    : sc_module{name}, tile_{tile}, timeline_{spec}, probes_{probes} {
  port.register_b_transport(this, &Gpeu::b_transport);
}

void Gpeu::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const Duration arrival = now() + to_duration(delay);
  delay = to_sc_time(timeline_.serve(arrival, set_of(payload).work) - now());
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Gpeu::finish(std::int64_t work, std::uint32_t image, StationId station, SetId set) {
  probes_.gpeu_operation.write({now(), tile_, work, now() - timeline_.service(work), image, station, set});
}

}  // namespace crossweave
