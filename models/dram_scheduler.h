// Which of a bank's waiting bursts comes next (`dram.scheduler`).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "arch/banked_dram.h"

namespace crossweave {

/// What a burst found when the bank turned to it: its row open, no row open, another row open.
enum class RowOutcome { hit, closed, conflict };

/// A burst in a queue of the controller, until its read or write command.
struct WaitingBurst {
  std::int64_t age{0};  ///< counts bursts in the order in which they came
  int row{0};
  int column{0};
  std::uint32_t access{0};  ///< that it is part of
  RowOutcome outcome{RowOutcome::hit};
};

/// The place of the next burst in `bursts`, all of one bank, the oldest first, at least one.
[[nodiscard]] inline std::size_t next_burst(DramScheduler scheduler, const std::vector<WaitingBurst>& bursts,
                                            int open_row) {
  switch (scheduler) {
    case DramScheduler::fcfs:
      return 0;
    case DramScheduler::fr_fcfs: {
      const auto hit = std::ranges::find(bursts, open_row, &WaitingBurst::row);
      return hit == bursts.end() ? 0 : static_cast<std::size_t>(hit - bursts.begin());
    }
  }
  throw InternalError{"unknown scheduler"};
}

}  // namespace crossweave
