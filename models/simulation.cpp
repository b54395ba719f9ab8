#include "models/simulation.h"

namespace crossweave {
namespace {

/// A diagnosis longer than this hides its cause.
constexpr std::size_t kMostWaiting = 20;

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::deadlock:
      return "deadlock";
    case Outcome::time_limit:
      return "time_limit";
  }
  throw InternalError{"unknown outcome"};
}

Simulation::Simulation(const ExecutionPlan& plan, const Architecture& architecture,
                       const ReservationOrder* reservations)
    : chip_{"chip", plan, reservations, architecture, pool_, probes_}, feeder_{"feeder", plan, pool_, probes_} {
  check_invariant((architecture.tile.buffer.model == BufferModel::limited) == (reservations != nullptr),
                  "limited buffers, and no others, have an order in which their space is reserved");
  check_invariant(sc_core::sc_get_time_resolution().to_seconds() == 1e-12, "the kernel's resolution is 1 ps");
  for (const TileId tile : ids(plan.placement.position)) {
    feeder_.to_tile(tile.value()).bind(chip_.tile(tile).commands);
  }
  feeder_.to_dram.bind(chip_.dram().commands);
}

RunEnd Simulation::run(std::optional<Duration> time_limit) {
  if (time_limit) {
    sc_core::sc_start(to_sc_time(*time_limit));
  } else {
    sc_core::sc_start();
  }
  const bool more_to_come = sc_core::sc_pending_activity();
  const bool retired = chip_.retired();
  // At a time limit partial sums of what a pooling leaves out may still be on their way.
  const bool all_arrived = retired && !more_to_come;
  chip_.noc().check_conservation(all_arrived);
  chip_.dram().check_conservation(all_arrived);
  check_invariant(!all_arrived || pool_.in_flight() == 0, "no transaction is left over");
  check_invariant(!all_arrived || chip_.empty(), "no buffer holds anything when all is done");
  if (retired) {
    return {Outcome::completed, {}};
  }
  return {more_to_come ? Outcome::time_limit : Outcome::deadlock, chip_.diagnose(kMostWaiting)};
}

}  // namespace crossweave
