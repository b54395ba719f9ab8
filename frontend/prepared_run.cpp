#include "frontend/prepared_run.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/import/network_file.h"
#include "models/packet_transport.h"
#include "scheduler/lower_bounds.h"

namespace crossweave {
namespace {

Diagnostics at(const SourcePosition& where, const std::string& message) { return {{where, message, Severity::error}}; }

MappingOptions mapping_options(const RunConfig& config, std::int64_t min_pes) {
  MappingOptions options;
  options.extra_pes = config.budget.kind == PeBudget::Kind::extra ? config.budget.count : config.budget.count - min_pes;
  options.duplication = config.duplication;
  options.partition = config.partition;
  // The search for larger sets begins with the smallest.
  options.set = config.automatic_sets ? SetSize{1, 1} : config.set;
  options.automatic_sets = config.automatic_sets;
  options.order = config.order;
  options.mode = config.mode;
  options.search = config.search;
  return options;
}

}  // namespace

Result<PreparedRun> prepare_run(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  Result<RunConfig> config = load_run_config(file, assignments);
  if (!config) {
    return config.error();
  }
  spdlog::info("reading network {}", config->network.string());
  Result<NetworkImport> imported = import_network(config->network, config->input_shape, config->network_where);
  if (!imported) {
    return imported.error();
  }
  for (const Diagnostic& warning : imported->warnings) {
    spdlog::warn("{}", to_string(warning));
  }
  Result<MappedNetwork, SchedulingFailure> mapped =
      map_network(imported->graph, config->include_top, config->architecture.crossbar, config->architecture.precision);
  if (!mapped) {
    return at(config->network_where, "network: " + mapped.error().message);
  }
  const MappingOptions options = mapping_options(*config, mapped->min_pes);
  spdlog::info("scheduling {} base layers", mapped->layers.size());
  Result<ScheduledNetwork, SchedulingFailure> scheduled =
      schedule_network(*std::move(mapped), options, [](int evaluations, std::int64_t latency, std::string_view phase) {
        spdlog::info("search, {}: {} cycles after {} evaluations", phase, latency, evaluations);
      });
  if (!scheduled) {
    const SchedulingFailure& failure = scheduled.error();
    return failure.cause == SchedulingFailure::Cause::too_many_sets
               ? at(config->network_where, "schedule.set: " + failure.message)
               : at(config->budget_where, "mapping: " + failure.message);
  }
  const std::int64_t tile_pes = config->architecture.tile.pes;
  const std::int64_t tiles = (scheduled->pes + tile_pes - 1) / tile_pes;
  if (config->architecture.noc.model == NocModel::packet && tiles > kMostPacketTiles) {
    return at(config->budget_where, "mapping: " + std::to_string(tiles) + " tiles are more than the " +
                                        std::to_string(kMostPacketTiles) + " that noc.model: packet connects");
  }
  const Cycles bound =
      mapping_bound(scheduled->grids, scheduled->dependencies, scheduled->mapped.layers, scheduled->duplicates);
  return PreparedRun{*std::move(config), std::move(imported->graph), *std::move(scheduled), bound};
}

}  // namespace crossweave
