// Is each DRAM command legal from the cycle on that the bank state says, and not before?
#include "models/dram_bank_state.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/dram_devices.h"
#include "tests/support/dram_timing_checker.h"

namespace crossweave {
namespace {

using test::DramTimingChecker;

/// Commands drawn from those that the state of the banks allows, the row with which a bank is opened among three.
class CommandSource {
 public:
  CommandSource(const DramDevice& device, const DramBankState& state)
      : banks_{device.organization.ranks * device.organization.banks_of_rank()}, state_{state} {}

  DramCommand next() {
    DramCommand command;
    command.bank = draw(0, banks_ - 1);
    command.rank = state_.rank_of(command.bank);
    const int open = state_.open_row(command.bank);
    command.row = open == DramBankState::kNoRow ? draw(0, 2) : open;
    const int choice = draw(0, 99);
    if (choice < 2) {
      command.kind = state_.any_open(command.rank) ? DramCommandKind::precharge_all : DramCommandKind::refresh;
      command.bank = 0;
    } else if (open == DramBankState::kNoRow) {
      command.kind = DramCommandKind::activate;
    } else {
      command.kind = choice < 20   ? DramCommandKind::precharge
                     : choice < 60 ? DramCommandKind::read
                                   : DramCommandKind::write;
    }
    return command;
  }
  int draw(int first, int last) { return std::uniform_int_distribution{first, last}(random_); }

 private:
  int banks_;
  const DramBankState& state_;
  std::minstd_rand random_{1};
};

DramCycle first_cycle(const DramBankState& state, const DramCommand& command) {
  if (command.kind == DramCommandKind::precharge_all || command.kind == DramCommandKind::refresh) {
    return state.rank_from(command.kind, command.rank);
  }
  return std::max(state.bank_from(command.kind, command.bank), state.group_from(command.kind, command.bank));
}

void issue(DramBankState& state, const DramCommand& command) {
  switch (command.kind) {
    case DramCommandKind::activate:
      return state.activate(command.bank, command.row, command.cycle);
    case DramCommandKind::precharge:
      return state.precharge(command.bank, command.cycle);
    case DramCommandKind::read:
      return state.read(command.bank, command.cycle);
    case DramCommandKind::write:
      return state.write(command.bank, command.cycle);
    case DramCommandKind::precharge_all:
      return state.precharge_all(command.rank, command.cycle);
    case DramCommandKind::refresh:
      return state.refresh(command.rank, command.cycle);
  }
}

/// Issues 20000 commands, most of them as early as may be, and has each judged in its cycle and in the one before.
void probe(const DramDevice& device) {
  DramBankState state{device};
  DramTimingChecker checker{device};
  CommandSource source{device, state};
  DramCycle bus = 0;
  int bound = 0;
  for (int i = 0; i < 20000; ++i) {
    DramCommand command = source.next();
    const DramCycle from = first_cycle(state, command);
    command.cycle = std::max(from, bus);
    INFO("command " << i << " of kind " << static_cast<int>(command.kind) << " in " << command.cycle);
    REQUIRE(checker.objection(command).empty());
    if (from > bus) {
      --command.cycle;
      REQUIRE_FALSE(checker.objection(command).empty());
      ++command.cycle;
      ++bound;
    }
    command.cycle += source.draw(0, 9) == 0 ? source.draw(0, 40) : 0;
    checker.issue(command);
    issue(state, command);
    bus = command.cycle + 1;
  }
  CHECK(bound > 10000);
}

}  // namespace

TEST_CASE("every DRAM command is legal from the cycle that the bank state gives, and not one cycle before", "[dram]") {
  DramDevice device = test::shipped_dram_device("ddr4-2400");
  SECTION("DDR4, one rank") {}
  SECTION("DDR4, two ranks, far apart on the bus") {
    device.organization.ranks = 2;
    device.timing.rtrs = 10;
  }
  SECTION("LPDDR4, without bank groups") { device = test::shipped_dram_device("lpddr4-3200"); }
  SECTION("HBM2, two ranks, another tRCD for writes") {
    device = test::shipped_dram_device("hbm2");
    device.organization.ranks = 2;
  }
  SECTION("a tRC and a tRPab that bind") {
    device.timing.rc += 10;
    device.timing.rp_ab += 5;
  }
  probe(device);
}

TEST_CASE("the timing checker sees each kind of violation", "[dram]") {
  const DramDevice device = test::shipped_dram_device("ddr4-2400");
  const auto act = [](DramCycle cycle, int bank) { return DramCommand{cycle, DramCommandKind::activate, 0, bank, 7}; };
  const auto command = [](DramCycle cycle, DramCommandKind kind, int bank, int row = 7) {
    return DramCommand{cycle, kind, 0, bank, row};
  };
  using enum DramCommandKind;
  DramTimingChecker checker{device};
  CHECK(checker.objection(command(0, read, 0)) == "the row is not open");
  CHECK(checker.objection(command(0, precharge, 0)) == "no row is open");
  checker.issue(act(100, 0));
  CHECK(checker.objection(act(100, 4)) == "the command bus is taken");
  CHECK(checker.objection(act(103, 4)) == "tRRD_S");
  CHECK(checker.objection(act(105, 1)) == "tRRD_L");
  CHECK(checker.objection(command(116, read, 0)) == "tRCD");
  CHECK(checker.objection(command(117, read, 0, 8)) == "the row is not open");
  CHECK(checker.objection(command(138, precharge, 0)) == "tRAS");
  CHECK(checker.objection(command(300, refresh, 0)) == "rows are open");
  CHECK(checker.objection(act(300, 0)) == "a row is open");
  checker.issue(act(104, 4));
  checker.issue(act(108, 8));
  checker.issue(act(112, 12));
  CHECK(checker.objection(act(125, 1)) == "tFAW");
  CHECK(checker.objection(act(126, 1)).empty());
  checker.issue(command(130, read, 0));
  CHECK(checker.objection(command(133, read, 4)) == "tCCD_S");
  CHECK(checker.objection(command(140, write, 4)) == "tRTW");
  checker.issue(command(141, write, 4));
  CHECK(checker.objection(command(141 + 12 + 4 + 2, read, 8)) == "tCWL + burst + tWTR_S");
  CHECK(checker.objection(command(141 + 12 + 4 + 8, read, 5)) == "tCWL + burst + tWTR_L");
  CHECK(checker.objection(command(141 + 12 + 4 + 17, precharge_all, 0)) == "tCWL + burst + tWR");
  checker.issue(command(200, precharge_all, 0));
  CHECK(checker.objection(command(216, refresh, 0)) == "tRPab");
  checker.issue(command(217, refresh, 0));
  CHECK(checker.objection(act(217 + 419, 0)) == "tRFC");
  CHECK(checker.objection(act(217 + 420, 0)).empty());
}

}  // namespace crossweave
