// Who asks for space in which input buffer.
#pragma once

#include <cstdint>

namespace crossweave {

/// Told when the space that it has asked for is there.
class SpaceHolder {
 public:
  /// `ticket` is the number under which the holder asked.
  virtual void space_came(std::uint64_t ticket) = 0;

 protected:
  ~SpaceHolder() = default;
};

/// Reserves space in the input buffer of a tile, in the turns of the ReservationOrder. Asking and answering take no
/// time: an assumption, as with the start signal of lockstep.
class InputSpace {
 public:
  /// True when the space of a turn is there; otherwise the holder will be told. What comes for that turn may then be
  /// sent.
  [[nodiscard]] virtual bool ask(std::uint32_t turn, SpaceHolder& holder, std::uint64_t ticket) = 0;
  /// The holder no longer waits.
  virtual void forget(std::uint32_t turn) = 0;

 protected:
  ~InputSpace() = default;
};

}  // namespace crossweave
