#include "scheduler/execution_plan.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "scheduler/delivery_lists.h"
#include "scheduler/gpeu_cost.h"

namespace crossweave {
namespace {

Interval channels_behind(const OperationKind& kind, const Shape& input, Interval channels) {
  if (const auto* slice = std::get_if<Slice>(&kind)) {
    return {slice->first.channels + channels.begin, slice->first.channels + channels.end};
  }
  if (std::holds_alternative<Pad>(kind) || std::holds_alternative<Pool>(kind) || is_pointwise(kind)) {
    return channels;
  }
  // Stage II makes every other operation depend on its inputs as a whole, whatever channels are read of it.
  return {0, input.channels};
}

std::vector<int> every_row(int extent) {
  std::vector<int> cuts;
  for (int y = 0; y <= extent; ++y) {
    cuts.push_back(y);
  }
  return cuts;
}

class PlanBuilder {
 public:
  PlanBuilder(const ScheduledNetwork& network, const Architecture& architecture, Placement placement)
      : network_{network},
        graph_{network.mapped.graph},
        architecture_{architecture},
        consumers_{graph_.consumers()},
        moves_data_only_(graph_.size(), false),
        readers_(graph_.size(), 0),
        host_(graph_.size()) {
    plan_.placement = std::move(placement);
  }

  ExecutionPlan build() {
    plan_.mode = network_.schedule.mode;
    plan_.reduction = architecture_.tile.reduction;
    find_data_movement();
    count_readers();
    LayerId layer{0};
    for (const OperationId id : ids(graph_.operations())) {
      if (moves_data_only_[id]) {
        continue;
      }
      if (std::holds_alternative<Input>(graph_[id].kind)) {
        place_input(id);
      } else if (is_base(graph_[id].kind)) {
        place_base_layer(id, layer);
        layer = LayerId{layer.value() + 1U};
      } else if (!joins_producer(id)) {
        place_on_gpeu(id);
      }
    }
    set_widths();
    add_outputs();
    fill_delivery_lists(plan_);
    return std::move(plan_);
  }

 private:
  /// Operations that only rearrange data (padding, slices, reshapes) run nowhere: whoever reads them looks through
  /// them. So do windows that skip positions, and all behind them up to the next base layer: Stage II counts the
  /// skipped positions as needed, which only the reader of a whole region can honour.
  void find_data_movement() {
    for (const OperationId id : ids(graph_.operations())) {
      const Operation& operation = graph_[id];
      if (is_base(operation.kind) || std::holds_alternative<Input>(operation.kind)) {
        continue;
      }
      const std::vector<Shape> shapes = graph_.input_shapes(id);
      bool moves = std::holds_alternative<Pad>(operation.kind) || std::holds_alternative<Slice>(operation.kind) ||
                   std::holds_alternative<Reshape>(operation.kind);
      bool skips = false;
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        skips = skips || axis_map(operation.kind, Axis::rows, i, shapes).skips() ||
                axis_map(operation.kind, Axis::columns, i, shapes).skips() ||
                behind_skip_.contains(operation.inputs[i]);
      }
      if (skips) {
        behind_skip_.emplace(id, true);
      }
      moves_data_only_[id] = moves || skips;
    }
  }

  /// The stations that will read each operation's result, two for several; reads through data movement count where they
  /// end. A network output is read once, by the DRAM.
  void count_readers() {
    for (std::size_t i = graph_.size(); i-- > 0;) {
      const OperationId id{i};
      int count = 0;
      for (const OperationId consumer : consumers_[id]) {
        count += moves_data_only_[consumer] ? readers_[consumer] : 1;
      }
      readers_[id] = std::clamp(count, 1, 2);
    }
  }

  [[nodiscard]] static bool has_one_home(const Station& station) {
    for (const StationDuplicate& duplicate : station.duplicates) {
      for (const ResultSlice& slice : duplicate.slices) {
        if (slice.home() != home_of(station)) {
          return false;
        }
      }
    }
    return true;
  }

  [[nodiscard]] static EndpointId home_of(const Station& station) {
    return station.duplicates[DuplicateId{0}].slices.front().home();
  }

  /// The sets of a station without duplicates, in their own order.
  static void set_order_of_one(Station& station) {
    station.duplicate_of.resize(station.grid.size());
    station.position_of.resize(station.grid.size());
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      station.position_of[SetId{s}] = static_cast<std::uint32_t>(s);
    }
  }

  void place_input(OperationId id) {
    Station station;
    station.kind = Station::Kind::network_input;
    station.name = graph_[id].name;
    station.operation = id;
    station.result = graph_[id].output;
    // The DRAM streams the input row by row: a row is contiguous there, and the first windows wait for few rows.
    station.grid = AxisGrid{every_row(station.result.height), {0, station.result.width}};
    station.result_grid = station.grid;
    set_order_of_one(station);
    station.duplicates.push_back({{}, {{{0, station.result.channels}, {plan_.dram()}}}, {}});
    host_[id] = plan_.stations.push_back(std::move(station));
  }

  void place_base_layer(OperationId id, LayerId layer) {
    Station station;
    station.kind = Station::Kind::base_layer;
    station.name = graph_[id].name;
    station.operation = id;
    station.layer = layer;
    station.grid = network_.grids[layer];
    station.result_grid = station.grid;
    station.result = graph_[id].output;
    station.duplicate_of.resize(station.grid.size());
    station.position_of.resize(station.grid.size());
    const LayerSchedule& scheduled = network_.schedule.layers[layer];
    for (const DuplicateId duplicate : ids(scheduled.sequence)) {
      StationDuplicate copy;
      copy.sequence = scheduled.sequence[duplicate];
      for (std::uint32_t position = 0; position < copy.sequence.size(); ++position) {
        station.duplicate_of[copy.sequence[position]] = duplicate;
        station.position_of[copy.sequence[position]] = position;
      }
      const std::vector<PeId>& pes = plan_.placement.pes[layer][duplicate];
      copy.parts = base_parts(id, layer, pes);
      copy.slices = base_slices(layer, pes);
      station.duplicates.push_back(std::move(copy));
    }
    const bool scattered = !has_one_home(station);
    host_[id] = plan_.stations.push_back(std::move(station));
    if (scattered && readers_[id] > 1) {
      // A result with several readers has one home, from which it is forwarded.
      add_gpeu_station(id, graph_[id].name + "/gather", {path_to(id, {0, graph_[id].output.channels})}, {});
    }
  }

  [[nodiscard]] EndpointId endpoint_of(PeId pe) const { return EndpointId{plan_.placement.tile_of[pe].value()}; }

  [[nodiscard]] std::vector<StationPart> base_parts(OperationId id, LayerId layer, const std::vector<PeId>& pes) const {
    const BaseLayer& base = network_.mapped.layers[layer];
    const CrossbarGrid grid = network_.mapped.crossbars[layer];
    std::vector<StationPart> parts;
    std::vector<CrossbarPiece> hulls;
    for (int j = 0; j < grid.horizontal; ++j) {
      for (int p = 0; p < grid.vertical; ++p) {
        const PeId pe = pes[static_cast<std::size_t>(j * grid.vertical + p)];
        const CrossbarPiece piece = crossbar_piece(base, architecture_.crossbar, p, j);
        auto part = std::ranges::find(parts, endpoint_of(pe), &StationPart::tile);
        if (part == parts.end()) {
          parts.push_back({endpoint_of(pe), {}, {}, {}, {}});
          hulls.push_back(piece);
          part = parts.end() - 1;
        }
        part->pes.push_back(pe);
        part->rows_driven.push_back(piece.matrix_rows);
        part->columns_read.push_back(piece.matrix_columns);
        CrossbarPiece& hull = hulls[static_cast<std::size_t>(part - parts.begin())];
        hull.kernel_rows = hull.kernel_rows.hull(piece.kernel_rows);
        hull.kernel_columns = hull.kernel_columns.hull(piece.kernel_columns);
        hull.input_channels = hull.input_channels.hull(piece.input_channels);
      }
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].needs = base_needs(id, base, hulls[i]);
    }
    return parts;
  }

  /// What the pieces on one tile read: only their kernel offsets and channels. The offsets of a dilated or strided
  /// kernel reach up to the next offset, so that all tiles together need the bounding box that Stage II counts.
  [[nodiscard]] std::vector<InputNeed> base_needs(OperationId id, const BaseLayer& base,
                                                  const CrossbarPiece& hull) const {
    const Operation& operation = graph_[id];
    const std::vector<Shape> shapes = graph_.input_shapes(id);
    AxisStep rows{axis_map(operation.kind, Axis::rows, 0, shapes), shapes[0].height};
    AxisStep columns{axis_map(operation.kind, Axis::columns, 0, shapes), shapes[0].width};
    const auto narrow = [](AxisMap& map, Interval offsets, int kernel, int dilation) {
      if (!map.whole) {
        map.offset += offsets.begin * dilation;
        map.window =
            (offsets.end < kernel ? offsets.end * dilation : (kernel - 1) * dilation + 1) - offsets.begin * dilation;
      }
    };
    // Behind a window that skips positions neighbouring offsets lie apart, and what lies between them counts as well.
    if (!behind_skip_.contains(operation.inputs.front())) {
      narrow(rows.map, hull.kernel_rows, base.kernel.height, base.dilation.height);
      narrow(columns.map, hull.kernel_columns, base.kernel.width, base.dilation.width);
    }
    // A dense layer on a map counts its channels over the flattened map: there a part of them is no part of the map's.
    const bool flattens = base.ifm.channels != shapes[0].channels;
    InputNeed need{{}, flattens ? Interval{0, shapes[0].channels} : hull.input_channels, {rows}, {columns}};
    return paths_behind(operation.inputs.front(), need);
  }

  /// The column pieces of a copy, side by side where their partial sums take the same way.
  [[nodiscard]] std::vector<ResultSlice> base_slices(LayerId layer, const std::vector<PeId>& pes) const {
    const BaseLayer& base = network_.mapped.layers[layer];
    const CrossbarGrid grid = network_.mapped.crossbars[layer];
    std::vector<ResultSlice> slices;
    for (int j = 0; j < grid.horizontal; ++j) {
      const Interval channels = crossbar_piece(base, architecture_.crossbar, 0, j).output_channels;
      std::vector<EndpointId> nodes;
      for (int p = 0; p < grid.vertical; ++p) {
        const EndpointId tile = endpoint_of(pes[static_cast<std::size_t>(j * grid.vertical + p)]);
        if (std::ranges::find(nodes, tile) == nodes.end()) {
          nodes.push_back(tile);
        }
      }
      if (!slices.empty() && slices.back().nodes == nodes && slices.back().channels.end == channels.begin) {
        slices.back().channels.end = channels.end;
      } else {
        slices.push_back({channels, std::move(nodes)});
      }
    }
    return slices;
  }

  /// True when an operation needs no home of its own: element-wise functions of one input, and pooling whose windows
  /// each lie within one set, run where their input is produced, if it is read by nobody else.
  bool joins_producer(OperationId id) {
    const Operation& operation = graph_[id];
    const bool pool = std::holds_alternative<Pool>(operation.kind);
    if (!pool && !is_pointwise(operation.kind)) {
      return false;
    }
    const OperationId input = operation.inputs.front();
    if (moves_data_only_[input] || readers_[input] > 1) {
      return false;
    }
    Station& station = plan_.stations[*host_[input]];
    if (station.kind == Station::Kind::network_input || (readers_[id] > 1 && !has_one_home(station))) {
      return false;
    }
    if (pool) {
      const std::optional<AxisGrid> pooled = pool_within_sets(id, station.result_grid);
      if (!pooled) {
        return false;
      }
      station.result_grid = *pooled;
    }
    const std::int64_t cost =
        gpeu_cost_per_element(operation.kind, graph_.input_shapes(id), architecture_.tile.gpeu.costs);
    const bool on_whole_sets = !pool && station.result_grid == station.grid;
    (on_whole_sets ? station.cost_per_set_element : station.cost_per_result_element) += cost;
    station.epilogue.push_back(id);
    station.result = operation.output;
    host_[id] = host_[input];
    return true;
  }

  /// The grid behind a pooling whose every window lies within one cell of `grid`; none if one does not.
  [[nodiscard]] std::optional<AxisGrid> pool_within_sets(OperationId id, const AxisGrid& grid) const {
    const std::vector<Shape> shapes = graph_.input_shapes(id);
    const auto pooled = [](const AxisMap& map, int in_extent, int out_extent, const std::vector<int>& cuts,
                           auto&& touching) -> std::optional<std::vector<int>> {
      std::vector<int> result{0};
      for (std::size_t cell = 1; cell < cuts.size(); ++cell) {
        int end = result.back();
        while (end < out_extent) {
          const Interval cells = touching(map.apply({end, end + 1}, in_extent));
          if (cells.size() != 1) {
            return std::nullopt;
          }
          if (cells.begin != static_cast<int>(cell) - 1) {
            break;
          }
          ++end;
        }
        result.push_back(end);
      }
      return result;
    };
    auto rows = pooled(axis_map(graph_[id].kind, Axis::rows, 0, shapes), shapes[0].height, graph_[id].output.height,
                       grid.row_cuts(), [&](Interval interval) { return grid.rows_touching(interval); });
    auto columns = pooled(axis_map(graph_[id].kind, Axis::columns, 0, shapes), shapes[0].width, graph_[id].output.width,
                          grid.column_cuts(), [&](Interval interval) { return grid.columns_touching(interval); });
    if (!rows || !columns) {
      return std::nullopt;
    }
    return AxisGrid{std::move(*rows), std::move(*columns)};
  }

  void place_on_gpeu(OperationId id) {
    const Operation& operation = graph_[id];
    const std::vector<Shape> shapes = graph_.input_shapes(id);
    std::vector<InputNeed> needs;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      InputNeed need{{},
                     {0, shapes[i].channels},
                     {{axis_map(operation.kind, Axis::rows, i, shapes), shapes[i].height}},
                     {{axis_map(operation.kind, Axis::columns, i, shapes), shapes[i].width}}};
      for (InputNeed& path : paths_behind(operation.inputs[i], need)) {
        needs.push_back(std::move(path));
      }
    }
    add_gpeu_station(id, operation.name, std::move(needs), operation.output);
  }

  /// A station on the GPEU of the tile where its latest input is produced, so that a chain of additions moves along
  /// with the layers that feed it.
  void add_gpeu_station(OperationId id, std::string name, std::vector<InputNeed> needs, std::optional<Shape> result) {
    Station station;
    station.kind = Station::Kind::gpeu;
    station.name = std::move(name);
    station.operation = id;
    station.result = result.value_or(graph_[id].output);
    station.accumulates = std::holds_alternative<GlobalPool>(graph_[id].kind);
    const GpeuCosts& costs = architecture_.tile.gpeu.costs;
    if (is_base(graph_[id].kind)) {
      station.cost_per_set_element = costs.copy;  // gathering a base layer's result
    } else if (!station.accumulates) {
      station.cost_per_set_element = gpeu_cost_per_element(graph_[id].kind, graph_.input_shapes(id), costs);
    }
    StationId latest{0};
    for (const InputNeed& need : needs) {
      latest = std::max(latest, need.producer);
    }
    const EndpointId source = home_of(plan_.stations[latest]);
    const EndpointId home = source == plan_.dram() ? EndpointId{0} : source;
    station.grid = grid_from_needs(station.result, needs);
    station.result_grid = station.grid;
    set_order_of_one(station);
    station.duplicates.push_back(
        {{{home, {}, {}, {}, std::move(needs)}}, {{{0, station.result.channels}, {home}}}, {}});
    host_[id] = plan_.stations.push_back(std::move(station));
  }

  /// A GPEU works row by row, so that what it reads and makes at once stays small. Along a row its pieces are the
  /// longest in which all outputs need the same cells of every producer: longer ones would make a reader wait for more
  /// than Stage II says, shorter ones only add transactions.
  [[nodiscard]] AxisGrid grid_from_needs(const Shape& result, const std::vector<InputNeed>& needs) const {
    std::vector<int> column_cuts{0};
    std::vector<Interval> current;
    for (int x = 0; x < result.width; ++x) {
      std::vector<Interval> touched;
      touched.reserve(needs.size());
      for (const InputNeed& need : needs) {
        touched.push_back(
            plan_.stations[need.producer].result_grid.columns_touching(walk_back(need.columns, Interval{x, x + 1})));
      }
      if (x > 0 && touched != current) {
        column_cuts.push_back(x);
      }
      current = std::move(touched);
    }
    column_cuts.push_back(result.width);
    return AxisGrid{every_row(result.height), std::move(column_cuts)};
  }

  /// A need on the result of `id` itself.
  [[nodiscard]] InputNeed path_to(OperationId id, Interval channels) const {
    const Shape& shape = graph_[id].output;
    return {*host_[id], channels, {{AxisMap{}, shape.height}}, {{AxisMap{}, shape.width}}};
  }

  /// Follows a need on the output of `id` back through data movement to the stations that produce it. Equal needs that
  /// reach an operation over several paths are followed once.
  [[nodiscard]] std::vector<InputNeed> paths_behind(OperationId id, const InputNeed& need) const {
    std::vector<InputNeed> paths;
    std::map<OperationId, std::vector<InputNeed>, std::greater<>> pending;
    pending[id].push_back(need);
    while (!pending.empty()) {
      const auto [at, needs] = *pending.begin();
      pending.erase(pending.begin());
      const Operation& operation = graph_[at];
      const std::vector<Shape> shapes = graph_.input_shapes(at);
      for (const InputNeed& output : needs) {
        if (!moves_data_only_[at]) {
          InputNeed found = output;
          found.producer = *host_[at];
          add_unless_known(paths, std::move(found));
          continue;
        }
        for (std::size_t i = 0; i < shapes.size(); ++i) {
          InputNeed behind = output;
          add_step(behind.rows, {axis_map(operation.kind, Axis::rows, i, shapes), shapes[i].height},
                   operation.output.height);
          add_step(behind.columns, {axis_map(operation.kind, Axis::columns, i, shapes), shapes[i].width},
                   operation.output.width);
          behind.channels = channels_behind(operation.kind, shapes[i], output.channels);
          add_unless_known(pending[operation.inputs[i]], std::move(behind));
        }
      }
    }
    return paths;
  }

  static void add_unless_known(std::vector<InputNeed>& needs, InputNeed need) {
    if (std::ranges::none_of(needs, [&](const InputNeed& known) {
          return known.producer == need.producer && known.channels == need.channels && known.rows == need.rows &&
                 known.columns == need.columns;
        })) {
      needs.push_back(std::move(need));
    }
  }

  /// Without steps that change nothing, paths that differ in them alone are equal.
  static void add_step(std::vector<AxisStep>& steps, const AxisStep& step, int output_extent) {
    if (step.map != AxisMap{} || step.extent != output_extent) {
      steps.push_back(step);
    }
  }

  void set_widths() {
    for (Station& station : plan_.stations) {
      const OperationId last = station.epilogue.empty() ? station.operation : station.epilogue.back();
      const int stated = graph_[last].output_bits;
      station.bits_per_element = stated > 0 ? stated : architecture_.precision.activation_bits;
      if (station.layer) {
        station.psum_bits = psum_bits(architecture_.precision, architecture_.crossbar,
                                      network_.mapped.crossbars[*station.layer].vertical);
      }
    }
  }

  void add_outputs() {
    std::vector<bool> known(plan_.stations.size(), false);
    for (const OperationId id : ids(graph_.operations())) {
      if (!consumers_[id].empty() || std::holds_alternative<Input>(graph_[id].kind)) {
        continue;
      }
      const InputNeed need{{}, {0, graph_[id].output.channels}, {}, {}};
      for (const InputNeed& path : paths_behind(id, need)) {
        if (!known[path.producer.value()]) {
          known[path.producer.value()] = true;
          plan_.outputs.push_back({path.producer, plan_.stations[path.producer].result.elements()});
        }
      }
    }
  }

  const ScheduledNetwork& network_;
  const NetworkGraph& graph_;
  const Architecture& architecture_;
  IdVector<OperationId, std::vector<OperationId>> consumers_;
  IdVector<OperationId, bool> moves_data_only_;
  std::map<OperationId, bool> behind_skip_;
  IdVector<OperationId, int> readers_;
  /// The station that holds each operation's result.
  IdVector<OperationId, std::optional<StationId>> host_;
  ExecutionPlan plan_;
};

}  // namespace

Interval walk_back(const std::vector<AxisStep>& steps, Interval output) {
  for (const AxisStep& step : steps) {
    output = step.map.apply(output, step.extent);
  }
  return output;
}

Rect Station::set_rect(SetId set) const {
  const auto columns = static_cast<std::uint32_t>(grid.columns());
  return {grid.row(static_cast<int>(set.value() / columns)), grid.column(static_cast<int>(set.value() % columns))};
}

Rect Station::result_rect(SetId set) const {
  const auto columns = static_cast<std::uint32_t>(grid.columns());
  return {result_grid.row(static_cast<int>(set.value() / columns)),
          result_grid.column(static_cast<int>(set.value() % columns))};
}

std::int64_t Station::gpeu_work(SetId set, Interval channels) const {
  return (set_rect(set).area() * cost_per_set_element + result_rect(set).area() * cost_per_result_element) *
         channels.size();
}

std::size_t reduction_parent(Reduction reduction, std::size_t node) {
  return reduction == Reduction::chain ? node - 1 : node & (node - 1);
}

std::size_t reduction_children(Reduction reduction, std::size_t node, std::size_t nodes) {
  std::size_t children = 0;
  for (std::size_t other = node + 1; other < nodes; ++other) {
    children += reduction_parent(reduction, other) == node ? 1 : 0;
  }
  return children;
}

MeshPosition position_of(EndpointId endpoint, const Placement& placement) {
  return endpoint.value() == placement.position.size() ? kDramPosition : placement.position[TileId{endpoint.value()}];
}

ExecutionPlan make_execution_plan(const ScheduledNetwork& network, const Architecture& architecture,
                                  Placement placement) {
  return PlanBuilder{network, architecture, std::move(placement)}.build();
}

ExecutionPlan make_execution_plan(const ScheduledNetwork& network, const Architecture& architecture) {
  return make_execution_plan(network, architecture, place_snake(network, architecture));
}

}  // namespace crossweave
