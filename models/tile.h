// A tile: crossbars, a GPEU, an input and an output buffer, and the interface to the network.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "arch/architecture.h"
#include "models/arrival_tracker.h"
#include "models/buffer.h"
#include "models/crossbar_pe.h"
#include "models/gpeu.h"
#include "models/input_ledger.h"
#include "models/lockstep_group.h"
#include "models/network_interface.h"
#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

class Tile;

/// One duplicate of a base layer at run time: the tiles that hold it, of which the first leads, and their lockstep.
struct DuplicateRun {
  struct Member {
    Tile* tile;
    std::size_t part;
  };
  StationId station;
  DuplicateId duplicate;
  LockstepGroup group;
  std::vector<Member> members;
};

/// Runs the parts of stations that the plan places on it. It derives what each set needs from geometry
/// (ArrivalTracker), starts a set when that has arrived and its crossbars are free, runs non-base operations in order
/// of arrival on its GPEU, and sends results where the delivery lists say. Socket `commands` (loosely timed) takes
/// `set_command`s for the duplicates that it leads, in order; `arrivals` takes what the input buffer passes on.
class Tile final : public sc_core::sc_module, private CopyListener {
 public:
  Tile(const sc_core::sc_module_name& name, TileId id, const std::vector<PeId>& pes, const ExecutionPlan& plan,
       const Architecture& architecture, TransactionPool& pool, Probes& probes);

  // Building, before the simulation starts.
  /// Adds a part; `run` is its duplicate at run time, null on the GPEU. Returns its number on this tile.
  std::size_t add_part(StationId station, DuplicateId duplicate, const StationPart& part, DuplicateRun* run);
  void lead(DuplicateRun& run);
  /// To be called once when all parts are there.
  void seal();
  [[nodiscard]] NetworkInterface& network_interface() { return interface_; }

  /// Sets that this tile leads or runs on its GPEU and that have not finished, in words; at most `limit` entries.
  void diagnose(std::vector<std::string>& out, std::size_t limit) const;
  /// No set that this tile leads or runs on its GPEU is left.
  [[nodiscard]] bool retired() const;

  tlm_utils::simple_target_socket<Tile> commands{"commands"};
  tlm_utils::simple_target_socket<Tile> arrivals{"arrivals"};
  tlm_utils::simple_initiator_socket<Tile> results{"results"};
  tlm_utils::simple_initiator_socket<Tile> gpeu_port{"gpeu_port"};

 private:
  struct Part {
    StationId station;
    DuplicateId duplicate;
    const StationPart* spec;
    DuplicateRun* run;
    ArrivalTracker tracker;
    std::size_t first_in_ledger;
    std::size_t finished{0};  ///< sets done, on a GPEU
  };
  /// Work for the GPEU, in order of arrival.
  struct Job {
    enum class Kind { operation, partial_sum, epilogue };
    Kind kind{Kind::operation};
    std::size_t part{0};  ///< of `operation`
    StationId station;
    DuplicateId duplicate;
    SetId set;
    std::uint32_t slice{0};
    std::uint32_t image{0};
  };
  /// Something that ends later: a job, or the set that a led duplicate computes.
  struct Timer {
    Duration at;
    std::uint64_t order;
    DuplicateRun* run;
    Job job;
    friend bool operator>(const Timer& a, const Timer& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };

  void command(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void arrive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  /// Results (and partial sums) lie in the output buffer until their last copy has left. Returns the result's number,
  /// with one copy to leave.
  std::uint32_t store_result(Bytes size);
  void release_copy(std::uint32_t number);
  void copy_left(const SetTransaction& copy) override;

  void region_arrived(const SetTransaction& set);
  void input_complete(std::size_t part, std::size_t position);
  void try_start(DuplicateRun& run);
  [[nodiscard]] Duration begin_set(std::size_t part, SetId set);
  void end_set(std::size_t part, std::size_t position);
  void finish_set(DuplicateRun& run);
  void partial_sum_ready(const Job& job);
  void send_partial_sum(const Job& job, EndpointId to);
  void result_ready(const Job& job);
  void emit_result(const Job& job);
  void free_input(const Part& part, std::size_t position);

  void enqueue(const Job& job);
  void begin_job(const Job& job);
  /// Lane-operations.
  [[nodiscard]] std::int64_t work_of(const Job& job) const;
  void end_job(const Job& job);
  void work();
  void wake_at(Duration at);
  [[nodiscard]] Tile& tile_at(const DuplicateRun& run, EndpointId endpoint) const;
  [[nodiscard]] DuplicateRun& led_run(StationId station, DuplicateId duplicate);

  TileId id_;
  const ExecutionPlan& plan_;
  PrecisionSpec precision_;
  TransactionPool& pool_;
  Probes& probes_;
  NetworkInterface interface_;
  Buffer input_buffer_;
  Buffer output_buffer_;
  Gpeu gpeu_;
  std::vector<std::unique_ptr<CrossbarPe>> pes_;
  std::vector<std::unique_ptr<tlm_utils::simple_initiator_socket<Tile>>> mvm_;
  PeId first_pe_;

  std::vector<Part> parts_;
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> readers_;  ///< parts by the station that they read
  InputLedger ledger_{0};
  std::vector<DuplicateRun*> led_;
  std::unordered_map<std::uint64_t, DuplicateRun*> led_by_key_;

  /// Results in the output buffer and the copies that have yet to leave.
  struct Result {
    Bytes size;
    int copies{0};
  };
  std::vector<Result> results_in_buffer_;
  std::vector<std::uint32_t> free_results_;

  std::deque<Job> jobs_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t timer_count_{0};
  sc_core::sc_event wake_{"wake"};
};

}  // namespace crossweave
