#include "tests/validation/noc_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/markdown.h"
#include "tests/support/networks.h"
#include "tests/support/svg_plot.h"
#include "tests/validation/noc_reference.h"

namespace crossweave::validation {
namespace {

using test::decimal;
using test::markdown_table;
using test::percent;
using test::Plot;
using test::PlotSeries;
using test::PlotStyle;
using Table = std::vector<std::vector<std::string>>;

/// Router, channels, depth: what a table has a row for.
using Kind = std::tuple<bool, int, int>;

Kind kind_of(const NocConfig& network) {
  return {network.router == NocRouter::four_stage, network.virtual_channels, network.depth};
}

std::vector<std::string> cells(const Kind& kind) {
  const auto& [four_stages, channels, depth] = kind;
  return {four_stages ? "`four_stage` (R1)" : "`two_stage` (R2)", std::to_string(channels), std::to_string(depth)};
}

std::string of(std::size_t some, std::size_t all) { return std::to_string(some) + " of " + std::to_string(all); }

std::string both(const Compared& compared, int digits) {
  return decimal(compared.ours, digits) + " / " + decimal(compared.theirs, digits) + " (" + percent(compared.off()) +
         ")";
}

/// The tables give six digits.
bool equal(const Compared& compared) { return std::abs(compared.off()) < 1e-5; }

/// Deviations, and what their sizes are.
class Deviations {
 public:
  void add(const Compared& compared) {
    ++count_;
    sum_ += compared.off();
    size_ += std::abs(compared.off());
    largest_ = std::abs(compared.off()) > std::abs(largest_) ? compared.off() : largest_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] double mean() const { return sum_ / static_cast<double>(count_); }
  [[nodiscard]] double mean_size() const { return size_ / static_cast<double>(count_); }
  [[nodiscard]] double largest() const { return largest_; }

 private:
  std::size_t count_{0};
  double sum_{0};
  double size_{0};
  double largest_{0};
};

// --- traces ---

std::string micro_cases(NocModel model) {
  struct Sums {
    std::size_t cases{0};
    std::size_t drains{0};
    std::size_t latencies{0};
    std::size_t packets{0};
    std::size_t equal_packets{0};
  };
  std::map<Kind, Sums> sums;
  for (const Row& row : booksim_rows("booksim_micro.csv", model)) {
    const TraceComparison trace = compare_micro(row, model);
    Sums& sum = sums[kind_of(booksim_network(row, model))];
    ++sum.cases;
    sum.drains += equal(trace.drained) ? 1 : 0;
    sum.latencies += equal(trace.latency) && equal(trace.longest) ? 1 : 0;
  }
  for (const std::string& name : booksim_logs("micro_packets", model)) {
    const LogComparison log = compare_log(name, model);
    Sums& sum = sums[kind_of(log.network)];
    sum.packets += log.packets;
    sum.equal_packets += log.equal;
  }
  Table table{
      {"Router", "Channels", "Depth", "Drain equal", "Mean and longest latency equal", "Packets with equal times"}};
  for (const auto& [kind, sum] : sums) {
    table.push_back(cells(kind));
    table.back().insert(table.back().end(), {of(sum.drains, sum.cases), of(sum.latencies, sum.cases),
                                             sum.packets == 0 ? "" : of(sum.equal_packets, sum.packets)});
  }
  return markdown_table(table);
}

std::string random_traces(NocModel model) {
  std::map<std::pair<std::string, Kind>, LogComparison> logs;
  for (const std::string& name : booksim_logs("replay_packets", model)) {
    LogComparison log = compare_log(name, model);
    const std::size_t begin = name.find('/') + 1;
    const std::string trace = name.substr(begin, name.find("_R") - begin);
    logs.emplace(std::pair{trace, kind_of(log.network)}, std::move(log));
  }
  Table table{{"Trace", "Router", "Channels", "Depth", "Mean latency", "Longest", "Mean queueing", "95th percentile",
               "Packets with equal times"}};
  for (const Row& row : booksim_rows("booksim_replay.csv", model)) {
    const TraceComparison trace = compare_replay(row, model);
    const Kind kind = kind_of(booksim_network(row, model));
    table.push_back({row.text("trace")});
    for (const std::string& cell : cells(kind)) {
      table.back().push_back(cell);
    }
    table.back().push_back(both(trace.latency, 2));
    table.back().push_back(both(trace.longest, 0));
    if (const auto log = logs.find({row.text("trace"), kind}); log != logs.end()) {
      table.back().insert(table.back().end(), {both(log->second.queueing, 3), both(log->second.p95, 0),
                                               of(log->second.equal, log->second.packets)});
    } else {
      table.back().insert(table.back().end(), {"", "", ""});
    }
  }
  return markdown_table(table);
}

// --- loads ---

std::string saturation(NocModel model) {
  constexpr std::array<std::string_view, 5> kColumns{"4 uniform", "4 transpose", "4 neighbor", "4 hotspot",
                                                     "8 uniform"};
  std::map<std::pair<Kind, int>, std::array<std::string, kColumns.size()>> cells_of;
  for (const Row& row : booksim_rows("booksim_saturation.csv", model)) {
    const auto column = std::ranges::find(kColumns, row.text("k") + " " + row.text("traffic"));
    cells_of[{kind_of(booksim_network(row, model)), row.integer("packet_flits")}].at(
        static_cast<std::size_t>(column - kColumns.begin())) = both(compare_saturation(row, model), 3);
  }
  Table table{{"Router", "Channels", "Depth", "L", "4x4 uniform", "transpose", "neighbour", "hotspot", "8x8 uniform"}};
  for (const auto& [key, row] : cells_of) {
    table.push_back(cells(key.first));
    table.back().push_back(std::to_string(key.second));
    table.back().insert(table.back().end(), row.begin(), row.end());
  }
  return markdown_table(table);
}

std::string latency_below_saturation(NocModel model) {
  std::map<std::pair<int, Kind>, Deviations> deviations;
  for (const CurvePoint& point : booksim_curve_points(model)) {
    if (point.share <= 0.6) {
      const NocConfig network = booksim_network(point.row, model);
      deviations[{network.columns, kind_of(network)}].add(compare_latency(point.row, model));
    }
  }
  Table table{{"Mesh", "Router", "Channels", "Depth", "Points", "Mean size of the deviation", "Largest"}};
  for (const auto& [key, sum] : deviations) {
    table.push_back({std::to_string(key.first) + "x" + std::to_string(key.first)});
    for (const std::string& cell : cells(key.second)) {
      table.back().push_back(cell);
    }
    table.back().insert(table.back().end(), {std::to_string(sum.count()), decimal(100 * sum.mean_size(), 1) + " %",
                                             percent(sum.largest())});
  }
  return markdown_table(table);
}

/// BookSim2's marks and our lines for rows of booksim_curves.csv that are alike but for their load.
class Curves {
 public:
  Curves(std::string title, double x_end, double y_end)
      : plot_{std::move(title),
              "offered load, flits per node and cycle",
              "mean packet latency, cycles",
              x_end,
              y_end,
              {}} {}

  /// `packets`: with a dashed line for the packet network.
  void add(const std::string& label, int k, const Kind& kind, int flits, const std::string& traffic, bool packets) {
    PlotSeries marks{"", PlotStyle::marks, colour_, {}};
    double end = 0;
    std::optional<Row> last;
    for (const CurvePoint& point : booksim_curve_points(NocModel::flit)) {
      const Row& row = point.row;
      if (row.integer("k") == k && kind_of(booksim_network(row, NocModel::flit)) == kind &&
          row.integer("packet_flits") == flits && row.text("traffic") == traffic) {
        const double load = row.real("offered_flits_per_node_cycle");
        marks.points.emplace_back(load, row.real("avg_packet_latency"));
        end = std::max(end, load / point.share);  // saturation
        last = row;
      }
    }
    plot_.series.push_back(line(label, PlotStyle::line, *last, NocModel::flit, end));
    if (packets) {
      plot_.series.push_back(line("", PlotStyle::dashed, *last, NocModel::packet, end));
    }
    plot_.series.push_back(std::move(marks));
    ++colour_;
  }

  [[nodiscard]] std::string svg() {
    const bool dashed =
        std::ranges::any_of(plot_.series, [](const PlotSeries& series) { return series.style == PlotStyle::dashed; });
    plot_.series.push_back({"BookSim2", PlotStyle::marks, test::kBlack, {}});
    plot_.series.push_back({"flit", PlotStyle::line, test::kBlack, {}});
    if (dashed) {
      plot_.series.push_back({"packet", PlotStyle::dashed, test::kBlack, {}});
    }
    return test::to_svg(plot_);
  }

 private:
  PlotSeries line(const std::string& label, PlotStyle style, const Row& row, NocModel model, double saturation) const {
    PlotSeries series{label, style, style == PlotStyle::dashed ? test::kBlack : colour_, {}};
    const NocConfig network = booksim_network(row, model);
    for (const double share : {0.03, 0.2, 0.4, 0.55, 0.65, 0.75, 0.82, 0.88, 0.93, 0.97, 1.0, 1.04, 1.1, 1.2, 1.3}) {
      const double load = share * saturation;
      if (load <= 1) {
        series.points.emplace_back(load, mean_latency(network, pattern_of(row), row.integer("packet_flits"), load));
      }
      if (series.points.back().second > plot_.y_end) {
        break;
      }
    }
    return series;
  }

  Plot plot_;
  int colour_{0};
};

std::map<std::string, std::string> curves() {
  const Kind two_stage{false, 1, 8};
  std::map<std::string, std::string> plots;
  for (const auto& [k, file] : {std::pair{4, "noc-uniform-4x4.svg"}, std::pair{8, "noc-uniform-8x8.svg"}}) {
    const std::string size = std::to_string(k) + "x" + std::to_string(k);
    Curves by_length{size + ", uniform, two_stage, 1 channel of 8 flits", k == 4 ? 0.75 : 0.45, k == 4 ? 80.0 : 120.0};
    for (const int flits : {1, 4, 8, 16}) {
      by_length.add("L = " + std::to_string(flits), k, two_stage, flits, "uniform", true);
    }
    plots[file] = by_length.svg();
  }
  Curves by_pattern{"4x4, L = 4, two_stage, 1 channel of 8 flits", 1.05, 60};
  for (const char* traffic : {"uniform", "transpose", "neighbor", "hotspot"}) {
    by_pattern.add(traffic == std::string_view{"neighbor"} ? "neighbour" : traffic, 4, two_stage, 4, traffic, true);
  }
  plots["noc-patterns-4x4.svg"] = by_pattern.svg();
  Curves by_channels{"4x4, uniform, L = 8, four_stage", 0.75, 100};
  for (const auto& [channels, depth] : {std::pair{1, 4}, std::pair{1, 8}, std::pair{2, 8}, std::pair{4, 8}}) {
    by_channels.add(std::to_string(channels) + " of " + std::to_string(depth) + " flits", 4, {true, channels, depth}, 8,
                    "uniform", false);
  }
  plots["noc-channels-4x4.svg"] = by_channels.svg();
  return plots;
}

// --- Noxim ---

std::string noxim_laws() {
  std::map<std::string, std::array<std::size_t, 3>> counts;  // rows, with equal head delays, with equal drains
  for (const Row& row : noc_table("noxim_micro.csv")) {
    if (row.integer("k") == 4) {
      const std::string& name = row.text("case");
      const NoximComparison compared = compare_noxim_micro(row);
      std::array<std::size_t, 3>& count = counts[name.starts_with("zeroload") ? "zero load, 1 to 6 hops" : name];
      ++count[0];
      count[1] += equal(compared.head) ? 1 : 0;
      count[2] += equal(compared.drained) ? 1 : 0;
    }
  }
  Table table{{"Case", "Mean head delay equal", "Drain equal"}};
  for (const auto& [name, count] : counts) {
    table.push_back({name, of(count[1], count[0]), of(count[2], count[0])});
  }
  return markdown_table(table);
}

constexpr double kNoximSaturated = 0.5;  // the load at which a node offers all that its channel takes

std::string noxim_loads() {
  std::map<std::pair<int, int>, std::pair<Deviations, Deviations>> deviations;  // by depth and length
  std::map<std::tuple<int, int, std::string>, int> lower;                       // loads seen, in rising order
  for (const Row& row : noc_table("noxim_curves.csv")) {
    const int depth = row.integer("buffer_depth");
    const int flits = row.integer("packet_flits");
    const bool saturated = row.real("offered_flits_per_node_cycle") == kNoximSaturated;
    // The three lowest of each pattern are below 60 % of saturation.
    if (lower[{depth, flits, row.text("traffic")}]++ < 3 || saturated) {
      const NoximLoadComparison compared = compare_noxim_load(row);
      auto& [head, received] = deviations[{depth, flits}];
      if (saturated) {
        received.add(compared.received);
      } else {
        head.add(compared.head);
      }
    }
  }
  Table table{
      {"Depth", "L", "Head delay below 60 % of saturation: mean", "largest", "Received at 0.5: mean", "largest"}};
  for (const auto& [key, sums] : deviations) {
    table.push_back({std::to_string(key.first), std::to_string(key.second), percent(sums.first.mean()),
                     percent(sums.first.largest()), percent(sums.second.mean()), percent(sums.second.largest())});
  }
  return markdown_table(table);
}

std::string noxim_plot() {
  Plot plot{"4x4, uniform, one_stage, 2 cycles a flit, 1 channel of 4 flits",
            "offered load, flits per node and cycle",
            "mean head delay, cycles",
            0.3,
            80,
            {}};
  for (const auto& [colour, flits] : {std::pair{0, 2}, std::pair{1, 4}, std::pair{2, 8}, std::pair{3, 16}}) {
    PlotSeries marks{"", PlotStyle::marks, colour, {}};
    PlotSeries line{"L = " + std::to_string(flits), PlotStyle::line, colour, {}};
    for (const Row& row : noc_table("noxim_curves.csv")) {
      const double load = row.real("offered_flits_per_node_cycle");
      if (row.text("traffic") == "uniform" && row.integer("buffer_depth") == 4 &&
          row.integer("packet_flits") == flits && load < kNoximSaturated) {
        const Compared head = compare_noxim_load(row).head;
        marks.points.emplace_back(load, head.theirs);
        line.points.emplace_back(load, head.ours);
      }
    }
    plot.series.push_back(std::move(line));
    plot.series.push_back(std::move(marks));
  }
  plot.series.push_back({"Noxim", PlotStyle::marks, test::kBlack, {}});
  plot.series.push_back({"flit", PlotStyle::line, test::kBlack, {}});
  return test::to_svg(plot);
}

// --- packet beside flit ---

/// Uniform traffic to other nodes of a 4x4 mesh, of packets of `least` to `most` flits in `classes` message classes.
std::vector<NocPacket> mixed_traffic(double load, int least, int most, int classes, std::vector<NocCycle>& created) {
  constexpr NocCycle kCycles = 20000;
  constexpr int kNodes = 16;
  test::Random random{1};
  std::vector<NocPacket> packets;
  const double probability = load * 2 / (least + most);
  for (NocCycle cycle = 0; cycle < kCycles; ++cycle) {
    for (int source = 0; source < kNodes; ++source) {
      if (static_cast<double>(random.next() >> 11U) * 0x1p-53 < probability) {
        const int other = random.between(0, kNodes - 2);
        packets.push_back({source, other + (other >= source ? 1 : 0), random.between(least, most),
                           static_cast<MessageClass>(random.between(0, classes - 1)), packets.size()});
        created.push_back(cycle);
      }
    }
  }
  return packets;
}

/// Mean of what is beyond the zero-load law.
double mean_queueing(const NocConfig& config, const std::vector<NocPacket>& packets,
                     const std::vector<NocCycle>& created) {
  class Tails final : public PacketListener {
   public:
    void left_source(std::uint64_t /*tag*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
    void arrived(std::uint64_t /*tag*/, int /*destination*/, NocCycle /*head*/, NocCycle tail) override {
      sum += static_cast<double>(tail);
    }
    double sum{0};
  } tails;
  const auto network = make_routed_network(config);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (created[i] > network->now()) {
      network->advance_to(created[i] - 1, tails);
    }
    network->inject(packets[i], created[i]);
    tails.sum -= static_cast<double>(
        created[i] + network->zero_load_latency(packets[i].source, packets[i].destination, packets[i].flits));
  }
  while (const std::optional<NocCycle> next = network->next_event()) {
    network->advance_to(*next, tails);
  }
  return tails.sum / static_cast<double>(packets.size());
}

std::string packet_beside_flit() {
  struct Kinds {
    std::string name;
    int least;
    int most;
    int classes;
    NocRouter router;
    int channels;
  };
  const std::vector<Kinds> kinds{{"L = 4", 4, 4, 1, NocRouter::two_stage, 1},
                                 {"L = 8", 8, 8, 1, NocRouter::two_stage, 1},
                                 {"L = 3", 3, 3, 1, NocRouter::two_stage, 1},
                                 {"L = 5", 5, 5, 1, NocRouter::two_stage, 1},
                                 {"L = 7", 7, 7, 1, NocRouter::two_stage, 1},
                                 {"L = 1 to 8, mixed", 1, 8, 1, NocRouter::two_stage, 1},
                                 {"L = 2 to 8, mixed, in four message classes", 2, 8, 4, NocRouter::two_stage, 1},
                                 {"L = 8, in four message classes", 8, 8, 4, NocRouter::two_stage, 1},
                                 {"L = 8, against 2 channels", 8, 8, 1, NocRouter::two_stage, 2},
                                 {"L = 8, a pipeline of 4 against `four_stage`", 8, 8, 1, NocRouter::four_stage, 1}};
  const std::array<double, 4> loads{0.1, 0.2, 0.3, 0.4};
  Table table{{"Mean queueing, `packet` / `flit`"}};
  for (const double load : loads) {
    table.front().push_back(decimal(load, 1));
  }
  for (const Kinds& kind : kinds) {
    table.push_back({kind.name});
    for (const double load : loads) {
      std::vector<NocCycle> created;
      const std::vector<NocPacket> packets = mixed_traffic(load, kind.least, kind.most, kind.classes, created);
      NocConfig config;
      config.columns = 4;
      config.rows = 4;
      config.pipeline = kind.router == NocRouter::four_stage ? 4 : 2;
      const double packet = mean_queueing(config, packets, created);
      config.model = NocModel::flit;
      config.router = kind.router;
      config.virtual_channels = kind.channels;
      table.back().push_back(decimal(packet, 2) + " / " + decimal(mean_queueing(config, packets, created), 2));
    }
  }
  return markdown_table(table);
}

}  // namespace

NocReport noc_report() {
  NocReport report;
  report.tables = {{"noc-micro", micro_cases(NocModel::flit)},
                   {"noc-traces", random_traces(NocModel::flit)},
                   {"noc-saturation", saturation(NocModel::flit)},
                   {"noc-latency", latency_below_saturation(NocModel::flit)},
                   {"noc-noxim-laws", noxim_laws()},
                   {"noc-noxim-loads", noxim_loads()},
                   {"noc-packet-micro", micro_cases(NocModel::packet)},
                   {"noc-packet-traces", random_traces(NocModel::packet)},
                   {"noc-packet-saturation", saturation(NocModel::packet)},
                   {"noc-packet-latency", latency_below_saturation(NocModel::packet)},
                   {"noc-packet-flit", packet_beside_flit()}};
  report.plots = curves();
  report.plots["noc-noxim-4x4.svg"] = noxim_plot();
  return report;
}

}  // namespace crossweave::validation
