// What happened between a piece of work and those that wait for its result, leg by leg, so that each wait is explained.
#pragma once

#include <cstdint>

#include "models/events.h"

#include "models/systemc.h"

namespace crossweave {

/// Where a result, a transfer or an operation stands: its last leg, and when that ended.
struct Journey {
  LegId leg;
  Duration until;
};

/// Publishes legs as they end. Copies of a result share the legs up to where they part.
class JourneyLog {
 public:
  /// Where a set has been computed, or the network's input is asked for.
  [[nodiscard]] Journey begin(StationId station) {
    last_ = LegId{last_.value() + 1U};
    leg.write({last_, LegId{}, Activity::computing, now(), station});
    return {last_, now()};
  }
  /// The time since the last leg went into `activity`. Legs that take no time leave no trace.
  void spend(Journey& journey, Activity activity, Duration until, StationId station) {
    if (until > journey.until) {
      last_ = LegId{last_.value() + 1U};
      leg.write({last_, journey.leg, activity, until, station});
      journey = {last_, until};
    }
  }

  tlm::tlm_analysis_port<JourneyLeg> leg{"journey_leg"};

 private:
  LegId last_;
};

}  // namespace crossweave
