#include "scheduler/initiation_interval.h"

#include <algorithm>

namespace crossweave {

Cycles initiation_interval_bound(const ExecutionPlan& plan) {
  Cycles most;
  Cycles sum;
  for (const Station& station : plan.stations) {
    if (station.kind != Station::Kind::base_layer) {
      continue;
    }
    Cycles most_of_layer;
    for (const StationDuplicate& duplicate : station.duplicates) {
      Cycles load;
      for (const SetId set : duplicate.sequence) {
        load += Cycles{station.set_rect(set).area()};
      }
      most_of_layer = std::max(most_of_layer, load);
    }
    most = std::max(most, most_of_layer);
    sum += most_of_layer;
  }
  return plan.mode == ScheduleMode::layer_by_layer ? sum : most;
}

}  // namespace crossweave
