#include "scheduler/lookahead.h"

#include <utility>

namespace crossweave {
namespace {

/// Few schedules gain anything in a later round.
constexpr int kMostRounds = 8;

}  // namespace

Lookahead::Lookahead(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies)
    : reversed_{grids, dependencies}, backward_{reversed_.grids, reversed_.dependencies} {}

Cycles Lookahead::improve(LayerScheduler& forward, const IdVector<LayerId, int>& duplicates, Partition partition,
                          NetworkTimes& times) {
  const IdVector<LayerId, int> reversed_duplicates{
      std::vector<int>(duplicates.raw().rbegin(), duplicates.raw().rend())};
  // What finishes last in one direction has to start first in the other.
  const auto latest_first_of = [&](const NetworkTimes& other) {
    return [&](LayerId layer, const IdVector<SetId, Cycles>& /*release*/, std::vector<SetId>& sorted) {
      sorter_.sort_latest_first(other[reversed_.mirror(layer)].finish, sorted);
    };
  };
  Cycles latency = latency_of(times);
  for (int round = 0; round < kMostRounds; ++round) {
    run_cross_layer(backward_, reversed_duplicates, partition, latest_first_of(times), backward_times_);
    run_cross_layer(forward, duplicates, partition, latest_first_of(backward_times_), next_);
    const Cycles now = latency_of(next_);
    if (now >= latency) {
      break;
    }
    latency = now;
    std::swap(times, next_);
  }
  return latency;
}

}  // namespace crossweave
