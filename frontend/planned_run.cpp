#include "frontend/planned_run.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "models/routed_network.h"
#include "scheduler/buffer_requirements.h"
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

Result<PlannedRun> plan_run(const RunConfig& config, const ScheduledNetwork& scheduled) {
  if (const std::int64_t sets = scheduled.set_count() * config.images; sets > kMostSets) {
    return at(config.images_where, "inference.images: " + std::to_string(config.images) + " images have " +
                                       std::to_string(sets) + " sets, more than " + std::to_string(kMostSets));
  }
  if (Diagnostics problems = misfit_of_chip(config, scheduled.pes); !problems.empty()) {
    return problems;
  }
  PlannedRun planned{
      make_execution_plan(scheduled, config.architecture,
                          place(scheduled, config.architecture, config.placement, config.placement_seed)),
      std::nullopt};
  ExecutionPlan& plan = planned.plan;
  plan.images = static_cast<std::uint32_t>(config.images);
  plan.arrival_period = config.arrival.value_or(Duration{});
  if (const BufferSpec& spec = config.architecture.tile.buffer; spec.model == BufferModel::limited) {
    const WorkOrder work = make_work_order(plan, config.architecture.crossbar.mvm_latency);
    BufferPlan buffers = make_buffer_plan(plan, work, spec);
    if (Diagnostics problems = too_small(buffer_requirements(plan, work, buffers, spec), config); !problems.empty()) {
      return problems;
    }
    planned.reservations = std::move(buffers.order);
  }
  return planned;
}

}  // namespace crossweave
