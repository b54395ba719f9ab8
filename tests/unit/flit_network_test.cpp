// Does the flit network have the pipelines, worms, channels and channel widths that it says it has? That it agrees with
// BookSim2 is for tests/validation to say.
#include "models/flit_network.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/noc_networks.h"

namespace crossweave {
namespace {

using test::Arrival;
using test::flit;
using test::mesh;
using test::name_of;
using test::PacketLog;
using test::run_out;
using test::why_not;

constexpr NocRouter kRouters[] = {NocRouter::one_stage, NocRouter::two_stage, NocRouter::four_stage};

NocCycle tail_of(const PacketLog& log, std::uint64_t tag) {
  const auto found =
      std::find_if(log.arrivals.begin(), log.arrivals.end(), [tag](const Arrival& a) { return a.tag == tag; });
  REQUIRE(found != log.arrivals.end());
  return found->tail;
}

}  // namespace

TEST_CASE("a flit network that cannot be is refused in words", "[noc]") {
  NocConfig config = flit(mesh(4, 4));
  config.virtual_channels = 9;
  CHECK(why_not(config) == "virtual channels: expected 1 to 8, got 9");
  config = test::with_memory(flit(test::cmesh(4, 4, 4)), 0);
  config.virtual_channels = 7;
  CHECK(why_not(config).empty());
  config.virtual_channels = 8;
  CHECK(why_not(config) == "a router of 9 ports has at most 7 virtual channels for each message class, got 8");
  config = flit(mesh(4, 4));
  config.cycles_per_flit = 0;
  CHECK(why_not(config) == "cycles per flit: expected 1 to 1000, got 0");
  config = flit(test::torus(4, 4));
  config.virtual_channels = 3;
  CHECK_THAT(why_not(config), Catch::StartsWith("a torus needs an even number of virtual channels"));
  config = flit(mesh(4, 4));
  config.multicast = true;
  CHECK_THAT(why_not(config), Catch::EndsWith("multicast is a feature of the packet network"));
  CHECK_THROWS_AS(FlitNetwork{mesh(4, 4)}, InternalError);
}

TEST_CASE("a worm is held up by its credit loop, whatever the router and the link", "[noc]") {
  for (const NocRouter router : kRouters) {
    for (const int link : {1, 2, 5}) {
      for (const int depth : {1, 2, 3, 4, 5, 8, 14, 20}) {
        NocConfig config = flit(mesh(4, 1), router);
        config.link = link;
        config.depth = depth;
        config.max_packet = 100;
        FlitNetwork network{config};
        network.inject({0, 3, 100}, 0);
        PacketLog log;
        run_out(network, log);
        // Through the switch and over the link, and the credit back; what comes in one cycle is used in the next.
        const int loop = (router == NocRouter::one_stage ? 0 : 1) + link + 1 + link + 1;
        INFO(name_of(config) << ", link " << link);
        CHECK(log.arrivals[0].tail ==
              network.zero_load_latency(0, 3, 100) + (depth < loop ? 99 / depth * (loop - depth) : 0));
      }
    }
  }
}

TEST_CASE("packets that follow one another in a channel lose two cycles each in a router of four stages", "[noc]") {
  for (const NocRouter router : kRouters) {
    const int bubbles = router == NocRouter::four_stage ? 2 : 0;
    for (const int flits : {1, 4, 8}) {
      INFO(name_of(flit(mesh(4, 1), router)) << ", " << flits << " flits");
      FlitNetwork one_flow{flit(mesh(4, 1), router)};
      for (std::uint64_t tag = 0; tag < 20; ++tag) {
        one_flow.inject({0, 3, flits, MessageClass::data, tag}, 0);
      }
      PacketLog log;
      run_out(one_flow, log);
      CHECK(tail_of(log, 19) == one_flow.zero_load_latency(0, 3, flits) + 19 * (flits + bubbles));
    }
  }
}

TEST_CASE("a worm moves on as far as there is room", "[noc]") {
  // Router 1's buffer from the west, of 5 flits, takes the first packet of 3 and a part of the second, while a third
  // passes its output.
  NocConfig config = flit(mesh(3, 2));
  config.depth = 5;
  config.max_packet = 100;
  FlitNetwork network{config};
  network.inject({1, 2, 100, MessageClass::data, 0}, 0);
  network.inject({0, 2, 3, MessageClass::data, 1}, 2);
  network.inject({0, 2, 3, MessageClass::data, 2}, 2);
  PacketLog log;
  network.advance_to(60, log);
  CHECK(network.occupancy(1, RouterSide::west) == 5);
  CHECK(network.occupancy(0, RouterSide::local) == 1);
  CHECK(network.queued(1, MessageClass::data) == 1);
  CHECK(network.queued(0, MessageClass::data) == 0);
  run_out(network, log);
  CHECK(tail_of(log, 0) == network.zero_load_latency(1, 2, 100));
  CHECK(tail_of(log, 1) == tail_of(log, 0) + 3);
  CHECK(tail_of(log, 2) == tail_of(log, 1) + 3);
}

TEST_CASE("a second channel lets a packet pass one that stands", "[noc]") {
  for (const int channels : {1, 2}) {
    NocConfig config = flit(mesh(3, 2));
    config.virtual_channels = channels;
    config.max_packet = 100;
    FlitNetwork network{config};
    // From router 1 to 2; behind it, from 0, one that wants the same output, and one that wants another.
    network.inject({1, 2, 100, MessageClass::data, 0}, 0);
    if (channels == 2) {
      network.inject({4, 2, 100, MessageClass::data, 9}, 0);  // takes the second channel
    }
    network.inject({0, 2, 20, MessageClass::data, 1}, 5);
    network.inject({0, 4, 2, MessageClass::data, 2}, 6);
    PacketLog log;
    run_out(network, log);
    const NocCycle latency = tail_of(log, 2) - 6;
    CHECK((latency > 80) == (channels == 1));
  }
}

TEST_CASE("message classes share a channel flit by flit", "[noc]") {
  FlitNetwork network{flit(mesh(2, 1))};
  network.inject({0, 1, 8, MessageClass::psum, 0}, 0);
  network.inject({0, 1, 8, MessageClass::data, 1}, 0);
  PacketLog log;
  run_out(network, log);
  const NocCycle both = network.zero_load_latency(0, 1, 16);
  CHECK(tail_of(log, 0) == both - 1);
  CHECK(tail_of(log, 1) == both);
}

TEST_CASE("a channel narrower than a flit takes several cycles for each", "[noc]") {
  for (const NocRouter router : kRouters) {
    NocConfig config = flit(mesh(3, 3), router);
    config.cycles_per_flit = 2;
    FlitNetwork network{config};
    network.inject({0, 8, 8, MessageClass::data, 0}, 0);
    PacketLog log;
    run_out(network, log);
    CHECK(tail_of(log, 0) == network.zero_load_latency(0, 8, 8));
    CHECK(log.arrivals[0].tail == log.arrivals[0].head + 7 * 2);
    // An ejection channel that is never idle.
    FlitNetwork many{config};
    for (const int source : {1, 3, 5, 7}) {
      many.inject({source, 4, 8, MessageClass::data, static_cast<std::uint64_t>(source)}, 0);
    }
    PacketLog taken;
    run_out(many, taken);
    CHECK(taken.arrivals.back().tail == many.zero_load_latency(1, 4, 8) + 3 * 2 * 8);
  }
}

TEST_CASE("cycles in which nothing can move cost nothing", "[noc]") {
  NocConfig config = flit(mesh(3, 1));
  config.depth = 1;
  config.link = 400;
  FlitNetwork network{config};
  network.inject({0, 2, 8}, 1000);
  CHECK(network.next_event() == 1000);
  PacketLog log;
  int events = 0;
  for (; const std::optional<NocCycle> next = network.next_event(); ++events) {
    network.advance_to(*next, log);
  }
  CHECK(log.arrivals.at(0).tail > 1000 + 8 * 800);
  // A flit leaves a source or router, arrives, and its credit returns: at four places.
  CHECK(events <= 8 * 4 * 4);
}

}  // namespace crossweave
