// Do both networks on chip keep the laws that they share: latency, routes, credits, order, classes, and every flit?
#include "models/routed_network.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "models/noc_traffic.h"
#include "tests/support/networks.h"
#include "tests/support/noc_networks.h"

namespace crossweave {
namespace {

using test::Arrival;
using test::cmesh;
using test::flit;
using test::mesh;
using test::name_of;
using test::PacketLog;
using test::run_out;
using test::torus;
using test::why_not;

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
  for (const bool flits : {false, true}) {
    const auto of = [flits](const NocConfig& config) { return flits ? flit(config) : config; };
    CHECK(why_not(of(mesh(4, 4))).empty());
    CHECK(why_not(of(torus(4, 4))).empty());
    CHECK(why_not(of(mesh(0, 4))) == "columns: expected 1 to 256, got 0");
    CHECK(why_not(of(cmesh(2, 2, 5))) == "concentration: expected 1 to 4, got 5");
    NocConfig config = of(torus(4, 4));
    config.virtual_channels = 1;
    CHECK_THAT(why_not(config), Catch::StartsWith(flits ? "a torus needs an even number of virtual channels"
                                                        : "a torus needs 2 virtual channels"));
    config = of(mesh(4, 4));
    config.concentration = 2;
    CHECK(why_not(config) == "several endpoints a router are a concentrated mesh (cmesh)");
    CHECK_THROWS_AS(make_routed_network(config), InternalError);
    CHECK(why_not(test::with_memory(of(mesh(4, 4)), 15)).empty());
    for (const int router : {-1, 16}) {
      CHECK(why_not(test::with_memory(of(mesh(4, 4)), router)) == "the memory is at one of the routers");
    }
  }
}

TEST_CASE("an empty network has the latency of the law, for every pair", "[noc]") {
  for (NocConfig config : test::some_of_each_model()) {
    config.max_packet = 16;
    for (const auto& [pipeline, link] : {std::pair{2, 1}, std::pair{1, 1}, std::pair{4, 2}}) {
      config.pipeline = pipeline;
      config.link = link;
      config.depth = 16;
      const auto network = make_routed_network(config);
      const int router_cycles = config.model == NocModel::packet        ? pipeline
                                : config.router == NocRouter::one_stage ? 1
                                : config.router == NocRouter::two_stage ? 2
                                                                        : 4;
      NocCycle at = 0;
      for (int source = 0; source < network->endpoints(); ++source) {
        for (int destination = 0; destination < network->endpoints(); ++destination) {
          for (const int flits : {1, 5, 16}) {
            PacketLog log;
            network->inject({source, destination, flits, MessageClass::data, 42}, at);
            network->advance_to(at + 900, log);
            const int routers = network->routers_between(source, destination);
            const NocCycle head = at + link + routers * (router_cycles + link) + 1;
            INFO(name_of(config));
            REQUIRE(log.left.at(42) == std::pair{at, at + flits - 1});
            REQUIRE(log.arrivals == std::vector{Arrival{42, destination, head, head + flits - 1}});
            REQUIRE(network->zero_load_latency(source, destination, flits) == head + flits - 1 - at);
            at += 1000;  // beyond the calendar of the near future
          }
        }
      }
    }
  }
  // With the routers R2 and R1 of the reference: 3 H + 2 + (L - 1), 5 H + 2 + (L - 1).
  CHECK(make_routed_network(mesh(4, 4))->zero_load_latency(0, 15, 8) == 3 * 7 + 2 + 7);
  CHECK(make_routed_network(flit(mesh(4, 4)))->zero_load_latency(0, 15, 8) == 3 * 7 + 2 + 7);
  CHECK(make_routed_network(flit(mesh(4, 4), NocRouter::four_stage))->zero_load_latency(0, 15, 8) == 5 * 7 + 2 + 7);
}

TEST_CASE("the way round a torus is the shorter one", "[noc]") {
  const auto network = make_routed_network(torus(5, 4));
  CHECK(network->routers_between(0, 4) == 2);
  CHECK(network->routers_between(0, 2) == 3);
  CHECK(network->routers_between(0, 3 * 5 + 3) == 4);
}

TEST_CASE("XY and YX take their dimension first", "[noc]") {
  for (NocConfig config : {mesh(3, 3), flit(mesh(3, 3))}) {
    for (const NocRouting routing : {NocRouting::xy, NocRouting::yx}) {
      config.routing = routing;
      const auto network = make_routed_network(config);
      PacketLog log;
      network->inject({0, 8, 4}, 0);
      run_out(*network, log);
      for (const NocLink& link : network->links()) {
        const bool east_on_top = link.side == RouterSide::east && (link.router == 0 || link.router == 1);
        const bool south_at_left = link.side == RouterSide::south && (link.router == 0 || link.router == 3);
        if (east_on_top || south_at_left) {
          CHECK(link.flits == (east_on_top == (routing == NocRouting::xy) ? 4 : 0));
        }
      }
    }
  }
}

TEST_CASE("a stream runs at min(1, depth / credit loop) flits a cycle", "[noc]") {
  for (NocConfig config : {mesh(4, 1), flit(mesh(4, 1))}) {
    for (const int depth : {1, 2, 3, 4, 5, 8}) {
      config.depth = depth;
      const auto network = make_routed_network(config);
      const int packets = 200;
      for (int i = 0; i < packets; ++i) {
        network->inject({0, 3, 1}, 0);
      }
      PacketLog log;
      run_out(*network, log);
      const NocCycle last = log.arrivals.back().tail;
      const NocCycle first = network->zero_load_latency(0, 3, 1);
      const int loop = 5;
      const NocCycle stalls = depth >= loop ? 0 : (packets - 1) / depth * (loop - depth);
      INFO(name_of(config));
      CHECK(last == first + packets - 1 + stalls);
    }
  }
}

TEST_CASE("packets that want one output take turns", "[noc]") {
  for (const NocConfig& config : {mesh(3, 1), flit(mesh(3, 1))}) {
    const auto network = make_routed_network(config);
    for (std::uint64_t i = 0; i < 10; ++i) {
      network->inject({0, 1, 8, MessageClass::data, 0}, 0);
      network->inject({2, 1, 8, MessageClass::data, 1}, 0);
    }
    PacketLog log;
    run_out(*network, log);
    REQUIRE(log.arrivals.size() == 20);
    for (std::size_t i = 1; i < log.arrivals.size(); ++i) {
      CHECK(log.arrivals[i].tail == log.arrivals[i - 1].tail + 8);
      CHECK(log.arrivals[i].tag != log.arrivals[i - 1].tag);
    }
  }
}

TEST_CASE("message classes do not block one another", "[noc]") {
  for (const NocConfig& config : {mesh(4, 2), flit(mesh(4, 2))}) {
    // Data for router 3 stands in a queue as far as router 0; a packet from 0 to 2 takes the same way.
    const auto latency_of = [&config](MessageClass message_class, int hot_packets) {
      const auto network = make_routed_network(config);
      for (int i = 0; i < hot_packets; ++i) {
        for (const int source : {0, 7, 7, 7, 7, 7, 7}) {
          network->inject({source, 3, 8, MessageClass::data, 0}, 0);
        }
      }
      network->inject({0, 2, 8, message_class, 1}, 200);
      PacketLog log;
      run_out(*network, log);
      const auto found =
          std::find_if(log.arrivals.begin(), log.arrivals.end(), [](const Arrival& a) { return a.tag == 1; });
      REQUIRE(found != log.arrivals.end());
      return found->tail - 200;
    };
    INFO(name_of(config));
    const NocCycle alone = make_routed_network(config)->zero_load_latency(0, 2, 8);
    CHECK(latency_of(MessageClass::data, 100) > 500);
    for (const MessageClass other : {MessageClass::psum, MessageClass::memory_request, MessageClass::memory_response}) {
      CHECK(latency_of(other, 0) == alone);
      // The links are shared: at each of four, a packet at most is under way.
      CHECK(latency_of(other, 100) <= alone + 4 * 8);
    }
  }
}

TEST_CASE("every flit of a saturated network of any kind arrives", "[noc]") {
  test::Random random{3};
  for (NocConfig config : test::some_of_each_model()) {
    for (const int depth : {1, 3, 8}) {
      config.depth = depth;
      config.max_packet = 20;
      config.link = random.pick<int>({1, 1, 2, 5});
      if (config.model == NocModel::flit) {
        config.virtual_channels = 2 * random.between(1, 4) - (config.topology == NocTopology::torus ? 0 : 1);
        config.cycles_per_flit = random.pick<int>({1, 1, 2, 3});
      }
      INFO(name_of(config));
      const auto network = make_routed_network(config);
      PacketLog log;
      std::int64_t hops = 0;
      std::int64_t flits = 0;
      for (std::uint64_t tag = 0; tag < 300; ++tag) {
        const NocPacket packet{random.between(0, network->endpoints() - 1), random.between(0, network->endpoints() - 1),
                               random.between(1, 20), static_cast<MessageClass>(random.between(0, 3)), tag};
        network->inject(packet, random.between(0, 50));
        hops += network->routers_between(packet.source, packet.destination);
        flits += packet.flits * network->routers_between(packet.source, packet.destination);
      }
      run_out(*network, log);
      CHECK(log.arrivals.size() == 300);
      CHECK(network->packet_hops() == hops);
      std::int64_t crossed = 0;
      for (const NocLink& link : network->links()) {
        crossed += link.flits;
      }
      CHECK(crossed == flits);
    }
  }
}

TEST_CASE("packets all round a ring do not wait for one another for ever", "[noc]") {
  for (NocConfig config : {torus(5, 5), flit(torus(5, 5)), flit(torus(5, 5), NocRouter::four_stage)}) {
    config.depth = 1;
    config.max_packet = 20;
    INFO(name_of(config));
    for (const int step : {2, 3}) {  // east and south, west and north
      for (const int stride : {1, 5}) {
        const auto network = make_routed_network(config);
        for (int at = 0; at < 5; ++at) {
          network->inject({stride * at, stride * ((at + step) % 5), 20}, 0);
        }
        PacketLog log;
        run_out(*network, log);
      }
    }
  }
}

TEST_CASE("packets of one class between two endpoints stay in order", "[noc]") {
  // As long as they have no choice of channels.
  for (const NocConfig& config : {torus(4, 4), flit(torus(4, 4)), flit(mesh(4, 4), NocRouter::four_stage)}) {
    test::Random random{11};
    const auto network = make_routed_network(config);
    std::map<std::uint64_t, std::tuple<int, int, int>> flow;
    for (std::uint64_t tag = 0; tag < 2000; ++tag) {
      const NocPacket packet{random.between(0, 15), random.between(0, 15), random.between(1, 8),
                             static_cast<MessageClass>(random.between(0, 3)), tag};
      network->inject(packet, 0);
      flow[tag] = {packet.source, packet.destination, static_cast<int>(packet.message_class)};
    }
    PacketLog log;
    while (const std::optional<NocCycle> next = network->next_event()) {
      network->advance_to(*next, log);
    }
    std::map<std::tuple<int, int, int>, std::uint64_t> last;
    for (const Arrival& arrival : log.arrivals) {
      const auto [previous, first] = last.try_emplace(flow[arrival.tag], arrival.tag);
      CHECK((first || previous->second < arrival.tag));
      previous->second = arrival.tag;
    }
  }
}

TEST_CASE("how a network is driven makes no difference", "[noc]") {
  for (const NocConfig& config : {mesh(4, 4), flit(mesh(4, 4)), flit(mesh(4, 4), NocRouter::four_stage)}) {
    SyntheticTraffic traffic;
    traffic.rate = 0.5;
    traffic.cycles = 500;
    const std::vector<OfferedPacket> packets = generate(traffic, config);
    const auto run = [&](NocCycle step) {
      const auto network = make_routed_network(config);
      PacketLog log;
      std::size_t next = 0;
      while (next < packets.size() || network->next_event()) {
        const NocCycle until = network->now() + step;
        for (; next < packets.size() && packets[next].created <= until; ++next) {
          network->inject(
              {packets[next].source, packets[next].destination, packets[next].flits, MessageClass::data, next},
              packets[next].created);
        }
        network->advance_to(until, log);
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
}

TEST_CASE("a listener may inject", "[noc]") {
  class PingPong final : public PacketListener {
   public:
    explicit PingPong(RoutedNetwork& network) : network_{network} {}
    void left_source(std::uint64_t /*tag*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
    void arrived(std::uint64_t tag, int destination, NocCycle /*head*/, NocCycle tail) override {
      last = tail;
      if (tag > 0) {
        network_.inject({destination, 3 - destination, 2, MessageClass::data, tag - 1}, tail);
      }
    }
    NocCycle last{0};

   private:
    RoutedNetwork& network_;
  };
  for (const NocConfig& config : {mesh(4, 1), flit(mesh(4, 1))}) {
    const auto network = make_routed_network(config);
    PingPong players{*network};
    network->inject({0, 3, 2, MessageClass::data, 99}, 0);
    network->advance_to(100000, players);
    CHECK(players.last == 100 * network->zero_load_latency(0, 3, 2));
    CHECK_FALSE(network->next_event());
  }
}

TEST_CASE("what the owner of a network must not do is an internal fault", "[noc]") {
  for (const NocConfig& config : {mesh(2, 2), flit(mesh(2, 2))}) {
    const auto network = make_routed_network(config);
    PacketLog log;
    CHECK_THROWS_AS(network->inject({4, 0, 1}, 0), InternalError);
    CHECK_THROWS_AS(network->inject({0, -1, 1}, 0), InternalError);
    CHECK_THROWS_AS(network->inject({0, 1, 9}, 0), InternalError);
    CHECK_THROWS_AS(network->inject({0, 1, 0}, 0), InternalError);
    network->advance_to(10, log);
    CHECK_THROWS_AS(network->inject({0, 1, 1}, 9), InternalError);
    CHECK_THROWS_AS(network->advance_to(9, log), InternalError);
  }
}

TEST_CASE("synthetic traffic goes where its pattern says, as often as it says", "[noc]") {
  const NocConfig config = mesh(4, 4);
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
    const auto goes_to = [&](TrafficPattern pattern, int source, const NocConfig& network) {
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
