#include "frontend/recorded_run.h"

#include <string>

namespace crossweave {

// The simulation is never destroyed: SystemC looks for each module in a list when it goes, which takes minutes for the
// largest chips, and the process ends with its command.
RecordedRun::RecordedRun(const PreparedRun& prepared, const Recordings& recordings)
    : prepared_{prepared},
      simulation_{*new Simulation{prepared.plan, prepared.config.architecture,
                                  prepared.reservations ? &*prepared.reservations : nullptr}},
      activity_{prepared.plan.placement, simulation_.probes()},
      stalls_{simulation_.probes(), prepared.plan} {
  if (recordings.loads) {
    loads_.emplace(simulation_.probes(), prepared.plan.tile_count());
  }
  if (recordings.timeline) {
    timeline_.emplace(simulation_.probes(), prepared.plan.tile_count(), prepared.plan.placement.tile_of.size());
  }
  if (recordings.waveform) {
    waveform_.emplace(simulation_.probes(), prepared.plan, *recordings.waveform);
    // An ideal network is never busy, but carries as much.
    if (prepared.config.architecture.noc.model != NocModel::ideal) {
      waveform_links_.emplace(simulation_.probes().link_crossed, waveform_->recorder());
    }
  }
}

void RecordedRun::simulate() {
  end_ = simulation_.run(prepared_.config.time_limit);
  stopped_at_ = now();
  check_invariant(!completed() || activity().sets() == prepared_.plan.images * prepared_.scheduled.set_count(),
                  "every scheduled set was executed, once for each image");
}

Measurement RecordedRun::measurement() const {
  Measurement result{std::string{to_string(end_.outcome)},
                     end_.waiting,
                     activity().latency(),
                     activity().total_active(),
                     {activity().over_links(), activity().byte_hops()},
                     {},
                     {},
                     std::nullopt};
  if (completed()) {
    result.attribution = attribution(stalls(), activity().latency());
    result.images.reserve(prepared_.plan.images);
    for (std::uint32_t image = 0; image < prepared_.plan.images; ++image) {
      const ActivityRecorder::Image& times = activity().images()[image];
      result.images.push_back({prepared_.plan.arrival_of(image), times.first_start.value(), times.finish});
    }
  }
  for (const ActivityRecorder::Layer& layer : activity().layers()) {
    result.layers.push_back({layer.first_start.value_or(Duration{}), layer.last_finish, layer.active});
  }
  return result;
}

}  // namespace crossweave
