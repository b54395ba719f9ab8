#include "frontend/report/dot.h"

#include <string_view>
#include <variant>

#include <spdlog/fmt/fmt.h>

namespace crossweave {
namespace {

/// Text between the quotes of a DOT string; a line break stays one.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result;
}

std::string shape_text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

std::string window_text(Extent kernel, Extent stride, Extent dilation) {
  std::string text = fmt::format(" {}x{}", kernel.height, kernel.width);
  if (stride != Extent{}) {
    text += fmt::format(" / {}x{}", stride.height, stride.width);
  }
  if (dilation != Extent{}) {
    text += fmt::format(" dilated {}x{}", dilation.height, dilation.width);
  }
  return text;
}

std::string padding_text(const Padding& padding) {
  return padding == Padding{}
             ? ""
             : fmt::format(" pad {} {} {} {}", padding.top, padding.bottom, padding.left, padding.right);
}

/// What an operation does beyond its name: windows, padding, places.
std::string parameters(const OperationKind& kind) {
  if (const auto* conv = std::get_if<Conv2d>(&kind)) {
    return window_text(conv->kernel, conv->stride, conv->dilation) + padding_text(conv->padding) +
           (conv->groups > 1 ? fmt::format(" in {} groups", conv->groups) : "") + (conv->bias ? " + bias" : "");
  }
  if (const auto* dense = std::get_if<Dense>(&kind)) {
    return dense->bias ? " + bias" : "";
  }
  if (const auto* pool = std::get_if<Pool>(&kind)) {
    return window_text(pool->kernel, pool->stride, pool->dilation) + padding_text(pool->padding);
  }
  if (const auto* pad = std::get_if<Pad>(&kind)) {
    return fmt::format(" {} {} {} {}", pad->padding.top, pad->padding.bottom, pad->padding.left, pad->padding.right);
  }
  if (const auto* concat = std::get_if<Concat>(&kind)) {
    const bool rows = concat->along == Concat::Along::rows;
    return rows ? " rows" : concat->along == Concat::Along::columns ? " columns" : " channels";
  }
  if (const auto* slice = std::get_if<Slice>(&kind)) {
    return fmt::format(" from ({}, {}, {})", slice->first.height, slice->first.width, slice->first.channels);
  }
  if (const auto* upsample = std::get_if<Upsample>(&kind)) {
    return fmt::format(" {}x{}", upsample->factor.height, upsample->factor.width);
  }
  return {};
}

std::string_view colour(const OperationKind& kind) {
  if (std::holds_alternative<Input>(kind)) {
    return "white";
  }
  return is_base(kind) ? "#b7dfb0" : "#b5d3ee";
}

}  // namespace

std::string to_dot(const NetworkGraph& graph) {
  std::string dot = fmt::format("digraph \"{}\" {{\n", escaped(graph.name()));
  dot +=
      "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11]\n"
      "  edge [fontname=\"Helvetica\", fontsize=9]\n";
  for (const OperationId id : ids(graph.operations())) {
    const Operation& operation = graph[id];
    const std::string what = std::string{operation_name(operation.kind)} + parameters(operation.kind);
    const std::string label = operation.name == what ? what : operation.name + "\n" + what;
    dot += fmt::format("  n{} [label=\"{}\", fillcolor=\"{}\"]\n", id.value(), escaped(label), colour(operation.kind));
  }
  for (const OperationId id : ids(graph.operations())) {
    for (const OperationId input : graph[id].inputs) {
      dot += fmt::format("  n{} -> n{} [label=\"{}\"]\n", input.value(), id.value(), shape_text(graph[input].output));
    }
  }
  return dot + "}\n";
}

}  // namespace crossweave
