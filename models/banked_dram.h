// One channel of DRAM and its controller, command by command (`dram.model: banked`). Plain C++: whoever owns the clock
// drives it. docs/dram.md describes the model and what it was validated against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "arch/banked_dram.h"
#include "models/dram_address_map.h"
#include "models/dram_bank_state.h"
#include "models/dram_scheduler.h"

namespace crossweave {

/// A region to read or to write, of any size; it is cut into bursts at their boundaries.
struct DramAccess {
  std::uint64_t tag{0};  ///< the owner's; comes back with the end
  bool write{false};
  std::int64_t address{0};  ///< in bytes, not negative
  Bytes size{64};           ///< at least one byte
};

struct DramAccessTimes {
  DramCycle accepted{0};  ///< its first burst entered the controller's queue
  DramCycle done{0};      ///< its last data has been transferred, and the controller has handed it over
};

class DramListener {
 public:
  /// Called while the channel advances. May submit.
  virtual void access_done(std::uint64_t tag, const DramAccessTimes& times) = 0;

 protected:
  ~DramListener() = default;
};

/// A command as it goes over the command bus, for whoever checks them. What does not apply is 0.
struct DramCommand {
  DramCycle cycle{0};
  DramCommandKind kind{DramCommandKind::activate};
  int rank{0};
  int bank{0};  ///< of all ranks (DramLocation)
  int row{0};
};

struct DramCounts {
  std::int64_t reads{0};       ///< commands; a burst each
  std::int64_t writes{0};      ///< the same
  std::int64_t forwarded{0};   ///< bursts that were read from the write queue
  std::int64_t row_hits{0};    ///< bursts whose row was open when their bank turned to them
  std::int64_t row_closed{0};  ///< no row was
  std::int64_t row_conflicts{0};
  std::int64_t activates{0};
  std::int64_t precharges{0};  ///< of one bank or of all
  std::int64_t refreshes{0};
};

/// Accesses are taken in their order into an input queue without bound, burst by burst, one a cycle, as the queues of
/// reads and writes have room. One command a cycle; of those that are legal first, refresh comes before reads and
/// writes, those before activates and precharges, then the older burst (`next_burst` chooses within a bank). Rows stay
/// open until another is wanted or a refresh is due. A step of the model is a burst taken or a command: idle time costs
/// nothing.
class BankedDram {
 public:
  explicit BankedDram(const BankedDramSpec& spec);

  /// An access that may be taken from cycle `at` on: not before now(), nor before that of the access before it.
  void submit(const DramAccess& access, DramCycle at);

  [[nodiscard]] DramCycle now() const { return now_; }
  /// No access ends before this cycle; nothing when none is under way. Commands in between need no call.
  [[nodiscard]] std::optional<DramCycle> next_event() const;
  /// Lets everything happen that happens up to `cycle`, and stands there.
  void advance_to(DramCycle cycle, DramListener& listener);
  /// Lets everything happen until no access is under way.
  void finish(DramListener& listener);

  [[nodiscard]] const DramCounts& counts() const { return counts_; }
  /// Appends every command from now on to `log`, but for refreshes of an idle, closed rank, which are only counted.
  void record_commands(std::vector<DramCommand>& log) { log_ = &log; }
  /// Throws InternalError when a burst got lost; `all_done` when nothing may be under way any more.
  void check_conservation(bool all_done) const;

 private:
  using Index = std::uint32_t;

  static constexpr DramCycle kNever = std::numeric_limits<DramCycle>::max();

  struct Access {
    std::uint64_t tag{0};
    bool write{false};
    DramCycle arrival{0};
    std::int64_t next{0};  ///< burst to be taken, by its number
    std::int64_t end{0};
    std::int64_t open{0};  ///< bursts that are not done
    std::optional<DramCycle> accepted;
    DramCycle done{0};
  };
  struct Completion {
    DramCycle done{0};
    Index access{0};
  };
  /// The command that a bank's next burst needs.
  struct Candidate {
    DramCycle from{kNever};  ///< as far as the bank is concerned; never: no burst waits
    std::int64_t order{0};   ///< among commands that are legal in one cycle
    std::size_t place{0};    ///< of the burst in its queue
    DramCommandKind kind{DramCommandKind::precharge};
  };
  /// The queue of reads or of writes, by bank.
  struct Queue {
    std::vector<std::vector<WaitingBurst>> bursts;  ///< the oldest first
    std::vector<Candidate> next;
    int waiting{0};
  };
  /// What happens next.
  struct Step {
    enum class What { none, take, precharge_all, refresh, command };
    DramCycle at{kNever};
    What what{What::none};
    int subject{0};  ///< a rank or a bank
  };

  [[nodiscard]] Queue& queue(bool writes) { return writes ? writes_ : reads_; }
  [[nodiscard]] const Queue& queue(bool writes) const { return writes ? writes_ : reads_; }
  [[nodiscard]] bool writes_turn() const;
  [[nodiscard]] bool idle() const { return reads_.waiting + writes_.waiting == 0; }
  [[nodiscard]] DramCycle soonest_done() const;
  [[nodiscard]] Step next_step() const;
  void consider_commands(int rank, Step& step) const;
  void consider_refresh(int rank, Step& step) const;
  void perform(const Step& step);
  void take(DramCycle at);
  void command(int bank, DramCycle at);
  void refresh(int rank, DramCycle at);
  void renew(int bank);
  void burst_done(Index access, DramCycle done);
  void log(DramCycle at, DramCommandKind kind, int rank, int bank, int row);

  BankedDramSpec spec_;
  DramAddressMap map_;
  DramBankState state_;
  DramCycle now_{0};
  DramCycle command_from_{0};           ///< no command is earlier: the bus has had one, or what it is for had not come
  DramCycle take_from_{0};              ///< no burst is taken earlier: one was, or there was no room
  std::vector<DramCycle> refresh_due_;  ///< by rank
  Queue reads_;
  Queue writes_;
  bool draining_{false};  ///< writes go first
  std::int64_t age_{0};
  std::vector<Access> accesses_;
  std::vector<Index> free_accesses_;
  std::deque<Index> input_;             ///< accesses of which bursts are still to be taken
  std::deque<Completion> completions_;  ///< by time
  Step step_;
  DramCounts counts_;
  std::int64_t bursts_submitted_{0};
  std::int64_t bursts_done_{0};
  std::vector<DramCommand>* log_{nullptr};
};

}  // namespace crossweave
