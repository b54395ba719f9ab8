// Does the packet network let packets through as cut-through does, and replicate them?
#include "models/packet_network.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"
#include "tests/support/noc_networks.h"

namespace crossweave {
namespace {

using test::Arrival;
using test::mesh;
using test::PacketLog;
using test::run_out;

}  // namespace

TEST_CASE("a packet network that cannot be is refused in words", "[noc]") {
  NocConfig config = mesh(4, 4);
  config.virtual_channels = 2;
  CHECK(test::why_not(config) == "a mesh of the packet network has 1 virtual channel for each message class");
  config = mesh(4, 4);
  config.multicast = true;
  config.depth = 7;
  CHECK(test::why_not(config) == "multicast needs buffers that hold a whole packet: a depth of at least 8, got 7");
  config = mesh(4, 4);
  config.cycles_per_flit = 2;
  CHECK(test::why_not(config) == "channels narrower than a flit are a feature of the flit network");
  CHECK_THROWS_AS(PacketNetwork{test::flit(mesh(4, 4))}, InternalError);
}

TEST_CASE("a packet moves on once there is room for all of it", "[noc]") {
  // Router 1's buffer from the west holds one of two packets of 3 flits, of depth 5, while a third passes its output.
  NocConfig config = mesh(3, 2);
  config.depth = 5;
  config.max_packet = 100;
  PacketNetwork network{config};
  network.inject({1, 2, 100, MessageClass::data, 0}, 0);
  network.inject({0, 2, 3, MessageClass::data, 1}, 2);
  network.inject({0, 2, 3, MessageClass::data, 2}, 2);
  PacketLog log;
  network.advance_to(60, log);
  CHECK(network.occupancy(1, RouterSide::west) == 3);
  CHECK(network.occupancy(0, RouterSide::local) == 3);
  CHECK(network.queued(1, MessageClass::data) == 1);
  CHECK(network.queued(0, MessageClass::data) == 0);
  run_out(network, log);
  REQUIRE(log.arrivals.size() == 3);
  CHECK(log.arrivals[0].tail == network.zero_load_latency(1, 2, 100));
  CHECK(log.arrivals[1].tail == log.arrivals[0].tail + 3);
  CHECK(log.arrivals[2].tail == log.arrivals[1].tail + 3);
}

TEST_CASE("multicast replicates at the routers where ways part", "[noc][multicast]") {
  NocConfig config = mesh(4, 4);
  config.multicast = true;
  PacketNetwork network{config};
  PacketLog log;
  SECTION("each copy arrives as if it were alone") {
    network.inject_multicast({5, 0, 8, MessageClass::data, 7}, {0, 3, 5, 10, 11, 15}, 10);
    run_out(network, log);
    CHECK(log.arrivals.size() == 6);
    for (const Arrival& arrival : log.arrivals) {
      CHECK(arrival.tag == 7);
      CHECK(arrival.tail == 10 + network.zero_load_latency(5, arrival.destination, 8));
    }
    CHECK(network.flits().injected == 8);
    CHECK(network.flits().replicas == 5 * 8);
    CHECK(network.flits().ejected == 6 * 8);
    std::int64_t crossed = 0;
    for (const NocLink& link : network.links()) {
      CHECK(link.flits <= 8);  // no channel is crossed twice
      crossed += link.flits;
    }
    // 5 to 4 to 0; 5 to 6, 7, 3; from 6 to 10; from 7 to 11, 15; and six ejections.
    CHECK(crossed == 8 * (2 + 3 + 1 + 2 + 6));
  }
  SECTION("one that must wait does not hold up another") {
    for (int i = 0; i < 50; ++i) {
      network.inject({3, 2, 8, MessageClass::data, 1}, 0);
    }
    network.inject_multicast({1, 0, 8, MessageClass::data, 7}, {2, 9}, 42);
    run_out(network, log);
    for (const Arrival& arrival : log.arrivals) {
      if (arrival.tag == 7 && arrival.destination == 9) {
        CHECK(arrival.tail == 42 + network.zero_load_latency(1, 9, 8));
      } else if (arrival.tag == 7) {
        CHECK(arrival.tail == 42 + network.zero_load_latency(1, 2, 8) + 6);  // 46 to 52
      }
    }
  }
  SECTION("a single destination is a unicast") {
    network.inject_multicast({0, 0, 3, MessageClass::psum, 7}, {15}, 0);
    run_out(network, log);
    CHECK(log.arrivals == std::vector{Arrival{7, 15, 23, 25}});
    CHECK(network.flits().replicas == 0);
  }
}

TEST_CASE("multicasts among unicasts all arrive, on every topology", "[noc][multicast]") {
  test::Random random{5};
  for (NocConfig config : test::some_of_each()) {
    config.multicast = true;
    PacketNetwork network{config};
    PacketLog log;
    std::size_t copies = 0;
    for (std::uint64_t tag = 0; tag < 400; ++tag) {
      const NocPacket packet{random.between(0, network.endpoints() - 1), random.between(0, network.endpoints() - 1),
                             random.between(1, 8), static_cast<MessageClass>(random.between(0, 3)), tag};
      std::vector<int> destinations;
      for (int endpoint = 0; endpoint < network.endpoints(); ++endpoint) {
        if (endpoint == packet.destination || random.one_in(4)) {
          destinations.push_back(endpoint);
        }
      }
      if (random.one_in(2)) {
        network.inject_multicast(packet, destinations, random.between(0, 100));
        copies += destinations.size();
      } else {
        network.inject(packet, random.between(0, 100));
        ++copies;
      }
    }
    run_out(network, log);
    CHECK(log.arrivals.size() == copies);
    CHECK(network.flits().ejected == network.flits().injected + network.flits().replicas);
  }
}

TEST_CASE("a network without multicast does not replicate", "[noc][multicast]") {
  PacketNetwork network{mesh(2, 2)};
  CHECK_THROWS_AS(network.inject_multicast({0, 1, 1}, {1, 2}, 0), InternalError);
}

}  // namespace crossweave
