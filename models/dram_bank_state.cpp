#include "models/dram_bank_state.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace crossweave {

DramBankState::DramBankState(const DramDevice& device)
    : timing_{device.timing},
      burst_{device.organization.burst_cycles()},
      group_shift_{std::countr_zero(static_cast<std::uint32_t>(device.organization.banks))},
      groups_of_rank_{device.organization.bank_groups},
      banks_of_rank_{device.organization.banks_of_rank()},
      banks_(static_cast<std::size_t>(device.organization.ranks * banks_of_rank_)),
      groups_(static_cast<std::size_t>(device.organization.ranks * groups_of_rank_)),
      ranks_(static_cast<std::size_t>(device.organization.ranks)) {
  for (Rank& rank : ranks_) {
    rank.activates.fill(-timing_.faw);
  }
}

/// Makes `cycle` the first for a command, unless it is later already.
void DramBankState::defer(FirstCycles& from, DramCommandKind kind, DramCycle cycle) {
  from[index(kind)] = std::max(from[index(kind)], cycle);
}

void DramBankState::activate(int bank, int row, DramCycle at) {
  Bank& opened = bank_at(bank);
  opened.row = row;
  defer(opened.from, DramCommandKind::read, at + timing_.rcd);
  defer(opened.from, DramCommandKind::write, at + timing_.rcd_wr);
  defer(opened.from, DramCommandKind::precharge, at + timing_.ras);
  defer(opened.from, DramCommandKind::activate, at + timing_.rc);
  const int rank = rank_of(bank);
  Rank& of = ranks_[static_cast<std::size_t>(rank)];
  ++of.open;
  of.activates[of.oldest] = at;
  of.oldest = (of.oldest + 1) % of.activates.size();
  const DramCycle window = of.activates[of.oldest] + timing_.faw;
  for (int group = rank * groups_of_rank_; group < (rank + 1) * groups_of_rank_; ++group) {
    const int rrd = group == group_of(bank) ? timing_.rrd_l : timing_.rrd_s;
    defer(groups_[static_cast<std::size_t>(group)], DramCommandKind::activate, std::max(at + rrd, window));
  }
}

void DramBankState::close(Bank& bank, DramCycle activate_from) {
  bank.row = kNoRow;
  defer(bank.from, DramCommandKind::activate, activate_from);
}

void DramBankState::precharge(int bank, DramCycle at) {
  close(bank_at(bank), at + timing_.rp);
  --ranks_[static_cast<std::size_t>(rank_of(bank))].open;
}

void DramBankState::read(int bank, DramCycle at) {
  defer(bank_at(bank).from, DramCommandKind::precharge, at + timing_.rtp);
  const int own = group_of(bank);
  for (int group = 0; group < static_cast<int>(groups_.size()); ++group) {
    FirstCycles& to = groups_[static_cast<std::size_t>(group)];
    if (group / groups_of_rank_ == own / groups_of_rank_) {
      defer(to, DramCommandKind::read, at + (group == own ? timing_.ccd_l : timing_.ccd_s));
      defer(to, DramCommandKind::write, at + timing_.rtw);
    } else {
      defer(to, DramCommandKind::read, at + burst_ + timing_.rtrs);
      defer(to, DramCommandKind::write, at + timing_.cl + burst_ + timing_.rtrs - timing_.cwl);
    }
  }
}

void DramBankState::write(int bank, DramCycle at) {
  const DramCycle end = at + timing_.cwl + burst_;
  defer(bank_at(bank).from, DramCommandKind::precharge, end + timing_.wr);
  const int own = group_of(bank);
  for (int group = 0; group < static_cast<int>(groups_.size()); ++group) {
    FirstCycles& to = groups_[static_cast<std::size_t>(group)];
    if (group / groups_of_rank_ == own / groups_of_rank_) {
      defer(to, DramCommandKind::write, at + (group == own ? timing_.ccd_l : timing_.ccd_s));
      defer(to, DramCommandKind::read, end + (group == own ? timing_.wtr_l : timing_.wtr_s));
    } else {
      defer(to, DramCommandKind::write, at + burst_ + timing_.rtrs);
      defer(to, DramCommandKind::read, end + timing_.rtrs - timing_.cl);
    }
  }
}

DramCycle DramBankState::rank_from(DramCommandKind kind, int rank) const {
  DramCycle from = 0;
  for (int bank = rank * banks_of_rank_; bank < (rank + 1) * banks_of_rank_; ++bank) {
    if (kind == DramCommandKind::refresh) {
      from = std::max(from, bank_from(DramCommandKind::activate, bank));
    } else if (open_row(bank) != kNoRow) {
      from = std::max(from, bank_from(DramCommandKind::precharge, bank));
    }
  }
  return from;
}

void DramBankState::precharge_all(int rank, DramCycle at) {
  for (int bank = rank * banks_of_rank_; bank < (rank + 1) * banks_of_rank_; ++bank) {
    close(bank_at(bank), at + timing_.rp_ab);
  }
  ranks_[static_cast<std::size_t>(rank)].open = 0;
}

void DramBankState::refresh(int rank, DramCycle at) {
  for (int bank = rank * banks_of_rank_; bank < (rank + 1) * banks_of_rank_; ++bank) {
    defer(bank_at(bank).from, DramCommandKind::activate, at + timing_.rfc);
  }
}

}  // namespace crossweave
