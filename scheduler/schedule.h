// A schedule: which duplicate computes each set, in which order, and from when to when.
#pragma once

#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/mapping_options.h"

namespace crossweave {

/// One layer's part of a schedule.
struct LayerSchedule {
  /// The sets of each duplicate in their order of execution (Stage III).
  IdVector<DuplicateId, std::vector<SetId>> sequence;
  /// When each set starts and finishes (Stage IV).
  IdVector<SetId, Cycles> start;
  IdVector<SetId, Cycles> finish;

  /// First start and last finish of the layer.
  [[nodiscard]] Cycles first_start() const;
  [[nodiscard]] Cycles last_finish() const;
};

struct Schedule {
  ScheduleMode mode{ScheduleMode::cross_layer};
  IdVector<LayerId, LayerSchedule> layers;

  /// The largest finish time.
  [[nodiscard]] Cycles latency() const;
};

}  // namespace crossweave
