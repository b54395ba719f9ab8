// Fig. 6 and 7 of the paper, and a figure of the proven limits, drawn from our runs.
#pragma once

#include <string>
#include <vector>

#include "frontend/report/svg.h"
#include "frontend/reproduce/paper_run.h"

namespace crossweave {

/// Fig. 6a and 6b: which layer's duplicates compute when. `what` says which schedule it is.
[[nodiscard]] std::string draw_activity(const ScheduledNetwork& scheduled, const std::string& what);

enum class BarQuantity { speedup, utilization };

/// The results of one configuration, one a benchmark or one an x.
struct BarResults {
  std::string name;
  Ink ink{Ink::cool_4};
  std::vector<const PaperResult*> results;
};

/// The colour of a configuration: wdup alone in four shades of one colour, with xinf in four of another; `place` counts
/// the values of x.
[[nodiscard]] Ink configuration_ink(ScheduleMode mode, int extra_pes, std::size_t place);

/// Fig. 6c, 7a and 7b.
[[nodiscard]] std::string draw_bars(const std::string& title, BarQuantity quantity,
                                    const std::vector<std::string>& categories, const std::vector<BarResults>& bars);

}  // namespace crossweave
