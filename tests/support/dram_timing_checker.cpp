#include "tests/support/dram_timing_checker.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace crossweave::test {
namespace {

constexpr std::size_t kActivatesInWindow = 4;  // of tFAW

bool is_data(DramCommandKind kind) { return kind == DramCommandKind::read || kind == DramCommandKind::write; }

bool is_of_rank(DramCommandKind kind) {
  return kind == DramCommandKind::precharge_all || kind == DramCommandKind::refresh;
}

}  // namespace

DramTimingChecker::DramTimingChecker(const DramDevice& device)
    : device_{device},
      open_row_(static_cast<std::size_t>(device.organization.ranks * device.organization.banks_of_rank()), -1) {}

DramTimingChecker::Rule DramTimingChecker::between(const DramCommand& first, const DramCommand& second) const {
  using enum DramCommandKind;
  const DramTiming& t = device_.timing;
  const int burst = device_.organization.burst_length / 2;
  const bool same_rank = first.rank == second.rank;
  const bool whole_rank = is_of_rank(first.kind) || is_of_rank(second.kind);
  const bool same_bank = same_rank && (whole_rank || first.bank == second.bank);
  const bool same_group = same_rank && !whole_rank && group_of(first.bank) == group_of(second.bank);
  const bool closes = second.kind == precharge || second.kind == precharge_all;
  const bool opens = second.kind == activate || second.kind == refresh;
  switch (first.kind) {
    case activate:
      if (same_bank) {
        return opens                 ? Rule{"tRC", t.rc}
               : closes              ? Rule{"tRAS", t.ras}
               : second.kind == read ? Rule{"tRCD", t.rcd}
                                     : Rule{"tRCDWR", t.rcd_wr};
      }
      if (same_rank && second.kind == activate) {
        return same_group ? Rule{"tRRD_L", t.rrd_l} : Rule{"tRRD_S", t.rrd_s};
      }
      return {};
    case precharge:
      return same_bank && opens ? Rule{"tRP", t.rp} : Rule{};
    case precharge_all:
      return same_bank && opens ? Rule{"tRPab", t.rp_ab} : Rule{};
    case refresh:
      return same_bank && opens ? Rule{"tRFC", t.rfc} : Rule{};
    case read:
      if (closes) {
        return same_bank ? Rule{"tRTP", t.rtp} : Rule{};
      }
      if (second.kind == read) {
        return !same_rank   ? Rule{"burst + tRTRS", burst + t.rtrs}
               : same_group ? Rule{"tCCD_L", t.ccd_l}
                            : Rule{"tCCD_S", t.ccd_s};
      }
      if (second.kind == write) {
        return same_rank ? Rule{"tRTW", t.rtw} : Rule{"tCL + burst + tRTRS - tCWL", t.cl + burst + t.rtrs - t.cwl};
      }
      return {};
    case write:
      if (closes) {
        return same_bank ? Rule{"tCWL + burst + tWR", t.cwl + burst + t.wr} : Rule{};
      }
      if (second.kind == write) {
        return !same_rank   ? Rule{"burst + tRTRS", burst + t.rtrs}
               : same_group ? Rule{"tCCD_L", t.ccd_l}
                            : Rule{"tCCD_S", t.ccd_s};
      }
      if (second.kind == read) {
        return !same_rank   ? Rule{"tCWL + burst + tRTRS - tCL", t.cwl + burst + t.rtrs - t.cl}
               : same_group ? Rule{"tCWL + burst + tWTR_L", t.cwl + burst + t.wtr_l}
                            : Rule{"tCWL + burst + tWTR_S", t.cwl + burst + t.wtr_s};
      }
      return {};
  }
  throw std::logic_error{"unknown command"};
}

std::string DramTimingChecker::objection_of_state(const DramCommand& command) const {
  const int row = open_row_[static_cast<std::size_t>(command.bank)];
  switch (command.kind) {
    case DramCommandKind::activate:
      return row == -1 ? "" : "a row is open";
    case DramCommandKind::precharge:
      return row != -1 ? "" : "no row is open";
    case DramCommandKind::read:
    case DramCommandKind::write:
      return row == command.row ? "" : "the row is not open";
    case DramCommandKind::precharge_all:
      return "";
    case DramCommandKind::refresh: {
      const int banks = device_.organization.banks_of_rank();
      const auto first = open_row_.begin() + command.rank * banks;
      return std::all_of(first, first + banks, [](int open) { return open == -1; }) ? "" : "rows are open";
    }
  }
  throw std::logic_error{"unknown command"};
}

DramCycle DramTimingChecker::data_from(const DramCommand& command) const {
  return command.cycle + (command.kind == DramCommandKind::read ? device_.timing.cl : device_.timing.cwl);
}

std::string DramTimingChecker::objection_of_data_bus(const DramCommand& command) const {
  const int burst = device_.organization.burst_length / 2;
  for (const DramCommand& earlier : commands_) {
    if (is_data(command.kind) && is_data(earlier.kind) && data_from(command) < data_from(earlier) + burst &&
        data_from(earlier) < data_from(command) + burst) {
      return "two bursts meet on the data bus";
    }
  }
  return "";
}

std::string DramTimingChecker::objection(const DramCommand& command) const {
  std::size_t activates = 0;
  for (auto earlier = commands_.rbegin(); earlier != commands_.rend(); ++earlier) {
    if (command.cycle <= earlier->cycle) {
      return "the command bus is taken";
    }
    const Rule rule = between(*earlier, command);
    if (command.cycle < earlier->cycle + rule.cycles) {
      return rule.name;
    }
    if (command.kind == DramCommandKind::activate && earlier->kind == DramCommandKind::activate &&
        earlier->rank == command.rank && ++activates == kActivatesInWindow &&
        command.cycle < earlier->cycle + device_.timing.faw) {
      return "tFAW";
    }
  }
  std::string state = objection_of_state(command);
  return state.empty() ? objection_of_data_bus(command) : state;
}

void DramTimingChecker::issue(const DramCommand& command) {
  const DramTiming& t = device_.timing;
  const DramCycle reach =
      t.rfc + t.faw + t.rc + t.rtw + t.cl + t.cwl + t.wr + t.wtr_l + device_.organization.burst_length;
  while (!commands_.empty() && commands_.front().cycle + reach < command.cycle) {
    commands_.pop_front();
  }
  commands_.push_back(command);
  const int banks = device_.organization.banks_of_rank();
  if (command.kind == DramCommandKind::precharge_all) {
    std::fill_n(open_row_.begin() + command.rank * banks, banks, -1);
  } else if (command.kind == DramCommandKind::activate) {
    open_row_[static_cast<std::size_t>(command.bank)] = command.row;
  } else if (command.kind == DramCommandKind::precharge) {
    open_row_[static_cast<std::size_t>(command.bank)] = -1;
  }
}

}  // namespace crossweave::test
