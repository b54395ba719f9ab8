// How long things wait for a resource that serves them one after the other.
#pragma once

#include <algorithm>
#include <cstdint>

#include "arch/architecture.h"
#include "arch/units.h"

namespace crossweave {

/// One server, first come, first served. Requests must be put to it in the order of their arrival.
class FcfsTimeline {
 public:
  /// A request that arrives at `arrival` and takes `service`; returns when it is done.
  Duration serve(Duration arrival, Duration service) {
    free_ = std::max(free_, arrival) + service;
    return free_;
  }

 private:
  Duration free_;
};

/// When a GPEU is done with its operations: one set's after the other's, in order of arrival, in whole cycles.
class GpeuTimeline {
 public:
  explicit GpeuTimeline(const GpeuSpec& spec) : spec_{spec} {}

  /// What operations take once they run; `work` counts lane-operations.
  [[nodiscard]] Duration service(std::int64_t work) const {
    return spec_.model == GpeuModel::ideal ? Duration{}
                                           : time_of_cycles((work + spec_.lanes - 1) / spec_.lanes, spec_.clock);
  }
  Duration serve(Duration arrival, std::int64_t work) {
    return spec_.model == GpeuModel::ideal ? arrival : unit_.serve(arrival, service(work));
  }

 private:
  GpeuSpec spec_;
  FcfsTimeline unit_;
};

/// When a DRAM has read or written something: reads and writes share the channel; the fixed latency overlaps with what
/// comes next.
class DramTimeline {
 public:
  explicit DramTimeline(const DramSpec& spec) : spec_{spec} {}

  Duration serve(Duration arrival, Bytes size) {
    if (spec_.model == DramModel::ideal) {
      return arrival;
    }
    return channel_.serve(arrival, time_of_bytes(size, spec_.bandwidth)) + spec_.latency;
  }

 private:
  DramSpec spec_;
  FcfsTimeline channel_;
};

}  // namespace crossweave
