#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <variant>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "frontend/commands/command.h"
#include "frontend/import/network_file.h"
#include "frontend/report/dot.h"
#include "frontend/report/output_directory.h"
#include "frontend/report/text_table.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/mapped_network.h"
#include "scheduler/passes/passes.h"

namespace crossweave {
namespace {

constexpr std::string_view kDrawnByDefault = "quantize";
constexpr std::string_view kDuplicatingPass = "rewrite_duplicates";

/// As given; options that are absent are empty.
struct DescribeOptions {
  std::string network;
  std::string crossbar;
  std::string weight_bits;
  std::string bits_per_cell;
  std::string input_shape;
  std::string after;
  std::string dot;
  std::string extra_pes;
  std::string duplication;
  bool include_top{false};
  bool json{false};
};

/// As understood.
struct DescribeRequest {
  PassOptions options;
  std::optional<Shape> input_shape;
  /// The last pass that is drawn.
  const Pass* after{nullptr};
};

// --- the command line ---

/// A whole text as an integer in [least, most].
std::optional<int> integer(std::string_view text, int least, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && after == end && value >= least && value <= most ? std::optional{value} : std::nullopt;
}

/// "AxB..." as `count` integers in [1, most].
std::optional<std::vector<int>> extents(std::string_view text, std::size_t count, int most) {
  std::vector<int> values;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('x', begin), text.size());
    const std::optional<int> value = integer(text.substr(begin, end - begin), 1, most);
    if (!value) {
      return std::nullopt;
    }
    values.push_back(*value);
    begin = end + 1;
  }
  return values.size() == count ? std::optional{values} : std::nullopt;
}

Diagnostic usage(const std::string& message) { return {{"<command line>", 0, 0}, message, Severity::error}; }

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : passes()) {
    names.emplace_back(pass.name);
  }
  return names;
}

const Pass* find_pass(std::string_view name) {
  const auto found = std::ranges::find(passes(), name, &Pass::name);
  return found == passes().end() ? nullptr : &*found;
}

void read_hardware(const DescribeOptions& given, PassOptions& options, Diagnostics& problems) {
  if (!given.crossbar.empty()) {
    if (const auto crossbar = extents(given.crossbar, 2, 65536)) {
      options.crossbar.rows = crossbar->front();
      options.crossbar.columns = crossbar->back();
    } else {
      problems.push_back(usage("--crossbar: expected ROWSxCOLUMNS, each in [1, 65536], got '" + given.crossbar + "'"));
    }
  }
  const auto bits = [&](const char* option, const std::string& text, int& target) {
    if (const auto value = integer(text, 1, 64)) {
      target = *value;
    } else if (!text.empty()) {
      problems.push_back(usage(fmt::format("{}: expected an integer in [1, 64], got '{}'", option, text)));
    }
  };
  bits("--weight-bits", given.weight_bits, options.precision.weight_bits);
  bits("--bits-per-cell", given.bits_per_cell, options.crossbar.bits_per_cell);
  const int cells = cells_per_weight(options.precision.weight_bits, options.crossbar.bits_per_cell);
  if (problems.empty() && cells > options.crossbar.columns) {
    problems.push_back(
        usage(fmt::format("--weight-bits: {} bits need {} cells of {} bits in one row, more than a "
                          "crossbar of {}x{} has columns",
                          options.precision.weight_bits, cells, options.crossbar.bits_per_cell, options.crossbar.rows,
                          options.crossbar.columns)));
  }
}

void read_drawing(const DescribeOptions& given, DescribeRequest& request, Diagnostics& problems) {
  request.after = find_pass(given.after.empty() ? kDrawnByDefault : given.after);
  if (request.after == nullptr) {
    problems.push_back(usage(fmt::format("--after: expected one of: {}, got '{}'{}", fmt::join(pass_names(), ", "),
                                         given.after, did_you_mean(given.after, pass_names()))));
    return;
  }
  if (!given.after.empty() && given.dot.empty()) {
    problems.push_back(usage("--after: give --dot FILE too, for the drawing"));
  }
  const bool duplicating = request.after->name == kDuplicatingPass;
  if (!duplicating && !(given.extra_pes.empty() && given.duplication.empty())) {
    problems.push_back(usage(fmt::format("{}: only with --after {}",
                                         given.extra_pes.empty() ? "--duplication" : "--extra-pes", kDuplicatingPass)));
    return;
  }
  if (!given.extra_pes.empty()) {
    if (const auto extra = integer(given.extra_pes, 0, 1 << 20)) {
      request.options.extra_pes = *extra;
    } else {
      problems.push_back(
          usage(fmt::format("--extra-pes: expected an integer in [0, {}], got '{}'", 1 << 20, given.extra_pes)));
    }
  }
  request.options.duplication = given.duplication == "sum" ? Duplication::sum : Duplication::bottleneck;
  if (!given.duplication.empty() && given.duplication != "sum" && given.duplication != "bottleneck") {
    problems.push_back(usage("--duplication: expected one of: bottleneck, sum, got '" + given.duplication + "'"));
  }
}

Result<DescribeRequest> understand(const DescribeOptions& given) {
  DescribeRequest request;
  Diagnostics problems;
  request.options.include_top = given.include_top;
  read_hardware(given, request.options, problems);
  if (!given.input_shape.empty()) {
    if (const auto shape = extents(given.input_shape, 3, 1 << 20)) {
      request.input_shape = Shape{(*shape)[0], (*shape)[1], (*shape)[2]};
    } else {
      problems.push_back(usage("--input-shape: expected HxWxC, each at least 1, got '" + given.input_shape + "'"));
    }
  }
  read_drawing(given, request, problems);
  if (!problems.empty()) {
    return problems;
  }
  return request;
}

// --- the description ---

/// Crossbar cells of a layer, or of all.
struct Cells {
  std::int64_t total{0};
  std::int64_t used{0};  ///< hold a weight

  [[nodiscard]] std::int64_t wasted() const { return total - used; }
  [[nodiscard]] double utilization() const { return static_cast<double>(used) / static_cast<double>(total); }
};

struct Description {
  MappedNetwork mapped;
  PassOptions options;
  IdVector<LayerId, Cells> cells;
  Cells all_cells;
  Cycles cycles;  ///< sum of t_i
  std::vector<OperationId> inputs;
  std::vector<OperationId> outputs;
  /// Operations that are taken to need their whole input.
  std::vector<std::string> conservative;
  std::vector<std::string> warnings;

  /// A layer's part of the work.
  [[nodiscard]] double share(LayerId layer) const {
    return static_cast<double>(mapped.layers[layer].cycles().count()) / static_cast<double>(cycles.count());
  }
};

/// True when an operation is taken to need its whole input because the places of its outputs in it are not known.
/// (Flattening and reductions to one pixel do need all of it.) Importers warn of some of these, with their reasons.
bool is_conservative(const NetworkGraph& graph, OperationId id) {
  return std::holds_alternative<Reshape>(graph[id].kind) && graph[id].output.pixels() > 1 &&
         graph[graph[id].inputs.front()].output.pixels() > 1;
}

Description describe(MappedNetwork mapped, const PassOptions& options, const Diagnostics& warnings) {
  Description about{std::move(mapped), options, {}, {}, {}, {}, {}, {}, {}};
  const std::int64_t crossbar_cells = std::int64_t{options.crossbar.rows} * options.crossbar.columns;
  for (const LayerId layer : ids(about.mapped.layers)) {
    const Cells cells{about.mapped.crossbars[layer].pes() * crossbar_cells, weight_cells(about.mapped.layers[layer])};
    about.cells.push_back(cells);
    about.all_cells.total += cells.total;
    about.all_cells.used += cells.used;
  }
  about.cycles = layer_by_layer_cycles(about.mapped.layers);
  for (const Diagnostic& warning : warnings) {
    about.warnings.push_back(to_string(warning));
  }
  const NetworkGraph& graph = about.mapped.graph;
  const auto consumers = graph.consumers();
  for (const OperationId id : ids(graph.operations())) {
    if (std::holds_alternative<Input>(graph[id].kind)) {
      about.inputs.push_back(id);
    } else if (consumers[id].empty()) {
      about.outputs.push_back(id);
    }
    if (is_conservative(graph, id)) {
      about.conservative.push_back(graph[id].name);
    }
  }
  return about;
}

// --- as JSON ---

using Json = nlohmann::ordered_json;

Json as_json(const Shape& shape) { return {shape.height, shape.width, shape.channels}; }

Json as_json(const NetworkGraph& graph, const std::vector<OperationId>& maps) {
  Json list = Json::array();
  for (const OperationId id : maps) {
    list.push_back({{"name", graph[id].name}, {"shape", as_json(graph[id].output)}});
  }
  return list;
}

Json as_json(const Cells& cells) {
  return {
      {"total", cells.total}, {"used", cells.used}, {"wasted", cells.wasted()}, {"utilization", cells.utilization()}};
}

Json layers_json(const Description& about) {
  Json layers = Json::array();
  for (const LayerId id : ids(about.mapped.layers)) {
    const BaseLayer& layer = about.mapped.layers[id];
    const CrossbarGrid& grid = about.mapped.crossbars[id];
    layers.push_back({{"name", layer.name},
                      {"operation", operation_name(about.mapped.graph[layer.operation].kind)},
                      {"ifm", as_json(layer.ifm)},
                      {"ofm", as_json(layer.ofm)},
                      {"kernel", {layer.kernel.height, layer.kernel.width}},
                      {"stride", {layer.stride.height, layer.stride.width}},
                      {"dilation", {layer.dilation.height, layer.dilation.width}},
                      {"groups", layer.groups},
                      {"weight_bits", layer.quantization.weight_bits},
                      {"pes_vertical", grid.vertical},
                      {"pes_horizontal", grid.horizontal},
                      {"pes", grid.pes()},
                      {"cycles", layer.cycles().count()},
                      {"share", about.share(id)},
                      {"cells", as_json(about.cells[id])}});
  }
  return layers;
}

Json operations_json(const NetworkGraph& graph) {
  Json operations = Json::array();
  for (const Operation& operation : graph.operations()) {
    Json inputs = Json::array();
    for (const OperationId input : operation.inputs) {
      inputs.push_back(graph[input].name);
    }
    operations.push_back({{"name", operation.name},
                          {"operation", operation_name(operation.kind)},
                          {"inputs", std::move(inputs)},
                          {"output", as_json(operation.output)}});
  }
  return operations;
}

std::string as_json(const Description& about) {
  const CrossbarSpec& crossbar = about.options.crossbar;
  Json json;
  json["name"] = about.mapped.graph.name();
  json["inputs"] = as_json(about.mapped.graph, about.inputs);
  json["outputs"] = as_json(about.mapped.graph, about.outputs);
  json["crossbar"] = {crossbar.rows, crossbar.columns};
  json["weight_bits"] = about.options.precision.weight_bits;
  json["bits_per_cell"] = crossbar.bits_per_cell;
  json["cells_per_weight"] = cells_per_weight(about.options.precision.weight_bits, crossbar.bits_per_cell);
  json["base_layers"] = about.mapped.layers.size();
  json["min_pes"] = about.mapped.min_pes;
  json["layer_by_layer_cycles"] = about.cycles.count();
  json["cells"] = as_json(about.all_cells);
  json["conservative"] = about.conservative;
  json["warnings"] = about.warnings;
  json["layers"] = layers_json(about);
  json["operations"] = operations_json(about.mapped.graph);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// --- as text ---

std::string shape_text(const Shape& shape) { return hwc(shape.height, shape.width, shape.channels); }

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

std::string maps_text(const char* what, const NetworkGraph& graph, const std::vector<OperationId>& maps) {
  std::string text;
  for (const OperationId id : maps) {
    text += fmt::format("{} {}: {}\n", what, graph[id].name, shape_text(graph[id].output));
  }
  return text;
}

std::string layers_text(const Description& about) {
  std::vector<std::vector<std::string>> rows{{"Layer", "Operation", "IFM (H, W, C)", "OFM (H, W, C)", "Kernel",
                                              "Stride", "#PE", "P_V x P_H", "Cycles", "Share", "Cells used"}};
  for (const LayerId id : ids(about.mapped.layers)) {
    const BaseLayer& layer = about.mapped.layers[id];
    const CrossbarGrid& grid = about.mapped.crossbars[id];
    rows.push_back({layer.name, std::string{operation_name(about.mapped.graph[layer.operation].kind)},
                    shape_text(layer.ifm), shape_text(layer.ofm),
                    fmt::format("{}x{}", layer.kernel.height, layer.kernel.width),
                    fmt::format("{}x{}", layer.stride.height, layer.stride.width), std::to_string(grid.pes()),
                    fmt::format("{} x {}", grid.vertical, grid.horizontal), std::to_string(layer.cycles().count()),
                    percent(about.share(id)), percent(about.cells[id].utilization())});
  }
  rows.push_back({"total", "", "", "", "", "", std::to_string(about.mapped.min_pes), "",
                  std::to_string(about.cycles.count()), percent(1), percent(about.all_cells.utilization())});
  using enum Align;
  return text_table(rows, {left, left, left, left, left, left, right, right, right, right, right});
}

std::string as_text(const Description& about) {
  const MappedNetwork& mapped = about.mapped;
  const CrossbarSpec& crossbar = about.options.crossbar;
  const int weight_bits = about.options.precision.weight_bits;
  const int cells = cells_per_weight(weight_bits, crossbar.bits_per_cell);
  std::string text = fmt::format(
      "{}: {} base layers in {} operations; at least {} PEs of {} x {}; {} cycles layer by "
      "layer\n",
      mapped.graph.name(), mapped.layers.size(), mapped.graph.size(), mapped.min_pes, crossbar.rows, crossbar.columns,
      about.cycles.count());
  text += maps_text("input", mapped.graph, about.inputs) + maps_text("output", mapped.graph, about.outputs);
  text += "\n" + layers_text(about) + "\n";
  text += fmt::format("crossbar cells: {} used, {} wasted; a weight of {} bits takes {} {} of {} bits\n",
                      about.all_cells.used, about.all_cells.wasted(), weight_bits, cells, cells == 1 ? "cell" : "cells",
                      crossbar.bits_per_cell);
  const auto own_widths = std::ranges::count_if(mapped.layers.raw(), [&](const BaseLayer& layer) {
    return layer.own_weight_bits > 0 && layer.own_weight_bits != weight_bits;
  });
  if (own_widths > 0) {
    text += fmt::format("weights of {} base layer(s) have other widths, which the network file states\n", own_widths);
  }
  if (!about.conservative.empty()) {
    text += fmt::format("taken to need their whole input, as places in it are not known: {}\n",
                        fmt::join(about.conservative, ", "));
  }
  for (const std::string& warning : about.warnings) {
    text += warning + "\n";
  }
  return text;
}

// --- the command ---

int describe(const DescribeOptions& given) {
  const Result<DescribeRequest> request = understand(given);
  if (!request) {
    return report(request.error());
  }
  const PassOptions& options = request->options;
  const Result<NetworkImport> imported = import_network(given.network, request->input_shape, {"<command line>", 0, 0});
  if (!imported) {
    return report(imported.error());
  }
  Result<MappedNetwork, SchedulingFailure> mapped =
      map_network(imported->graph, options.include_top, options.crossbar, options.precision);
  if (!mapped) {
    Diagnostics problems = imported->warnings;
    problems.push_back({{given.network, 0, 0}, mapped.error().message, Severity::error});
    return report(problems);
  }
  if (!given.dot.empty()) {
    const std::string drawing = to_dot(graph_after(*request->after, imported->graph, options));
    if (const std::optional<Diagnostic> problem = write_file(given.dot, drawing)) {
      return report({*problem});
    }
  }
  const Description about = describe(*std::move(mapped), options, imported->warnings);
  std::cout << (given.json ? as_json(about) : as_text(about));
  return kExitDone;
}

}  // namespace

std::function<int()> declare_describe(CLI::App& app) {
  auto options = std::make_shared<DescribeOptions>();
  app.add_option("NETWORK", options->network, "A network file: .yaml, .onnx, .cfg or .json")->required();
  app.add_option("--crossbar", options->crossbar, "Rows by columns of a crossbar (default: 256x256)")->type_name("MxN");
  app.add_option("--weight-bits", options->weight_bits, "Bits of a weight (default: 4)")->type_name("N");
  app.add_option("--bits-per-cell", options->bits_per_cell, "Bits that one RRAM cell holds (default: 4)")
      ->type_name("N");
  app.add_option("--input-shape", options->input_shape, "H, W, C of the input where the file leaves it open")
      ->type_name("HxWxC");
  app.add_flag("--include-top", options->include_top, "Keep dense layers at the end of the network");
  app.add_flag("--json", options->json, "Everything as JSON, with all operations of the canonical form");
  app.add_option("--dot", options->dot, "Draw the network into a file for Graphviz")->type_name("FILE");
  app.add_option("--after", options->after,
                 fmt::format("The last pass before the drawing: {} (default: {})", fmt::join(pass_names(), ", "),
                             kDrawnByDefault))
      ->type_name("PASS");
  app.add_option("--extra-pes", options->extra_pes,
                 fmt::format("With --after {}: PEs for duplicates (default: 0)", kDuplicatingPass))
      ->type_name("N");
  app.add_option("--duplication", options->duplication,
                 fmt::format("With --after {}: bottleneck or sum (default: bottleneck)", kDuplicatingPass))
      ->type_name("RULE");
  return [options] { return describe(*options); };
}

}  // namespace crossweave
