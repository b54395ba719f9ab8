// Networks on chip to test with, of both models, and what becomes of the packets on them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/routed_network.h"

namespace crossweave::test {

inline NocConfig mesh(int columns, int rows) {
  NocConfig config;
  config.columns = columns;
  config.rows = rows;
  return config;
}

inline NocConfig torus(int columns, int rows) {
  NocConfig config = mesh(columns, rows);
  config.topology = NocTopology::torus;
  config.virtual_channels = 2;
  return config;
}

inline NocConfig cmesh(int columns, int rows, int concentration) {
  NocConfig config = mesh(columns, rows);
  config.topology = NocTopology::cmesh;
  config.concentration = concentration;
  return config;
}

inline NocConfig flit(NocConfig config, NocRouter router = NocRouter::two_stage) {
  config.model = NocModel::flit;
  config.router = router;
  return config;
}

inline NocConfig with_memory(NocConfig config, int router) {
  config.memory_router = router;
  return config;
}

/// One network of each topology and routing, of packets; some with a memory.
inline std::vector<NocConfig> some_of_each() {
  NocConfig yx = mesh(4, 3);
  yx.routing = NocRouting::yx;
  return {mesh(1, 1),
          mesh(4, 3),
          yx,
          torus(4, 5),
          torus(2, 3),
          cmesh(3, 2, 4),
          with_memory(mesh(2, 2), 0),
          with_memory(torus(3, 4), 7),
          with_memory(cmesh(3, 2, 4), 5)};
}

/// The same of both models, and with every router of the flit network.
inline std::vector<NocConfig> some_of_each_model() {
  std::vector<NocConfig> configs = some_of_each();
  for (const NocRouter router : {NocRouter::one_stage, NocRouter::two_stage, NocRouter::four_stage}) {
    for (const NocConfig& config : some_of_each()) {
      configs.push_back(flit(config, router));
    }
  }
  return configs;
}

struct Arrival {
  std::uint64_t tag{0};
  int destination{0};
  NocCycle head{0};
  NocCycle tail{0};

  friend bool operator==(const Arrival&, const Arrival&) = default;
};

class PacketLog final : public PacketListener {
 public:
  void left_source(std::uint64_t tag, NocCycle head, NocCycle tail) override { left[tag] = {head, tail}; }
  void arrived(std::uint64_t tag, int destination, NocCycle head, NocCycle tail) override {
    arrivals.push_back({tag, destination, head, tail});
  }
  std::map<std::uint64_t, std::pair<NocCycle, NocCycle>> left;
  std::vector<Arrival> arrivals;
};

/// Runs until the network is empty, with a check of every buffer at each event.
inline void run_out(RoutedNetwork& network, PacketLog& log) {
  while (const std::optional<NocCycle> next = network.next_event()) {
    network.advance_to(*next, log);
    network.check_conservation();
  }
  CHECK(network.flits().in_flight() == 0);
}

inline std::string why_not(const NocConfig& config) {
  const std::optional<Failure> failure = why_not_a_network(config);
  return failure ? failure->message : "";
}

/// For INFO.
inline std::string name_of(const NocConfig& config) {
  std::string name{kNocModelNames.at(static_cast<std::size_t>(config.model))};
  if (config.model == NocModel::flit) {
    name += ' ';
    name += kNocRouterNames.at(static_cast<std::size_t>(config.router));
  }
  name += ' ';
  name += kNocTopologyNames.at(static_cast<std::size_t>(config.topology));
  return name + ' ' + std::to_string(config.columns) + 'x' + std::to_string(config.rows) +
         (config.memory_router ? ", memory at " + std::to_string(*config.memory_router) + ", " : ", ") +
         std::to_string(config.virtual_channels) + " channels, depth " + std::to_string(config.depth);
}

}  // namespace crossweave::test
