#include "frontend/report/run_plots.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "arch/noc_geometry.h"
#include "frontend/report/charts.h"
#include "frontend/report/state_history.h"
#include "frontend/report/text_table.h"

namespace crossweave {
namespace {

std::string title_of(const PreparedRun& prepared, const RecordedRun& recorded) {
  const Duration mvm = prepared.config.architecture.crossbar.mvm_latency;
  return fmt::format(
      "{} on {}: {} cycles", prepared.scheduled.mapped.graph.name(), prepared.config.architecture.name,
      fixed(static_cast<double>(recorded.activity().latency().count_ps()) / static_cast<double>(mvm.count_ps()), 0));
}

std::string draw_gantt(const PreparedRun& prepared, const RecordedRun& recorded) {
  IdVector<LayerId, IdVector<DuplicateId, std::vector<Stretch>>> stretches(prepared.plan.placement.pes.size());
  Gantt chart;
  chart.title = title_of(prepared, recorded);
  chart.note_title = "d x PEs";
  chart.time_label = "cycles of t_MVM";
  chart.end = recorded.activity().latency().count_ps();
  chart.unit = prepared.config.architecture.crossbar.mvm_latency.count_ps();
  for (const LayerId layer : ids(stretches)) {
    stretches[layer] =
        IdVector<DuplicateId, std::vector<Stretch>>(static_cast<std::size_t>(prepared.scheduled.duplicates[layer]));
  }
  for (const SetRun& run : recorded.stalls().runs()) {
    stretches[run.layer][run.duplicate].push_back({run.start.count_ps(), run.finish.value().count_ps()});
  }
  for (const LayerId layer : ids(stretches)) {
    const int duplicates = prepared.scheduled.duplicates[layer];
    Gantt::Row row{prepared.scheduled.mapped.layers[layer].name,
                   fmt::format("{} x {}", duplicates, prepared.scheduled.mapped.crossbars[layer].pes()),
                   {}};
    for (const std::vector<Stretch>& busy : stretches[layer]) {
      row.lanes.push_back(lane_of(busy, chart.end, duplicates > 1 ? Ink::fresh_4 : Ink::cool_4));
    }
    chart.rows.push_back(std::move(row));
  }
  return to_svg(chart);
}

/// States that a reader of a small picture tells apart.
struct StateGroup {
  std::string_view name;
  Ink ink;
  std::vector<PeState> states;
};

std::string draw_utilization(const PreparedRun& prepared, const RecordedRun& recorded) {
  constexpr std::size_t kSpans = 400;
  const std::vector<StateGroup> groups{
      {"computing", Ink::cool_4, {PeState::active}},
      {"waiting for other sets",
       Ink::cool_1,
       {PeState::upstream, PeState::arrival, PeState::in_order, PeState::lockstep}},
      {"for data that moves",
       Ink::fresh_3,
       {PeState::gpeu, PeState::buffer_port, PeState::noc_serialization, PeState::noc_contention, PeState::dram}},
      {"for room in buffers", Ink::warm, {PeState::input_space, PeState::output_blocked}},
      {"finished or unused", Ink::faint, {PeState::finished, PeState::unused}}};
  const StateHistory history = state_history(recorded.stalls(), recorded.activity().latency(), kSpans);
  StackedChart chart;
  chart.title = title_of(prepared, recorded);
  chart.x_label = "cycles of t_MVM";
  chart.y_label = "share of PEs in %";
  const auto mvm = static_cast<double>(prepared.config.architecture.crossbar.mvm_latency.count_ps());
  chart.step = static_cast<double>(history.width.count_ps()) / mvm;
  chart.end = static_cast<double>(recorded.activity().latency().count_ps()) / mvm;
  for (const StateGroup& group : groups) {
    Series series{std::string{group.name}, group.ink, {}};
    for (const auto& span : history.spans) {
      double sum = 0;
      for (const PeState state : group.states) {
        sum += 100 * span[static_cast<std::size_t>(state)];
      }
      series.values.push_back(sum);
    }
    if (std::ranges::any_of(series.values, [](double value) { return value > 0; })) {
      chart.series.push_back(std::move(series));
    }
  }
  return to_svg(chart);
}

/// A mesh, drawn at a place of a picture.
class MeshPanel {
 public:
  static constexpr double kWidth = 300;

  MeshPanel(Svg& svg, const Placement& placement, double left, std::string_view title)
      : svg_{svg}, left_{left}, pitch_{pitch_of(placement)}, height_{pitch_ * placement.mesh_rows} {
    for (const MeshPosition at : placement.position) {
      ++tiles_at_[{at.x, at.y}];
    }
    svg_.text(left_, kTop - 10, title, {Anchor::start, 12, true});
  }

  static double pitch_of(const Placement& placement) {
    return std::min(kWidth / placement.mesh_columns, kWidth / placement.mesh_rows);
  }
  static double height_of(const Placement& placement) { return kTop + pitch_of(placement) * placement.mesh_rows + 44; }

  /// Squares of a tile, in rows of about as many; several tiles share the place of a router. Shares in [0, 1].
  void tile(MeshPosition at, const std::vector<std::pair<double, std::string>>& shares) {
    const int tiles = tiles_at_.at({at.x, at.y});
    const int across = static_cast<int>(std::ceil(std::sqrt(tiles)));
    const int number = drawn_[{at.x, at.y}]++;
    const double part = 0.92 * pitch_ / across;
    const double x = left_ + pitch_ * (at.x + 0.04) + part * (number % across);
    const double y = kTop + pitch_ * (at.y + 0.04) + part * std::floor(number / across);
    const int columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(shares.size()))));
    const int rows = (static_cast<int>(shares.size()) + columns - 1) / std::max(columns, 1);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const int place = static_cast<int>(i);
      cell(x + part * (place % columns) / columns, y + part * std::floor(place / columns) / rows, part / columns - 0.6,
           part / rows - 0.6, shares[i].first, shares[i].second);
    }
  }

  /// What stands at a router, and the channel that leaves it to a side.
  void router(MeshPosition at, double share, std::string_view tip) {
    cell(left_ + pitch_ * (at.x + 0.26), kTop + pitch_ * (at.y + 0.26), 0.48 * pitch_, 0.48 * pitch_, share, tip);
  }
  void channel(MeshPosition at, RouterSide side, double share, std::string_view tip) {
    constexpr std::array<std::pair<int, int>, 4> kWays{{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}};
    const int dx = kWays[static_cast<std::size_t>(side)].first;
    const int dy = kWays[static_cast<std::size_t>(side)].second;
    // Both ways between two routers lie side by side, right of their direction.
    const double length = 0.46 * pitch_;
    const double thick = 0.09 * pitch_;
    const double x = left_ + pitch_ * (at.x + 0.5 + 0.5 * dx) - dy * 0.65 * thick;
    const double y = kTop + pitch_ * (at.y + 0.5 + 0.5 * dy) + dx * 0.65 * thick;
    const auto point = [&](double along, double aside) {
      return std::pair{x + dx * along - dy * aside, y + dy * along + dx * aside};
    };
    const double shaft = length / 2 - thick;
    const std::vector<std::pair<double, double>> arrow{point(-length / 2, -thick / 2), point(shaft, -thick / 2),
                                                       point(length / 2, 0), point(shaft, thick / 2),
                                                       point(-length / 2, thick / 2)};
    svg_.polygon(arrow, Ink::faint, kGround);
    svg_.polygon(arrow, Ink::cool_4, share, tip);
  }

  void scale(std::string_view least, std::string_view most) {
    constexpr int kSteps = 40;
    const double width = 0.92 * kWidth;
    const double y = kTop + height_ + 10;
    for (int step = 0; step < kSteps; ++step) {
      svg_.rect(left_ + width * step / kSteps, y, width / kSteps, 8, Ink::cool_4, (step + 0.5) / kSteps);
    }
    svg_.text(left_, y + 22, least, {Anchor::start, 11});
    svg_.text(left_ + width, y + 22, most, {Anchor::end, 11});
  }

 private:
  static constexpr double kTop = 68;
  static constexpr double kGround = 0.25;

  void cell(double x, double y, double width, double height, double share, std::string_view tip) {
    svg_.rect(x, y, width, height, Ink::faint, kGround);
    svg_.rect(x, y, width, height, Ink::cool_4, share, tip);
  }

  Svg& svg_;
  double left_;
  double pitch_;
  double height_;
  std::map<std::pair<int, int>, int> tiles_at_;
  std::map<std::pair<int, int>, int> drawn_;
};

std::string bytes_in_words(Bytes size) { return fmt::format("{:.1f} KiB", static_cast<double>(size.count()) / 1024); }

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

void draw_pes(MeshPanel panel, const ExecutionPlan& plan, const ActivityRecorder& activity) {
  const auto latency = static_cast<double>(activity.latency().count_ps());
  IdVector<TileId, std::vector<double>> shares(plan.tile_count());
  double most = 0;
  for (const PeId pe : ids(plan.placement.tile_of)) {
    shares[plan.placement.tile_of[pe]].push_back(static_cast<double>(activity.active(pe).count_ps()) / latency);
    most = std::max(most, shares[plan.placement.tile_of[pe]].back());
  }
  for (const TileId tile : ids(shares)) {
    std::vector<std::pair<double, std::string>> cells;
    for (std::size_t pe = 0; pe < shares[tile].size(); ++pe) {
      cells.emplace_back(shares[tile][pe] / most,
                         fmt::format("tile {} PE {}: {}", tile.value(), pe, percent(shares[tile][pe])));
    }
    panel.tile(plan.placement.position[tile], cells);
  }
  panel.scale("0 %", percent(most));
}

/// By the share of the latency that channels are taken; by bytes where they take no time.
void draw_channels(MeshPanel panel, const LoadRecorder& loads, Duration latency) {
  const std::vector<LoadRecorder::Link> links = loads.links();
  const bool timed = std::ranges::any_of(links, [](const LoadRecorder::Link& link) { return link.busy > Duration{}; });
  const auto load = [&](const LoadRecorder::Link& link) {
    return timed ? static_cast<double>(link.busy.count_ps()) / static_cast<double>(latency.count_ps())
                 : static_cast<double>(link.size.count());
  };
  const auto in_words = [&](const LoadRecorder::Link& link) {
    return timed ? percent(load(link)) : bytes_in_words(link.size);
  };
  const LoadRecorder::Link most = links.empty() ? LoadRecorder::Link{} : *std::ranges::max_element(links, {}, load);
  const double whole = std::max(load(most), 1e-12);
  std::map<std::pair<int, int>, const LoadRecorder::Link*> local;  // the busiest of each router
  for (const LoadRecorder::Link& link : links) {
    const MeshPosition at = link.place.router;
    if (link.place.port < static_cast<int>(RouterSide::local)) {
      panel.channel(at, static_cast<RouterSide>(link.place.port), load(link) / whole, in_words(link));
    } else if (const LoadRecorder::Link*& busiest = local[{at.x, at.y}];
               busiest == nullptr || load(*busiest) < load(link)) {
      busiest = &link;
    }
  }
  for (const auto& [at, link] : local) {
    panel.router({at.first, at.second}, load(*link) / whole, in_words(*link));
  }
  panel.scale("0", in_words(most));
}

void draw_buffers(MeshPanel panel, const Placement& placement, const LoadRecorder& loads) {
  Bytes most{1};
  for (const LoadRecorder::Tile& tile : loads.tiles()) {
    most = std::max({most, tile.input_peak, tile.output_peak});
  }
  const auto share = [&](Bytes peak) { return static_cast<double>(peak.count()) / static_cast<double>(most.count()); };
  for (const TileId id : ids(loads.tiles())) {
    const LoadRecorder::Tile& tile = loads.tiles()[id];
    panel.tile(
        placement.position[id],
        {{share(tile.input_peak), fmt::format("tile {} input: {}", id.value(), bytes_in_words(tile.input_peak))},
         {share(tile.output_peak), fmt::format("tile {} output: {}", id.value(), bytes_in_words(tile.output_peak))}});
  }
  panel.scale("0", bytes_in_words(most));
}

std::string draw_heatmap(const PreparedRun& prepared, const RecordedRun& recorded) {
  constexpr double kMargin = 16;
  constexpr double kStride = MeshPanel::kWidth + 24;
  const Placement& placement = prepared.plan.placement;
  Svg svg{2 * kMargin + 2 * kStride + MeshPanel::kWidth, MeshPanel::height_of(placement), title_of(prepared, recorded)};
  svg.text(kMargin, 24, title_of(prepared, recorded), {Anchor::start, 15, true});
  draw_pes({svg, placement, kMargin, "PE utilization"}, prepared.plan, recorded.activity());
  draw_channels({svg, placement, kMargin + kStride, "load of channels"}, recorded.loads(),
                recorded.activity().latency());
  draw_buffers({svg, placement, kMargin + 2 * kStride, "most in buffers (input, output)"}, placement, recorded.loads());
  return svg.str();
}

}  // namespace

std::string draw(RunPlot plot, const PreparedRun& prepared, const RecordedRun& recorded) {
  switch (plot) {
    case RunPlot::gantt:
      return draw_gantt(prepared, recorded);
    case RunPlot::utilization:
      return draw_utilization(prepared, recorded);
    case RunPlot::heatmap:
      return draw_heatmap(prepared, recorded);
  }
  throw InternalError{"no such plot"};
}

}  // namespace crossweave
