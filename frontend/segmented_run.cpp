#include "frontend/segmented_run.h"

#include <optional>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

namespace crossweave {
namespace {

/// A line for each figure of writing that is not known.
Diagnostics unknown_figures(const RunConfig& config) {
  const WriteSpec& write = config.architecture.crossbar.write;
  Diagnostics problems;
  const auto need = [&](bool known, std::string_view key, std::string_view what) {
    if (!known) {
      problems.push_back({config.crossbar_where, "architecture.crossbar.write." + std::string{key} +
                                                     ": mapping.rewrite: allow needs " + std::string{what} +
                                                     ", which this architecture does not state"});
    }
  };
  need(write.row_latency.has_value(), "row_latency", "the time that a row of a crossbar takes to write");
  need(write.cell_energy.has_value(), "cell_energy", "the energy that a cell takes to write");
  need(write.endurance.has_value(), "endurance", "the number of writes that a cell endures");
  return problems;
}

/// Why times might leave 64 bits, or nothing: were every layer alone to fill the chip, and all of it to be written.
Diagnostics too_long(const LoadedRun& run) {
  const CrossbarSpec& crossbar = run.config.architecture.crossbar;
  constexpr double kMostPicoseconds = 9e18;
  const double crossbars = crossbar.write.crossbars == CrossbarWriting::serial ? static_cast<double>(run.pes()) : 1;
  const double most = crossbars * crossbar.rows * static_cast<double>(run.mapped.layers.size()) *
                      static_cast<double>(crossbar.write.row_latency->count_ps());
  if (most < kMostPicoseconds) {
    return {};
  }
  return {{run.config.crossbar_where,
           "architecture.crossbar.write.row_latency: " + to_string(*crossbar.write.row_latency) + " for each row of " +
               std::to_string(run.pes()) + " crossbars are longer than can be counted"}};
}

/// The configuration of a segment's own run. Images arrive at the first; when it is done, all are there for the others.
RunConfig config_of_segment(const LoadedRun& run, bool first) {
  RunConfig config = run.config;
  config.budget = {PeBudget::Kind::total, static_cast<int>(run.pes())};
  // The top is gone where it is to be left out, and shapes are known.
  config.include_top = true;
  config.input_shape.reset();
  if (!first) {
    config.arrival.reset();
  }
  return config;
}

std::string name_of(const PreparedSegment& segment, std::size_t number) {
  const auto& layers = segment.run.scheduled.mapped.layers;
  return "segment " + std::to_string(number + 1) + " (" + layers[LayerId{0}].name + " to " + layers.back().name + ")";
}

}  // namespace

Result<SegmentedRun> prepare_segments(LoadedRun run) {
  if (Diagnostics problems = unknown_figures(run.config); !problems.empty()) {
    return problems;
  }
  if (Diagnostics problems = too_long(run); !problems.empty()) {
    return problems;
  }
  spdlog::info("cutting {} base layers into segments of at most {} PEs", run.mapped.layers.size(), run.pes());
  Result<std::vector<Segment>, SchedulingFailure> segments = segment_network(
      run.mapped, run.pes(), run.config.images, mapping_options(run), run.config.architecture, log_search);
  if (!segments) {
    return refusal(run.config, segments.error());
  }
  std::vector<PreparedSegment> prepared;
  for (Segment& segment : *segments) {
    NetworkGraph graph = segment.scheduled.mapped.graph;
    Result<PreparedRun> placed =
        place_run(config_of_segment(run, prepared.empty()), std::move(graph), std::move(segment.scheduled));
    if (!placed) {
      Diagnostics problems = placed.error();
      for (Diagnostic& problem : problems) {
        problem.message += ", for segment " + std::to_string(prepared.size() + 1);
      }
      return problems;
    }
    prepared.push_back({segment.layers, segment.writes, segment.write_time, *std::move(placed)});
    spdlog::info("{}", name_of(prepared.back(), prepared.size() - 1));
  }
  return SegmentedRun{std::move(run.config), std::move(run.network), std::move(run.mapped), std::move(prepared)};
}

std::string segment_folder(std::size_t segment) { return "segment_" + std::to_string(segment + 1); }

}  // namespace crossweave
