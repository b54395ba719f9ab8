#include "scheduler/gpeu_cost.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace crossweave {
namespace {

/// Activations that compare, add or multiply; all others are looked up in a table.
constexpr std::array<std::string_view, 15> kPlainActivations{
    "abs",  "channel_shuffle", "clip",  "leaky_relu", "linear", "negate",       "offset",           "prelu",
    "relu", "relu6",           "scale", "quantize",   "square", "hard_sigmoid", "thresholded_relu",
};

}  // namespace

std::int64_t gpeu_cost_per_element(const OperationKind& kind, std::span<const Shape> inputs, const GpeuCosts& costs) {
  if (std::holds_alternative<Bias>(kind)) {
    return costs.add;
  }
  if (std::holds_alternative<BatchNorm>(kind)) {
    return costs.scale;
  }
  if (const auto* activation = std::get_if<Activation>(&kind)) {
    return std::ranges::find(kPlainActivations, activation->function) != kPlainActivations.end() ? costs.activation
                                                                                                 : costs.lut_activation;
  }
  if (const auto* pool = std::get_if<Pool>(&kind)) {
    return std::int64_t{pool->kernel.height} * pool->kernel.width * costs.pooling;
  }
  if (std::holds_alternative<Elementwise>(kind)) {
    return std::max<std::int64_t>(static_cast<std::int64_t>(inputs.size()) - 1, 1) * costs.add;
  }
  return costs.copy;
}

}  // namespace crossweave
