// A router of the network on chip.
#pragma once

#include <cstdint>

#include "arch/noc_geometry.h"
#include "arch/units.h"

#include "models/systemc.h"

namespace crossweave {

/// State of one router. The network drives it; it has no process of its own.
class Router final : public sc_core::sc_module {
 public:
  Router(const sc_core::sc_module_name& name, MeshPosition position) : sc_module{name}, position_{position} {}

  void forward(Bytes size) {
    ++packets_;
    bytes_ += size;
  }

  [[nodiscard]] MeshPosition position() const { return position_; }
  [[nodiscard]] std::int64_t packets() const { return packets_; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }

 private:
  MeshPosition position_;
  std::int64_t packets_{0};
  Bytes bytes_;
};

}  // namespace crossweave
