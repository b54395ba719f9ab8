// The element-wise functions that a network file may name. One list for every reader: what one of them puts into a
// graph, to_yaml writes and the YAML reader accepts.
#pragma once

#include <array>
#include <string_view>

namespace crossweave {

/// Functions of one feature map (Activation). `scale` and `offset` stand for a product and a sum with constants that
/// are more than one value per channel.
inline constexpr std::array<std::string_view, 32> kActivationFunctions{
    "abs",        "celu",       "clip",       "elu",  "erf",         "exp",   "gelu", "hard_sigmoid",
    "hard_swish", "leaky_relu", "linear",     "log",  "log_softmax", "lrn",   "mish", "negate",
    "offset",     "prelu",      "reciprocal", "relu", "relu6",       "scale", "selu", "sigmoid",
    "softmax",    "softplus",   "softsign",   "sqrt", "square",      "swish", "tanh", "thresholded_relu",
};

/// Functions of several feature maps (Elementwise).
inline constexpr std::array<std::string_view, 7> kElementwiseFunctions{
    "add", "average", "divide", "maximum", "minimum", "multiply", "subtract",
};

}  // namespace crossweave
