#include "frontend/report/summary.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "frontend/import/network_file.h"
#include "frontend/report/content_hash.h"
#include "frontend/report/csv.h"
#include "frontend/report/in_cycles.h"
#include "scheduler/figures_of_merit.h"
#include "scheduler/initiation_interval.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/traffic.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCompleted = "completed";

bool completed(const Measurement* measured) { return measured != nullptr && measured->outcome == kCompleted; }

/// A measured latency is that of all images, a scheduled one that of an image alone.
std::uint32_t images_in_latency(const PreparedRun& run, const Measurement* measured) {
  return measured != nullptr ? run.plan.images : 1;
}

/// No run of this mapping on so many images is faster: the last image takes what one alone does from its arrival on,
/// and the most loaded duplicate (layer by layer: that of each layer) works for all of them.
Cycles lower_bound(const PreparedRun& run, std::uint32_t images) {
  const Cycles alone = run.lower_bound;
  if (images == 1) {
    return alone;
  }
  const Duration t_mvm = run.config.architecture.crossbar.mvm_latency;
  const Cycles last_arrival{run.plan.arrival_of(images - 1).count_ps() / t_mvm.count_ps()};
  return std::max(last_arrival + alone, Cycles{initiation_interval_bound(run.plan).count() * images});
}

/// Figures that follow from a latency: the measured one, or the scheduled one where nothing was simulated.
struct Figures {
  Duration latency;
  double speedup{0};
  double utilization{0};
};

Figures figures(const PreparedRun& run, const Measurement* measured) {
  const Duration t_mvm = run.config.architecture.crossbar.mvm_latency;
  const Duration reference =
      layer_by_layer_cycles(run.scheduled.mapped.layers) * t_mvm * images_in_latency(run, measured);
  Figures result;
  result.latency = measured != nullptr ? measured->latency : run.scheduled.schedule.latency() * t_mvm;
  const Duration active = measured != nullptr ? measured->active : Cycles{run.scheduled.active_pe_cycles()} * t_mvm;
  result.speedup = speedup(static_cast<double>(reference.count_ps()), static_cast<double>(result.latency.count_ps()));
  result.utilization = utilization(active.count_ps(), run.scheduled.pes, result.latency.count_ps());
  return result;
}

/// As measured, or as planned where nothing was simulated.
NetworkLoad network_load(const PreparedRun& run, const Measurement* measured) {
  if (measured != nullptr) {
    return measured->load;
  }
  NetworkLoad load;
  const std::vector<TrafficFlow> traffic = traffic_of(run.plan);
  for (const TrafficFlow& flow : traffic) {
    load.size += flow.size;
  }
  load.byte_hops = byte_hops(traffic, run.plan.placement, run.config.architecture.noc);
  return load;
}

Json shape(const Shape& s) { return {s.height, s.width, s.channels}; }

Json layer_json(const PreparedRun& run, LayerId id, const Measurement* measured) {
  const MappedNetwork& mapped = run.scheduled.mapped;
  const BaseLayer& layer = mapped.layers[id];
  const Duration t_mvm = run.config.architecture.crossbar.mvm_latency;
  const int pes = mapped.crossbars[id].pes();
  const int duplicates = run.scheduled.duplicates[id];
  const LayerSchedule& scheduled = run.scheduled.schedule.layers[id];
  const Measurement::Layer times =
      measured != nullptr ? measured->layers[id]
                          : Measurement::Layer{scheduled.first_start() * t_mvm, scheduled.last_finish() * t_mvm,
                                               Cycles{layer.cycles().count() * pes} * t_mvm};
  Json json;
  json["name"] = layer.name;
  json["operation"] = operation_name(mapped.graph[layer.operation].kind);
  json["ifm"] = shape(layer.ifm);
  json["ofm"] = shape(layer.ofm);
  json["kernel"] = {layer.kernel.height, layer.kernel.width};
  json["pes"] = pes;
  json["duplicates"] = duplicates;
  const Rect set = run.scheduled.grids[id].rect(SetId{0});
  json["set"] = {set.rows.size(), set.columns.size()};
  json["cycles"] = layer.cycles().count();
  json["active_cycles"] = in_cycles(times.active, t_mvm);
  json["utilization"] =
      utilization(times.active.count_ps(), std::int64_t{pes} * duplicates, figures(run, measured).latency.count_ps());
  json["start_cycle"] = in_cycles(times.start, t_mvm);
  json["finish_cycle"] = in_cycles(times.finish, t_mvm);
  return json;
}

std::string milliseconds(Duration time) { return fixed(static_cast<double>(time.count_ps()) / 1e9, 6) + " ms"; }

}  // namespace

std::string RunIdentity::config_hash() const { return ContentHash{}.add(resolved_yaml).add(network_yaml).text(); }

RunIdentity identify(const RunConfig& config, const NetworkGraph& network) {
  return {to_yaml(config, "network.yaml"), to_yaml(network)};
}

RunIdentity identify(const PreparedRun& run) { return identify(run.config, run.network); }

std::string summary_json(const PreparedRun& run, const RunIdentity& identity, const Measurement* measured) {
  const ScheduledNetwork& scheduled = run.scheduled;
  const Duration t_mvm = run.config.architecture.crossbar.mvm_latency;
  const bool has_latency = measured == nullptr || completed(measured);
  Json json;
  if (measured != nullptr) {
    json["outcome"] = measured->outcome;
  }
  json["network"] = {{"name", scheduled.mapped.graph.name()},
                     {"base_layers", scheduled.mapped.layers.size()},
                     {"min_pes", scheduled.mapped.min_pes}};
  json["architecture"] = run.config.architecture.name;
  json["pes"] = scheduled.pes;
  json["tiles"] = run.plan.tile_count();
  json["duplicates"] = scheduled.duplicates.raw();
  if (completed(measured)) {
    json["latency_ps"] = measured->latency.count_ps();
    json["latency_cycles"] = in_cycles(measured->latency, t_mvm);
  }
  json["scheduled_latency_cycles"] = scheduled.schedule.latency().count();
  json["layer_by_layer_cycles"] = layer_by_layer_cycles(scheduled.mapped.layers).count();
  json["lower_bound_cycles"] = lower_bound(run, images_in_latency(run, measured)).count();
  if (has_latency) {
    const Figures result = figures(run, measured);
    json["speedup"] = result.speedup;
    json["utilization"] = result.utilization;
  }
  json["inference"] =
      inference_json(run.plan, completed(measured) ? measured->images : std::vector<ImageTimes>{}, t_mvm);
  json["sets"] = scheduled.set_count();
  json["dependencies"] = count_dependencies(scheduled.dependencies, scheduled.grids);
  const NetworkLoad load = network_load(run, measured);
  json["traffic"] = {{"bytes", load.size.count()}, {"byte_hops", load.byte_hops}};
  if (has_latency) {
    json["layers"] = Json::array();
    for (const LayerId layer : ids(scheduled.mapped.layers)) {
      json["layers"].push_back(layer_json(run, layer, measured));
      if (measured != nullptr && measured->attribution) {
        json["layers"].back()["stalls"] = layer_stalls_json(*measured->attribution, layer);
      }
    }
    if (measured != nullptr && measured->attribution) {
      json["pe_states"] = pe_states_json(*measured->attribution);
      json["critical_path"] = critical_path_json(*measured->attribution, run.plan);
    }
  } else {
    json["waiting"] = measured->waiting;
  }
  json["version"] = CROSSWEAVE_VERSION;
  json["config_hash"] = identity.config_hash();
  return json.dump(2) + "\n";
}

std::string layers_csv(const PreparedRun& run, const Measurement* measured) {
  std::string csv =
      "name,operation,ifm_height,ifm_width,ifm_channels,ofm_height,ofm_width,ofm_channels,kernel_height,kernel_width,"
      "pes,duplicates,set_rows,set_columns,cycles,active_cycles,utilization,start_cycle,finish_cycle\n";
  for (const LayerId layer : ids(run.scheduled.mapped.layers)) {
    std::string line;
    for (const Json& value : layer_json(run, layer, measured)) {
      for (const Json& cell : value.is_array() ? value : Json::array({value})) {
        line += (line.empty() ? "" : ",") + csv_cell(cell.is_string() ? cell.get<std::string>() : cell.dump());
      }
    }
    csv += line + "\n";
  }
  return csv;
}

std::string schedule_csv(const PreparedRun& run) {
  std::string csv = "layer,set,duplicate,row_begin,row_end,column_begin,column_end,start_cycle,finish_cycle\n";
  const ScheduledNetwork& scheduled = run.scheduled;
  for (const LayerId layer : ids(scheduled.mapped.layers)) {
    const LayerSchedule& times = scheduled.schedule.layers[layer];
    std::vector<std::pair<SetId, DuplicateId>> sets;
    for (const DuplicateId duplicate : ids(times.sequence)) {
      for (const SetId set : times.sequence[duplicate]) {
        sets.emplace_back(set, duplicate);
      }
    }
    std::ranges::sort(sets, {}, [&](const auto& entry) { return std::pair{times.start[entry.first], entry.first}; });
    for (const auto& [set, duplicate] : sets) {
      const Rect rect = scheduled.grids[layer].rect(set);
      csv += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_cell(scheduled.mapped.layers[layer].name), set.value(),
                         duplicate.value(), rect.rows.begin, rect.rows.end, rect.columns.begin, rect.columns.end,
                         times.start[set].count(), times.finish[set].count());
    }
  }
  return csv;
}

std::string run_table(const PreparedRun& run, const Measurement* measured, const std::vector<TableLine>& more,
                      const std::string& directory, const std::vector<std::string>& files) {
  const ScheduledNetwork& scheduled = run.scheduled;
  const RunConfig& config = run.config;
  std::vector<TableLine> lines;
  lines.emplace_back("network", fmt::format("{}, {} base layers, at least {} PEs", scheduled.mapped.graph.name(),
                                            scheduled.mapped.layers.size(), scheduled.mapped.min_pes));
  lines.emplace_back(
      "architecture",
      fmt::format("{}, {} x {} crossbars, t_MVM {}", config.architecture.name, config.architecture.crossbar.rows,
                  config.architecture.crossbar.columns, to_string(config.architecture.crossbar.mvm_latency)));
  lines.emplace_back("mapping",
                     fmt::format("{} PEs on {} tiles, duplication {}, {}, {}", scheduled.pes, run.plan.tile_count(),
                                 kDuplicationNames[static_cast<std::size_t>(config.duplication)],
                                 kPartitionNames[static_cast<std::size_t>(config.partition)],
                                 kPlacementMethodNames[static_cast<std::size_t>(config.placement)]));
  lines.emplace_back("schedule",
                     fmt::format("{}, {} sets, order {}", kScheduleModeNames[static_cast<std::size_t>(config.mode)],
                                 scheduled.set_count(), kSetOrderNames[static_cast<std::size_t>(config.order)]));
  if (measured != nullptr) {
    lines.emplace_back("outcome", measured->outcome);
  }
  if (measured == nullptr || completed(measured)) {
    const Figures result = figures(run, measured);
    const Duration t_mvm = config.architecture.crossbar.mvm_latency;
    const std::uint32_t images = images_in_latency(run, measured);
    const std::string of_images = images > 1 ? fmt::format(" of {} images", images) : "";
    const std::int64_t reference = layer_by_layer_cycles(scheduled.mapped.layers).count() * images;
    const std::int64_t bound = lower_bound(run, images).count();
    const double cycles = static_cast<double>(result.latency.count_ps()) / static_cast<double>(t_mvm.count_ps());
    lines.emplace_back("latency", fmt::format("{} cycles{} = {}, {}", in_cycles(result.latency, t_mvm).dump(),
                                              of_images, milliseconds(result.latency),
                                              measured != nullptr ? fmt::format("measured (scheduled{}: {})",
                                                                                images > 1 ? " for one" : "",
                                                                                scheduled.schedule.latency().count())
                                                                  : "as scheduled"));
    if (images > 1) {
      lines.emplace_back("images", images_in_words(run.plan, measured->images, t_mvm));
    }
    lines.emplace_back("speed-up",
                       fmt::format("{}x over layer by layer ({} cycles)", fixed(result.speedup, 2), reference));
    lines.emplace_back("utilization", fmt::format("{} % of {} PEs", fixed(100 * result.utilization, 2), scheduled.pes));
    lines.emplace_back("lower bound", fmt::format("{} cycles; the latency is {} times that", bound,
                                                  fixed(cycles / static_cast<double>(bound), 3)));
    const NetworkLoad load = network_load(run, measured);
    if (load.size > Bytes{}) {
      lines.emplace_back(
          "traffic",
          fmt::format("{} MB between tiles and DRAM, over {} routers on average",
                      fixed(static_cast<double>(load.size.count()) / 1e6, 3),
                      fixed(static_cast<double>(load.byte_hops) / static_cast<double>(load.size.count()), 2)));
    }
  }
  lines.insert(lines.end(), more.begin(), more.end());
  return lines_and_files(std::move(lines), directory, files);
}

}  // namespace crossweave
