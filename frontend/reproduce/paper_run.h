// One run of the reproduction: a network, a configuration of the paper, and a preset; measured by the simulation.
#pragma once

#include <cstdint>
#include <string>

#include "arch/architecture.h"
#include "frontend/reproduce/published.h"
#include "scheduler/mapped_network.h"

namespace crossweave {

/// What identifies a run. The paper's name of its configuration follows from mode and extra_pes.
struct PaperRun {
  std::size_t benchmark{0};
  ScheduleMode mode{ScheduleMode::cross_layer};
  int extra_pes{0};
  Preset preset;

  friend bool operator==(const PaperRun&, const PaperRun&) = default;
};

/// "layer-by-layer", "wdup+4", "xinf", "wdup+4 & xinf".
[[nodiscard]] std::string configuration_name(ScheduleMode mode, int extra_pes);

/// What a run gives.
struct PaperResult {
  std::int64_t pes{0};
  std::int64_t t_mvm_ps{0};
  std::int64_t latency_ps{0};  ///< measured
  std::int64_t active_ps{0};   ///< measured, sum over the PEs
  std::int64_t scheduled_cycles{0};
  std::int64_t layer_by_layer_cycles{0};
  std::int64_t bound_cycles{0};  ///< no schedule of the mapping is shorter
  std::int64_t sets{0};
  std::int64_t transfers{0};  ///< measured: regions and partial sums delivered
  std::int64_t bytes_over_links{0};
  int evaluations{0};  ///< of the search, if there was one

  /// The measured latency.
  [[nodiscard]] double cycles() const;
  [[nodiscard]] double speedup() const;
  [[nodiscard]] double utilization() const;
  /// How far the latency is above what no schedule of the mapping can go below.
  [[nodiscard]] double over_bound() const { return cycles() / static_cast<double>(bound_cycles); }
};

/// Schedules, simulates and measures. A process can do it once: SystemC has one kernel.
[[nodiscard]] PaperResult measure(const MappedNetwork& network, const Architecture& architecture, const PaperRun& run,
                                  int evaluations);

/// The schedule of a run alone.
[[nodiscard]] ScheduledNetwork schedule_of(const MappedNetwork& network, const PaperRun& run, int evaluations,
                                           const SearchBudget::Observer& observer = {});

/// As text and back, to cross from process to process.
[[nodiscard]] std::string to_json(const PaperResult& result);
[[nodiscard]] PaperResult paper_result(const std::string& json);

}  // namespace crossweave
