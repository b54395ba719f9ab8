// The element-wise functions that a network file may name. One list for every reader: what one of them puts into a
// graph, to_yaml writes and the YAML reader accepts.
#pragma once

#include <array>
#include <string_view>

namespace crossweave {

/// Functions of one feature map (Activation). `scale` and `offset` stand for a product and a sum with constants that
/// are more than one value per channel, `exponent` for a power with a constant one, `threshold` for comparisons and
/// other truth values, `round` and `trigonometric` for all functions of these kinds. What `channel_reduce`,
/// `channel_shuffle`, `lrn`, `normalize` and `softmax` give for a pixel they read from its channels.
inline constexpr std::array<std::string_view, 40> kActivationFunctions{
    "abs",
    "celu",
    "channel_reduce",
    "channel_shuffle",
    "clip",
    "elu",
    "erf",
    "exp",
    "exponent",
    "gelu",
    "hard_sigmoid",
    "hard_swish",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "lrn",
    "mish",
    "negate",
    "normalize",
    "offset",
    "prelu",
    "reciprocal",
    "relu",
    "relu6",
    "round",
    "scale",
    "selu",
    "shrink",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "swish",
    "tanh",
    "threshold",
    "thresholded_relu",
    "trigonometric",
};

/// Functions of several feature maps (Elementwise).
inline constexpr std::array<std::string_view, 10> kElementwiseFunctions{
    "add", "average", "compare", "divide", "maximum", "minimum", "multiply", "power", "select", "subtract",
};

}  // namespace crossweave
