#include "models/buffer.h"

namespace crossweave {

Buffer::Buffer(const sc_core::sc_module_name& name, TileId tile, BufferLevel::Which which, Probes& probes)
    : sc_module{name}, tile_{tile}, which_{which}, probes_{probes} {
  in.register_b_transport(this, &Buffer::b_transport);
}

void Buffer::store(Bytes size) {
  level_ += size;
  probes_.buffer_level.write({now(), tile_, which_, level_});
}

void Buffer::release(Bytes size) {
  level_ -= size;
  check_invariant(level_ >= Bytes{}, "a buffer holds what leaves it");
  probes_.buffer_level.write({now(), tile_, which_, level_});
}

void Buffer::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  out->b_transport(payload, delay);
}

}  // namespace crossweave
