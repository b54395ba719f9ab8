// Do placement and routers' counters see the hops that packets take?
#include "arch/noc_geometry.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/routed_network.h"

namespace crossweave {
namespace {

class Ignore final : public PacketListener {
 public:
  void left_source(std::uint64_t /*tag*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
  void arrived(std::uint64_t /*tag*/, int /*destination*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
};

NocConfig network_of(NocModel model, const NocGeometry& geometry, int concentration) {
  NocConfig config;
  config.model = model;
  config.topology = geometry.topology;
  config.routing = geometry.routing;
  config.columns = geometry.columns;
  config.rows = geometry.rows;
  config.concentration = concentration;
  config.virtual_channels = fewest_virtual_channels(geometry.topology);
  config.memory_router = geometry.columns - 1;
  return config;
}

/// Sends a packet from each endpoint to each other, and compares the routers that it passes.
void check_routes(const NocConfig& config, const NocGeometry& geometry) {
  const int endpoints = make_routed_network(config)->endpoints();
  REQUIRE(endpoints == geometry.columns * geometry.rows * config.concentration + 1);
  const auto position = [&](int endpoint) {
    const int router = endpoint == endpoints - 1 ? *config.memory_router : endpoint / config.concentration;
    return MeshPosition{router % geometry.columns, router / geometry.columns};
  };
  for (int source = 0; source < endpoints; ++source) {
    for (int destination = 0; destination < endpoints; ++destination) {
      CAPTURE(static_cast<int>(config.model), static_cast<int>(geometry.topology), source, destination);
      const std::unique_ptr<RoutedNetwork> network = make_routed_network(config);
      Ignore listener;
      network->inject({source, destination, 1, MessageClass::data, 0}, 0);
      network->advance_to(1000, listener);
      REQUIRE(network->flits().in_flight() == 0);
      std::map<int, std::int64_t> passed;
      for (const NocLink& link : network->links()) {
        passed[link.router] += link.flits;
        if (link.side == RouterSide::local && link.flits > 0) {
          CHECK(link.endpoint == destination);
        }
      }
      const MeshPosition end = position(destination);
      int routers = 1;
      for (MeshPosition at = position(source);; at = geometry.next_router(at, end), ++routers) {
        CHECK(passed[at.y * geometry.columns + at.x]-- == 1);
        if (at == end) {
          break;
        }
        REQUIRE(routers < 20);
      }
      for (const auto& [router, left] : passed) {
        CHECK(left == 0);
      }
      CHECK(routers == geometry.routers_between(position(source), end));
      CHECK(routers == network->routers_between(source, destination));
    }
  }
}

}  // namespace

TEST_CASE("a route goes along one dimension first", "[noc]") {
  NocGeometry mesh{NocTopology::mesh, NocRouting::xy, 3, 3};
  CHECK(mesh.next_router({0, 0}, {2, 1}) == MeshPosition{1, 0});
  CHECK(mesh.next_router({2, 0}, {2, 1}) == MeshPosition{2, 1});
  CHECK(mesh.next_router({2, 1}, {2, 1}) == MeshPosition{2, 1});
  CHECK(mesh.next_router({2, 2}, {0, 0}) == MeshPosition{1, 2});
  CHECK(mesh.routers_between({2, 2}, {0, 1}) == 4);
  mesh.routing = NocRouting::yx;
  CHECK(mesh.next_router({0, 0}, {2, 1}) == MeshPosition{0, 1});
  CHECK(mesh.next_router({0, 1}, {2, 1}) == MeshPosition{1, 1});
}

TEST_CASE("a torus takes the shorter way round", "[noc]") {
  const NocGeometry torus{NocTopology::torus, NocRouting::xy, 4, 5};
  CHECK(torus.next_router({0, 0}, {3, 0}) == MeshPosition{3, 0});
  CHECK(torus.next_router({3, 0}, {1, 0}) == MeshPosition{0, 0});  // as long either way: east
  CHECK(torus.next_router({1, 4}, {1, 1}) == MeshPosition{1, 0});
  CHECK(torus.next_router({1, 1}, {1, 4}) == MeshPosition{1, 0});
  CHECK(torus.routers_between({0, 0}, {3, 4}) == 3);
  CHECK(torus.routers_between({0, 0}, {2, 2}) == 5);
}

TEST_CASE("a packet passes the routers of its route, between any two endpoints of any network", "[noc]") {
  const std::vector<std::pair<NocGeometry, int>> networks{
      {{NocTopology::mesh, NocRouting::xy, 4, 3}, 1},  {{NocTopology::mesh, NocRouting::yx, 4, 3}, 1},
      {{NocTopology::torus, NocRouting::xy, 4, 5}, 1}, {{NocTopology::torus, NocRouting::yx, 5, 2}, 1},
      {{NocTopology::torus, NocRouting::xy, 1, 4}, 1}, {{NocTopology::cmesh, NocRouting::xy, 3, 2}, 3},
      {{NocTopology::cmesh, NocRouting::yx, 2, 3}, 4}};
  for (const NocModel model : {NocModel::packet, NocModel::flit}) {
    for (const auto& [geometry, concentration] : networks) {
      check_routes(network_of(model, geometry, concentration), geometry);
    }
  }
}

}  // namespace crossweave
