#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "frontend/commands/command.h"
#include "frontend/import/network_file.h"
#include "frontend/report/text_table.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/mapped_network.h"

namespace crossweave {
namespace {

struct DescribeOptions {
  std::string network;
  std::string crossbar{"256x256"};
  std::string input_shape;
  bool include_top{false};
  bool json{false};
};

/// "AxB..." as `count` positive integers.
std::optional<std::vector<int>> extents(const std::string& text, std::size_t count, int most) {
  std::vector<int> values;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at != end) {
    int value = 0;
    const auto [after, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value < 1 || value > most) {
      return std::nullopt;
    }
    values.push_back(value);
    at = after;
    if (at != end && (*at++ != 'x' || at == end)) {
      return std::nullopt;
    }
  }
  return values.size() == count ? std::optional{values} : std::nullopt;
}

Diagnostics usage(const std::string& message) { return {{{"<command line>", 0, 0}, message, Severity::error}}; }

std::string as_json(const MappedNetwork& mapped, const CrossbarSpec& crossbar) {
  nlohmann::ordered_json json;
  json["name"] = mapped.graph.name();
  json["crossbar"] = {crossbar.rows, crossbar.columns};
  json["base_layers"] = mapped.layers.size();
  json["min_pes"] = mapped.min_pes;
  json["layer_by_layer_cycles"] = layer_by_layer_cycles(mapped.layers).count();
  json["layers"] = nlohmann::ordered_json::array();
  for (const LayerId id : ids(mapped.layers)) {
    const BaseLayer& layer = mapped.layers[id];
    json["layers"].push_back({{"name", layer.name},
                              {"operation", operation_name(mapped.graph[layer.operation].kind)},
                              {"ifm", {layer.ifm.height, layer.ifm.width, layer.ifm.channels}},
                              {"ofm", {layer.ofm.height, layer.ofm.width, layer.ofm.channels}},
                              {"kernel", {layer.kernel.height, layer.kernel.width}},
                              {"stride", {layer.stride.height, layer.stride.width}},
                              {"groups", layer.groups},
                              {"pes_vertical", mapped.crossbars[id].vertical},
                              {"pes_horizontal", mapped.crossbars[id].horizontal},
                              {"pes", mapped.crossbars[id].pes()},
                              {"cycles", layer.cycles().count()}});
  }
  json["operations"] = nlohmann::ordered_json::array();
  for (const Operation& operation : mapped.graph.operations()) {
    nlohmann::ordered_json inputs = nlohmann::ordered_json::array();
    for (const OperationId input : operation.inputs) {
      inputs.push_back(mapped.graph[input].name);
    }
    json["operations"].push_back(
        {{"name", operation.name},
         {"operation", operation_name(operation.kind)},
         {"inputs", inputs},
         {"output", {operation.output.height, operation.output.width, operation.output.channels}}});
  }
  return json.dump(2) + "\n";
}

std::string as_text(const MappedNetwork& mapped, const CrossbarSpec& crossbar) {
  std::vector<std::vector<std::string>> rows{
      {"Layer", "Operation", "IFM (H, W, C)", "OFM (H, W, C)", "Kernel", "Stride", "#PE", "P_V x P_H", "Cycles"}};
  for (const LayerId id : ids(mapped.layers)) {
    const BaseLayer& layer = mapped.layers[id];
    const CrossbarGrid& grid = mapped.crossbars[id];
    rows.push_back({layer.name, std::string{operation_name(mapped.graph[layer.operation].kind)},
                    hwc(layer.ifm.height, layer.ifm.width, layer.ifm.channels),
                    hwc(layer.ofm.height, layer.ofm.width, layer.ofm.channels),
                    fmt::format("{}x{}", layer.kernel.height, layer.kernel.width),
                    fmt::format("{}x{}", layer.stride.height, layer.stride.width), std::to_string(grid.pes()),
                    fmt::format("{} x {}", grid.vertical, grid.horizontal), std::to_string(layer.cycles().count())});
  }
  using enum Align;
  return fmt::format("{}: {} base layers in {} operations; at least {} PEs of {} x {}; {} cycles layer by layer\n\n{}",
                     mapped.graph.name(), mapped.layers.size(), mapped.graph.size(), mapped.min_pes, crossbar.rows,
                     crossbar.columns, layer_by_layer_cycles(mapped.layers).count(),
                     text_table(rows, {left, left, left, left, left, left, right, right, right}));
}

int describe(const DescribeOptions& options) {
  const auto crossbar_extents = extents(options.crossbar, 2, 65536);
  if (!crossbar_extents) {
    return report(usage("--crossbar: expected ROWSxCOLUMNS, each in [1, 65536], got '" + options.crossbar + "'"));
  }
  std::optional<Shape> input_shape;
  if (!options.input_shape.empty()) {
    const auto shape = extents(options.input_shape, 3, 1 << 20);
    if (!shape) {
      return report(usage("--input-shape: expected HxWxC, each at least 1, got '" + options.input_shape + "'"));
    }
    input_shape = Shape{(*shape)[0], (*shape)[1], (*shape)[2]};
  }
  CrossbarSpec crossbar;
  crossbar.rows = (*crossbar_extents)[0];
  crossbar.columns = (*crossbar_extents)[1];
  const SourcePosition named_by{"<command line>", 0, 0};
  const Result<NetworkImport> imported = import_network(options.network, input_shape, named_by);
  if (!imported) {
    return report(imported.error());
  }
  for (const Diagnostic& warning : imported->warnings) {
    spdlog::warn("{}", to_string(warning));
  }
  const Result<MappedNetwork, SchedulingFailure> mapped = map_network(imported->graph, options.include_top, crossbar);
  if (!mapped) {
    return report({{{options.network, 0, 0}, mapped.error().message, Severity::error}});
  }
  std::cout << (options.json ? as_json(*mapped, crossbar) : as_text(*mapped, crossbar));
  return kExitDone;
}

}  // namespace

std::function<int()> declare_describe(CLI::App& app) {
  auto options = std::make_shared<DescribeOptions>();
  app.add_option("NETWORK", options->network, "A network file: .yaml or .onnx")->required();
  app.add_option("--crossbar", options->crossbar, "Rows by columns of a crossbar (default: 256x256)")->type_name("MxN");
  app.add_option("--input-shape", options->input_shape, "H, W, C of the input where the file leaves it open")
      ->type_name("HxWxC");
  app.add_flag("--include-top", options->include_top, "Keep dense layers at the end of the network");
  app.add_flag("--json", options->json, "Everything as JSON, with all operations of the canonical form");
  return [options] { return describe(*options); };
}

}  // namespace crossweave
