// A run that is simulated under the eyes of recorders.
#pragma once

#include <optional>

#include "frontend/prepared_run.h"
#include "frontend/record/activity_watch.h"
#include "frontend/record/load_recorder.h"
#include "frontend/record/stall_recorder.h"
#include "frontend/record/timeline_recorder.h"
#include "frontend/record/watch.h"
#include "frontend/record/waveform_recorder.h"
#include "frontend/report/summary.h"
#include "models/simulation.h"

namespace crossweave {

using StallWatch = Watch<StallRecorder, JourneyLeg, InputComplete, SetReady, SetStarted, SetFinished, DramAccess>;
using LoadWatch = Watch<LoadRecorder, BufferLevel, GpeuOperation, LinkCrossed>;
using TimelineWatch = Watch<TimelineRecorder, MvmStarted, MvmFinished, GpeuOperation, LinkCrossed, BufferLevel>;
using WaveformWatch = Watch<WaveformRecorder, MvmStarted, MvmFinished, BufferLevel, GpeuOperation>;

/// Who watches beside those that every run has.
struct Recordings {
  bool loads{false};
  bool timeline{false};
  std::optional<WaveformExtent> waveform;
};

/// SystemC has one kernel: a process makes one of these, and simulates once.
class RecordedRun {
 public:
  /// `prepared` must outlive it.
  explicit RecordedRun(const PreparedRun& prepared, const Recordings& recordings = {});

  /// Simulates; call once. Throws InternalError when not each set ran once in a run that completed.
  void simulate();

  [[nodiscard]] const RunEnd& end() const { return end_; }
  [[nodiscard]] bool completed() const { return end_.outcome == Outcome::completed; }
  /// Of a run that completed.
  [[nodiscard]] std::optional<Duration> latency() const {
    return completed() ? std::optional{activity().latency()} : std::nullopt;
  }
  /// When nothing more happened, or the time limit came.
  [[nodiscard]] Duration stopped_at() const { return stopped_at_; }
  [[nodiscard]] Measurement measurement() const;

  [[nodiscard]] const ActivityRecorder& activity() const { return activity_.recorder(); }
  [[nodiscard]] const StallRecorder& stalls() const { return stalls_.recorder(); }
  // Those that were asked for.
  [[nodiscard]] const LoadRecorder& loads() const { return loads_->recorder(); }
  [[nodiscard]] const TimelineRecorder& timeline() const { return timeline_->recorder(); }
  [[nodiscard]] WaveformRecorder& waveform() { return waveform_->recorder(); }

 private:
  const PreparedRun& prepared_;
  Simulation& simulation_;
  ActivityWatch activity_;
  StallWatch stalls_;
  std::optional<LoadWatch> loads_;
  std::optional<TimelineWatch> timeline_;
  std::optional<WaveformWatch> waveform_;
  std::optional<Subscription<LinkCrossed, WaveformRecorder>> waveform_links_;
  RunEnd end_;
  Duration stopped_at_;
};

}  // namespace crossweave
