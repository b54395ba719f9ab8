#include "frontend/schema/file_kinds.h"

#include <array>

#include "arch/architecture_yaml.h"
#include "arch/banked_dram_yaml.h"
#include "frontend/import/network_file.h"
#include "frontend/run_config.h"

namespace crossweave {
namespace {

template <class Config>
KeyTree keys_of() {
  Config config;
  return key_tree([&config](Keys& keys) { list_keys(keys, config); });
}

}  // namespace

std::span<const FileKind> file_kinds() {
  static constexpr std::array kKinds{
      FileKind{"arch", "A chip for Crossweave", keys_of<Architecture>},
      FileKind{"dram", "A DRAM device for Crossweave", keys_of<DramDevice>},
      FileKind{"network", "A neural network for Crossweave", network_keys},
      FileKind{"run", "A run of Crossweave", keys_of<RunConfig>},
  };
  return kKinds;
}

}  // namespace crossweave
