#include "frontend/recorded_run.h"

#include <cstdint>
#include <optional>
#include <string>

namespace crossweave {

// The simulation is never destroyed: SystemC looks for each module in a list when it goes, which takes minutes for the
// largest chips, and the process ends with its command.
RecordedRun::RecordedRun(const PreparedRun& prepared)
    : prepared_{prepared},
      simulation_{*new Simulation{prepared.plan, prepared.config.architecture,
                                  prepared.reservations ? &*prepared.reservations : nullptr}},
      activity_{prepared.plan.placement, simulation_.probes()},
      stalls_{prepared.plan, simulation_.probes()} {}

void RecordedRun::simulate() {
  end_ = simulation_.run(prepared_.config.time_limit);
  check_invariant(
      !completed() || activity_.recorder().sets() == prepared_.plan.images * prepared_.scheduled.set_count(),
      "every scheduled set was executed, once for each image");
}

Measurement RecordedRun::measurement() const {
  const ActivityRecorder& activity = activity_.recorder();
  Measurement result{std::string{to_string(end_.outcome)},
                     end_.waiting,
                     activity.latency(),
                     activity.total_active(),
                     {activity.over_links(), activity.byte_hops()},
                     {},
                     {},
                     std::nullopt};
  if (completed()) {
    result.attribution = attribution(stalls_.recorder(), activity.latency());
    for (std::uint32_t image = 0; image < prepared_.plan.images; ++image) {
      const ActivityRecorder::Image& times = activity.images()[image];
      result.images.push_back({prepared_.plan.arrival_of(image), times.first_start.value(), times.finish});
    }
  }
  for (const ActivityRecorder::Layer& layer : activity.layers()) {
    result.layers.push_back({layer.first_start.value_or(Duration{}), layer.last_finish, layer.active});
  }
  return result;
}

}  // namespace crossweave
