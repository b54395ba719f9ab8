// Does the banked DRAM keep its laws: latency, order, draining, refresh, legality of its commands, and every burst?
#include "models/banked_dram.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/dram_traffic.h"
#include "tests/support/dram_devices.h"
#include "tests/support/dram_timing_checker.h"

namespace crossweave {
namespace {

using test::ddr4_2400;

class Log final : public DramListener {
 public:
  void access_done(std::uint64_t tag, const DramAccessTimes& times) override {
    done[tag] = times.done;
    order.push_back(tag);
  }
  std::map<std::uint64_t, DramCycle> done;
  std::vector<std::uint64_t> order;
};

/// The last cycle of each access, in order, when nothing else is in the channel.
std::vector<DramCycle> served(const BankedDramSpec& spec, const std::vector<DramAccess>& accesses) {
  BankedDram dram{spec};
  for (std::size_t i = 0; i < accesses.size(); ++i) {
    DramAccess access = accesses[i];
    access.tag = i;
    dram.submit(access, 0);
  }
  Log log;
  dram.finish(log);
  dram.check_conservation(true);
  std::vector<DramCycle> done;
  for (const auto& [tag, cycle] : log.done) {
    done.push_back(cycle);
  }
  return done;
}

DramAccess read(std::int64_t address, std::int64_t size = 64) { return {0, false, address, Bytes{size}}; }
DramAccess write(std::int64_t address, std::int64_t size = 64) { return {0, true, address, Bytes{size}}; }

constexpr std::int64_t kNextRow = 0x20000;  // of the same bank, under the default mapping
constexpr std::int64_t kNextBankGroup = 0x2000;

/// Reads and writes of any size at random places, within a few rows.
struct TimedAccess {
  DramAccess access;
  DramCycle at{0};
};
std::vector<TimedAccess> random_accesses(int count, int gap, int seed) {
  std::minstd_rand random{static_cast<std::uint32_t>(seed)};
  const auto draw = [&random](int first, int last) { return std::uniform_int_distribution{first, last}(random); };
  std::vector<TimedAccess> accesses;
  DramCycle at = 0;
  for (int i = 0; i < count; ++i) {
    const std::int64_t address = draw(0, 3) * kNextRow + draw(0, 15) * kNextBankGroup + draw(0, 500);
    accesses.push_back({{static_cast<std::uint64_t>(i), draw(0, 2) == 0, address, Bytes{draw(1, 300)}}, at});
    at += draw(0, gap);
  }
  return accesses;
}

}  // namespace

TEST_CASE("single accesses take the latencies of DRAMsim3, whatever the controller adds", "[dram]") {
  BankedDramSpec spec = ddr4_2400();
  BankedDram dram{spec};
  Log log;
  const auto latency = [&](const DramAccess& access, DramCycle at) {
    dram.submit(access, at);
    dram.finish(log);
    return log.done.at(access.tag) - at;
  };
  CHECK(latency(read(0), 100) == 40);                // closed: tRCD + tCL + burst + 2
  CHECK(latency(read(64), 500) == 23);               // hit: tCL + burst + 2
  CHECK(latency(read(kNextRow), 1000) == 57);        // conflict: tRP + tRCD + tCL + burst + 2
  CHECK(latency(write(kNextRow), 1500) == 18);       // hit: tCWL + burst + 2
  CHECK(latency(read(kNextBankGroup), 2000) == 40);  // closed
  spec.controller.cycles = 0;
  CHECK(served(spec, {read(0)}) == std::vector<DramCycle>{38});
}

TEST_CASE("streams run at the rate of the constraint that binds them", "[dram]") {
  const BankedDramSpec spec = ddr4_2400(DramRefresh::none);
  constexpr int kCount = 100;
  const auto last = [&](std::int64_t step, bool writes = false) {
    std::vector<DramAccess> accesses(kCount, writes ? write(0) : read(0));
    for (std::size_t i = 0; i < accesses.size(); ++i) {
      accesses[i].address = static_cast<std::int64_t>(i) * step;
    }
    return served(spec, accesses).back();
  };
  CHECK(last(64) == 40 + (kCount - 1) * 6);         // tCCD_L
  CHECK(last(64, true) == 35 + (kCount - 1) * 6);   // the same
  CHECK(last(kNextRow) == 40 + (kCount - 1) * 56);  // tRC
  // tFAW: four activates in 26 cycles, of which the fifth waits for the first.
  CHECK(last(kNextBankGroup) == 40 + (kCount / 4 - 1) * 26 + 3 * 4);
  // Writes to one bank: tRCD + tCWL + burst + tWR + tRP.
  CHECK(last(kNextRow, true) == 35 + (kCount - 1) * (17 + 12 + 4 + 18 + 17));
}

TEST_CASE("an access is cut into the bursts that it touches and is done with the last", "[dram]") {
  const BankedDramSpec spec = ddr4_2400(DramRefresh::none);
  CHECK(served(spec, {read(0, 64)}) == std::vector<DramCycle>{40});
  CHECK(served(spec, {read(63, 1)}) == std::vector<DramCycle>{40});
  CHECK(served(spec, {read(63, 2)}) == std::vector<DramCycle>{46});
  CHECK(served(spec, {read(0, 4096)}) == std::vector<DramCycle>{40 + 63 * 6});
  CHECK(served(spec, {read(32, 4096)}) == std::vector<DramCycle>{40 + 64 * 6});
  // Two accesses share the queue: the second is done one burst later.
  CHECK(served(spec, {read(0, 640), read(640, 64)}) == std::vector<DramCycle>{40 + 9 * 6, 40 + 10 * 6});
  // Beyond the capacity of 8 GiB addresses begin again.
  CHECK(served(spec, {read(0), read((8LL << 30) + 64)}) == std::vector<DramCycle>{40, 46});
}

TEST_CASE("an access is accepted when the queue has room for it, one burst a cycle", "[dram]") {
  BankedDramSpec spec = ddr4_2400(DramRefresh::none);
  spec.controller.read_queue = 2;
  BankedDram dram{spec};
  const std::vector<DramAccessTimes> times =
      serve_all(dram, {{10, 0, false}, {10, 64, false}, {10, 128, false}, {10, 192, false}});
  // The first two at once; the others when those before them have had their command, tRCD and tCCD_L later.
  CHECK(times[0].accepted == 10);
  CHECK(times[1].accepted == 11);
  CHECK(times[2].accepted == 10 + 17);
  CHECK(times[3].accepted == 10 + 17 + 6);
}

TEST_CASE("a row that is open is served first, unless the oldest must be", "[dram]") {
  BankedDramSpec spec = ddr4_2400(DramRefresh::none);
  const std::vector<DramAccess> accesses{read(0), read(kNextRow), read(64)};
  CHECK(served(spec, accesses) == std::vector<DramCycle>{40, 96, 46});
  spec.controller.scheduler = DramScheduler::fcfs;
  CHECK(served(spec, accesses) == std::vector<DramCycle>{40, 96, 152});
}

TEST_CASE("reads go before writes until the writes are too many", "[dram]") {
  BankedDramSpec spec = ddr4_2400(DramRefresh::none);
  spec.controller.write_queue = 4;
  spec.controller.write_high = 3;
  spec.controller.write_low = 1;
  SECTION("few writes wait for all reads") {
    BankedDram dram{spec};
    Log log;
    dram.submit({0, false, 0, Bytes{64}}, 0);
    dram.submit({1, true, 0x4000, Bytes{64}}, 1);
    for (std::uint64_t i = 2; i < 8; ++i) {
      dram.submit({i, false, static_cast<std::int64_t>(64 * i), Bytes{64}}, static_cast<DramCycle>(i));
    }
    dram.finish(log);
    CHECK(log.order.back() == 1);
  }
  SECTION("three writes are drained to one, then the reads have their turn") {
    std::vector<DramAccess> accesses{write(0), write(64), write(128), read(192), read(256)};
    // The first write needs no waiting: nothing else is there. Those that fill the queue are drained to one.
    BankedDram dram{spec};
    std::vector<DramCommand> commands;
    dram.record_commands(commands);
    for (std::size_t i = 0; i < accesses.size(); ++i) {
      accesses[i].tag = i;
      dram.submit(accesses[i], 0);
    }
    Log log;
    dram.finish(log);
    std::vector<DramCommandKind> kinds(commands.size());
    std::ranges::transform(commands, kinds.begin(), &DramCommand::kind);
    using enum DramCommandKind;
    CHECK(kinds == std::vector{activate, write, write, read, read, write});
  }
}

TEST_CASE("a read of what waits to be written is answered from the queue", "[dram]") {
  const BankedDramSpec spec = ddr4_2400(DramRefresh::none);
  BankedDram dram{spec};
  Log log;
  dram.submit({0, true, 0, Bytes{64}}, 0);
  dram.submit({1, false, 32, Bytes{8}}, 5);
  dram.submit({2, false, 64, Bytes{64}}, 6);
  dram.finish(log);
  CHECK(log.done.at(1) == 7);
  CHECK(dram.counts().forwarded == 1);
  CHECK(dram.counts().reads == 1);
  CHECK(dram.counts().writes == 1);
  CHECK(log.order.front() == 1);
}

TEST_CASE("no access is done before the next event, though it be read from the write queue", "[dram]") {
  BankedDram dram{ddr4_2400(DramRefresh::none)};
  dram.submit({0, false, 0x4000, Bytes{64}}, 0);
  dram.submit({1, true, 0, Bytes{64}}, 0);
  dram.submit({2, false, 0, Bytes{64}}, 0);
  dram.submit({3, false, 0, Bytes{64}}, 10);
  Log log;
  while (const auto next = dram.next_event()) {
    const std::size_t before = log.order.size();
    dram.advance_to(*next, log);
    for (std::size_t i = before; i < log.order.size(); ++i) {
      CHECK(log.done.at(log.order[i]) == *next);
    }
  }
  CHECK(log.done.at(2) == 2 + 2);
  CHECK(log.done.at(3) == 10 + 2);
}

TEST_CASE("a rank is refreshed every tREFI, as soon as it can be closed", "[dram]") {
  const BankedDramSpec spec = ddr4_2400();
  BankedDram dram{spec};
  std::vector<DramCommand> commands;
  dram.record_commands(commands);
  Log log;
  SECTION("an access when it is due waits for it") {
    dram.submit({0, false, 0, Bytes{64}}, 9000);
    dram.submit({1, false, 0, Bytes{64}}, 9360);
    dram.finish(log);
    // All banks precharged in 9360, refreshed 17 cycles later, opened again after tRFC.
    CHECK(log.done.at(1) == 9360 + 17 + 420 + 40);
    CHECK(dram.counts().refreshes == 1);
  }
  SECTION("a long idle time costs its refreshes only") {
    constexpr DramCycle kLong = 1'000'000'000'000;
    dram.submit({0, false, 0, Bytes{64}}, 0);
    dram.submit({1, false, 0, Bytes{64}}, kLong);
    dram.finish(log);
    CHECK(dram.counts().refreshes == kLong / 9360);
    CHECK(commands.size() < 10);
    CHECK(log.done.at(1) >= kLong + 40);
    CHECK(log.done.at(1) <= kLong + 40 + 420);
  }
  SECTION("nothing is to be done while nobody asks") {
    CHECK_FALSE(dram.next_event().has_value());
    dram.advance_to(1'000'000, log);
    CHECK_FALSE(dram.next_event().has_value());
    dram.submit({0, false, 0, Bytes{64}}, 1'000'000);
    CHECK(dram.next_event().value() >= 1'000'000);
    dram.finish(log);
    CHECK(dram.counts().refreshes == 106);
  }
}

TEST_CASE("a rank that is refreshed goes before the reads of another", "[dram]") {
  BankedDramSpec spec = ddr4_2400();
  spec.device.organization.ranks = 2;
  BankedDram dram{spec};
  Log log;
  dram.submit({0, false, 0, Bytes{64}}, 9000);
  // The second rank's first refresh is due in 9360, when the first rank could be read.
  dram.submit({1, false, 64, Bytes{64}}, 9360);
  dram.finish(log);
  CHECK(log.done.at(1) == 9361 + 21 + 2);
}

TEST_CASE("all commands of random accesses are legal, and refreshes in time", "[dram]") {
  BankedDramSpec spec = ddr4_2400();
  SECTION("DDR4") {}
  SECTION("DDR4, two ranks, few places, oldest first") {
    spec.device.organization.ranks = 2;
    spec.controller.mapping = test::dram_mapping("rochbabgcora");
    spec.controller.scheduler = DramScheduler::fcfs;
    spec.controller.read_queue = 3;
    spec.controller.write_queue = 2;
    spec.controller.write_high = 2;
    spec.controller.write_low = 0;
  }
  SECTION("LPDDR4") { spec.device = test::shipped_dram_device("lpddr4-3200"); }
  SECTION("HBM2") { spec.device = test::shipped_dram_device("hbm2"); }
  for (const int gap : {0, 20, 200}) {
    BankedDram dram{spec};
    std::vector<DramCommand> commands;
    dram.record_commands(commands);
    std::int64_t bursts = 0;
    const std::int64_t burst = spec.device.organization.burst().count();
    for (const TimedAccess& timed : random_accesses(2000, gap, gap + 1)) {
      dram.submit(timed.access, timed.at);
      bursts += (timed.access.address + timed.access.size.count() - 1) / burst - timed.access.address / burst + 1;
    }
    Log log;
    dram.finish(log);
    dram.check_conservation(true);
    CHECK(log.done.size() == 2000);
    CHECK(dram.counts().reads + dram.counts().writes + dram.counts().forwarded == bursts);
    test::DramTimingChecker checker{spec.device};
    std::map<int, DramCycle> refreshed;
    for (const DramCommand& command : commands) {
      const std::string objection = checker.objection(command);
      if (!objection.empty()) {
        FAIL("kind " << static_cast<int>(command.kind) << " in " << command.cycle << ": " << objection);
      }
      checker.issue(command);
      if (command.kind == DramCommandKind::refresh) {
        const auto [before, first] = refreshed.try_emplace(command.rank, 0);
        // Late by no more than it takes to finish what was begun and to close the rows.
        CHECK(command.cycle - before->second < spec.device.timing.refi + 200);
        before->second = command.cycle;
      }
    }
    CHECK(dram.counts().refreshes == std::ranges::count(commands, DramCommandKind::refresh, &DramCommand::kind));
  }
}

TEST_CASE("it does not matter how the clock's owner steps through time", "[dram]") {
  const BankedDramSpec spec = ddr4_2400();
  const std::vector<TimedAccess> accesses = random_accesses(300, 100, 7);
  BankedDram all_at_once{spec};
  BankedDram cycle_by_cycle{spec};
  BankedDram event_by_event{spec};
  Log expected;
  Log stepped;
  Log jumped;
  for (const TimedAccess& timed : accesses) {
    all_at_once.submit(timed.access, timed.at);
    while (cycle_by_cycle.now() < timed.at - 1) {
      cycle_by_cycle.advance_to(cycle_by_cycle.now() + 1, stepped);
    }
    cycle_by_cycle.submit(timed.access, timed.at);
    for (auto next = event_by_event.next_event(); next && *next < timed.at; next = event_by_event.next_event()) {
      REQUIRE(*next >= event_by_event.now());
      const std::size_t before = jumped.order.size();
      event_by_event.advance_to(*next, jumped);
      CHECK((jumped.order.size() == before || jumped.done[jumped.order[before]] == *next));
    }
    event_by_event.submit(timed.access, timed.at);
  }
  all_at_once.finish(expected);
  cycle_by_cycle.finish(stepped);
  event_by_event.finish(jumped);
  CHECK(expected.done.size() == accesses.size());
  CHECK(stepped.done == expected.done);
  CHECK(jumped.done == expected.done);
  CHECK(stepped.order == expected.order);
}

TEST_CASE("an address map cuts addresses as its fields say, and back", "[dram]") {
  const DramOrganization organization = ddr4_2400().device.organization;
  // The maps M1 and M2 of the reference (tests/data/dram/README.md), in bits of the address.
  const auto bits = [](std::int64_t address, int low, int count) {
    return static_cast<int>(address >> low & ((1 << count) - 1));
  };
  const DramAddressMap m1{organization, test::dram_mapping("rochrababgco")};
  const DramAddressMap m2{organization, test::dram_mapping("rochrabacobg")};
  for (const std::int64_t address : {0L, 0x40L, 0x2000L, 0x20040L, 0x2345678L * 64, (8L << 30) - 64}) {
    CHECK(m1.locate(address / 64) ==
          DramLocation{bits(address, 13, 2) * 4 + bits(address, 15, 2), bits(address, 17, 16), bits(address, 6, 7)});
    CHECK(m2.locate(address / 64) ==
          DramLocation{bits(address, 6, 2) * 4 + bits(address, 15, 2), bits(address, 17, 16), bits(address, 8, 7)});
    CHECK(m1.burst_at(m1.locate(address / 64)) == address / 64);
    CHECK(m2.burst_at(m2.locate(address / 64)) == address / 64);
    CHECK(m1.locate((address + (8L << 30)) / 64) == m1.locate(address / 64));
  }
  DramOrganization two_ranks = organization;
  two_ranks.ranks = 2;
  const DramAddressMap ranks_lowest{two_ranks, test::dram_mapping("robabgcochra")};
  CHECK(ranks_lowest.locate(1) == DramLocation{16, 0, 0});
  CHECK(ranks_lowest.burst_at({16, 0, 0}) == 1);
}

TEST_CASE("synthetic streams go where they say", "[dram]") {
  const BankedDramSpec spec = ddr4_2400();
  const auto addresses = [&](DramPattern pattern, int count, int writes = 0) {
    DramStream stream;
    stream.pattern = pattern;
    stream.requests = count;
    stream.gap = 3;
    stream.writes_percent = writes;
    return generate(stream, spec);
  };
  using enum DramPattern;
  CHECK(addresses(sequential, 3) == std::vector<DramRequest>{{0, 0, false}, {3, 64, false}, {6, 128, false}});
  CHECK(addresses(row_conflict, 3)[2].address == 2 * kNextRow);
  CHECK(addresses(bank_round_robin, 18)[17].address == kNextRow + kNextBankGroup);
  CHECK(addresses(streams, 6)[5].address == 0x4000000 + 0x2000 + 64);
  // (x >> 33) mod 2^24 bursts, x = 6364136223846793005 + 1442695040888963407 for the seed 1.
  CHECK(addresses(random, 1)[0].address == ((7806831264735756412LL >> 33) & 0xFFFFFF) * 64);
  const auto half = addresses(sequential, 100, 50);
  CHECK(std::ranges::count(half, true, &DramRequest::write) == 50);
  CHECK(half[0].write != half[1].write);
  CHECK(std::ranges::count(addresses(sequential, 100, 100), true, &DramRequest::write) == 100);
}

}  // namespace crossweave
