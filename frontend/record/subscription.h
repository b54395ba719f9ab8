// The tie between a probe and a recorder. Recorders themselves are plain classes and know no SystemC.
#pragma once

#include "models/systemc.h"

namespace crossweave {

/// Calls `recorder.on(event)` for each event of a probe: `Subscription ties{simulation.probes().mvm_started,
/// waveform};` Both it and the recorder must outlive the run.
template <class Event, class Recorder>
class Subscription final : public tlm::tlm_analysis_if<Event> {
 public:
  Subscription(tlm::tlm_analysis_port<Event>& probe, Recorder& recorder) : recorder_{recorder} { probe.bind(*this); }

  void write(const Event& event) override { recorder_.on(event); }

 private:
  Recorder& recorder_;
};

}  // namespace crossweave
