// Does the plan tell the hardware everything it needs, once, and nothing about time?
#include "scheduler/execution_plan.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// Every field of a plan as text, so that two plans are equal when their texts are.
class PlanText {
 public:
  explicit PlanText(const ExecutionPlan& plan) {
    put(static_cast<int>(plan.mode), plan.placement.mesh_columns, plan.placement.mesh_rows);
    for (const MeshPosition position : plan.placement.position) {
      put(position.x, position.y);
    }
    put_ids(plan.placement.tile_of);
    for (const auto& layer : plan.placement.pes) {
      for (const std::vector<PeId>& copy : layer) {
        put_ids(copy);
      }
    }
    for (const Station& station : plan.stations) {
      add(station);
    }
    for (const NetworkOutput& output : plan.outputs) {
      put("output", output.producer.value(), output.elements);
    }
  }
  [[nodiscard]] std::string str() const { return text_.str(); }

 private:
  template <class... Ts>
  void put(const Ts&... values) {
    ((text_ << values << ' '), ...);
    text_ << '\n';
  }
  template <class Ids>
  void put_ids(const Ids& items) {
    for (const auto id : items) {
      text_ << id.value() << ' ';
    }
    text_ << '\n';
  }
  template <class Numbers>
  void put_all(const Numbers& numbers) {
    for (const auto number : numbers) {
      text_ << number << ' ';
    }
    text_ << '\n';
  }
  void put_grid(const AxisGrid& grid) {
    put_all(grid.row_cuts());
    put_all(grid.column_cuts());
  }
  void put_steps(const std::vector<AxisStep>& steps) {
    for (const AxisStep& step : steps) {
      put("step", step.map.whole, step.map.stride, step.map.divisor, step.map.offset, step.map.window, step.extent);
    }
  }

  void add(const Station& station) {
    put("station", static_cast<int>(station.kind), station.name, station.operation.value(), station.layer.has_value(),
        station.layer.value_or(LayerId{0}).value(), station.result.height, station.result.width,
        station.result.channels, station.bits_per_element, station.cost_per_set_element,
        station.cost_per_result_element);
    put_ids(station.epilogue);
    put_grid(station.grid);
    put_grid(station.result_grid);
    for (const StationDuplicate& duplicate : station.duplicates) {
      put("duplicate");
      for (const StationPart& part : duplicate.parts) {
        put("part", part.tile.value());
        put_ids(part.pes);
        put_all(part.rows_driven);
        put_all(part.columns_read);
        for (const InputNeed& need : part.needs) {
          put("need", need.producer.value(), need.channels.begin, need.channels.end);
          put_steps(need.rows);
          put("columns");
          put_steps(need.columns);
        }
      }
      for (const ResultSlice& slice : duplicate.slices) {
        put("slice", slice.channels.begin, slice.channels.end);
        put_ids(slice.nodes);
      }
      put_ids(duplicate.sequence);
    }
    put_ids(station.duplicate_of);
    put_all(station.position_of);
    put_all(station.deliveries.first);
    for (const Delivery& item : station.deliveries.items) {
      put("delivery", item.destination.value(), item.rect.rows.begin, item.rect.rows.end, item.rect.columns.begin,
          item.rect.columns.end, item.channels.begin, item.channels.end);
    }
  }

  std::ostringstream text_;
};

std::string text_of(const ExecutionPlan& plan) { return PlanText{plan}.str(); }

/// A number for each element of a map.
class ElementCounts {
 public:
  explicit ElementCounts(const Shape& map) : map_{map}, counts_(static_cast<std::size_t>(map.elements())) {}

  template <class Change>
  void each(const Rect& rect, Interval channels, const Change& change) {
    for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
      for (int x = rect.columns.begin; x < rect.columns.end; ++x) {
        for (int c = channels.begin; c < channels.end; ++c) {
          change(counts_[static_cast<std::size_t>((y * map_.width + x) * map_.channels + c)]);
        }
      }
    }
  }
  [[nodiscard]] const std::vector<int>& counts() const { return counts_; }

 private:
  Shape map_;
  std::vector<int> counts_;
};

Rect walk_back(const InputNeed& need, const Rect& output) {
  const Rect region{walk_back(need.rows, output.rows), walk_back(need.columns, output.columns)};
  return region.empty() ? Rect{} : region;
}

bool within(Interval inner, Interval outer) { return outer.begin <= inner.begin && inner.end <= outer.end; }

std::vector<SetId> sets_of(const Station& station) {
  std::vector<SetId> sets;
  for (std::size_t i = 0; i < station.grid.size(); ++i) {
    sets.emplace_back(i);
  }
  return sets;
}

/// Calls `visit` for every need of every set, with the tile that has it and the region of the producer's result.
template <class Visit>
void each_need(const Station& station, const Visit& visit) {
  for (const SetId set : sets_of(station)) {
    for (const StationPart& part : station.duplicates[station.duplicate_of[set]].parts) {
      for (const InputNeed& need : part.needs) {
        visit(set, part, need, walk_back(need, station.set_rect(set)));
      }
    }
  }
}

// --- the properties ---

void check_placement(const ScheduledNetwork& network, const ExecutionPlan& plan, const TileSpec& tile) {
  const Placement& placement = plan.placement;
  CHECK(placement.tile_of.size() == static_cast<std::size_t>(network.pes));
  CHECK(plan.tile_count() ==
        (placement.tile_of.size() + static_cast<std::size_t>(tile.pes) - 1) / static_cast<std::size_t>(tile.pes));
  CHECK(plan.dram() == EndpointId{plan.tile_count()});
  std::map<TileId, int> pes_of_tile;
  for (const TileId id : placement.tile_of) {
    REQUIRE(id.value() < plan.tile_count());
    CHECK(++pes_of_tile[id] <= tile.pes);
  }
  // The smallest square that holds the tiles, without its empty rows; the snake begins at the top-left corner.
  const auto tiles = static_cast<int>(plan.tile_count());
  CHECK(placement.mesh_columns * placement.mesh_columns >= tiles);
  CHECK((placement.mesh_columns - 1) * (placement.mesh_columns - 1) < tiles);
  CHECK(placement.mesh_columns * placement.mesh_rows >= tiles);
  CHECK(placement.mesh_columns * (placement.mesh_rows - 1) < tiles);
  CHECK(placement.position[TileId{0}] == MeshPosition{0, 0});
  CHECK((tiles == 1 || placement.position[TileId{1}] == MeshPosition{1, 0}));
  std::set<std::pair<int, int>> positions;
  for (std::size_t t = 0; t < plan.tile_count(); ++t) {
    const MeshPosition at = placement.position[TileId{t}];
    CHECK(positions.emplace(at.x, at.y).second);
    CHECK((0 <= at.x && at.x < placement.mesh_columns && 0 <= at.y && at.y < placement.mesh_rows));
    if (t > 0) {
      const MeshPosition before = placement.position[TileId{t - 1}];
      CHECK(std::abs(at.x - before.x) + std::abs(at.y - before.y) == 1);
    }
  }
}

void check_pes(const ScheduledNetwork& network, const ExecutionPlan& plan) {
  std::set<PeId> used;
  std::int64_t expected = 0;
  std::size_t layers = 0;
  for (const Station& station : plan.stations) {
    REQUIRE(station.layer.has_value() == (station.kind == Station::Kind::base_layer));
    if (!station.layer) {
      continue;
    }
    const LayerId layer{layers++};
    CHECK(*station.layer == layer);
    CHECK(station.operation == network.mapped.layers[layer].operation);
    REQUIRE(station.duplicates.size() == static_cast<std::size_t>(network.duplicates[layer]));
    expected += std::int64_t{network.mapped.crossbars[layer].pes()} * network.duplicates[layer];
    const BaseLayer& base = network.mapped.layers[layer];
    const std::int64_t weights =
        base.ifm.channels / base.groups * std::int64_t{base.kernel.height} * base.kernel.width * base.ofm.channels;
    for (const StationDuplicate& duplicate : station.duplicates) {
      std::int64_t cells = 0;
      std::set<EndpointId> tiles;
      for (const StationPart& part : duplicate.parts) {
        CHECK(tiles.insert(part.tile).second);
        CHECK(!part.pes.empty());
        REQUIRE(part.rows_driven.size() == part.pes.size());
        REQUIRE(part.columns_read.size() == part.pes.size());
        for (std::size_t i = 0; i < part.pes.size(); ++i) {
          CHECK(used.insert(part.pes[i]).second);
          CHECK(plan.placement.tile_of[part.pes[i]].value() == part.tile.value());
          cells += std::int64_t{part.rows_driven[i]} * part.columns_read[i];
        }
      }
      // Groups that share a crossbar leave cells beside the diagonal empty.
      CHECK((network.mapped.crossbars[layer].groups_per_crossbar > 0 ? cells >= weights : cells == weights));
    }
  }
  CHECK(layers == network.mapped.layers.size());
  CHECK(static_cast<std::int64_t>(used.size()) == expected);
  CHECK(expected <= network.pes);
}

/// The operations that run somewhere: each once, in graph order, all but those that only move data.
void check_stations(const ScheduledNetwork& network, const ExecutionPlan& plan) {
  const NetworkGraph& graph = network.mapped.graph;
  IdVector<OperationId, int> runs(graph.size());
  OperationId last{0};
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    CAPTURE(station.name);
    CHECK(last <= station.operation);
    last = station.operation;
    const bool gathers = station.kind == Station::Kind::gpeu && is_base(graph[station.operation].kind);
    runs[station.operation] += gathers ? 0 : 1;
    for (const OperationId joined : station.epilogue) {
      ++runs[joined];
    }
    CHECK(station.result == graph[station.epilogue.empty() ? station.operation : station.epilogue.back()].output);
    each_need(station, [&](SetId, const StationPart&, const InputNeed& need, const Rect& region) {
      REQUIRE(need.producer < id);
      const Shape& result = plan.stations[need.producer].result;
      CHECK(within(need.channels, {0, result.channels}));
      CHECK(region.intersect(whole(result)) == region);
    });
  }
  // Behind a window that skips positions, everything is looked through up to the next base layer.
  IdVector<OperationId, bool> behind_skip(graph.size());
  for (const OperationId id : ids(graph.operations())) {
    const Operation& operation = graph[id];
    if (is_base(operation.kind) || std::holds_alternative<Input>(operation.kind)) {
      CHECK(runs[id] == 1);
      continue;
    }
    if (const auto* pool = std::get_if<Pool>(&operation.kind)) {
      behind_skip[id] = pool->stride.height > effective_kernel(pool->kernel.height, pool->dilation.height) ||
                        pool->stride.width > effective_kernel(pool->kernel.width, pool->dilation.width);
    }
    for (const OperationId input : operation.inputs) {
      behind_skip[id] = behind_skip[id] || behind_skip[input];
    }
    const bool moves = std::holds_alternative<Pad>(operation.kind) || std::holds_alternative<Slice>(operation.kind) ||
                       std::holds_alternative<Reshape>(operation.kind);
    CAPTURE(operation.name);
    CHECK(runs[id] == (moves || behind_skip[id] ? 0 : 1));
  }
}

void check_results(const ExecutionPlan& plan) {
  for (const Station& station : plan.stations) {
    CAPTURE(station.name);
    REQUIRE(station.result_grid.size() == station.grid.size());
    ElementCounts computed{{station.result.height, station.result.width, 1}};
    for (const SetId set : sets_of(station)) {
      computed.each(station.result_rect(set), {0, 1}, [](int& count) { ++count; });
    }
    CHECK(std::ranges::all_of(computed.counts(), [](int count) { return count == 1; }));
    for (const StationDuplicate& duplicate : station.duplicates) {
      std::set<EndpointId> tiles;
      for (const StationPart& part : duplicate.parts) {
        tiles.insert(part.tile);
      }
      std::vector<int> channels(static_cast<std::size_t>(station.result.channels));
      for (const ResultSlice& slice : duplicate.slices) {
        REQUIRE(within(slice.channels, {0, station.result.channels}));
        for (int c = slice.channels.begin; c < slice.channels.end; ++c) {
          ++channels[static_cast<std::size_t>(c)];
        }
        CHECK(std::set<EndpointId>(slice.nodes.begin(), slice.nodes.end()).size() == slice.nodes.size());
        for (const EndpointId endpoint : slice.nodes) {
          CHECK((station.kind == Station::Kind::network_input ? endpoint == plan.dram() : tiles.contains(endpoint)));
        }
      }
      CHECK(std::ranges::all_of(channels, [](int count) { return count == 1; }));
    }
  }
}

/// A result with several readers has one home, from which it is forwarded.
void check_homes(const ExecutionPlan& plan) {
  IdVector<StationId, std::set<StationId>> readers(plan.stations.size());
  for (const StationId id : ids(plan.stations)) {
    each_need(plan.stations[id], [&](SetId, const StationPart&, const InputNeed& need, const Rect&) {
      readers[need.producer].insert(id);
    });
  }
  for (const StationId id : ids(plan.stations)) {
    std::set<EndpointId> homes;
    for (const StationDuplicate& duplicate : plan.stations[id].duplicates) {
      for (const ResultSlice& slice : duplicate.slices) {
        homes.insert(slice.home());
      }
    }
    CAPTURE(plan.stations[id].name, homes.size());
    CHECK((readers[id].size() < 2 || homes.size() == 1));
  }
}

void check_order(const ScheduledNetwork& network, const ExecutionPlan& plan) {
  for (const Station& station : plan.stations) {
    CAPTURE(station.name);
    REQUIRE(station.duplicate_of.size() == station.grid.size());
    REQUIRE(station.position_of.size() == station.grid.size());
    if (!station.layer) {
      CHECK(station.duplicates.size() == 1);
      for (const SetId set : sets_of(station)) {
        CHECK(station.duplicate_of[set] == DuplicateId{0});
        CHECK(station.position_of[set] == set.value());
      }
      CHECK(station.duplicates[DuplicateId{0}].sequence.empty());
      continue;
    }
    std::size_t sets = 0;
    for (const DuplicateId duplicate : ids(station.duplicates)) {
      const std::vector<SetId>& sequence = station.duplicates[duplicate].sequence;
      CHECK(sequence == network.schedule.layers[*station.layer].sequence[duplicate]);
      for (std::size_t i = 0; i < sequence.size(); ++i) {
        CHECK(station.duplicate_of[sequence[i]] == duplicate);
        CHECK(station.position_of[sequence[i]] == i);
        CHECK(station.set_rect(sequence[i]) == network.grids[*station.layer].rect(sequence[i]));
      }
      sets += sequence.size();
    }
    CHECK(sets == station.grid.size());
  }
}

void check_deliveries(const ScheduledNetwork& network, const ExecutionPlan& plan) {
  using Key = std::pair<StationId, EndpointId>;
  std::map<Key, ElementCounts> needed;
  std::map<Key, ElementCounts> delivered;
  const auto counts = [&](std::map<Key, ElementCounts>& of, StationId producer, EndpointId endpoint) -> ElementCounts& {
    return of.try_emplace({producer, endpoint}, plan.stations[producer].result).first->second;
  };
  for (const Station& station : plan.stations) {
    each_need(station, [&](SetId, const StationPart& part, const InputNeed& need, const Rect& region) {
      counts(needed, need.producer, part.tile).each(region, need.channels, [](int& count) { count = 1; });
    });
  }
  std::set<StationId> outputs;
  for (const NetworkOutput& output : plan.outputs) {
    CHECK(outputs.insert(output.producer).second);
    const Shape& result = plan.stations[output.producer].result;
    CHECK(output.elements == result.elements());
    counts(needed, output.producer, plan.dram()).each(whole(result), {0, result.channels}, [](int& count) {
      count = 1;
    });
  }
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    CAPTURE(station.name);
    REQUIRE(station.deliveries.first.size() == station.grid.size() + 1);
    CHECK(station.deliveries.first.front() == 0);
    CHECK(station.deliveries.first.back() == station.deliveries.items.size());
    for (const SetId set : sets_of(station)) {
      const std::uint32_t begin = station.deliveries.first[set.value()];
      const std::uint32_t end = station.deliveries.first[set.value() + 1];
      REQUIRE(begin <= end);
      for (std::uint32_t i = begin; i < end; ++i) {
        const Delivery& item = station.deliveries.items[i];
        CHECK(!item.rect.empty());
        CHECK(!item.channels.empty());
        CHECK(item.rect.intersect(station.result_rect(set)) == item.rect);
        CHECK(within(item.channels, {0, station.result.channels}));
        CHECK(item.destination <= plan.dram());
        counts(delivered, id, item.destination).each(item.rect, item.channels, [](int& count) { ++count; });
      }
    }
  }
  for (auto& [key, needs] : needed) {
    const std::vector<int>& got = counts(delivered, key.first, key.second).counts();
    CAPTURE(plan.stations[key.first].name, key.second.value());
    std::size_t missing = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      missing += needs.counts()[i] == 1 && got[i] == 0 ? 1 : 0;
    }
    CHECK(missing == 0);
  }
  for (auto& [key, got] : delivered) {
    CAPTURE(plan.stations[key.first].name, key.second.value());
    CHECK(std::ranges::all_of(got.counts(), [](int count) { return count <= 1; }));
    // Nobody gets what he needs nothing of.
    CHECK(needed.contains(key));
  }
  // Whatever nobody reads goes to the DRAM.
  const auto consumers = network.mapped.graph.consumers();
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    const OperationId result = station.epilogue.empty() ? station.operation : station.epilogue.back();
    if (consumers[result].empty() && station.kind == Station::Kind::gpeu) {
      CHECK(outputs.contains(id));
    }
  }
}

using Sources = std::set<std::pair<LayerId, SetId>>;

/// Follows the plan's own geometry back to base layers, and compares with Stage II's rectangles.
void check_sources(const ScheduledNetwork& network, const ExecutionPlan& plan) {
  IdVector<OperationId, LayerId> layer_of(network.mapped.graph.size());
  for (const LayerId layer : ids(network.mapped.layers)) {
    layer_of[network.mapped.layers[layer].operation] = layer;
  }
  IdVector<StationId, std::vector<Sources>> sources;
  for (const Station& station : plan.stations) {
    std::vector<Sources> of_sets(station.grid.size());
    each_need(station, [&](SetId set, const StationPart&, const InputNeed& need, const Rect& region) {
      const Station& producer = plan.stations[need.producer];
      for (const SetId cell : sets_of(producer)) {
        if (producer.result_rect(cell).intersect(region).empty()) {
          continue;
        }
        if (producer.layer) {
          of_sets[set.value()].emplace(*producer.layer, cell);
        } else {
          of_sets[set.value()].insert(sources[need.producer][cell.value()].begin(),
                                      sources[need.producer][cell.value()].end());
        }
      }
    });
    if (station.layer) {
      for (const SetId set : sets_of(station)) {
        Sources expected;
        for (const test::NeededRegion& region :
             test::regions_behind(network.mapped.graph, station.operation, station.set_rect(set))) {
          const LayerId producer = layer_of[region.producer];
          for (std::size_t i = 0; i < network.grids[producer].size(); ++i) {
            if (!network.grids[producer].rect(SetId{i}).intersect(region.rect).empty()) {
              expected.emplace(producer, SetId{i});
            }
          }
        }
        if (of_sets[set.value()] != expected) {
          FAIL_CHECK(station.name << ", set " << set.value() << ": the plan waits for " << of_sets[set.value()].size()
                                  << " sets, Stage II for " << expected.size());
        }
      }
    }
    sources.push_back(std::move(of_sets));
  }
}

void check_plan(const ScheduledNetwork& network, const Architecture& architecture) {
  const ExecutionPlan plan = make_execution_plan(network, architecture);
  CHECK(plan.mode == network.schedule.mode);
  check_placement(network, plan, architecture.tile);
  check_pes(network, plan);
  check_stations(network, plan);
  check_results(plan);
  check_homes(plan);
  check_order(network, plan);
  check_deliveries(network, plan);
  check_sources(network, plan);
}

Architecture small_chip() {
  Architecture architecture;
  architecture.crossbar.rows = 32;
  architecture.crossbar.columns = 8;
  architecture.tile.pes = 3;
  return architecture;
}

const Station& station_named(const ExecutionPlan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.stations, name, &Station::name);
  REQUIRE(found != plan.stations.end());
  return *found;
}

}  // namespace

TEST_CASE("walking back takes one step after the other", "[plan]") {
  const std::vector<AxisStep> steps{{AxisMap{.stride = 2, .offset = -1, .window = 3}, 10}, {AxisMap{.offset = 4}, 20}};
  CHECK(walk_back(steps, {1, 3}) == Interval{5, 10});
  CHECK(walk_back(steps, {0, 1}) == Interval{4, 6});
  CHECK(walk_back(std::vector<AxisStep>{}, Interval{2, 5}) == Interval{2, 5});
  CHECK(walk_back(steps, {7, 9}).empty());
}

TEST_CASE("element-wise operations and pooling within sets run where their input is computed", "[plan]") {
  test::NetworkBuilder net;
  OperationId map = net.add_named("a", Conv2d{4, {1, 1}, {}, {}, {}, 1, false}, {net.input({8, 8, 3})});
  map = net.max_pool(net.relu(map), 2, 2);
  net.add_named("b", Conv2d{4, {1, 1}, {}, {}, {}, 1, false}, {map});
  MappingOptions options;
  SECTION("sets of 4 x 4 hold whole windows") {
    const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), Architecture{});
    CHECK(plan.stations.size() == 3);
    const Station& a = station_named(plan, "a");
    CHECK(a.epilogue.size() == 2);
    CHECK(a.grid.row_cuts() == std::vector<int>{0, 4, 8});
    CHECK(a.result_grid.row_cuts() == std::vector<int>{0, 2, 4});
    CHECK(a.result == Shape{4, 4, 4});
  }
  SECTION("single rows do not") {
    options.set = {1, 0};
    const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), Architecture{});
    CHECK(plan.stations.size() == 4);
    CHECK(station_named(plan, "a").epilogue.size() == 1);
    CHECK(plan.stations[StationId{2}].grid.row_cuts() == std::vector<int>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("halos of interleaved duplicates are delivered to a tile once", "[plan]") {
  MappingOptions options;
  options.set = {1, 0};
  options.duplication = Duplication::bottleneck;
  options.extra_pes = 3;
  Architecture architecture;
  // One tile holds all six crossbars: each row of the first layer is wanted by three sets, and sent once.
  const ExecutionPlan plan = make_execution_plan(test::schedule_of(test::conv_chain(2, 6, 4), options), architecture);
  const Station& first = plan.stations[StationId{1}];
  REQUIRE(first.layer == LayerId{0});
  CHECK(first.deliveries.items.size() == 6);
}

TEST_CASE("what lies between the offsets of a kernel on several tiles is waited for", "[plan]") {
  // One crossbar, and so one tile, for each kernel row: none of them reads what lies between the rows, Stage II does.
  Architecture architecture;
  architecture.crossbar.rows = 4;
  architecture.tile.pes = 1;
  MappingOptions options;
  options.set = {1, 0};
  SECTION("the offsets of a dilated kernel") {
    test::NetworkBuilder net;
    net.conv(net.conv(net.input({9, 1, 4}), 4, 1), Conv2d{4, {3, 1}, {}, {3, 1}, {}, 1, false});
    check_plan(test::schedule_of(net.graph(), options, architecture.crossbar), architecture);
  }
  SECTION("a window before it that skips rows") {
    test::NetworkBuilder net;
    net.conv(net.max_pool(net.conv(net.input({9, 1, 4}), 4, 1), 1, 3), Conv2d{4, {2, 1}, {}, {}, {}, 1, false});
    check_plan(test::schedule_of(net.graph(), options, architecture.crossbar), architecture);
  }
  SECTION("both, in columns") {
    options.set = {0, 1};
    test::NetworkBuilder net;
    net.conv(net.max_pool(net.conv(net.input({1, 15, 4}), 4, 1), 1, 2), Conv2d{4, {1, 3}, {}, {1, 2}, {}, 1, false});
    check_plan(test::schedule_of(net.graph(), options, architecture.crossbar), architecture);
  }
}

TEST_CASE("plans of networks with every structure are complete", "[plan]") {
  for (const NetworkGraph& graph : test::small_networks()) {
    for (const Partition partition : {Partition::interleaved, Partition::blocks}) {
      for (const SetSize set : {SetSize{1, 0}, SetSize{2, 2}, SetSize{4, 4}}) {
        CAPTURE(graph.name(), partition == Partition::blocks, set.rows, set.columns);
        MappingOptions options;
        options.set = set;
        options.partition = partition;
        options.duplication = Duplication::bottleneck;
        options.extra_pes = 25;
        const Architecture architecture = small_chip();
        check_plan(test::schedule_of(graph, options, architecture.crossbar), architecture);
      }
    }
  }
}

TEST_CASE("plans of random networks are complete", "[plan]") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    check_plan(drawn.network, drawn.architecture);
  }
}

TEST_CASE("a plan holds no times", "[plan]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    const std::string before = text_of(make_execution_plan(drawn.network, drawn.architecture));
    ScheduledNetwork permuted = drawn.network;
    for (LayerSchedule& layer : permuted.schedule.layers) {
      std::reverse(layer.start.begin(), layer.start.end());
      std::rotate(layer.finish.begin(), layer.finish.begin() + 1, layer.finish.end());
    }
    CHECK(text_of(make_execution_plan(permuted, drawn.architecture)) == before);
    for (LayerSchedule& layer : permuted.schedule.layers) {
      std::fill(layer.start.begin(), layer.start.end(), Cycles{});
      std::fill(layer.finish.begin(), layer.finish.end(), Cycles{});
    }
    CHECK(text_of(make_execution_plan(permuted, drawn.architecture)) == before);
  }
}

TEST_CASE("the order of a schedule does reach the plan", "[plan]") {
  // Shows that the comparison above could fail.
  ScheduledNetwork network = test::schedule_of(test::conv_chain(2, 8, 4), MappingOptions{});
  const std::string before = text_of(make_execution_plan(network, Architecture{}));
  std::vector<SetId>& sequence = network.schedule.layers[LayerId{1}].sequence[DuplicateId{0}];
  std::swap(sequence[0], sequence[1]);
  CHECK(text_of(make_execution_plan(network, Architecture{})) != before);
}

TEST_CASE("many paths behind a window that skips positions are not walked one by one", "[plan]") {
  test::NetworkBuilder net;
  OperationId last = net.max_pool(net.conv(net.input({12, 12, 3}), 4), 1, 2);
  for (int i = 0; i < 30; ++i) {
    last = net.add_maps(net.relu(last), last);
  }
  net.conv(last, 4, 1);
  check_placement(test::schedule_of(net.graph(), MappingOptions{}),
                  make_execution_plan(test::schedule_of(net.graph(), MappingOptions{}), Architecture{}), TileSpec{});
}

TEST_CASE("a station's elements are as wide as its result is stated to be", "[plan]") {
  test::NetworkBuilder net;
  const OperationId first = net.conv(net.input({8, 8, 3}), 4);
  const OperationId relu = net.relu(first);
  net.conv(relu, 4);
  NetworkGraph graph = net.graph();
  graph.set_output_bits(first, 16);
  graph.set_output_bits(relu, 4);
  Architecture architecture;
  architecture.precision.activation_bits = 7;
  const ExecutionPlan plan = make_execution_plan(test::schedule_of(graph, {}), architecture);
  REQUIRE(plan.stations.size() == 3);
  CHECK(plan.stations[StationId{0}].bits_per_element == 7);
  // Of the activation behind the layer, which runs where its result appears.
  CHECK(plan.stations[StationId{1}].bits_per_element == 4);
  CHECK(plan.stations[StationId{2}].bits_per_element == 7);
}

TEST_CASE("the partial sums of each layer are as wide as its own crossbars make them", "[plan]") {
  // 20 and 9 channels on 4 rows: 5 crossbars, then 3.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({4, 4, 20}), 9, 1), 4, 1);
  Architecture architecture;
  architecture.crossbar.rows = 4;
  const ScheduledNetwork network = test::schedule_of(net.graph(), {}, architecture.crossbar);
  CHECK(make_execution_plan(network, architecture).stations[StationId{1}].psum_bits == 16);
  architecture.crossbar.adc_bits = 6;
  architecture.precision.psum_bits.reset();
  const ExecutionPlan plan = make_execution_plan(network, architecture);
  CHECK(plan.stations[StationId{1}].psum_bits == 6 + 3);
  CHECK(plan.stations[StationId{2}].psum_bits == 6 + 2);
}

}  // namespace crossweave
