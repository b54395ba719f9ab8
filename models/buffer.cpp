#include "models/buffer.h"

#include <utility>

namespace crossweave {

Buffer::Buffer(const sc_core::sc_module_name& name, TileId tile, BufferLevel::Which which, const BufferSpec& spec,
               Probes& probes)
    : sc_module{name}, tile_{tile}, which_{which}, spec_{spec}, probes_{probes} {
  in.register_b_transport(this, &Buffer::b_transport);
}

void Buffer::limit(std::vector<Bytes> turns, TurnListener& listener) {
  space_ = BufferSpace{which_ == BufferLevel::Which::input ? spec_.input : spec_.output, std::move(turns)};
  listener_ = &listener;
}

void Buffer::serve_turns() {
  while (const std::uint32_t turn = space_.take_turn()) {
    listener_->turn_came(which_, turn);
  }
  if (space_.is_short()) {
    listener_->space_short(which_);
  }
}

std::string Buffer::why_short() const {
  return std::string{which_ == BufferLevel::Which::input ? "input" : "output"} + " buffer has no room for the next " +
         to_string(space_.short_of()) + ": " + to_string(space_.reserved()) + " of " + to_string(space_.capacity()) +
         " are reserved";
}

void Buffer::store(Bytes size) { change_level(size); }

void Buffer::release(Bytes size) {
  change_level(Bytes{} - size);
  if (listener_ != nullptr) {
    space_.give_back(size);
    serve_turns();
  }
}

void Buffer::change_level(Bytes by) {
  level_ += by;
  check_invariant(level_ >= Bytes{}, "a buffer holds what leaves it");
  check_invariant(listener_ == nullptr || level_ <= space_.reserved(), "a buffer holds what it has reserved for");
  check_invariant(listener_ == nullptr || space_.reserved() <= space_.capacity(),
                  "a buffer has room for what it reserves");
  probes_.buffer_level.write({now(), tile_, which_, level_});
}

Duration Buffer::pass(FcfsTimeline& port, Duration arrival, Bytes size) const {
  return spec_.bandwidth ? port.serve(arrival, time_of_bytes(size, *spec_.bandwidth)) : arrival;
}

void Buffer::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (which_ == BufferLevel::Which::input) {
    const Duration arrival = now() + to_duration(delay);
    delay = to_sc_time(pass_in(arrival, set_of(payload).size()) - now());
  }
  out->b_transport(payload, delay);
}

}  // namespace crossweave
