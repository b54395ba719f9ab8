// Where the time went: what every PE did at each instant, and the chain of sets and transfers that made the latency.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "models/events.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// What a PE does at an instant. Waiting is charged to what arrives last: by what that transfer was doing at the time;
/// before it existed, by what the set that made it waited for.
enum class PeState {
  active,    ///< computing
  in_order,  ///< its next set is not ready, a later one is
  lockstep,  ///< another tile of its duplicate lacks input
  upstream,  ///< the producer computes, or computes other sets first
  arrival,   ///< the image has not arrived
  gpeu,      ///< as Activity, here and below
  buffer_port,
  noc_serialization,
  noc_contention,
  dram,
  input_space,
  output_blocked,
  finished,  ///< it has no more sets
  unused     ///< it holds no weights
};
inline constexpr std::array<std::string_view, 14> kPeStateNames{
    "active",      "in-order",       "lockstep",          "upstream",       "arrival",
    "gpeu",        "buffer-port",    "noc-serialization", "noc-contention", "dram",
    "input-space", "output-blocked", "finished",          "unused"};

/// Time in each state.
using StateTimes = std::array<Duration, kPeStateNames.size()>;

/// A part of the chain that made the latency.
struct CriticalSegment {
  Duration begin;
  Duration end;
  /// `active`: a set computes; otherwise as in PeState.
  PeState state{PeState::active};
  StationId station;                 ///< whose set, result or operation it is
  std::optional<std::size_t> run{};  ///< of `active`: which of the SetRuns
};

/// A set that has started, and what came last of what it needs.
struct SetRun {
  StationId station;
  LayerId layer;
  DuplicateId duplicate;
  std::uint32_t image{0};
  SetId set;
  Duration free_since;  ///< when the set before it on its duplicate was done
  Duration start;
  std::optional<Duration> finish;    ///< unless it still runs
  std::optional<StationId> last_of;  ///< whose result came last, if one had to come
  std::optional<std::size_t> maker;  ///< the SetRun that it goes back to, unless it is of the network's input
};

/// Records a run that completes. Throws InternalError at events that contradict one another.
class StallRecorder {
 public:
  explicit StallRecorder(const ExecutionPlan& plan);

  void on(const JourneyLeg& event);
  void on(const InputComplete& event);
  void on(const SetReady& event);
  void on(const SetStarted& event);
  void on(const SetFinished& event);
  void on(const DramAccess& event);

  /// The PEs of one duplicate on one tile; they do the same at every instant.
  struct Group {
    LayerId layer;
    DuplicateId duplicate;
    TileId tile;
    std::int64_t pes{0};
    StateTimes times{};  ///< of each PE
  };
  /// What each group did in a run of that latency; the times of a group add up to it. To be called when the run is
  /// over.
  [[nodiscard]] std::vector<Group> groups(Duration latency) const;
  /// PEs that hold no weights.
  [[nodiscard]] std::int64_t unused_pes() const { return unused_pes_; }

  /// All sets that have started, in that order.
  [[nodiscard]] std::vector<SetRun> runs() const;
  /// The groups, in the order of layers, duplicates and tiles; their times are those up to their last sets.
  [[nodiscard]] const std::vector<Group>& group_list() const { return groups_; }
  /// What a group did from the time when it was free to when a set of its duplicate started: states that follow one
  /// another without a gap.
  void for_each_wait(std::size_t run, std::size_t group,
                     const std::function<void(PeState state, Duration begin, Duration end)>& visit) const;

  /// What each group did, stretch by stretch, in order for each group. With the latency of a run that completed, to its
  /// end; without, to the end of the last sets.
  void for_each_state(
      std::optional<Duration> latency,
      const std::function<void(std::size_t group, PeState state, Duration begin, Duration end)>& visit) const;

  /// The chain that ends with the run, first part first. Its parts follow one another without a gap, from 0 on.
  [[nodiscard]] std::vector<CriticalSegment> critical_path() const;

 private:
  using RecordId = std::uint32_t;
  static constexpr RecordId kNone = UINT32_MAX;

  /// A leg, and the set with which it begins, if any.
  struct Leg {
    LegId before;
    Activity activity{Activity::computing};
    StationId station;
    Duration end;
    RecordId set{kNone};
  };
  /// What a wait was for, up to `end`.
  struct Wait {
    PeState state;
    Duration end;
  };
  /// Some of waits_, one behind the other.
  struct Waits {
    std::size_t first{0};
    std::size_t count{0};
  };
  /// A set that has started.
  struct Record {
    StationId station;
    LayerId layer;
    DuplicateId duplicate;
    std::uint32_t image{0};
    SetId set;
    RecordId previous{kNone};  ///< on its duplicate
    LegId cause;
    Duration free_since;  ///< when the set before it was done
    Duration reading;
    Duration start;
    std::optional<Duration> finish;
    Waits waits;               ///< from free_since to start, as far as other sets are to blame
    Duration in_order_since;   ///< from when on a later set could have run; `start` when none could
    std::size_t own_waits{0};  ///< in own_waits_, one a group, of the waits that each of them had
  };
  struct Arrival {
    TileId tile;
    Duration at;
    LegId cause;
  };
  using SetKey = std::pair<std::uint32_t, SetId>;  // image and set
  struct Duplicate {
    StationId station;
    std::size_t first_group{0};
    std::size_t groups{0};
    RecordId last{kNone};
    std::map<SetKey, std::vector<Arrival>> arrivals;  ///< of sets that have not started
    std::set<std::pair<Duration, SetKey>> ready;      ///< sets that have not started
    std::map<SetKey, Duration> ready_at;
  };

  [[nodiscard]] Duplicate& duplicate_of(LayerId layer, DuplicateId duplicate) { return duplicates_[layer][duplicate]; }
  [[nodiscard]] Duration begin_of(const Leg& leg) const;
  /// Appends what happened from `from` to `to` on the way that ends with a leg.
  void walk(LegId leg, Duration from, Duration to, std::vector<Wait>& out) const;
  [[nodiscard]] static PeState state_of(Activity activity);
  Waits keep(const std::vector<Wait>& waits);
  [[nodiscard]] Duration finish_of(RecordId record) const { return records_[record].finish.value(); }

  IdVector<LayerId, IdVector<DuplicateId, Duplicate>> duplicates_;
  std::vector<Group> groups_;
  std::int64_t unused_pes_{0};
  std::vector<Leg> legs_;  ///< by id
  std::vector<Record> records_;
  std::vector<Wait> waits_;
  std::vector<Waits> own_waits_;
  Duration arrival_period_;
  LegId last_write_;
  Duration end_;  ///< of the last set or write
  RecordId last_set_{kNone};
};

}  // namespace crossweave
