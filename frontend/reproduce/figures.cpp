#include "frontend/reproduce/figures.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "frontend/report/charts.h"

namespace crossweave {
namespace {

std::vector<Stretch> stretches_of(const LayerSchedule& layer, const std::vector<SetId>& sequence) {
  std::vector<Stretch> stretches;
  stretches.reserve(sequence.size());
  for (const SetId set : sequence) {
    stretches.push_back({layer.start[set].count(), layer.finish[set].count()});
  }
  return stretches;
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
      row.lanes.push_back(
          lane_of(stretches_of(times, sequence), chart.end, duplicates > 1 ? Ink::fresh_4 : Ink::cool_4));
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
