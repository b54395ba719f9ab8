#include "frontend/report/segments.h"

#include <cstdint>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "frontend/report/csv.h"
#include "frontend/report/in_cycles.h"
#include "frontend/report/text_table.h"
#include "frontend/worker_processes.h"
#include "scheduler/figures_of_merit.h"
#include "scheduler/layer_by_layer.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCompleted = "completed";

Json sum(const Json& a, const Json& b) {
  if (a.is_number_integer() && b.is_number_integer()) {
    return a.get<std::int64_t>() + b.get<std::int64_t>();
  }
  return a.get<double>() + b.get<double>();
}

Duration t_mvm(const SegmentedRun& run) { return run.config.architecture.crossbar.mvm_latency; }

double energy_in_joules(const SegmentedRun& run, std::int64_t cells) {
  return static_cast<double>(run.config.architecture.crossbar.write.cell_energy->count_fj()) *
         static_cast<double>(cells) * 1e-15;
}

/// Cycles that PEs compute, over all images.
Json active_cycles(const SegmentResult& result) {
  Json active = 0;
  for (const Json& layer : result.summary["layers"]) {
    active = sum(active, layer["active_cycles"]);
  }
  return active;
}

double utilization_of(const SegmentedRun& run, const Json& active, Duration latency) {
  return active.get<double>() /
         (static_cast<double>(run.segments.front().run.scheduled.pes) * in_cycles(latency, t_mvm(run)).get<double>());
}

/// Of all images, layer by layer on PE_min PEs.
std::int64_t reference_cycles(const SegmentedRun& run) {
  return layer_by_layer_cycles(run.mapped.layers).count() * run.config.images;
}

double speedup_of(const SegmentedRun& run, Duration latency) {
  return speedup(static_cast<double>(reference_cycles(run)), in_cycles(latency, t_mvm(run)).get<double>());
}

/// The sums over the segments that completed.
struct Totals {
  Duration write_time;
  Duration compute_time;
  CrossbarWrites writes;
  Json active_cycles = 0;
  std::int64_t scheduled_cycles{0};
  std::int64_t bound_cycles{0};
  std::int64_t sets{0};
  std::int64_t dependencies{0};
  std::int64_t bytes{0};
  std::int64_t byte_hops{0};

  [[nodiscard]] Duration latency() const { return write_time + compute_time; }
};

Totals totals(const SegmentedRun& run, const std::vector<SegmentResult>& results) {
  Totals total;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json& summary = results[i].summary;
    total.writes += run.segments[i].writes;
    total.write_time += run.segments[i].write_time;
    total.compute_time += results[i].latency.value_or(Duration{});
    total.scheduled_cycles += summary["scheduled_latency_cycles"].get<std::int64_t>();
    total.bound_cycles += summary["lower_bound_cycles"].get<std::int64_t>();
    total.sets += summary["sets"].get<std::int64_t>();
    total.dependencies += summary["dependencies"].get<std::int64_t>();
    total.bytes += summary["traffic"]["bytes"].get<std::int64_t>();
    total.byte_hops += summary["traffic"]["byte_hops"].get<std::int64_t>();
    if (results[i].latency) {
      total.active_cycles = sum(total.active_cycles, active_cycles(results[i]));
    }
  }
  return total;
}

/// Every segment writes a cell at most once, and those of the first crossbars are part of every segment.
std::int64_t writes_of_a_cell(const SegmentedRun& run) { return static_cast<std::int64_t>(run.segments.size()); }

std::int64_t inferences_endured(const SegmentedRun& run) {
  return *run.config.architecture.crossbar.write.endurance / writes_of_a_cell(run) * run.config.images;
}

Json segment_json(const SegmentedRun& run, std::size_t index, const SegmentResult& result, Duration begin) {
  const PreparedSegment& segment = run.segments[index];
  const IdVector<LayerId, BaseLayer>& layers = run.mapped.layers;
  Json json;
  json["folder"] = segment_folder(index);
  json["first_layer"] = layers[LayerId{segment.layers.first}].name;
  json["last_layer"] = layers[LayerId{segment.layers.last - 1}].name;
  json["base_layers"] = segment.layers.size();
  json["pes"] = segment.writes.crossbars;
  json["begin_ps"] = begin.count_ps();
  json["write_ps"] = segment.write_time.count_ps();
  json["write_rows"] = segment.writes.rows;
  json["write_cells"] = segment.writes.cells;
  json["write_bytes"] = segment.writes.weights.count();
  json["write_energy_j"] = energy_in_joules(run, segment.writes.cells);
  json["writes_per_cell"] = 1;
  json["inferences"] = *run.config.architecture.crossbar.write.endurance * run.config.images;
  json["latency_ps"] = result.latency->count_ps();
  json["latency_cycles"] = in_cycles(*result.latency, t_mvm(run));
  json["scheduled_latency_cycles"] = result.summary["scheduled_latency_cycles"];
  json["utilization"] = utilization_of(run, active_cycles(result), *result.latency);
  return json;
}

/// The segments that completed, in their order.
Json segments_json(const SegmentedRun& run, const std::vector<SegmentResult>& results) {
  Json json = Json::array();
  Duration begin;
  for (std::size_t i = 0; i < results.size() && results[i].latency; ++i) {
    json.push_back(segment_json(run, i, results[i], begin));
    begin += run.segments[i].write_time + *results[i].latency;
  }
  return json;
}

/// The layers of all segments, their times counted from the beginning of the run.
Json layers_json(const SegmentedRun& run, const std::vector<SegmentResult>& results) {
  Json json = Json::array();
  Duration begin;
  for (std::size_t i = 0; i < results.size(); ++i) {
    begin += run.segments[i].write_time;
    for (Json layer : results[i].summary["layers"]) {
      layer["segment"] = i + 1;
      for (const char* const time : {"start_cycle", "finish_cycle"}) {
        layer[time] = sum(layer[time], in_cycles(begin, t_mvm(run)));
      }
      json.push_back(std::move(layer));
    }
    begin += *results[i].latency;
  }
  return json;
}

std::string milliseconds(Duration time) { return fixed(static_cast<double>(time.count_ps()) / 1e9, 6) + " ms"; }

/// "conv2d_1 to conv2d_9 (9 layers)"
std::string layers_in_words(const SegmentedRun& run, LayerRange range) {
  const std::string& first = run.mapped.layers[LayerId{range.first}].name;
  const std::string& last = run.mapped.layers[LayerId{range.last - 1}].name;
  return range.size() == 1 ? first : fmt::format("{} to {} ({} layers)", first, last, range.size());
}

double share(Duration part, Duration whole) {
  return static_cast<double>(part.count_ps()) / static_cast<double>(whole.count_ps());
}

}  // namespace

SegmentResult measured_segment(const std::string& summary_json) {
  SegmentResult result{.summary = Json::parse(summary_json), .latency = std::nullopt};
  if (result.summary["outcome"] == kCompleted) {
    result.latency = Duration::picoseconds(result.summary["latency_ps"].get<std::int64_t>());
  }
  return result;
}

SegmentResult scheduled_segment(const std::string& schedule_json, const PreparedRun& segment) {
  SegmentResult result{.summary = Json::parse(schedule_json), .latency = std::nullopt};
  const RunConfig& config = segment.config;
  result.latency = latency_of_images(segment.scheduled, config.images) * config.architecture.crossbar.mvm_latency;
  for (Json& layer : result.summary["layers"]) {
    layer["active_cycles"] = layer["active_cycles"].get<std::int64_t>() * config.images;
  }
  return result;
}

std::optional<std::vector<SegmentResult>> do_in_order(
    SegmentedRun& run, bool simulated,
    const std::function<std::optional<std::string>(std::size_t segment, const PreparedRun& run)>& task) {
  std::vector<SegmentResult> results;
  Duration elapsed;
  for (std::size_t i = 0; i < run.segments.size(); ++i) {
    PreparedSegment& segment = run.segments[i];
    elapsed += segment.write_time;
    if (const std::optional<Duration> limit = run.config.time_limit; simulated && limit) {
      if (elapsed >= *limit) {
        break;
      }
      segment.run.config.time_limit = *limit - elapsed;
    }
    spdlog::info("segment {} of {}", i + 1, run.segments.size());
    const Result<std::vector<std::string>, Failure> texts = run_in_processes(
        1, 1, [&](std::size_t /*child*/) { return task(i, segment.run).value_or(""); }, [](std::size_t /*child*/) {});
    if (!texts) {
      throw InternalError{texts.error().message};
    }
    const std::string& text = texts->front();
    if (text.empty()) {
      return std::nullopt;
    }
    results.push_back(simulated ? measured_segment(text) : scheduled_segment(text, segment.run));
    if (!results.back().latency) {
      break;
    }
    elapsed += *results.back().latency;
  }
  return results;
}

std::string outcome_of(const SegmentedRun& run, const std::vector<SegmentResult>& results) {
  for (const SegmentResult& result : results) {
    if (!result.latency) {
      return result.summary["outcome"].get<std::string>();
    }
  }
  return std::string{results.size() < run.segments.size() ? "time_limit" : kCompleted};
}

std::vector<std::string> waiting_of(const std::vector<SegmentResult>& results) {
  return results.empty() || results.back().latency ? std::vector<std::string>{}
                                                   : results.back().summary["waiting"].get<std::vector<std::string>>();
}

std::string segmented_summary_json(const SegmentedRun& run, const RunIdentity& identity,
                                   const std::vector<SegmentResult>& results, bool simulated) {
  const Totals total = totals(run, results);
  const bool completed = outcome_of(run, results) == kCompleted;
  Json json;
  if (simulated) {
    json["outcome"] = outcome_of(run, results);
  }
  json["network"] = {
      {"name", run.mapped.graph.name()}, {"base_layers", run.mapped.layers.size()}, {"min_pes", run.mapped.min_pes}};
  json["architecture"] = run.config.architecture.name;
  json["pes"] = run.segments.front().run.scheduled.pes;
  json["tiles"] = run.segments.front().run.plan.tile_count();
  json["duplicates"] = Json::array();
  for (const PreparedSegment& segment : run.segments) {
    for (const int duplicates : segment.run.scheduled.duplicates) {
      json["duplicates"].push_back(duplicates);
    }
  }
  if (completed) {
    if (simulated) {
      json["latency_ps"] = total.latency().count_ps();
      json["latency_cycles"] = in_cycles(total.latency(), t_mvm(run));
    }
    json["scheduled_latency_cycles"] = total.scheduled_cycles;
    json["write_ps"] = total.write_time.count_ps();
  }
  json["layer_by_layer_cycles"] = layer_by_layer_cycles(run.mapped.layers).count();
  if (completed) {
    json["lower_bound_cycles"] = total.bound_cycles;
    json["speedup"] = speedup_of(run, total.latency());
    json["utilization"] = utilization_of(run, total.active_cycles, total.latency());
    json["inference"] = {
        {"images", run.config.images},
        {"arrival_period_ps", run.segments.front().run.plan.arrival_period.count_ps()},
        {"images_per_second", run.config.images * 1e12 / static_cast<double>(total.latency().count_ps())}};
    json["sets"] = total.sets;
    json["dependencies"] = total.dependencies;
    json["traffic"] = {{"bytes", total.bytes}, {"byte_hops", total.byte_hops}};
    json["rewriting"] = {{"segments", run.segments.size()},
                         {"write_cells", total.writes.cells},
                         {"write_bytes", total.writes.weights.count()},
                         {"write_energy_j", energy_in_joules(run, total.writes.cells)},
                         {"writes_per_cell", writes_of_a_cell(run)},
                         {"endurance", *run.config.architecture.crossbar.write.endurance},
                         {"inferences", inferences_endured(run)}};
  }
  json["segments"] = segments_json(run, results);
  if (completed) {
    json["layers"] = layers_json(run, results);
  } else {
    json["waiting"] = waiting_of(results);
  }
  json["version"] = CROSSWEAVE_VERSION;
  json["config_hash"] = identity.config_hash();
  return json.dump(2) + "\n";
}

std::string segments_csv(const SegmentedRun& run, const std::vector<SegmentResult>& results) {
  std::string heading;
  std::string lines;
  for (const Json& segment : segments_json(run, results)) {
    std::string names;
    std::string line;
    for (const auto& [name, value] : segment.items()) {
      names += (names.empty() ? "" : ",") + name;
      line += (line.empty() ? "" : ",") + csv_cell(value.is_string() ? value.get<std::string>() : value.dump());
    }
    heading = names;
    lines += line + "\n";
  }
  return heading + "\n" + lines;
}

std::string segmented_table(const SegmentedRun& run, const std::vector<SegmentResult>& results, bool simulated,
                            const std::string& directory, const std::vector<std::string>& files) {
  const RunConfig& config = run.config;
  const Totals total = totals(run, results);
  const std::int64_t pes = run.segments.front().run.scheduled.pes;
  std::vector<TableLine> lines;
  lines.emplace_back("network", fmt::format("{}, {} base layers, at least {} PEs", run.mapped.graph.name(),
                                            run.mapped.layers.size(), run.mapped.min_pes));
  lines.emplace_back("architecture", fmt::format("{}, {} x {} crossbars, t_MVM {}", config.architecture.name,
                                                 config.architecture.crossbar.rows,
                                                 config.architecture.crossbar.columns, to_string(t_mvm(run))));
  lines.emplace_back("mapping", fmt::format("{} PEs on {} tiles, rewritten for {} segments, duplication {}, {}, {}",
                                            pes, run.segments.front().run.plan.tile_count(), run.segments.size(),
                                            kDuplicationNames[static_cast<std::size_t>(config.duplication)],
                                            kPartitionNames[static_cast<std::size_t>(config.partition)],
                                            kPlacementMethodNames[static_cast<std::size_t>(config.placement)]));
  lines.emplace_back("schedule",
                     fmt::format("{}, {} sets, order {}", kScheduleModeNames[static_cast<std::size_t>(config.mode)],
                                 total.sets, kSetOrderNames[static_cast<std::size_t>(config.order)]));
  for (std::size_t i = 0; i < results.size() && results[i].latency; ++i) {
    const PreparedSegment& segment = run.segments[i];
    lines.emplace_back(
        fmt::format("segment {}", i + 1),
        fmt::format("{}: {} PEs written in {}, run in {}", layers_in_words(run, segment.layers),
                    segment.writes.crossbars, milliseconds(segment.write_time), milliseconds(*results[i].latency)));
  }
  if (simulated) {
    lines.emplace_back("outcome", outcome_of(run, results));
  }
  if (outcome_of(run, results) == kCompleted) {
    const int images = run.config.images;
    lines.emplace_back(
        "latency", fmt::format("{} cycles{} = {}, {}", in_cycles(total.latency(), t_mvm(run)).dump(),
                               images > 1 ? fmt::format(" of {} images", images) : "", milliseconds(total.latency()),
                               simulated ? fmt::format("measured (scheduled{}: {} and writing)",
                                                       images > 1 ? " for one" : "", total.scheduled_cycles)
                                         : "as scheduled"));
    lines.emplace_back(
        "writing",
        fmt::format("{} % of the latency; {} mJ for {} cells", fixed(100 * share(total.write_time, total.latency()), 2),
                    fixed(energy_in_joules(run, total.writes.cells) * 1e3, 6), total.writes.cells));
    lines.emplace_back("endurance", fmt::format("{} writes of a cell for {}: {} inferences", writes_of_a_cell(run),
                                                images > 1 ? fmt::format("{} images", images) : "each inference",
                                                inferences_endured(run)));
    lines.emplace_back(
        "speed-up", fmt::format("{}x over layer by layer on {} PEs ({} cycles)",
                                fixed(speedup_of(run, total.latency()), 2), run.mapped.min_pes, reference_cycles(run)));
    lines.emplace_back(
        "utilization",
        fmt::format("{} % of {} PEs", fixed(100 * utilization_of(run, total.active_cycles, total.latency()), 2), pes));
    if (total.bytes > 0) {
      lines.emplace_back("traffic",
                         fmt::format("{} MB between tiles and DRAM", fixed(static_cast<double>(total.bytes) / 1e6, 3)));
    }
  }
  return lines_and_files(std::move(lines), directory, files);
}

}  // namespace crossweave
