// The figures of a run: summary.json, layers.csv, and the table on the terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arch/architecture.h"
#include "arch/ids.h"
#include "arch/units.h"
#include "frontend/prepared_run.h"
#include "frontend/report/attribution.h"
#include "frontend/report/images.h"
#include "frontend/report/text_table.h"

namespace crossweave {

/// What the network on chip carried: bytes, and those times the routers that they passed.
struct NetworkLoad {
  Bytes size;
  std::int64_t byte_hops{0};
};

/// What the simulation measured, from the events that the models published.
struct Measurement {
  std::string outcome;
  std::vector<std::string> waiting;  ///< who waits for what, unless completed
  Duration latency;
  Duration active;  ///< sum over all PEs
  NetworkLoad load;

  struct Layer {
    Duration start;   ///< of its first set
    Duration finish;  ///< of its last set
    Duration active;  ///< sum over the layer's PEs, all duplicates
  };
  IdVector<LayerId, Layer> layers;
  std::vector<ImageTimes> images;          ///< of a run that completed
  std::optional<Attribution> attribution;  ///< of a run that completed
};

/// What a run's configuration and network are, by content: resolved.yaml and network.yaml, which make a run's folder
/// complete in itself.
struct RunIdentity {
  std::string resolved_yaml;
  std::string network_yaml;

  /// 64-bit FNV-1a over both, in hexadecimal.
  [[nodiscard]] std::string config_hash() const;
};
[[nodiscard]] RunIdentity identify(const RunConfig& config, const NetworkGraph& network);
[[nodiscard]] RunIdentity identify(const PreparedRun& run);

/// The keys of summary.json are those of docs/outputs.md. Measured figures are left out when `measured` is null (the
/// schedule alone), latency and what follows from it when the run did not complete.
[[nodiscard]] std::string summary_json(const PreparedRun& run, const RunIdentity& identity,
                                       const Measurement* measured);

/// One line a base layer, in graph order; columns as `layers[]` of summary.json.
[[nodiscard]] std::string layers_csv(const PreparedRun& run, const Measurement* measured);

/// One line a set, by layer and by start: layer, set, duplicate, rectangle, scheduled start and finish in cycles.
[[nodiscard]] std::string schedule_csv(const PreparedRun& run);

/// The short table on the terminal, with `more` lines before that of the files; `directory` is where these are.
[[nodiscard]] std::string run_table(const PreparedRun& run, const Measurement* measured,
                                    const std::vector<TableLine>& more, const std::string& directory,
                                    const std::vector<std::string>& files);

}  // namespace crossweave
