// Pictures of a run as SVG, for papers: no browser is needed.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "frontend/recorded_run.h"

namespace crossweave {

enum class RunPlot {
  gantt,        ///< when each duplicate of each layer computes
  utilization,  ///< what the PEs do over time
  heatmap       ///< how busy PEs and channels are, and how full buffers were, on the mesh
};
inline constexpr std::array<std::string_view, 3> kRunPlotNames{"gantt", "utilization", "heatmap"};

/// Of a run that completed; recorded with loads.
[[nodiscard]] std::string draw(RunPlot plot, const PreparedRun& prepared, const RecordedRun& recorded);

}  // namespace crossweave
