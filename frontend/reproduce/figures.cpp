#include "frontend/reproduce/figures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "frontend/report/charts.h"

namespace crossweave {
namespace {

/// A lane is cut into as many pieces of time; what is finer than that shows as a paler colour.
constexpr std::int64_t kPieces = 380;
/// Shades of a piece.
constexpr double kShades = 10;

Lane lane_of(const LayerSchedule& layer, const std::vector<SetId>& sequence, std::int64_t end, Ink ink) {
  const std::int64_t width = std::max<std::int64_t>(1, (end + kPieces - 1) / kPieces);
  std::vector<std::int64_t> busy(static_cast<std::size_t>((end + width - 1) / width));
  for (const SetId set : sequence) {
    for (std::int64_t at = layer.start[set].count(); at < layer.finish[set].count();) {
      const std::int64_t piece = at / width;
      const std::int64_t until = std::min(layer.finish[set].count(), (piece + 1) * width);
      busy[static_cast<std::size_t>(piece)] += until - at;
      at = until;
    }
  }
  Lane lane{ink, {}};
  for (std::size_t i = 0; i < busy.size(); ++i) {
    if (busy[i] == 0) {
      continue;
    }
    const std::int64_t begin = static_cast<std::int64_t>(i) * width;
    const std::int64_t stop = std::min(end, begin + width);
    const double share =
        std::ceil(kShades * static_cast<double>(busy[i]) / static_cast<double>(stop - begin)) / kShades;
    if (!lane.pieces.empty() && lane.pieces.back().end == begin && lane.pieces.back().share == share) {
      lane.pieces.back().end = stop;
    } else {
      lane.pieces.push_back({begin, stop, share});
    }
  }
  return lane;
}

}  // namespace

std::string draw_activity(const ScheduledNetwork& scheduled, const std::string& what) {
  Gantt chart;
  chart.end = scheduled.schedule.latency().count();
  chart.title = fmt::format("{}: {} cycles", what, chart.end);
  chart.note_title = "d x PEs";
  chart.time_label = "cycles of t_MVM";
  for (const LayerId layer : ids(scheduled.duplicates)) {
    const int duplicates = scheduled.duplicates[layer];
    const LayerSchedule& times = scheduled.schedule.layers[layer];
    Gantt::Row row{scheduled.mapped.layers[layer].name,
                   fmt::format("{} x {}", duplicates, scheduled.mapped.crossbars[layer].pes()),
                   {}};
    for (const std::vector<SetId>& sequence : times.sequence) {
      row.lanes.push_back(lane_of(times, sequence, chart.end, duplicates > 1 ? Ink::fresh_4 : Ink::cool_4));
    }
    chart.rows.push_back(std::move(row));
  }
  return to_svg(chart);
}

Ink configuration_ink(ScheduleMode mode, int extra_pes, std::size_t place) {
  constexpr std::array kAlone{Ink::cool_1, Ink::cool_2, Ink::cool_3, Ink::cool_4};
  constexpr std::array kWithXinf{Ink::fresh_1, Ink::fresh_2, Ink::fresh_3, Ink::fresh_4};
  if (extra_pes == 0) {
    return mode == ScheduleMode::layer_by_layer ? Ink::faint : Ink::warm;
  }
  const std::size_t shade = std::min(place, kAlone.size() - 1);
  return mode == ScheduleMode::layer_by_layer ? kAlone[shade] : kWithXinf[shade];
}

std::string draw_bars(const std::string& title, BarQuantity quantity, const std::vector<std::string>& categories,
                      const std::vector<BarResults>& bars) {
  BarChart chart{title,
                 quantity == BarQuantity::speedup ? "speed-up over layer-by-layer" : "PE utilization in %",
                 1,
                 categories,
                 {}};
  for (const BarResults& bar : bars) {
    Series series{bar.name, bar.ink, {}};
    for (const PaperResult* result : bar.results) {
      series.values.push_back(quantity == BarQuantity::speedup ? result->speedup() : 100 * result->utilization());
    }
    chart.series.push_back(std::move(series));
  }
  return to_svg(chart);
}

}  // namespace crossweave
