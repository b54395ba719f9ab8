// What the banks of a DRAM channel hold, and from which cycle each command is legal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "arch/banked_dram.h"

namespace crossweave {

/// A cycle of the DRAM's clock, counted from reset.
using DramCycle = std::int64_t;

/// The first four are for one bank, the others for a rank.
enum class DramCommandKind { activate, precharge, read, write, precharge_all, refresh };
inline constexpr std::size_t kBankCommands = 4;

/// Open rows, and for each command the first cycle in which it is legal; each command that is issued defers others.
/// Banks are numbered through all ranks (DramLocation).
class DramBankState {
 public:
  static constexpr int kNoRow = -1;

  explicit DramBankState(const DramDevice& device);

  [[nodiscard]] int open_row(int bank) const { return bank_at(bank).row; }
  [[nodiscard]] bool any_open(int rank) const { return ranks_[static_cast<std::size_t>(rank)].open > 0; }

  /// The first cycle in which a command to one bank is legal as far as that bank is concerned (`bank_from`), and as far
  /// as its group and rank are (`group_from`). The former changes only by commands to that bank or to all of its rank.
  [[nodiscard]] DramCycle bank_from(DramCommandKind kind, int bank) const { return bank_at(bank).from[index(kind)]; }
  [[nodiscard]] DramCycle group_from(DramCommandKind kind, int bank) const {
    return groups_[static_cast<std::size_t>(group_of(bank))][index(kind)];
  }
  /// The same for `precharge_all` and `refresh`, which must find all rows closed.
  [[nodiscard]] DramCycle rank_from(DramCommandKind kind, int rank) const;

  void activate(int bank, int row, DramCycle at);
  void precharge(int bank, DramCycle at);
  void read(int bank, DramCycle at);
  void write(int bank, DramCycle at);
  void precharge_all(int rank, DramCycle at);
  void refresh(int rank, DramCycle at);

  [[nodiscard]] int banks_of_rank() const { return banks_of_rank_; }
  [[nodiscard]] int rank_of(int bank) const { return bank / banks_of_rank_; }

 private:
  using FirstCycles = std::array<DramCycle, kBankCommands>;  ///< by kind of command
  struct Bank {
    int row{kNoRow};
    FirstCycles from{};
  };
  struct Rank {
    std::array<DramCycle, 4> activates{};  ///< the latest, those before the first far in the past
    std::size_t oldest{0};
    int open{0};
  };

  static constexpr std::size_t index(DramCommandKind kind) { return static_cast<std::size_t>(kind); }
  static void defer(FirstCycles& from, DramCommandKind kind, DramCycle cycle);
  [[nodiscard]] Bank& bank_at(int bank) { return banks_[static_cast<std::size_t>(bank)]; }
  [[nodiscard]] const Bank& bank_at(int bank) const { return banks_[static_cast<std::size_t>(bank)]; }
  [[nodiscard]] int group_of(int bank) const { return bank >> group_shift_; }
  void close(Bank& bank, DramCycle activate_from);

  DramTiming timing_;
  int burst_;  ///< cycles of the data bus
  int group_shift_;
  int groups_of_rank_;
  int banks_of_rank_;
  std::vector<Bank> banks_;
  std::vector<FirstCycles> groups_;  ///< rank * groups_of_rank_ + group
  std::vector<Rank> ranks_;
};

}  // namespace crossweave
