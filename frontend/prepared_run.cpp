#include "frontend/prepared_run.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/import/network_file.h"
#include "models/packet_transport.h"
#include "scheduler/place.h"

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

/// Why the chip does not hold `pes` PEs, or nothing.
Diagnostics misfit_of_chip(const RunConfig& config, std::int64_t pes) {
  const Result<ChipSize, ChipTooSmall> size = chip_size(config.architecture, pes);
  if (!size) {
    const bool tiles = size.error().key == ChipTooSmall::Key::tiles;
    return at(tiles ? config.chip_tiles_where : config.chip_mesh_where,
              (tiles ? "architecture.chip.tiles: " : "architecture.chip.mesh: ") + size.error().message);
  }
  if (config.architecture.noc.model == NocModel::packet &&
      std::max(size->mesh.columns, size->mesh.rows) > kMostPacketExtent) {
    const ChipSpec& chip = config.architecture.chip;
    const std::string most = std::to_string(kMostPacketExtent);
    const std::string message = std::to_string(size->mesh.columns) + " x " + std::to_string(size->mesh.rows) +
                                " routers are more than the " + most + " x " + most +
                                " that noc.model: packet connects";
    return chip.mesh    ? at(config.chip_mesh_where, "architecture.chip.mesh: " + message)
           : chip.tiles ? at(config.chip_tiles_where, "architecture.chip.tiles: " + message)
                        : at(config.budget_where, "mapping: " + message);
  }
  return {};
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
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(*std::move(mapped), options);
  if (!scheduled) {
    const SchedulingFailure& failure = scheduled.error();
    return failure.cause == SchedulingFailure::Cause::too_many_sets
               ? at(config->network_where, "schedule.set: " + failure.message)
               : at(config->budget_where, "mapping: " + failure.message);
  }
  if (Diagnostics problems = misfit_of_chip(*config, scheduled->pes); !problems.empty()) {
    return problems;
  }
  ExecutionPlan plan =
      make_execution_plan(*scheduled, config->architecture,
                          place(*scheduled, config->architecture, config->placement, config->placement_seed));
  return PreparedRun{*std::move(config), std::move(imported->graph), *std::move(scheduled), std::move(plan)};
}

}  // namespace crossweave
