// Does the packet network keep its laws: latency, credits, order, classes, multicast, and every flit?
#include "models/packet_network.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "models/noc_traffic.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

PacketNetworkConfig mesh(int columns, int rows) {
  PacketNetworkConfig config;
  config.columns = columns;
  config.rows = rows;
  return config;
}

PacketNetworkConfig torus(int columns, int rows) {
  PacketNetworkConfig config = mesh(columns, rows);
  config.topology = NocTopology::torus;
  config.virtual_channels = 2;
  return config;
}

PacketNetworkConfig cmesh(int columns, int rows, int concentration) {
  PacketNetworkConfig config = mesh(columns, rows);
  config.topology = NocTopology::cmesh;
  config.concentration = concentration;
  return config;
}

/// One network of each kind.
std::vector<PacketNetworkConfig> some_of_each() {
  PacketNetworkConfig yx = mesh(4, 3);
  yx.routing = NocRouting::yx;
  PacketNetworkConfig memory = torus(3, 4);
  memory.memory_router = 7;
  return {mesh(1, 1), mesh(4, 3), yx, torus(4, 5), torus(2, 3), cmesh(3, 2, 4), memory};
}

struct Arrival {
  std::uint64_t tag{0};
  int destination{0};
  NocCycle head{0};
  NocCycle tail{0};

  friend bool operator==(const Arrival&, const Arrival&) = default;
};

class Log final : public PacketListener {
 public:
  void left_source(std::uint64_t tag, NocCycle head, NocCycle tail) override { left[tag] = {head, tail}; }
  void arrived(std::uint64_t tag, int destination, NocCycle head, NocCycle tail) override {
    arrivals.push_back({tag, destination, head, tail});
  }
  std::map<std::uint64_t, std::pair<NocCycle, NocCycle>> left;
  std::vector<Arrival> arrivals;
};

/// Runs until the network is empty, with a check of every buffer at each event.
void run_out(PacketNetwork& network, Log& log) {
  while (const std::optional<NocCycle> next = network.next_event()) {
    network.advance_to(*next, log);
    network.check_conservation();
  }
  CHECK(network.flits().in_flight() == 0);
}

std::string why_not(const PacketNetworkConfig& config) {
  const std::optional<Failure> failure = why_not_a_network(config);
  return failure ? failure->message : "";
}

}  // namespace

TEST_CASE("events leave in the order of cycles, then of insertion", "[noc]") {
  test::Random random{7};
  EventWheel wheel;
  using Expected = std::tuple<NocCycle, std::uint32_t>;
  std::priority_queue<Expected, std::vector<Expected>, std::greater<>> expected;
  std::uint32_t inserted = 0;
  const auto push = [&](NocCycle cycle) {
    wheel.push(cycle, inserted);
    expected.push({cycle, inserted++});
  };
  push(0);
  while (const std::optional<NocCycle> next = wheel.next()) {
    REQUIRE(*next >= wheel.now());
    wheel.advance(*next);
    wheel.take([&](std::uint32_t subject) {
      REQUIRE_FALSE(expected.empty());
      REQUIRE(expected.top() == Expected{wheel.now(), subject});
      expected.pop();
      for (int n = random.between(1, 2); n > 0 && inserted < 5000; --n) {
        push(wheel.now() + random.pick<NocCycle>({0, 1, 3, 8, 511, 512, 513, 5000, 100000}));
      }
    });
  }
  CHECK(expected.empty());
  CHECK(inserted == 5000);
}

TEST_CASE("a network that cannot be is refused in words", "[noc]") {
  CHECK(why_not(mesh(4, 4)).empty());
  CHECK(why_not(torus(4, 4)).empty());
  CHECK(why_not(mesh(0, 4)) == "columns: expected 1 to 256, got 0");
  CHECK(why_not(cmesh(2, 2, 5)) == "concentration: expected 1 to 4, got 5");
  PacketNetworkConfig config = torus(4, 4);
  config.virtual_channels = 1;
  CHECK_THAT(why_not(config), Catch::StartsWith("a torus needs 2 virtual channels"));
  config = mesh(4, 4);
  config.virtual_channels = 2;
  CHECK(why_not(config) == "a mesh has 1 virtual channel for each message class");
  config = mesh(4, 4);
  config.memory_router = 16;
  CHECK(why_not(config) == "the memory is at one of the routers");
  config = mesh(4, 4);
  config.concentration = 2;
  CHECK(why_not(config) == "several endpoints a router are a concentrated mesh (cmesh)");
  config = mesh(4, 4);
  config.multicast = true;
  config.depth = 7;
  CHECK(why_not(config) == "multicast needs buffers that hold a whole packet: a depth of at least 8, got 7");
  CHECK_THROWS_AS(PacketNetwork{config}, InternalError);
}

TEST_CASE("an empty network has the latency of the law, for every pair", "[noc]") {
  for (PacketNetworkConfig config : some_of_each()) {
    config.max_packet = 16;
    for (const auto& [pipeline, link] : {std::pair{2, 1}, std::pair{1, 1}, std::pair{4, 2}}) {
      config.pipeline = pipeline;
      config.link = link;
      config.depth = 16;
      PacketNetwork network{config};
      NocCycle at = 0;
      for (int source = 0; source < network.endpoints(); ++source) {
        for (int destination = 0; destination < network.endpoints(); ++destination) {
          for (const int flits : {1, 5, 16}) {
            Log log;
            network.inject({source, destination, flits, MessageClass::data, 42}, at);
            run_out(network, log);
            const int routers = network.routers_between(source, destination);
            const NocCycle head = at + link + routers * (pipeline + link) + 1;
            REQUIRE(log.left.at(42) == std::pair{at, at + flits - 1});
            REQUIRE(log.arrivals == std::vector{Arrival{42, destination, head, head + flits - 1}});
            REQUIRE(network.zero_load_latency(source, destination, flits) == head + flits - 1 - at);
            at += 1000;  // beyond the calendar of the near future
          }
        }
      }
    }
  }
  // With the 2-stage routers of the reference: 3 H + 2 + (L - 1).
  CHECK(PacketNetwork{mesh(4, 4)}.zero_load_latency(0, 15, 8) == 3 * 7 + 2 + 7);
}

TEST_CASE("the way round a torus is the shorter one", "[noc]") {
  const PacketNetwork network{torus(5, 4)};
  CHECK(network.routers_between(0, 4) == 2);
  CHECK(network.routers_between(0, 2) == 3);
  CHECK(network.routers_between(0, 3 * 5 + 3) == 4);
}

TEST_CASE("XY and YX take their dimension first", "[noc]") {
  for (const NocRouting routing : {NocRouting::xy, NocRouting::yx}) {
    PacketNetworkConfig config = mesh(3, 3);
    config.routing = routing;
    PacketNetwork network{config};
    Log log;
    network.inject({0, 8, 4}, 0);
    run_out(network, log);
    for (const NocLink& link : network.links()) {
      const bool east_on_top = link.side == RouterSide::east && (link.router == 0 || link.router == 1);
      const bool south_at_left = link.side == RouterSide::south && (link.router == 0 || link.router == 3);
      if (east_on_top || south_at_left) {
        CHECK(link.flits == (east_on_top == (routing == NocRouting::xy) ? 4 : 0));
      }
    }
  }
}

TEST_CASE("a stream runs at min(1, depth / credit loop) flits a cycle", "[noc]") {
  for (const int depth : {1, 2, 3, 4, 5, 8}) {
    PacketNetworkConfig config = mesh(4, 1);
    config.depth = depth;
    PacketNetwork network{config};
    const int packets = 200;
    for (int i = 0; i < packets; ++i) {
      network.inject({0, 3, 1}, 0);
    }
    Log log;
    run_out(network, log);
    const NocCycle last = log.arrivals.back().tail;
    const NocCycle first = network.zero_load_latency(0, 3, 1);
    const int loop = 5;
    const NocCycle stalls = depth >= loop ? 0 : (packets - 1) / depth * (loop - depth);
    CHECK(last == first + packets - 1 + stalls);
  }
}

TEST_CASE("packets that want one output take turns", "[noc]") {
  PacketNetwork network{mesh(3, 1)};
  for (std::uint64_t i = 0; i < 10; ++i) {
    network.inject({0, 1, 8, MessageClass::data, 0}, 0);
    network.inject({2, 1, 8, MessageClass::data, 1}, 0);
  }
  Log log;
  run_out(network, log);
  REQUIRE(log.arrivals.size() == 20);
  for (std::size_t i = 1; i < log.arrivals.size(); ++i) {
    CHECK(log.arrivals[i].tail == log.arrivals[i - 1].tail + 8);
    CHECK(log.arrivals[i].tag != log.arrivals[i - 1].tag);
  }
}

TEST_CASE("a packet moves on once there is room for all of it", "[noc]") {
  // Router 1's buffer from the west holds one of two packets of 3 flits, of depth 5, while a third passes its output.
  PacketNetworkConfig config = mesh(3, 2);
  config.depth = 5;
  config.max_packet = 100;
  PacketNetwork network{config};
  network.inject({1, 2, 100, MessageClass::data, 0}, 0);
  network.inject({0, 2, 3, MessageClass::data, 1}, 2);
  network.inject({0, 2, 3, MessageClass::data, 2}, 2);
  Log log;
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

TEST_CASE("message classes do not block one another", "[noc]") {
  // Data for router 3 stands in a queue as far as router 0; a packet from 0 to 2 takes the same way.
  const auto latency_of = [](MessageClass message_class, int hot_packets) {
    PacketNetwork network{mesh(4, 2)};
    for (int i = 0; i < hot_packets; ++i) {
      for (const int source : {0, 7, 7, 7, 7, 7, 7}) {
        network.inject({source, 3, 8, MessageClass::data, 0}, 0);
      }
    }
    network.inject({0, 2, 8, message_class, 1}, 200);
    Log log;
    run_out(network, log);
    const auto found =
        std::find_if(log.arrivals.begin(), log.arrivals.end(), [](const Arrival& a) { return a.tag == 1; });
    REQUIRE(found != log.arrivals.end());
    return found->tail - 200;
  };
  const NocCycle alone = PacketNetwork{mesh(4, 2)}.zero_load_latency(0, 2, 8);
  CHECK(latency_of(MessageClass::data, 100) > 500);
  for (const MessageClass other : {MessageClass::psum, MessageClass::memory_request, MessageClass::memory_response}) {
    CHECK(latency_of(other, 0) == alone);
    // The links are shared: at each of four, a packet at most is under way.
    CHECK(latency_of(other, 100) <= alone + 4 * 8);
  }
}

TEST_CASE("every flit of a saturated network of any kind arrives", "[noc]") {
  test::Random random{3};
  for (PacketNetworkConfig config : some_of_each()) {
    for (const int depth : {1, 3, 8}) {
      config.depth = depth;
      config.max_packet = 20;
      PacketNetwork network{config};
      Log log;
      std::int64_t hops = 0;
      std::int64_t flits = 0;
      for (std::uint64_t tag = 0; tag < 600; ++tag) {
        const NocPacket packet{random.between(0, network.endpoints() - 1), random.between(0, network.endpoints() - 1),
                               random.between(1, 20), static_cast<MessageClass>(random.between(0, 3)), tag};
        network.inject(packet, random.between(0, 50));
        hops += network.routers_between(packet.source, packet.destination);
        flits += packet.flits * network.routers_between(packet.source, packet.destination);
      }
      run_out(network, log);
      CHECK(log.arrivals.size() == 600);
      CHECK(network.packet_hops() == hops);
      std::int64_t crossed = 0;
      for (const NocLink& link : network.links()) {
        crossed += link.flits;
      }
      CHECK(crossed == flits);
    }
  }
}

TEST_CASE("packets of one class between two endpoints stay in order", "[noc]") {
  test::Random random{11};
  PacketNetwork network{torus(4, 4)};
  std::map<std::uint64_t, std::tuple<int, int, int>> flow;
  for (std::uint64_t tag = 0; tag < 2000; ++tag) {
    const NocPacket packet{random.between(0, 15), random.between(0, 15), random.between(1, 8),
                           static_cast<MessageClass>(random.between(0, 3)), tag};
    network.inject(packet, 0);
    flow[tag] = {packet.source, packet.destination, static_cast<int>(packet.message_class)};
  }
  Log log;
  run_out(network, log);
  std::map<std::tuple<int, int, int>, std::uint64_t> last;
  for (const Arrival& arrival : log.arrivals) {
    const auto [previous, first] = last.try_emplace(flow[arrival.tag], arrival.tag);
    CHECK((first || previous->second < arrival.tag));
    previous->second = arrival.tag;
  }
}

TEST_CASE("how a network is driven makes no difference", "[noc]") {
  PacketNetworkConfig config = mesh(4, 4);
  SyntheticTraffic traffic;
  traffic.rate = 0.5;
  traffic.cycles = 500;
  const std::vector<OfferedPacket> packets = generate(traffic, config);
  const auto run = [&](NocCycle step) {
    PacketNetwork network{config};
    Log log;
    std::size_t next = 0;
    while (next < packets.size() || network.next_event()) {
      const NocCycle until = network.now() + step;
      for (; next < packets.size() && packets[next].created <= until; ++next) {
        network.inject({packets[next].source, packets[next].destination, packets[next].flits, MessageClass::data, next},
                       packets[next].created);
      }
      network.advance_to(until, log);
    }
    // Those of one cycle are handed over in the order in which they became known.
    std::ranges::sort(log.arrivals, {}, &Arrival::tag);
    return log.arrivals;
  };
  const std::vector<Arrival> arrivals = run(1);
  CHECK(arrivals.size() == packets.size());
  const bool same = run(1) == arrivals && run(17) == arrivals && run(100000) == arrivals;
  CHECK(same);
}

TEST_CASE("a listener may inject", "[noc]") {
  class PingPong final : public PacketListener {
   public:
    explicit PingPong(PacketNetwork& network) : network_{network} {}
    void left_source(std::uint64_t /*tag*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
    void arrived(std::uint64_t tag, int destination, NocCycle /*head*/, NocCycle tail) override {
      last = tail;
      if (tag > 0) {
        network_.inject({destination, 3 - destination, 2, MessageClass::data, tag - 1}, tail);
      }
    }
    NocCycle last{0};

   private:
    PacketNetwork& network_;
  };
  PacketNetwork network{mesh(4, 1)};
  PingPong players{network};
  network.inject({0, 3, 2, MessageClass::data, 99}, 0);
  network.advance_to(100000, players);
  CHECK(players.last == 100 * network.zero_load_latency(0, 3, 2));
  CHECK_FALSE(network.next_event());
}

TEST_CASE("multicast replicates at the routers where ways part", "[noc][multicast]") {
  PacketNetworkConfig config = mesh(4, 4);
  config.multicast = true;
  PacketNetwork network{config};
  Log log;
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
  for (PacketNetworkConfig config : some_of_each()) {
    config.multicast = true;
    PacketNetwork network{config};
    Log log;
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

TEST_CASE("what the owner of a network must not do is an internal fault", "[noc]") {
  PacketNetwork network{mesh(2, 2)};
  Log log;
  CHECK_THROWS_AS(network.inject({4, 0, 1}, 0), InternalError);
  CHECK_THROWS_AS(network.inject({0, -1, 1}, 0), InternalError);
  CHECK_THROWS_AS(network.inject({0, 1, 9}, 0), InternalError);
  CHECK_THROWS_AS(network.inject({0, 1, 0}, 0), InternalError);
  CHECK_THROWS_AS(network.inject_multicast({0, 1, 1}, {1, 2}, 0), InternalError);
  network.advance_to(10, log);
  CHECK_THROWS_AS(network.inject({0, 1, 1}, 9), InternalError);
  CHECK_THROWS_AS(network.advance_to(9, log), InternalError);
}

TEST_CASE("synthetic traffic goes where its pattern says, as often as it says", "[noc]") {
  const PacketNetworkConfig config = mesh(4, 4);
  SyntheticTraffic traffic;
  traffic.rate = 0.4;
  traffic.cycles = 20000;
  const auto share_to = [&](const std::vector<OfferedPacket>& packets, int destination) {
    const auto hits = std::count_if(packets.begin(), packets.end(),
                                    [&](const OfferedPacket& packet) { return packet.destination == destination; });
    return static_cast<double>(hits) / static_cast<double>(packets.size());
  };
  SECTION("rate, and the share of each destination") {
    std::vector<OfferedPacket> packets = generate(traffic, config);
    CHECK(static_cast<double>(packets.size()) == Approx(16 * 20000 * 0.4 / 4).epsilon(0.02));
    CHECK(share_to(packets, 5) == Approx(1.0 / 16).epsilon(0.1));
    traffic.pattern = TrafficPattern::hotspot;
    packets = generate(traffic, config);
    CHECK(share_to(packets, 5) == Approx(5.0 / 20).epsilon(0.05));
    CHECK(share_to(packets, 6) == Approx(1.0 / 20).epsilon(0.1));
  }
  SECTION("fixed destinations") {
    const auto goes_to = [&](TrafficPattern pattern, int source, const PacketNetworkConfig& network) {
      traffic.pattern = pattern;
      traffic.cycles = 100;
      for (const OfferedPacket& packet : generate(traffic, network)) {
        if (packet.source == source) {
          return packet.destination;
        }
      }
      return -1;
    };
    CHECK(goes_to(TrafficPattern::transpose, 6, config) == 9);
    CHECK(goes_to(TrafficPattern::neighbour, 7, config) == 8);
    CHECK(goes_to(TrafficPattern::bit_complement, 1, config) == 14);
    CHECK(goes_to(TrafficPattern::transpose, 6 * 4 + 3, cmesh(4, 4, 4)) == 9 * 4 + 3);
  }
  SECTION("a seed names the same packets everywhere") {
    const std::vector<OfferedPacket> packets = generate(traffic, config);
    CHECK(packets == generate(traffic, config));
    traffic.seed = 2;
    CHECK(packets != generate(traffic, config));
  }
}

}  // namespace crossweave
