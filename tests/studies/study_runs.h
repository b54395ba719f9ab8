// Runs of the program for the tables and plots of docs/.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/markdown.h"

namespace crossweave::test {

inline const std::vector<std::string> kPaperNetworks{"tinyyolov3", "tinyyolov4", "vgg16",    "vgg19",
                                                     "resnet50",   "resnet101",  "resnet152"};

/// A run as the paper's (`configs/runs/paper.yaml`), of any network on any architecture.
struct StudyRun {
  std::string network;       ///< of configs/networks, or a file of the checkout
  std::string architecture;  ///< of configs/architectures
  int extra_pes{32};         ///< duplicated by `bottleneck`
  std::string mode{"cross_layer"};
  int set{4};  ///< rows and columns of a set
  /// Further assignments KEY=VALUE.
  std::vector<std::string> settings{};
  bool may_not_fit{false};
};

/// summary.json of each run, in order; null when one that may was refused. Throws with what the program said when any
/// other fails.
[[nodiscard]] std::vector<nlohmann::json> measure(const std::vector<StudyRun>& runs);

/// The least capacities in bytes of input and output buffers with which a run completes. The latter are those for the
/// former.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> least_buffers(const StudyRun& run);

[[nodiscard]] inline double latency_of(const nlohmann::json& summary) { return summary["latency_cycles"]; }

/// The assignment that gives an architecture of configs/architectures the `flit` network with its other figures, and
/// that which gives it a channel of DDR4-2400 of banks.
[[nodiscard]] std::string flit_network_of(const std::string& architecture);
[[nodiscard]] std::string banked_dram();

}  // namespace crossweave::test
