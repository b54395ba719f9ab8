#include "frontend/report/state_history.h"

#include <algorithm>
#include <cstdint>

namespace crossweave {

StateHistory state_history(const StallRecorder& stalls, Duration latency, std::size_t spans) {
  const std::int64_t width = std::max<std::int64_t>(
      1, (latency.count_ps() + static_cast<std::int64_t>(spans) - 1) / static_cast<std::int64_t>(spans));
  const auto count = static_cast<std::size_t>((latency.count_ps() + width - 1) / width);
  std::vector<std::array<std::int64_t, kPeStateNames.size()>> times(count);
  std::int64_t pes = stalls.unused_pes();
  const auto add = [&](PeState state, Duration begin, Duration end, std::int64_t weight) {
    std::int64_t from = begin.count_ps();
    while (from < end.count_ps()) {
      const std::int64_t span = from / width;
      const std::int64_t to = std::min(end.count_ps(), (span + 1) * width);
      times[static_cast<std::size_t>(span)][static_cast<std::size_t>(state)] += weight * (to - from);
      from = to;
    }
  };
  add(PeState::unused, {}, latency, pes);
  for (const StallRecorder::Group& group : stalls.group_list()) {
    pes += group.pes;
  }
  stalls.for_each_state(latency, [&](std::size_t group, PeState state, Duration begin, Duration end) {
    add(state, begin, end, stalls.group_list()[group].pes);
  });
  StateHistory history{Duration::picoseconds(width), std::vector<std::array<double, kPeStateNames.size()>>(count)};
  for (std::size_t span = 0; span < count; ++span) {
    const std::int64_t begin = static_cast<std::int64_t>(span) * width;
    const std::int64_t length = std::min(width, latency.count_ps() - begin);
    for (std::size_t state = 0; state < kPeStateNames.size(); ++state) {
      history.spans[span][state] =
          static_cast<double>(times[span][state]) / (static_cast<double>(length) * static_cast<double>(pes));
    }
  }
  return history;
}

}  // namespace crossweave
