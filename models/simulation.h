// One simulation: a chip, its feeder, and how it ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "models/chip.h"
#include "models/probes.h"
#include "models/schedule_feeder.h"
#include "models/set_transaction.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

enum class Outcome { completed, deadlock, time_limit };

[[nodiscard]] std::string_view to_string(Outcome outcome);

/// How a run ended. `waiting` says who waits for what, unless it completed.
struct RunEnd {
  Outcome outcome{Outcome::completed};
  std::vector<std::string> waiting;
};

/// SystemC has one kernel: at most one Simulation may exist, and a kernel runs one simulation. `plan` must outlive it,
/// and so must `reservations`, which limited buffers need and no others.
class Simulation {
 public:
  Simulation(const ExecutionPlan& plan, const Architecture& architecture,
             const ReservationOrder* reservations = nullptr);

  /// Recorders subscribe here before run().
  [[nodiscard]] Probes& probes() { return probes_; }
  [[nodiscard]] Chip& chip() { return chip_; }

  /// Simulates until all is done, nothing more can happen, or `time_limit` is reached. Call once.
  RunEnd run(std::optional<Duration> time_limit);

 private:
  TransactionPool pool_;
  Probes probes_;
  Chip chip_;
  ScheduleFeeder feeder_;
};

}  // namespace crossweave
