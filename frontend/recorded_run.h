// A run that is simulated under the eyes of recorders.
#pragma once

#include "frontend/prepared_run.h"
#include "frontend/record/activity_watch.h"
#include "frontend/record/stall_recorder.h"
#include "frontend/record/subscription.h"
#include "frontend/report/summary.h"
#include "models/simulation.h"

namespace crossweave {

/// The stall recorder, tied to all that it listens to.
class StallWatch {
 public:
  StallWatch(const ExecutionPlan& plan, Probes& probes)
      : recorder_{plan},
        leg_{probes.journeys.leg, recorder_},
        input_complete_{probes.input_complete, recorder_},
        set_ready_{probes.set_ready, recorder_},
        set_started_{probes.set_started, recorder_},
        set_finished_{probes.set_finished, recorder_},
        dram_access_{probes.dram_access, recorder_} {}

  [[nodiscard]] const StallRecorder& recorder() const { return recorder_; }

 private:
  StallRecorder recorder_;
  Subscription<JourneyLeg, StallRecorder> leg_;
  Subscription<InputComplete, StallRecorder> input_complete_;
  Subscription<SetReady, StallRecorder> set_ready_;
  Subscription<SetStarted, StallRecorder> set_started_;
  Subscription<SetFinished, StallRecorder> set_finished_;
  Subscription<DramAccess, StallRecorder> dram_access_;
};

/// SystemC has one kernel: a process makes one of these, and simulates once.
class RecordedRun {
 public:
  /// `prepared` must outlive it.
  explicit RecordedRun(const PreparedRun& prepared);

  /// For those who watch besides.
  [[nodiscard]] Probes& probes() { return simulation_.probes(); }

  /// Simulates; call once. Throws InternalError when not each set ran once in a run that completed.
  void simulate();

  [[nodiscard]] const RunEnd& end() const { return end_; }
  [[nodiscard]] bool completed() const { return end_.outcome == Outcome::completed; }
  [[nodiscard]] Measurement measurement() const;

 private:
  const PreparedRun& prepared_;
  Simulation& simulation_;
  ActivityWatch activity_;
  StallWatch stalls_;
  RunEnd end_;
};

}  // namespace crossweave
