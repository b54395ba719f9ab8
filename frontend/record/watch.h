// A recorder tied to all the probes that it listens to.
#pragma once

#include <utility>

#include "frontend/record/subscription.h"
#include "models/probes.h"

namespace crossweave {

// The probe of each kind of event.
inline auto& probe_of(Probes& probes, const InputComplete* /*event*/) { return probes.input_complete; }
inline auto& probe_of(Probes& probes, const SetReady* /*event*/) { return probes.set_ready; }
inline auto& probe_of(Probes& probes, const SetStarted* /*event*/) { return probes.set_started; }
inline auto& probe_of(Probes& probes, const SetFinished* /*event*/) { return probes.set_finished; }
inline auto& probe_of(Probes& probes, const MvmStarted* /*event*/) { return probes.mvm_started; }
inline auto& probe_of(Probes& probes, const MvmFinished* /*event*/) { return probes.mvm_finished; }
inline auto& probe_of(Probes& probes, const BufferLevel* /*event*/) { return probes.buffer_level; }
inline auto& probe_of(Probes& probes, const TransferDelivered* /*event*/) { return probes.transfer_delivered; }
inline auto& probe_of(Probes& probes, const LinkCrossed* /*event*/) { return probes.link_crossed; }
inline auto& probe_of(Probes& probes, const GpeuOperation* /*event*/) { return probes.gpeu_operation; }
inline auto& probe_of(Probes& probes, const DramAccess* /*event*/) { return probes.dram_access; }
inline auto& probe_of(Probes& probes, const JourneyLeg* /*event*/) { return probes.journeys.leg; }

/// `Watch<LoadRecorder, BufferLevel, LinkCrossed> load{simulation.probes(), tiles};` makes a recorder of what follows
/// the probes, and has it told of these events. It must outlive the run.
template <class Recorder, class... Events>
class Watch {
 public:
  template <class... Arguments>
  explicit Watch(Probes& probes, Arguments&&... arguments)
      : recorder_{std::forward<Arguments>(arguments)...}, ties_{probes, recorder_} {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] Recorder& recorder() { return recorder_; }
  [[nodiscard]] const Recorder& recorder() const { return recorder_; }

 private:
  template <class Event>
  struct Tie {
    Tie(Probes& probes, Recorder& recorder)
        : subscription{probe_of(probes, static_cast<const Event*>(nullptr)), recorder} {}
    Subscription<Event, Recorder> subscription;
  };
  struct Ties : Tie<Events>... {
    Ties(Probes& probes, Recorder& recorder) : Tie<Events>{probes, recorder}... {}
  };

  Recorder recorder_;
  Ties ties_;
};

}  // namespace crossweave
