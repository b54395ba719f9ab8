#include "frontend/reproduce/reproduction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "arch/architecture_yaml.h"
#include "arch/strict_yaml.h"
#include "frontend/import/network_file.h"
#include "frontend/report/charts.h"
#include "frontend/reproduce/figures.h"
#include "frontend/worker_processes.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/lower_bounds.h"

namespace crossweave {
namespace {

/// The paper's x (Section V-B).
constexpr std::array<int, 4> kExtraPes{4, 8, 16, 32};

/// What the 28 points compare: the method as published at its finest, and our search.
const Preset kBaseline{Duplication::bottleneck, Partition::interleaved, {1, 1}, SetOrder::ready};
const Preset kOurs{Duplication::makespan, Partition::dispatch, {1, 1}, SetOrder::automatic};

/// The ablation is at the largest x. Techniques one after the other, each with all before it:
struct Technique {
  std::string_view name;
  Preset preset;
};
constexpr int kAblationPes = 32;
const std::array<Technique, 6> kSteps{{
    {"4x4", {Duplication::bottleneck, Partition::interleaved, {4, 4}, SetOrder::raster}},
    {"1x1", {Duplication::bottleneck, Partition::interleaved, {1, 1}, SetOrder::raster}},
    {"dispatch", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::raster}},
    {"lookahead", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::lookahead}},
    {"auto order", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::automatic}},
    {"makespan", kOurs},
}};
/// All of them but one, which is as published.
const std::array<Technique, 6> kWithoutOne{{
    {"all", kOurs},
    {"4x4 sets", {Duplication::makespan, Partition::dispatch, {4, 4}, SetOrder::automatic}},
    {"interleaved", {Duplication::makespan, Partition::interleaved, {1, 1}, SetOrder::automatic}},
    {"raster", {Duplication::makespan, Partition::dispatch, {1, 1}, SetOrder::raster}},
    {"bottleneck", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::automatic}},
    {"sum", {Duplication::sum, Partition::dispatch, {1, 1}, SetOrder::automatic}},
}};
/// The rules for a layer by itself.
const std::array<Technique, 3> kOrders{{
    {"raster", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::raster}},
    {"ready", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::ready}},
    {"diagonal", {Duplication::bottleneck, Partition::dispatch, {1, 1}, SetOrder::diagonal}},
}};
const std::array<Technique, 4> kSetSizes{{
    {"1x1", kOurs},
    {"2x2", {Duplication::makespan, Partition::dispatch, {2, 2}, SetOrder::automatic}},
    {"4x4", {Duplication::makespan, Partition::dispatch, {4, 4}, SetOrder::automatic}},
    {"auto", {Duplication::makespan, Partition::dispatch, {1, 1}, SetOrder::automatic, true}},
}};

std::string percent(double ratio) { return fmt::format("{:+.1f} %", 100 * ratio); }

std::string cycles_text(double cycles) { return fmt::format("{}", std::llround(cycles)); }

/// Two columns in one: what was published, and what we find if that is something else.
std::string beside(const std::string& published, const std::string& ours) {
  return published == ours ? published : published + " (ours: " + ours + ")";
}

class Reproducer {
 public:
  Reproducer(const PaperSetup& setup, const ReproductionOptions& options,
             const std::function<void(const std::string&)>& progress)
      : setup_{setup}, paper_{setup.publication}, options_{options}, progress_{progress} {}

  Reproduction run() {
    list_runs();
    execute();
    if (wants(Target::table1)) {
      add_table1();
    }
    if (wants(Target::table2)) {
      add_table2();
    }
    if (wants(Target::fig6)) {
      add_case_study();
    }
    add_numbers();
    if (wants(Target::fig6) || wants(Target::fig7)) {
      add_matrix();
    }
    if (wants(Target::fig6)) {
      draw_fig6();
    }
    if (wants(Target::fig7)) {
      draw_fig7();
    }
    if (wants(Target::points)) {
      add_points();
    }
    if (options_.target == Target::ablation) {
      add_ablation();
    }
    if (!runs_.empty()) {
      add_csv();
    }
    if (options_.target == Target::all) {
      add_errata();
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool wants(Target target) const { return options_.target == Target::all || options_.target == target; }

  /// Fig. 6 is of the case study, Fig. 7 of the other benchmarks.
  [[nodiscard]] bool wants_benchmark(std::size_t benchmark) const {
    return wants(benchmark == paper_.case_study ? Target::fig6 : Target::fig7);
  }

  [[nodiscard]] bool wants_number(const PublishedNumber& number) const {
    return std::ranges::any_of(number.benchmarks, [&](std::size_t benchmark) { return wants_benchmark(benchmark); });
  }

  // --- runs ---

  /// Each configuration of Fig. 6c and 7, in the order of their bars.
  [[nodiscard]] static std::vector<std::pair<ScheduleMode, int>> configurations() {
    std::vector<std::pair<ScheduleMode, int>> result;
    for (const ScheduleMode mode : {ScheduleMode::layer_by_layer, ScheduleMode::cross_layer}) {
      result.emplace_back(mode, 0);
      for (const int extra_pes : kExtraPes) {
        result.emplace_back(mode, extra_pes);
      }
    }
    return result;
  }

  void need(const PaperRun& run) {
    if (std::ranges::find(runs_, run) == runs_.end()) {
      runs_.push_back(run);
    }
  }

  void need_number(const PublishedNumber& number, const Preset& preset) {
    for (const std::size_t benchmark : number.benchmarks) {
      for (const int extra_pes : number.extra_pes) {
        need({benchmark, number.mode, extra_pes, preset});
      }
      if (number.over) {
        need({benchmark, number.mode, *number.over, preset});
      }
    }
  }

  template <std::size_t count>
  void need_techniques(const std::array<Technique, count>& techniques) {
    for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
      for (const Technique& technique : techniques) {
        need(ablation_run(benchmark, technique.preset));
      }
    }
  }

  [[nodiscard]] static PaperRun ablation_run(std::size_t benchmark, const Preset& preset) {
    return {benchmark, ScheduleMode::cross_layer, kAblationPes, preset};
  }

  void list_runs() {
    if (options_.target == Target::ablation) {
      need_techniques(kSteps);
      need_techniques(kWithoutOne);
      need_techniques(kOrders);
      need_techniques(kSetSizes);
    }
    if (wants(Target::points)) {
      for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
        for (const int extra_pes : kExtraPes) {
          need({benchmark, ScheduleMode::cross_layer, extra_pes, kOurs});
          need({benchmark, ScheduleMode::cross_layer, extra_pes, kBaseline});
        }
      }
    }
    for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
      for (const auto& [mode, extra_pes] : configurations()) {
        if (wants_benchmark(benchmark)) {
          need({benchmark, mode, extra_pes, paper_.preset});
        }
      }
    }
    for (const PublishedNumber& number : paper_.numbers) {
      if (wants_number(number)) {
        need_number(number, paper_.preset);
        need_number(number, number.closest);
      }
    }
  }

  [[nodiscard]] std::string name_of(const PaperRun& run) const {
    return paper_.benchmarks[run.benchmark].name + ", " + configuration_name(run.mode, run.extra_pes) + ", " +
           to_string(run.preset);
  }

  /// Runs and bounds share the workers. What takes longest begins first, so that none is left alone at the end.
  void execute() {
    struct Task {
      std::size_t index;
      bool bound;
      std::int64_t cost;
    };
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const PaperRun& run = runs_[i];
      const std::int64_t work = layer_by_layer_cycles(setup_.networks[run.benchmark].layers).count();
      const std::int64_t area = std::max(1, run.preset.set.rows) * std::int64_t{std::max(1, run.preset.set.columns)};
      const bool searches = run.preset.duplication == Duplication::makespan || run.preset.order == SetOrder::automatic;
      tasks.push_back({i, false, searches ? 100 * work / area : work / area});
      if (run.preset == kOurs && wants(Target::points)) {
        tasks.push_back({i, true, 50 * work});
      }
    }
    std::ranges::stable_sort(tasks, std::ranges::greater{}, &Task::cost);
    std::size_t ended = 0;
    const auto texts = run_in_processes(
        tasks.size(), options_.workers,
        [&](std::size_t i) {
          const PaperRun& run = runs_[tasks[i].index];
          const MappedNetwork& network = setup_.networks[run.benchmark];
          return tasks[i].bound ? std::to_string(proven_bound(network, run.extra_pes))
                                : to_json(measure(network, setup_.architecture, run, options_.evaluations));
        },
        [&](std::size_t i) {
          progress_(fmt::format("{}/{} {}{}", ++ended, tasks.size(), tasks[i].bound ? "bound of " : "",
                                name_of(runs_[tasks[i].index])));
        });
    if (!texts) {
      throw InternalError{texts.error().message};
    }
    results_.resize(runs_.size());
    bounds_.resize(runs_.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].bound) {
        bounds_[tasks[i].index] = std::stoll((*texts)[i]);
      } else {
        results_[tasks[i].index] = paper_result((*texts)[i]);
      }
    }
  }

  /// Whatever the duplicates, sets, order and partition.
  [[nodiscard]] static std::int64_t proven_bound(const MappedNetwork& network, int extra_pes) {
    IdVector<LayerId, SetGrid> pixels;
    for (const BaseLayer& layer : network.layers) {
      pixels.push_back(SetGrid{layer.ofm, {1, 1}});
    }
    const SetDependencies dependencies = determine_dependencies(network.graph, network.layers, pixels);
    return budget_bound(duplication_candidates(network.layers, network.crossbars), pixels, dependencies, extra_pes)
        .count();
  }

  [[nodiscard]] std::size_t place_of(const PaperRun& run) const {
    const auto found = std::ranges::find(runs_, run);
    check_invariant(found != runs_.end(), "every run that a table needs has been listed");
    return static_cast<std::size_t>(found - runs_.begin());
  }

  [[nodiscard]] const PaperResult& result_of(const PaperRun& run) const { return results_[place_of(run)]; }

  // --- tables ---

  void add_table1() {
    ReportTable table{"Table I: base layers of " + paper_.benchmarks[paper_.case_study].name,
                      "IFM shapes are those after padding. Where we find something else, it stands beside.",
                      {Align::left, Align::right, Align::right, Align::right, Align::right},
                      {{"layer", "IFM", "OFM", "PEs", "cycles"}}};
    const MappedNetwork& network = setup_.networks[paper_.case_study];
    for (const PublishedLayer& layer : paper_.layers) {
      const auto found = std::ranges::find(network.layers, layer.name, &BaseLayer::name);
      if (found == network.layers.end()) {
        table.rows.push_back({layer.name + " (ours has none)", "", "", "", ""});
        continue;
      }
      const auto shape = [](const Shape& s) { return hwc(s.height, s.width, s.channels); };
      const LayerId id{static_cast<std::size_t>(found - network.layers.begin())};
      table.rows.push_back({layer.name, beside(shape(layer.ifm), shape(found->ifm)),
                            beside(shape(layer.ofm), shape(found->ofm)),
                            beside(std::to_string(layer.pes), std::to_string(network.crossbars[id].pes())),
                            beside(std::to_string(layer.cycles), std::to_string(found->cycles().count()))});
    }
    result_.tables.push_back(std::move(table));
  }

  void add_table2() {
    ReportTable table{"Table II: benchmarks",
                      "Layer-by-layer cycles are ours: the paper gives none.",
                      {Align::left, Align::left, Align::right, Align::right, Align::right, Align::right},
                      {{"benchmark", "where", "input", "base layers", "PEs at least", "layer-by-layer cycles"}}};
    for (std::size_t i = 0; i < paper_.benchmarks.size(); ++i) {
      const PublishedBenchmark& benchmark = paper_.benchmarks[i];
      const MappedNetwork& network = setup_.networks[i];
      table.rows.push_back({benchmark.name, benchmark.where,
                            hwc(benchmark.input.height, benchmark.input.width, benchmark.input.channels),
                            beside(std::to_string(benchmark.base_layers), std::to_string(network.layers.size())),
                            beside(std::to_string(benchmark.min_pes), std::to_string(network.min_pes)),
                            std::to_string(layer_by_layer_cycles(network.layers).count())});
    }
    result_.tables.push_back(std::move(table));
  }

  [[nodiscard]] PaperRun case_study_run(ScheduleMode mode, Duplication duplication) const {
    Preset preset = paper_.preset;
    preset.duplication = duplication;
    return {paper_.case_study, mode, paper_.case_study_extra_pes, preset};
  }

  void add_case_study() {
    const MappedNetwork& network = setup_.networks[paper_.case_study];
    ReportTable table{
        fmt::format("Fig. 6a: duplicates of {} with {} PEs more", paper_.benchmarks[paper_.case_study].name,
                    paper_.case_study_extra_pes),
        fmt::format("Published: exactly the first {} base layers are duplicated.", paper_.case_study_duplicated_layers),
        {Align::left, Align::right, Align::right},
        {{"layer", "sum", "bottleneck"}}};
    const auto duplicates = [&](Duplication rule) {
      return duplicate_weights(rule, duplication_candidates(network.layers, network.crossbars),
                               paper_.case_study_extra_pes, {paper_.preset.partition, paper_.preset.set});
    };
    const Duplicates sum = duplicates(Duplication::sum);
    const Duplicates bottleneck = duplicates(Duplication::bottleneck);
    bool as_published = true;
    for (const LayerId layer : ids(network.layers)) {
      const bool duplicated = layer.value() < static_cast<std::uint32_t>(paper_.case_study_duplicated_layers);
      as_published = as_published && (sum[layer] > 1) == duplicated && (bottleneck[layer] > 1) == duplicated;
      if (sum[layer] > 1 || bottleneck[layer] > 1) {
        table.rows.push_back(
            {network.layers[layer].name, std::to_string(sum[layer]), std::to_string(bottleneck[layer])});
      }
    }
    table.text += as_published ? " So it is, with either rule." : " Not so here.";
    result_.tables.push_back(std::move(table));
  }

  /// A number of the paper, by one preset.
  [[nodiscard]] double value_of(const PublishedNumber& number, const Preset& preset) const {
    double best = 0;
    bool first = true;
    for (const std::size_t benchmark : number.benchmarks) {
      for (const int extra_pes : number.extra_pes) {
        const PaperResult& result = result_of({benchmark, number.mode, extra_pes, preset});
        double value =
            number.quantity == PublishedNumber::Quantity::speedup ? result.speedup() : 100 * result.utilization();
        if (number.over) {
          value /= result_of({benchmark, number.mode, *number.over, preset}).speedup();
        }
        const bool better = number.take == PublishedNumber::Take::largest ? value > best : value < best;
        best = first || better ? value : best;
        first = false;
      }
    }
    return best;
  }

  void add_numbers() {
    ReportTable table{
        "Published numbers",
        fmt::format(
            "One choice for all: {}. Beside it, for each number, the choice that comes nearest; \"=\" marks what "
            "rounds to the published digits. Speed-ups are over layer-by-layer without duplication.",
            to_string(paper_.preset)),
        {Align::left, Align::left, Align::left, Align::right, Align::right, Align::right, Align::right, Align::right,
         Align::left},
        {{"number", "where", "quantity", "published", "ours", "deviation", "nearest", "deviation", "by"}}};
    double largest = 0;
    double largest_of_nearest = 0;
    for (const PublishedNumber& number : paper_.numbers) {
      if (!wants_number(number)) {
        continue;
      }
      const PublishedValue& published = number.published;
      const double ours = value_of(number, paper_.preset);
      const double nearest = value_of(number, number.closest);
      const auto deviation = [&](double value) {
        return (published.rounds_to(value) ? "= " : "") + percent(value / published.value - 1);
      };
      largest = std::max(largest, std::abs(ours / published.value - 1));
      largest_of_nearest =
          std::max(largest_of_nearest, published.rounds_to(nearest) ? 0.0 : std::abs(nearest / published.value - 1));
      const auto two_more = [&](double value) { return fixed(value, published.decimals + 1) + published.unit; };
      table.rows.push_back({number.name, number.where,
                            number.quantity == PublishedNumber::Quantity::speedup ? "speed-up" : "utilization",
                            published.text(published.value), two_more(ours), deviation(ours), two_more(nearest),
                            deviation(nearest), to_string(number.closest)});
    }
    if (table.rows.size() > 1) {
      table.text +=
          fmt::format(" Largest deviation: {:.1f} % with one choice, {:.1f} % beyond rounding with the nearest.",
                      100 * largest, 100 * largest_of_nearest);
      result_.tables.push_back(std::move(table));
    }
  }

  void add_matrix() {
    ReportTable table{
        "Configurations",
        fmt::format(
            "Measured by the simulation; {}. The bound is a latency that no schedule of the same mapping can go "
            "below.",
            to_string(paper_.preset)),
        {Align::left, Align::left, Align::right, Align::right, Align::right, Align::right, Align::right},
        {{"benchmark", "configuration", "latency (cycles)", "speed-up", "utilization", "bound", "latency / bound"}}};
    for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
      if (!wants_benchmark(benchmark)) {
        continue;
      }
      for (const auto& [mode, extra_pes] : configurations()) {
        const PaperResult& result = result_of({benchmark, mode, extra_pes, paper_.preset});
        table.rows.push_back({paper_.benchmarks[benchmark].name, configuration_name(mode, extra_pes),
                              cycles_text(result.cycles()), fixed(result.speedup(), 2) + "x",
                              fixed(100 * result.utilization(), 2) + " %", std::to_string(result.bound_cycles),
                              fixed(result.over_bound(), 3)});
      }
    }
    result_.tables.push_back(std::move(table));
  }

  void add_points() {
    ReportTable table{
        "Beyond the paper: as many PEs, other duplicates and orders",
        fmt::format(
            "Baseline: {}. Ours: {}. No schedule goes below the bound, whatever the duplicates, sets, order and "
            "partition.",
            to_string(kBaseline), to_string(kOurs)),
        {Align::left, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right,
         Align::right},
        {{"benchmark", "x", "baseline (cycles)", "ours", "speed-up", "against baseline", "bound", "ours / bound",
          "baseline / bound"}}};
    LineChart chart{"Latency of our schedules over the proven bound", "extra PEs x", "latency / bound", {}, {}};
    for (const int extra_pes : kExtraPes) {
      chart.xs.push_back(extra_pes);
    }
    constexpr std::array kInks{Ink::cool_3, Ink::cool_4, Ink::fresh_3, Ink::fresh_4, Ink::warm, Ink::accent, Ink::text};
    for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
      Series series{paper_.benchmarks[benchmark].name, kInks[benchmark % kInks.size()], {}};
      for (const int extra_pes : kExtraPes) {
        const PaperResult& baseline = result_of({benchmark, ScheduleMode::cross_layer, extra_pes, kBaseline});
        const std::size_t place = place_of({benchmark, ScheduleMode::cross_layer, extra_pes, kOurs});
        const PaperResult& ours = results_[place];
        const auto bound = static_cast<double>(bounds_[place]);
        table.rows.push_back(
            {paper_.benchmarks[benchmark].name, std::to_string(extra_pes), cycles_text(baseline.cycles()),
             cycles_text(ours.cycles()), fixed(ours.speedup(), 2) + "x", percent(ours.cycles() / baseline.cycles() - 1),
             std::to_string(bounds_[place]), fixed(ours.cycles() / bound, 3), fixed(baseline.cycles() / bound, 3)});
        series.values.push_back(ours.cycles() / bound);
      }
      chart.series.push_back(std::move(series));
    }
    result_.tables.push_back(std::move(table));
    result_.files.push_back({"points.svg", to_svg(chart)});
  }

  /// Speed-ups by technique, one row a benchmark.
  template <std::size_t count>
  void add_speedups(std::string title, std::string text, const std::array<Technique, count>& techniques) {
    ReportTable table{std::move(title), std::move(text), {Align::left}, {{"benchmark"}}};
    for (const Technique& technique : techniques) {
      table.columns.push_back(Align::right);
      table.rows.front().emplace_back(technique.name);
    }
    for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
      std::vector<std::string> row{paper_.benchmarks[benchmark].name};
      for (const Technique& technique : techniques) {
        row.push_back(fixed(result_of(ablation_run(benchmark, technique.preset)).speedup(), 2) + "x");
      }
      table.rows.push_back(std::move(row));
    }
    result_.tables.push_back(std::move(table));
  }

  void add_ablation() {
    add_speedups(
        "One technique after the other",
        fmt::format("Speed-up with x = {}. First column: {}; each column adds its technique to those before it.",
                    kAblationPes, to_string(kSteps.front().preset)),
        kSteps);
    add_speedups("All techniques but one",
                 fmt::format("Speed-up with x = {}. First column: {}; the others have one technique replaced.",
                             kAblationPes, to_string(kOurs)),
                 kWithoutOne);
    add_speedups("Orders by themselves",
                 fmt::format("Speed-up with x = {}; bottleneck, dispatch, 1x1, without lookahead.", kAblationPes),
                 kOrders);
    ReportTable table{
        "Granularity",
        fmt::format("x = {}; makespan, dispatch, orders by search. What the sets cost: transfers, and bytes that leave "
                    "their tile, as measured on tiles of {} PEs.",
                    kAblationPes, setup_.architecture.tile.pes),
        {Align::left, Align::left, Align::right, Align::right, Align::right, Align::right},
        {{"benchmark", "sets", "speed-up", "number of sets", "transfers", "MB over links"}}};
    for (std::size_t benchmark = 0; benchmark < paper_.benchmarks.size(); ++benchmark) {
      for (const Technique& technique : kSetSizes) {
        const PaperResult& result = result_of(ablation_run(benchmark, technique.preset));
        table.rows.push_back({paper_.benchmarks[benchmark].name, std::string{technique.name},
                              fixed(result.speedup(), 2) + "x", std::to_string(result.sets),
                              std::to_string(result.transfers),
                              fixed(static_cast<double>(result.bytes_over_links) / 1e6, 1)});
      }
    }
    result_.tables.push_back(std::move(table));
  }

  void add_errata() {
    ReportTable table{
        "Errata: listed, not scored", "", {Align::left, Align::left, Align::left}, {{"where", "published", "found"}}};
    for (const Erratum& erratum : paper_.errata) {
      table.rows.push_back({erratum.where, erratum.published, erratum.found});
    }
    result_.tables.push_back(std::move(table));
  }

  // --- figures ---

  void draw_fig6() {
    const PublishedBenchmark& benchmark = paper_.benchmarks[paper_.case_study];
    const MappedNetwork& network = setup_.networks[paper_.case_study];
    const auto draw = [&](const std::string& file, ScheduleMode mode) {
      const PaperRun run = case_study_run(mode, Duplication::sum);
      result_.files.push_back({file, draw_activity(schedule_of(network, run, options_.evaluations),
                                                   benchmark.name + ", " + configuration_name(mode, run.extra_pes))});
    };
    draw("fig6a.svg", ScheduleMode::layer_by_layer);
    draw("fig6b.svg", ScheduleMode::cross_layer);
    draw_fig6c();
  }

  /// One benchmark: a group of bars a number of extra PEs.
  void draw_fig6c() {
    std::vector<std::string> categories{"x = 0"};
    for (const int extra_pes : kExtraPes) {
      categories.push_back(fmt::format("x = {}", extra_pes));
    }
    std::vector<BarResults> bars{{"layer-by-layer, with wdup", Ink::cool_3, {}}, {"xinf, with wdup", Ink::fresh_3, {}}};
    for (const auto& [mode, extra_pes] : configurations()) {
      bars[mode == ScheduleMode::layer_by_layer ? 0 : 1].results.push_back(
          &result_of({paper_.case_study, mode, extra_pes, paper_.preset}));
    }
    const std::string name = paper_.benchmarks[paper_.case_study].name + ": ";
    result_.files.push_back(
        {"fig6c_speedup.svg", draw_bars(name + "speed-up with x extra PEs", BarQuantity::speedup, categories, bars)});
    result_.files.push_back({"fig6c_utilization.svg", draw_bars(name + "PE utilization with x extra PEs",
                                                                BarQuantity::utilization, categories, bars)});
  }

  /// The other benchmarks: a group each, a bar a configuration.
  void draw_fig7() {
    std::vector<std::string> names;
    std::vector<BarResults> bars;
    std::size_t place = 0;
    for (const auto& [mode, extra_pes] : configurations()) {
      place = extra_pes == 0 ? 0 : place + 1;
      BarResults bar{configuration_name(mode, extra_pes), configuration_ink(mode, extra_pes, place - 1), {}};
      for (std::size_t i = 0; i < paper_.benchmarks.size(); ++i) {
        if (i != paper_.case_study) {
          bar.results.push_back(&result_of({i, mode, extra_pes, paper_.preset}));
        }
      }
      bars.push_back(std::move(bar));
    }
    for (std::size_t i = 0; i < paper_.benchmarks.size(); ++i) {
      if (i != paper_.case_study) {
        names.push_back(paper_.benchmarks[i].name);
      }
    }
    result_.files.push_back({"fig7a.svg", draw_bars("Speed-up", BarQuantity::speedup, names, bars)});
    result_.files.push_back({"fig7b.svg", draw_bars("PE utilization", BarQuantity::utilization, names, bars)});
  }

  // --- files ---

  void add_csv() {
    std::string csv =
        "benchmark,configuration,duplication,partition,set_rows,set_columns,order,extra_pes,pes,latency_cycles,"
        "scheduled_latency_cycles,layer_by_layer_cycles,speedup,utilization,lower_bound_cycles,"
        "lower_bound_any_mapping_cycles,sets,transfers,bytes_over_links,evaluations\n";
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const PaperRun& run = runs_[i];
      const PaperResult& result = results_[i];
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{:.6f},{:.6f},{},{},{},{},{},{}\n",
                         paper_.benchmarks[run.benchmark].name, configuration_name(run.mode, run.extra_pes),
                         kDuplicationNames[static_cast<std::size_t>(run.preset.duplication)],
                         kPartitionNames[static_cast<std::size_t>(run.preset.partition)], run.preset.set.rows,
                         run.preset.set.columns, kSetOrderNames[static_cast<std::size_t>(run.preset.order)],
                         run.extra_pes, result.pes, result.cycles(), result.scheduled_cycles,
                         result.layer_by_layer_cycles, result.speedup(), result.utilization(), result.bound_cycles,
                         bounds_[i] == 0 ? "" : std::to_string(bounds_[i]), result.sets, result.transfers,
                         result.bytes_over_links, result.evaluations);
    }
    result_.files.push_back({"runs.csv", std::move(csv)});
  }

  const PaperSetup& setup_;
  const Publication& paper_;
  const ReproductionOptions& options_;
  const std::function<void(const std::string&)>& progress_;
  std::vector<PaperRun> runs_;
  std::vector<PaperResult> results_;
  std::vector<std::int64_t> bounds_;  ///< over all mappings, of the runs that have one; else 0
  Reproduction result_;
};

}  // namespace

Result<PaperSetup> load_paper(const std::filesystem::path& file) {
  Result<Publication> publication = load_publication(file);
  if (!publication) {
    return publication.error();
  }
  Diagnostics problems;
  PaperSetup setup{*std::move(publication), {}, {}};
  const Result<YamlNode> architecture = load_yaml(setup.publication.architecture);
  if (architecture) {
    setup.architecture = read_architecture(*architecture, "", problems);
    // How many PEs a run has, and how much its tiles hold, differs from number to number.
    if (setup.architecture.tile.buffer.model == BufferModel::limited || setup.architecture.chip != ChipSpec{}) {
      problems.push_back({setup.publication.architecture_where,
                          "architecture: expected buffers without limits, and a chip that grows with its PEs"});
    }
  } else {
    problems = architecture.error();
  }
  for (const PublishedBenchmark& benchmark : setup.publication.benchmarks) {
    const Result<NetworkImport> import = import_network(benchmark.network, {}, benchmark.network_where);
    if (!import) {
      problems.insert(problems.end(), import.error().begin(), import.error().end());
      continue;
    }
    Result<MappedNetwork, SchedulingFailure> mapped =
        map_network(import->graph, false, setup.architecture.crossbar, setup.architecture.precision);
    if (!mapped) {
      problems.push_back({benchmark.network_where, "network: " + mapped.error().message});
      continue;
    }
    setup.networks.push_back(*std::move(mapped));
  }
  if (has_errors(problems)) {
    return problems;
  }
  return setup;
}

Reproduction reproduce(const PaperSetup& setup, const ReproductionOptions& options,
                       const std::function<void(const std::string&)>& progress) {
  return Reproducer{setup, options, progress}.run();
}

std::string to_text(const std::vector<ReportTable>& tables) {
  std::string text;
  for (const ReportTable& table : tables) {
    text += (text.empty() ? "" : "\n") + table.title + "\n" + (table.text.empty() ? "" : table.text + "\n") + "\n" +
            text_table(table.rows, table.columns);
  }
  return text;
}

std::string to_markdown(const std::string& title, const Reproduction& reproduction) {
  std::string text = "# " + title + "\n";
  for (const ReportTable& table : reproduction.tables) {
    text += "\n## " + table.title + "\n\n" + (table.text.empty() ? "" : table.text + "\n\n");
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      for (const std::string& cell : table.rows[r]) {
        text += "| " + cell + " ";
      }
      text += "|\n";
      if (r == 0) {
        for (const Align align : table.columns) {
          text += align == Align::right ? "|---:" : "|---";
        }
        text += "|\n";
      }
    }
  }
  bool first = true;
  for (const ReportFile& file : reproduction.files) {
    if (file.name.ends_with(".svg")) {
      text += (first ? "\n## Figures\n\n![" : "\n![") + file.name + "](" + file.name + ")\n";
      first = false;
    }
  }
  return text;
}

}  // namespace crossweave
