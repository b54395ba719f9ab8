// A tile: crossbars, a GPEU, an input and an output buffer, and the interface to the network.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "arch/architecture.h"
#include "models/buffer.h"
#include "models/crossbar_pe.h"
#include "models/gpeu.h"
#include "models/input_ledger.h"
#include "models/input_space.h"
#include "models/lockstep_group.h"
#include "models/network_interface.h"
#include "models/output_results.h"
#include "models/probes.h"
#include "models/set_transaction.h"
#include "models/wait_graph.h"
#include "scheduler/arrival_tracker.h"
#include "scheduler/reservation_order.h"

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
  /// By position: what the set waited for last, as far as is known.
  std::vector<Journey> ready;
  /// When its next set began to be read into the crossbars.
  Duration reading;
};

/// Runs the parts of stations that the plan places on it. It derives what each set needs from geometry
/// (ArrivalTracker), starts a set when that has arrived and its crossbars are free, runs non-base operations in order
/// of arrival on its GPEU, and sends results where the delivery lists say. Socket `commands` (loosely timed) takes
/// `set_command`s for the duplicates that it leads, in order; `arrivals` takes what the input buffer passes on.
///
/// Where buffers are limited, sets and GPEU operations also wait for space for their results, and copies of results for
/// space at their consumers, all in the turns of the ReservationOrder. With `spill: dram`, results that wait for a
/// consumer go to the DRAM when others need their space.
class Tile final : public sc_core::sc_module,
                   public InputSpace,
                   private CopyListener,
                   private SpaceHolder,
                   private TurnListener {
 public:
  Tile(const sc_core::sc_module_name& name, TileId id, const std::vector<PeId>& pes, const ExecutionPlan& plan,
       const Architecture& architecture, TransactionPool& pool, Probes& probes);

  // Building, before the simulation starts.
  /// Adds a part; `run` is its duplicate at run time, null on the GPEU. Returns its number on this tile.
  std::size_t add_part(StationId station, DuplicateId duplicate, const StationPart& part, DuplicateRun* run);
  void lead(DuplicateRun& run);
  /// To be called once when all parts are there. `reservations` is null where buffers are unlimited; `spaces` are those
  /// of all tiles.
  void seal(const ReservationOrder* reservations, const std::vector<InputSpace*>& spaces);
  [[nodiscard]] NetworkInterface& network_interface() { return interface_; }

  /// Sets that this tile leads or runs on its GPEU and that have not finished, in words; at most `limit` entries.
  void diagnose(std::vector<std::string>& out, std::size_t limit) const;
  /// What waits on this tile, and for what; `tiles` are all of the chip.
  void add_waits(WaitGraph& graph, const std::vector<const Tile*>& tiles) const;
  /// No set that this tile leads or runs on its GPEU is left.
  [[nodiscard]] bool retired() const;
  /// Its buffers are empty.
  [[nodiscard]] bool empty() const { return input_buffer_.level() == Bytes{} && output_buffer_.level() == Bytes{}; }

  bool ask(std::uint32_t turn, SpaceHolder& holder, std::uint64_t ticket) override;
  void forget(std::uint32_t turn) override { asked_.erase(turn); }

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
    // On a GPEU.
    std::vector<bool> done;  ///< by position
    std::size_t finished{0};
  };
  /// Work for the GPEU, in order of arrival; also a node's share of a reduction, on its way to becoming that.
  struct Job {
    enum class Kind { operation, accumulation, partial_sum, epilogue };
    Kind kind{Kind::operation};
    std::size_t part{0};  ///< of `operation` and `accumulation`
    StationId station{};
    DuplicateId duplicate{};
    SetId set{};
    std::uint32_t slice{0};
    std::uint32_t image{0};
    Journey journey{};
    // Of `accumulation`.
    std::int64_t elements{0};
    Bytes operands{};
    std::uint32_t use{0};  ///< in the ledger
    bool last{false};      ///< of its set
  };
  /// A node's sum of one slice of a set.
  struct SumKey {
    std::uint32_t image;
    StationId station;
    SetId set;
    std::uint32_t slice;
    friend auto operator<=>(const SumKey&, const SumKey&) = default;
  };
  /// Something that ends later.
  struct Timer {
    enum class Kind {
      set,       ///< a led duplicate computes its set
      reading,   ///< a led duplicate reads the input of its next set
      operands,  ///< the operands of a job are read out of the input buffer
      job,       ///< a job runs
      arrival,   ///< a transaction passes the input buffer's port in
      departure  ///< a transaction passes the output buffer's port out
    };
    Duration at;
    std::uint64_t order{0};
    Kind kind{Kind::job};
    DuplicateRun* run{nullptr};
    Job job{};
    tlm::tlm_generic_payload* payload{nullptr};
    friend bool operator>(const Timer& a, const Timer& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };

  // Commands and arrivals.
  void command(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void arrive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  /// What has come through the input buffer's port.
  void take_in(SetTransaction& set);
  void region_arrived(const SetTransaction& set);
  /// Tells whether what has arrived is meant for a set: a region may come several times, for some of its readers each.
  [[nodiscard]] bool serves(const SetTransaction& set, const Part& part, std::size_t position) const;
  void input_complete(std::size_t part, std::size_t position, const Journey& journey);

  // Sets on crossbars.
  /// A set lacks one thing less, which came by `journey`.
  void set_lacks_less(DuplicateRun& run, std::size_t position, const Journey& journey);
  void announce_if_ready(const DuplicateRun& run, std::size_t position) const;
  void try_start(DuplicateRun& run);
  void read_input(DuplicateRun& run);
  /// When a part has read the input of a set out of the buffer.
  [[nodiscard]] Duration pass_input(std::size_t part, SetId set);
  [[nodiscard]] Duration begin_set(std::size_t part, SetId set, std::uint32_t image);
  void end_set(std::size_t part);
  void finish_set(DuplicateRun& run);

  // Partial sums and results.
  /// A partial sum came.
  void add_partial_sum(const Job& job);
  void partial_sum_added(const Job& job);
  /// The sum of this tile's node is complete.
  void sum_ready(const Job& job);
  void send_partial_sum(const Job& job, std::size_t node);
  void result_ready(const Job& job);
  void emit_result(const Job& job);
  void free_input(const Part& part, std::size_t position);
  /// The node that this tile is of a reduction.
  [[nodiscard]] std::size_t node_of(const Job& job) const;
  [[nodiscard]] const ResultSlice& slice_of(const Job& job) const;
  [[nodiscard]] Tile& tile_at(const DuplicateRun& run, EndpointId endpoint) const;
  [[nodiscard]] DuplicateRun& led_run(StationId station, DuplicateId duplicate);

  // Space.
  void limit_buffers();
  void start_of_simulation() override;
  void turn_came(BufferLevel::Which which, std::uint32_t turn) override;
  void space_short(BufferLevel::Which which) override;
  void space_came(std::uint64_t ticket) override;
  void result_turn_came(ResultId result);
  /// Puts a job into the GPEU's queue when there is space for its result; `node`: of its reduction.
  void enqueue_when_space(Job job, std::size_t node);
  /// Results (and partial sums) lie in the output buffer until their last copy has left. Returns the result's number,
  /// with one copy to leave.
  std::uint32_t store_result(Bytes size);
  void release_copy(std::uint32_t number);
  void copy_left(const SetTransaction& copy) override;
  /// Whether a copy may be sent now: to the DRAM, perhaps; or where there is space for it. Otherwise it is held, to be
  /// sent when there is. Takes over the caller's reference.
  [[nodiscard]] bool may_leave(tlm::tlm_generic_payload& payload);
  /// Makes a copy go to the DRAM, which keeps it for its consumer.
  void divert_to_dram(SetTransaction& copy) const;
  void depart(tlm::tlm_generic_payload& payload);
  void leave_for_network(tlm::tlm_generic_payload& payload);

  // Diagnosis.
  struct Work {
    StationId station;
    SetId set;
    std::uint32_t image;
  };
  [[nodiscard]] bool is_done(const Work& work, const std::vector<const Tile*>& tiles) const;
  [[nodiscard]] const Part* part_of(StationId station, DuplicateId duplicate) const;
  [[nodiscard]] std::string name_of(const Work& work) const;
  void add_waits_for_input(WaitGraph& graph, const Part& part, std::size_t position,
                           const std::vector<const Tile*>& tiles) const;
  void add_waits_for_space(WaitGraph& graph, const std::vector<const Tile*>& tiles) const;

  // The GPEU and what ends later.
  void enqueue(const Job& job);
  void read_operands(const Job& job);
  void begin_job(const Job& job);
  void end_job(Job job);
  /// Lane-operations.
  [[nodiscard]] std::int64_t work_of(const Job& job) const;
  /// What a job reads from the input buffer.
  [[nodiscard]] Bytes operands_of(const Job& job) const;
  void work();
  void wake_at(Duration at);
  void set_timer(Timer timer);
  void end(const Timer& timer);

  TileId id_;
  const ExecutionPlan& plan_;
  PrecisionSpec precision_;
  GpeuCosts costs_;
  Spill spill_;
  bool multicast_;
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
  std::unordered_map<std::uint64_t, std::size_t> part_by_key_;
  InputLedger ledger_{0};
  std::vector<DuplicateRun*> led_;
  std::unordered_map<std::uint64_t, DuplicateRun*> led_by_key_;
  /// Partial sums added so far.
  std::map<SumKey, std::size_t> added_;

  const ReservationOrder* reservations_{nullptr};  ///< null where buffers are unlimited
  std::vector<InputSpace*> spaces_;
  OutputResults results_;
  /// Who waits for turns of this tile's input buffer.
  struct Question {
    SpaceHolder* holder;
    std::uint64_t ticket;
  };
  std::unordered_map<std::uint32_t, Question> asked_;
  /// Copies that wait for space where they go.
  std::unordered_map<std::uint64_t, tlm::tlm_generic_payload*> held_;
  std::uint64_t tickets_{0};
  /// Jobs that wait for space for their result.
  std::unordered_map<ResultId, std::vector<Job>> blocked_jobs_;

  std::deque<Job> jobs_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t timer_count_{0};
  sc_core::sc_event wake_{"wake"};
};

}  // namespace crossweave
