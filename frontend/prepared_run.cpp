#include "frontend/prepared_run.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "frontend/import/network_file.h"
#include "models/routed_network.h"
#include "scheduler/lower_bounds.h"
#include "scheduler/place.h"

namespace crossweave {
namespace {

Diagnostics at(const SourcePosition& where, const std::string& message) { return {{where, message, Severity::error}}; }

/// Why the chip does not hold `pes` PEs, or nothing.
Diagnostics misfit_of_chip(const RunConfig& config, std::int64_t pes) {
  const Result<ChipSize, ChipTooSmall> size = chip_size(config.architecture, pes);
  if (!size) {
    const bool tiles = size.error().key == ChipTooSmall::Key::tiles;
    return at(tiles ? config.chip_tiles_where : config.chip_mesh_where,
              (tiles ? "architecture.chip.tiles: " : "architecture.chip.mesh: ") + size.error().message);
  }
  if (const NocModel noc = config.architecture.noc.model;
      noc != NocModel::ideal && std::max(size->mesh.columns, size->mesh.rows) > kMostNocExtent) {
    const ChipSpec& chip = config.architecture.chip;
    const std::string most = std::to_string(kMostNocExtent);
    const std::string message = std::to_string(size->mesh.columns) + " x " + std::to_string(size->mesh.rows) +
                                " routers are more than the " + most + " x " + most +
                                " that noc.model: " + std::string{kNocModelNames[static_cast<std::size_t>(noc)]} +
                                " connects";
    return chip.mesh    ? at(config.chip_mesh_where, "architecture.chip.mesh: " + message)
           : chip.tiles ? at(config.chip_tiles_where, "architecture.chip.tiles: " + message)
                        : at(config.budget_where, "mapping: " + message);
  }
  return {};
}

/// A line for each tile of which a buffer is too small, up to a few, and how much would do for all.
Diagnostics too_small(const BufferRequirements& needs, const RunConfig& config) {
  constexpr std::size_t kMostLines = 10;
  Diagnostics problems;
  const BufferSpec& spec = config.architecture.tile.buffer;
  const auto compare = [&](const char* key, Bytes TileBuffers::*need, Bytes capacity, const SourcePosition& where) {
    Bytes most;
    std::size_t lines = 0;
    for (const EndpointId tile : ids(needs.least)) {
      const Bytes least = needs.least[tile].*need;
      most = std::max(most, least);
      if (least > capacity && ++lines <= kMostLines) {
        problems.push_back({where, "architecture.tile.buffer." + std::string{key} + ": tile " +
                                       std::to_string(tile.value()) + " needs at least " + to_string(least) +
                                       " to complete, got " + to_string(capacity)});
      }
    }
    if (lines > kMostLines) {
      problems.push_back({where, "architecture.tile.buffer." + std::string{key} + ": " +
                                     std::to_string(lines - kMostLines) + " tiles more need more than " +
                                     to_string(capacity) + "; " + to_string(most) + " is enough for all"});
    }
  };
  compare("input", &TileBuffers::input, spec.input, config.input_buffer_where);
  // What output buffers need depends on input buffers that do.
  if (problems.empty()) {
    compare("output", &TileBuffers::output, spec.output, config.output_buffer_where);
  }
  return problems;
}

}  // namespace

BufferRequirements buffer_requirements(const PreparedRun& run) {
  const Architecture& architecture = run.config.architecture;
  const WorkOrder work = make_work_order(run.plan, architecture.crossbar.mvm_latency);
  const BufferPlan buffers = make_buffer_plan(run.plan, work, architecture.tile.buffer);
  return buffer_requirements(run.plan, work, buffers, architecture.tile.buffer);
}

std::int64_t LoadedRun::pes() const {
  return config.budget.kind == PeBudget::Kind::extra ? mapped.min_pes + config.budget.count : config.budget.count;
}

MappingOptions mapping_options(const LoadedRun& run) {
  MappingOptions options;
  options.extra_pes = run.pes() - run.mapped.min_pes;
  options.duplication = run.config.duplication;
  options.partition = run.config.partition;
  // The search for larger sets begins with the smallest.
  options.set = run.config.automatic_sets ? SetSize{1, 1} : run.config.set;
  options.automatic_sets = run.config.automatic_sets;
  options.order = run.config.order;
  options.mode = run.config.mode;
  options.search = run.config.search;
  return options;
}

void log_search(int evaluations, std::int64_t latency, std::string_view phase) {
  spdlog::info("search, {}: {} cycles after {} evaluations", phase, latency, evaluations);
}

Diagnostics refusal(const RunConfig& config, const SchedulingFailure& failure) {
  return failure.cause == SchedulingFailure::Cause::too_many_sets
             ? at(config.network_where, "schedule.set: " + failure.message)
             : at(config.budget_where, "mapping: " + failure.message);
}

Result<LoadedRun> load_run(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
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
  return LoadedRun{*std::move(config), std::move(imported->graph), *std::move(mapped)};
}

Result<PreparedRun> prepare_run(LoadedRun run) {
  const MappingOptions options = mapping_options(run);
  spdlog::info("scheduling {} base layers", run.mapped.layers.size());
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(std::move(run.mapped), options, log_search);
  if (!scheduled) {
    SchedulingFailure failure = scheduled.error();
    if (failure.cause == SchedulingFailure::Cause::too_few_pes) {
      failure.message += "; with mapping.rewrite: allow, weights would be rewritten during an inference";
    }
    return refusal(run.config, failure);
  }
  return place_run(std::move(run.config), std::move(run.network), *std::move(scheduled));
}

Result<PreparedRun> place_run(RunConfig config, NetworkGraph network, ScheduledNetwork scheduled) {
  if (const std::int64_t sets = scheduled.set_count() * config.images; sets > kMostSets) {
    return at(config.images_where, "inference.images: " + std::to_string(config.images) + " images have " +
                                       std::to_string(sets) + " sets, more than " + std::to_string(kMostSets));
  }
  if (Diagnostics problems = misfit_of_chip(config, scheduled.pes); !problems.empty()) {
    return problems;
  }
  const Cycles bound =
      mapping_bound(scheduled.grids, scheduled.dependencies, scheduled.mapped.layers, scheduled.duplicates);
  ExecutionPlan plan = make_execution_plan(
      scheduled, config.architecture, place(scheduled, config.architecture, config.placement, config.placement_seed));
  plan.images = static_cast<std::uint32_t>(config.images);
  plan.arrival_period = config.arrival.value_or(Duration{});
  std::optional<ReservationOrder> reservations;
  if (config.architecture.tile.buffer.model == BufferModel::limited) {
    const BufferSpec& spec = config.architecture.tile.buffer;
    const WorkOrder work = make_work_order(plan, config.architecture.crossbar.mvm_latency);
    BufferPlan buffers = make_buffer_plan(plan, work, spec);
    if (Diagnostics problems = too_small(buffer_requirements(plan, work, buffers, spec), config); !problems.empty()) {
      return problems;
    }
    reservations = std::move(buffers.order);
  }
  return PreparedRun{std::move(config), std::move(network),     std::move(scheduled), bound,
                     std::move(plan),   std::move(reservations)};
}

}  // namespace crossweave
