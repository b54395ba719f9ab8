// The DRAM devices that we ship.
#pragma once

#include <stdexcept>
#include <string>

#include "arch/banked_dram_yaml.h"

namespace crossweave::test {

/// From configs/dram, such as "ddr4-2400".
inline DramDevice shipped_dram_device(const std::string& name) {
  const Result<DramDevice> device = load_dram_device(CROSSWEAVE_SOURCE_DIR "/configs/dram/" + name + ".yaml");
  if (!device) {
    throw std::runtime_error{to_string(device.error().front())};
  }
  return *device;
}

/// With its controller's defaults, but for the refresh.
inline BankedDramSpec ddr4_2400(DramRefresh refresh = DramRefresh::all_bank) {
  BankedDramSpec spec;
  spec.device = shipped_dram_device("ddr4-2400");
  spec.controller.refresh = refresh;
  return spec;
}

inline DramMapping dram_mapping(const std::string& fields) { return *parse_dram_mapping(fields); }

}  // namespace crossweave::test
