// Does a packet pass the routers of its XY route, and no others, between any two endpoints of any mesh?
#include "models/noc.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/placement.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// A chip of `tiles` tiles of one crossbar each.
Placement mesh_of(int tiles) {
  test::NetworkBuilder net;
  net.conv(net.input({1, 1, tiles}), 1, 1);
  Architecture architecture;
  architecture.crossbar.rows = 1;
  architecture.tile.pes = 1;
  return place_snake(test::schedule_of(net.graph(), {}, architecture.crossbar), architecture);
}

class MockEndpoint final : public sc_core::sc_module {
 public:
  explicit MockEndpoint(const sc_core::sc_module_name& name) : sc_module{name} {
    received.register_nb_transport_fw(this, &MockEndpoint::nb_transport_fw);
  }
  tlm_utils::simple_initiator_socket<MockEndpoint> send{"send"};
  tlm_utils::simple_target_socket<MockEndpoint> received{"received"};
  std::vector<tlm::tlm_generic_payload*> arrived;
  tlm::tlm_sync_enum answer{tlm::TLM_COMPLETED};

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& /*phase*/,
                                     sc_core::sc_time& /*delay*/) {
    arrived.push_back(&payload);
    return answer;
  }
};

struct Deliveries final : tlm::tlm_analysis_if<TransferDelivered> {
  void write(const TransferDelivered& event) override { events.push_back(event); }
  std::vector<TransferDelivered> events;
};

/// A network with an endpoint on each of its sockets; the last is the DRAM.
struct Rig {
  explicit Rig(const Placement& mesh) : placement{mesh}, noc{"noc", placement, NocSpec{}, pool, probes} {
    for (std::size_t e = 0; e <= placement.position.size(); ++e) {
      endpoints.push_back(std::make_unique<MockEndpoint>(("endpoint_" + std::to_string(e)).c_str()));
      endpoints.back()->send.bind(noc.from(EndpointId{e}));
      noc.to(EndpointId{e}).bind(endpoints.back()->received);
    }
    probes.transfer_delivered.bind(deliveries);
    // Binds the sockets. That nothing else happens is no cause for a warning.
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_, sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  [[nodiscard]] MeshPosition position(std::size_t endpoint) const {
    return endpoint == placement.position.size() ? MeshPosition{0, 0} : placement.position[TileId{endpoint}];
  }

  /// The packets that each router has forwarded, row by row.
  [[nodiscard]] std::vector<std::int64_t> packets() const {
    std::vector<std::int64_t> counts;
    for (int y = 0; y < placement.mesh_rows; ++y) {
      for (int x = 0; x < placement.mesh_columns; ++x) {
        counts.push_back(noc.router({x, y}).packets());
      }
    }
    return counts;
  }

  /// Sends `elements` bytes and returns the payload's address, for comparison only.
  const tlm::tlm_generic_payload* send(std::size_t source, std::size_t destination, int elements) {
    tlm::tlm_generic_payload& payload = pool.acquire();
    SetTransaction& set = set_of(payload);
    set = {};
    set.kind = TransactionKind::psum;
    set.source = EndpointId{source};
    set.destination = EndpointId{destination};
    set.rect = {{0, 1}, {0, elements}};
    set.channels = {0, 1};
    address_payload(payload);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum status = endpoints[source]->send->nb_transport_fw(payload, phase, delay);
    CHECK(status == tlm::TLM_COMPLETED);
    CHECK(delay == sc_core::SC_ZERO_TIME);
    payload.release();
    return &payload;
  }

  test::FreshKernel kernel;
  TransactionPool pool;
  Probes probes;
  Deliveries deliveries;
  Placement placement;
  Noc noc;
  std::vector<std::unique_ptr<MockEndpoint>> endpoints;
};

TEST_CASE("every pair of endpoints, on meshes with and without a complete last row", "[noc]") {
  const int tiles = GENERATE(1, 2, 3, 4, 5, 7, 9, 11, 13);
  CAPTURE(tiles);
  Rig rig{mesh_of(tiles)};
  const std::size_t endpoints = rig.endpoints.size();
  REQUIRE(endpoints == static_cast<std::size_t>(tiles) + 1);
  Bytes bytes;
  for (std::size_t source = 0; source < endpoints; ++source) {
    for (std::size_t destination = 0; destination < endpoints; ++destination) {
      CAPTURE(source, destination);
      const MeshPosition from = rig.position(source);
      const MeshPosition to = rig.position(destination);
      // Along row from.y between the columns, then along column to.x between the rows.
      std::vector<std::int64_t> expected = rig.packets();
      const auto on_route = [&](int x, int y) {
        const bool on_row = y == from.y && x >= std::min(from.x, to.x) && x <= std::max(from.x, to.x);
        const bool on_column = x == to.x && y >= std::min(from.y, to.y) && y <= std::max(from.y, to.y);
        return on_row || on_column;
      };
      for (int y = 0; y < rig.placement.mesh_rows; ++y) {
        for (int x = 0; x < rig.placement.mesh_columns; ++x) {
          expected[static_cast<std::size_t>(y * rig.placement.mesh_columns + x)] += on_route(x, y) ? 1 : 0;
        }
      }
      rig.deliveries.events.clear();
      const int size = 1 + static_cast<int>(source) * 20 + static_cast<int>(destination);
      const tlm::tlm_generic_payload* const sent = rig.send(source, destination, size);
      if (from == MeshPosition{0, 0}) {
        bytes += Bytes{size};
      }
      REQUIRE(rig.packets() == expected);
      for (std::size_t other = 0; other < endpoints; ++other) {
        REQUIRE(rig.endpoints[other]->arrived.size() == (other == destination ? 1U : 0U));
      }
      REQUIRE(rig.endpoints[destination]->arrived.front() == sent);
      rig.endpoints[destination]->arrived.clear();
      REQUIRE(rig.deliveries.events.size() == 1);
      const TransferDelivered& delivered = rig.deliveries.events.front();
      REQUIRE(delivered.at == Duration{});
      REQUIRE(delivered.kind == TransactionKind::psum);
      REQUIRE(delivered.source == EndpointId{source});
      REQUIRE(delivered.destination == EndpointId{destination});
      REQUIRE(delivered.size == Bytes{size});
      REQUIRE(delivered.routers == std::abs(from.x - to.x) + std::abs(from.y - to.y) + 1);
    }
  }
  CHECK(rig.pool.in_flight() == 0);
  // Router (0, 0) has seen at least what starts there.
  CHECK(rig.noc.router({0, 0}).bytes() >= bytes);
}

TEST_CASE("a route may pass where the last row has no tile", "[noc]") {
  // 5 tiles in 3 columns: the second row runs back from the right and leaves (0, 1) empty.
  Rig rig{mesh_of(5)};
  REQUIRE(rig.placement.mesh_columns == 3);
  REQUIRE(rig.placement.mesh_rows == 2);
  REQUIRE(rig.placement.position[TileId{4}] == MeshPosition{1, 1});
  rig.send(4, 0, 64);
  CHECK(rig.packets() == std::vector<std::int64_t>{1, 0, 0, 1, 1, 0});
  CHECK(rig.noc.router({0, 1}).bytes() == Bytes{64});
  CHECK(rig.noc.router({0, 1}).position() == MeshPosition{0, 1});
  rig.send(0, 4, 8);
  CHECK(rig.packets() == std::vector<std::int64_t>{2, 1, 0, 1, 2, 0});
  CHECK(rig.noc.router({1, 1}).bytes() == Bytes{72});
}

TEST_CASE("an endpoint that refuses a packet is caught", "[noc]") {
  Rig rig{mesh_of(2)};
  rig.endpoints[1]->answer = tlm::TLM_ACCEPTED;
  CHECK_THROWS_AS(rig.send(0, 1, 1), InternalError);
}

}  // namespace
}  // namespace crossweave
