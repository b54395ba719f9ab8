// How often a chip can take in an image.
#pragma once

#include "arch/units.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// Cycles from image to image below which no run of a plan stays in the long run.
///
/// Cross-layer: the most cycles that any one duplicate has to compute for an image. Proof: it computes its sets of
/// every image, one at a time, so that n images take it n times that, and the last of them is done no sooner.
/// Layer by layer: the same for each base layer, summed over the layers. Proof: a layer begins when the one before it
/// has finished, the first of an image when the last of the image before has; so every layer of every image takes its
/// most loaded duplicate by itself.
///
/// Either is at least max t_i / d_i, work_bound(), which holds for every partition; the former is equal to it where
/// duplicates share the work of the slowest layer evenly.
[[nodiscard]] Cycles initiation_interval_bound(const ExecutionPlan& plan);

}  // namespace crossweave
