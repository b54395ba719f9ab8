// Pictures of a sweep as SVG, for papers: no browser is needed.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "frontend/sweep/sweep_table.h"

namespace crossweave {

enum class SweepPlot {
  speedup,  ///< against the first axis of numbers that varies, a line for each combination of the others
  pareto    ///< PEs against latency, with the front of each network
};
inline constexpr std::array<std::string_view, 2> kSweepPlotNames{"speedup", "pareto"};

/// Of the points that completed, of which there must be one.
[[nodiscard]] std::string draw(SweepPlot plot, const SweepTable& table);

}  // namespace crossweave
