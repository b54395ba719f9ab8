// What became of the images of a run: the latency of each, and how often the chip is done with one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "arch/units.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

struct ImageTimes {
  Duration arrival;
  Duration start;   ///< of its first set
  Duration finish;  ///< of its last set, or when the last of its output reached the DRAM

  [[nodiscard]] Duration latency() const { return finish - arrival; }
};

/// From image to image once the pipeline is full: how far apart images are done, on average over a quarter of them
/// (at least between two), the last ones but one; rounded down to a picosecond. The last image, which none follows,
/// counts only where there are fewer than four. Nothing for a single image.
[[nodiscard]] std::optional<Duration> initiation_interval(const std::vector<ImageTimes>& images);

/// `inference` of summary.json; `images` are empty where nothing was measured.
[[nodiscard]] nlohmann::ordered_json inference_json(const ExecutionPlan& plan, const std::vector<ImageTimes>& images,
                                                    Duration t_mvm);

/// One line an image: arrival, start, finish and latency in picoseconds, and the latency in cycles.
[[nodiscard]] std::string images_csv(const std::vector<ImageTimes>& images, Duration t_mvm);

/// Of several images: "4 back to back; one done every 3616 cycles (bound 3616), 197.5 a second; latency 5636 to 16484
/// cycles".
[[nodiscard]] std::string images_in_words(const ExecutionPlan& plan, const std::vector<ImageTimes>& images,
                                          Duration t_mvm);

}  // namespace crossweave
