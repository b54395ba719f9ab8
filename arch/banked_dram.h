// One channel of external DRAM (`dram.model: banked`): what its devices are, and how its controller runs them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arch/diagnostics.h"
#include "arch/units.h"

namespace crossweave {

/// Every count is a power of two.
struct DramOrganization {
  int ranks{1};
  int bank_groups{1};   ///< of a rank
  int banks{8};         ///< of a bank group
  int rows{65536};      ///< of a bank
  int columns{1024};    ///< of a row, each as wide as the bus
  int bus_bits{64};     ///< data wires of the channel, over all devices of a rank
  int burst_length{8};  ///< transfers of a read or write command, two a cycle

  [[nodiscard]] constexpr Bytes burst() const { return Bytes{static_cast<std::int64_t>(burst_length) * bus_bits / 8}; }
  [[nodiscard]] constexpr int burst_cycles() const { return burst_length / 2; }
  [[nodiscard]] constexpr int bursts_of_row() const { return columns / burst_length; }
  [[nodiscard]] constexpr int banks_of_rank() const { return bank_groups * banks; }
  [[nodiscard]] constexpr Bytes capacity() const {
    return Bytes{static_cast<std::int64_t>(ranks) * banks_of_rank() * rows * columns * bus_bits / 8};
  }

  friend bool operator==(const DramOrganization&, const DramOrganization&) = default;
};

/// Cycles of the device's clock that must pass, from one command to another unless said otherwise. The names are those
/// of the JEDEC standards (JESD79-4 for DDR4); the keys of a device file are these with a t in front: tRCD.
struct DramTiming {
  int cl{0};      ///< read to the first of its data
  int cwl{0};     ///< write to the first of its data
  int rcd{0};     ///< activate to read, same bank
  int rcd_wr{0};  ///< activate to write, same bank
  int rp{0};      ///< precharge to activate, same bank
  int rp_ab{0};   ///< precharge of all banks to activate or refresh
  int ras{0};     ///< activate to precharge, same bank
  int rc{0};      ///< activate to activate, same bank
  int rrd_s{0};   ///< activate to activate, other bank group
  int rrd_l{0};   ///< the same within a bank group
  int faw{0};     ///< holds at most four activates of a rank
  int ccd_s{0};   ///< read to read, or write to write, other bank group
  int ccd_l{0};   ///< the same within a bank group
  int rtw{0};     ///< read to write, same rank
  int wtr_s{0};   ///< end of a write's data to read, other bank group
  int wtr_l{0};   ///< the same within a bank group
  int wr{0};      ///< end of a write's data to precharge, same bank
  int rtp{0};     ///< read to precharge, same bank
  int rtrs{0};    ///< idle bus between data of two ranks
  int refi{0};    ///< one refresh of a rank to the next, on average
  int rfc{0};     ///< refresh to activate or refresh

  friend bool operator==(const DramTiming&, const DramTiming&) = default;
};

struct DramDevice {
  std::string name;
  Frequency clock{Frequency::hertz(1'000'000'000)};  ///< of commands; data is transferred twice a cycle
  DramOrganization organization{};
  DramTiming timing{};

  /// What the bus transfers when it never rests, in bytes a second.
  [[nodiscard]] Rate peak() const { return Rate::bytes_per_second(clock.count_hz() * organization.bus_bits / 8 * 2); }

  friend bool operator==(const DramDevice&, const DramDevice&) = default;
};

/// The parts of an address.
enum class DramField { row, channel, rank, bank_group, bank, column };
inline constexpr std::array<std::string_view, 6> kDramFieldNames{"ro", "ch", "ra", "bg", "ba", "co"};

/// The fields of an address from its highest bit down, above the bits within a burst. Written as DRAMsim3 does,
/// `rochrababgco`: here sequential bursts fill a row, then go to the next bank group. There is one channel, which takes
/// no bits.
using DramMapping = std::array<DramField, 6>;
[[nodiscard]] std::string to_string(const DramMapping& mapping);
[[nodiscard]] Result<DramMapping, Failure> parse_dram_mapping(std::string_view text);

/// Which of a bank's waiting bursts comes next. `fcfs`: the oldest. `fr_fcfs`: the oldest for the open row, if there is
/// one (first ready, first come first served).
enum class DramScheduler { fcfs, fr_fcfs };
inline constexpr std::array<std::string_view, 2> kDramSchedulerNames{"fcfs", "fr_fcfs"};

/// `all_bank`: each rank every tREFI, as soon as its banks can be closed. `none`: the rows keep their content for ever.
enum class DramRefresh { none, all_bank };
inline constexpr std::array<std::string_view, 2> kDramRefreshNames{"none", "all_bank"};

struct DramController {
  DramMapping mapping{DramField::row,  DramField::channel,    DramField::rank,
                      DramField::bank, DramField::bank_group, DramField::column};
  DramScheduler scheduler{DramScheduler::fr_fcfs};
  int read_queue{32};   ///< bursts that wait for their command
  int write_queue{32};  ///< the same
  /// Writes go first from when so many wait until no more than so many do; otherwise when no read waits.
  int write_high{24};
  int write_low{8};
  DramRefresh refresh{DramRefresh::all_bank};
  /// Cycles that the controller adds to each burst's latency.
  int cycles{2};

  friend bool operator==(const DramController&, const DramController&) = default;
};

struct BankedDramSpec {
  DramDevice device{};
  DramController controller{};

  friend bool operator==(const BankedDramSpec&, const BankedDramSpec&) = default;
};

/// A figure that another contradicts.
struct Contradiction {
  std::string key;  ///< without its path: "tRC"
  std::string message;
};

/// The rules across the figures of an organization or a timing, which must each be within their bounds.
[[nodiscard]] std::vector<Contradiction> contradictions(const DramOrganization& organization);
[[nodiscard]] std::vector<Contradiction> contradictions(const DramTiming& timing, const DramOrganization& organization);
[[nodiscard]] std::vector<Contradiction> contradictions(const DramController& controller);

}  // namespace crossweave
