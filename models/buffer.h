// An input or output buffer of a tile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "models/buffer_space.h"
#include "models/probes.h"
#include "models/set_transaction.h"
#include "models/timeline.h"

#include "models/systemc.h"

namespace crossweave {

/// Told when the turns of a limited buffer come.
class TurnListener {
 public:
  /// What has this turn has its space now.
  virtual void turn_came(BufferLevel::Which which, std::uint32_t turn) = 0;
  /// There is no room for the next turn.
  virtual void space_short(BufferLevel::Which which) = 0;

 protected:
  ~TurnListener() = default;
};

/// Transactions pass from `in` to `out`; an input buffer adds the time of its port in to the delay, for the other ports
/// the tile asks. Bytes lie in the buffer from store() to release(). Where it is limited, their turn has come before.
class Buffer final : public sc_core::sc_module {
 public:
  Buffer(const sc_core::sc_module_name& name, TileId tile, BufferLevel::Which which, const BufferSpec& spec,
         Probes& probes);

  /// Makes it a limited one, whose turns take `turns`. Before the simulation starts.
  void limit(std::vector<Bytes> turns, TurnListener& listener);
  /// Lets turns come, as many as there is room for.
  void serve_turns();
  [[nodiscard]] bool has_come(std::uint32_t turn) const { return listener_ == nullptr || space_.has_come(turn); }
  [[nodiscard]] bool is_short() const { return space_.is_short(); }
  /// "input buffer has no room for the next 6 B: 12 B of 17 B are reserved", of one that is short.
  [[nodiscard]] std::string why_short() const;
  [[nodiscard]] Bytes size_of_turn(std::uint32_t turn) const { return space_.size(turn); }

  void store(Bytes size);
  void release(Bytes size);
  [[nodiscard]] Bytes level() const { return level_; }

  [[nodiscard]] bool has_port_time() const { return spec_.bandwidth.has_value(); }
  /// When bytes that come to a port at `arrival` have passed it. To be asked in the order of arrival.
  [[nodiscard]] Duration pass_in(Duration arrival, Bytes size) { return pass(port_in_, arrival, size); }
  [[nodiscard]] Duration pass_out(Duration arrival, Bytes size) { return pass(port_out_, arrival, size); }

  tlm_utils::simple_target_socket<Buffer> in{"in"};
  tlm_utils::simple_initiator_socket<Buffer> out{"out"};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  [[nodiscard]] Duration pass(FcfsTimeline& port, Duration arrival, Bytes size) const;
  void change_level(Bytes by);

  TileId tile_;
  BufferLevel::Which which_;
  BufferSpec spec_;
  Probes& probes_;
  BufferSpace space_;
  TurnListener* listener_{nullptr};  ///< of a limited buffer
  FcfsTimeline port_in_;
  FcfsTimeline port_out_;
  Bytes level_;
};

}  // namespace crossweave
