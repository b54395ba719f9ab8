#include "frontend/prepared_run.h"

#include <cstdint>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/import/network_file.h"
#include "models/packet_transport.h"

namespace crossweave {
namespace {

Diagnostics at(const SourcePosition& where, const std::string& message) { return {{where, message, Severity::error}}; }

MappingOptions mapping_options(const RunConfig& config, std::int64_t min_pes) {
  MappingOptions options;
  options.extra_pes = config.budget.kind == PeBudget::Kind::extra ? config.budget.count : config.budget.count - min_pes;
  options.duplication = config.duplication;
  options.partition = config.partition;
  options.set = config.set;
  options.order = config.order;
  options.mode = config.mode;
  return options;
}

}  // namespace

Result<PreparedRun> prepare_run(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  Result<RunConfig> config = load_run_config(file, assignments);
  if (!config) {
    return config.error();
  }
  if (config->architecture.dram.model == DramModel::banked) {
    return at({file.string(), 0, 0}, "architecture.dram.model: banked is for `crossweave dram` alone in this version");
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
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(*std::move(mapped), options);
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
  return PreparedRun{*std::move(config), std::move(imported->graph), *std::move(scheduled)};
}

}  // namespace crossweave
