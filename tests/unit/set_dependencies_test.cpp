// Stage II: does each set depend on exactly the sets that its windows reach, path by path?
#include "scheduler/set_dependencies.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// For each set of each layer, the (layer, set) pairs that it depends on.
using Sources = IdVector<LayerId, IdVector<SetId, std::set<std::pair<LayerId, SetId>>>>;

struct Staged {
  NetworkGraph graph;
  IdVector<LayerId, BaseLayer> layers;
  IdVector<LayerId, SetGrid> grids;
};

/// Up to `most` duplicates a layer; what a layer does not admit is its original alone.
Staged stage_one(const NetworkGraph& network, SetSize set, Partition partition, int most) {
  Staged staged{canonical_form(network, true), {}, {}};
  staged.layers = partition_base_layers(staged.graph);
  for (const LayerId layer : ids(staged.layers)) {
    int duplicates = 1 + static_cast<int>(layer.value()) % most;
    if (partition == Partition::blocks && !block_grid(staged.layers[layer].ofm, duplicates)) {
      duplicates = 1;
    }
    staged.grids.push_back(determine_sets(staged.layers[layer].ofm, set, partition, duplicates));
  }
  return staged;
}

/// Every path of every set walked by itself; the sets of a region are those that its pixels lie in.
Sources brute_force(const Staged& staged) {
  IdVector<OperationId, LayerId> layer_of(staged.graph.size());
  IdVector<LayerId, std::vector<SetId>> set_of_pixel;
  for (const LayerId layer : ids(staged.layers)) {
    layer_of[staged.layers[layer].operation] = layer;
    const Shape& ofm = staged.layers[layer].ofm;
    std::vector<SetId> sets(static_cast<std::size_t>(ofm.pixels()));
    for (std::size_t i = 0; i < staged.grids[layer].size(); ++i) {
      const Rect rect = staged.grids[layer].rect(SetId{i});
      for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
        for (int x = rect.columns.begin; x < rect.columns.end; ++x) {
          sets[static_cast<std::size_t>(y * ofm.width + x)] = SetId{i};
        }
      }
    }
    set_of_pixel.push_back(std::move(sets));
  }
  Sources sources;
  for (const LayerId layer : ids(staged.layers)) {
    const SetGrid& grid = staged.grids[layer];
    IdVector<SetId, std::set<std::pair<LayerId, SetId>>> of_layer(grid.size());
    for (const SetId set : ids(of_layer)) {
      for (const test::NeededRegion& region :
           test::regions_behind(staged.graph, staged.layers[layer].operation, grid.rect(set))) {
        const LayerId producer = layer_of[region.producer];
        const int width = staged.layers[producer].ofm.width;
        for (int y = region.rect.rows.begin; y < region.rect.rows.end; ++y) {
          for (int x = region.rect.columns.begin; x < region.rect.columns.end; ++x) {
            of_layer[set].emplace(producer, set_of_pixel[producer][static_cast<std::size_t>(y * width + x)]);
          }
        }
      }
    }
    sources.push_back(std::move(of_layer));
  }
  return sources;
}

Sources sources_of(const SetDependencies& dependencies, const IdVector<LayerId, SetGrid>& grids) {
  Sources sources;
  for (const LayerId layer : ids(grids)) {
    const SetGrid& grid = grids[layer];
    IdVector<SetId, std::set<std::pair<LayerId, SetId>>> of_layer(grid.size());
    for (const DependencyPath& path : dependencies[layer]) {
      for (const SetId set : ids(of_layer)) {
        const Interval rows = path.rows[static_cast<std::size_t>(grid.row_of(set))];
        const Interval columns = path.columns[static_cast<std::size_t>(grid.column_of(set))];
        for (int r = rows.begin; r < rows.end; ++r) {
          for (int c = columns.begin; c < columns.end; ++c) {
            of_layer[set].emplace(path.producer, grids[path.producer].id(r, c));
          }
        }
      }
    }
    sources.push_back(std::move(of_layer));
  }
  return sources;
}

std::int64_t count(const Sources& sources) {
  std::int64_t pairs = 0;
  for (const auto& of_layer : sources) {
    for (const auto& of_set : of_layer) {
      pairs += static_cast<std::int64_t>(of_set.size());
    }
  }
  return pairs;
}

/// Compares with brute force; a difference names its set.
void check_dependencies(const NetworkGraph& network, SetSize set, Partition partition, int most_duplicates) {
  const Staged staged = stage_one(network, set, partition, most_duplicates);
  const SetDependencies dependencies = determine_dependencies(staged.graph, staged.layers, staged.grids);
  CAPTURE(network.name(), set.rows, set.columns, partition == Partition::blocks);
  REQUIRE(dependencies.size() == staged.layers.size());
  const Sources expected = brute_force(staged);
  const Sources found = sources_of(dependencies, staged.grids);
  for (const LayerId layer : ids(expected)) {
    for (const SetId id : ids(expected[layer])) {
      if (found[layer][id] != expected[layer][id]) {
        FAIL_CHECK("layer " << staged.layers[layer].name << ", set " << id.value() << ": " << found[layer][id].size()
                            << " sources, expected " << expected[layer][id].size());
      }
    }
  }
  CHECK(found == expected);
  CHECK(count_dependencies(dependencies, staged.grids) == count(expected));
}

/// The sources of one set of the last layer, as the ids of the sets of layer `producer`.
std::vector<std::size_t> sources(const NetworkGraph& network, SetSize set, std::size_t consumer, std::size_t id,
                                 std::size_t producer) {
  const Staged staged = stage_one(network, set, Partition::interleaved, 1);
  const Sources found = sources_of(determine_dependencies(staged.graph, staged.layers, staged.grids), staged.grids);
  std::vector<std::size_t> result;
  for (const auto& [layer, source] : found[LayerId{consumer}][SetId{id}]) {
    if (layer == LayerId{producer}) {
      result.push_back(source.value());
    }
  }
  return result;
}

using Ids = std::vector<std::size_t>;
constexpr SetSize kRows{1, 0};

}  // namespace

TEST_CASE("a window reaches over the rows that it touches", "[dependencies]") {
  const NetworkGraph network = test::conv_chain(2, 6, 4);
  CHECK(sources(network, kRows, 1, 0, 0) == Ids{0, 1});
  CHECK(sources(network, kRows, 1, 3, 0) == Ids{2, 3, 4});
  CHECK(sources(network, kRows, 1, 5, 0) == Ids{4, 5});
  CHECK(sources(network, {4, 4}, 1, 0, 0) == Ids{0, 1, 2, 3});
  CHECK(sources(network, {2, 2}, 1, 8, 0) == Ids{4, 5, 7, 8});
  CHECK(sources(network, kRows, 0, 0, 0).empty());
}

TEST_CASE("rows that a stride skips count, padding needs nothing", "[dependencies]") {
  test::NetworkBuilder skipping;
  skipping.conv(skipping.max_pool(skipping.conv(skipping.input({7, 1, 1}), 1), 1, 3), 1, 1);
  // Pooled rows 0, 1, 2 are rows 0, 3, 6; a set of two pooled rows needs what lies between them.
  CHECK(sources(skipping.graph(), kRows, 1, 1, 0) == Ids{3});
  CHECK(sources(skipping.graph(), {2, 1}, 1, 0, 0) == Ids{0, 1});
  CHECK(sources(skipping.graph(), {2, 1}, 1, 1, 0) == Ids{3});

  test::NetworkBuilder padded;
  const OperationId first = padded.conv(padded.input({2, 1, 1}), 1);
  padded.conv(first, Conv2d{1, {2, 1}, {}, {}, {3, 3, 0, 0}, 1, false});
  // Rows -3..-2, -2..-1 lie in the padding wholly; -1..0 reaches row 0.
  CHECK(sources(padded.graph(), kRows, 1, 0, 0).empty());
  CHECK(sources(padded.graph(), kRows, 1, 1, 0).empty());
  CHECK(sources(padded.graph(), kRows, 1, 2, 0) == Ids{0});
  CHECK(sources(padded.graph(), kRows, 1, 3, 0) == Ids{0, 1});
  CHECK(sources(padded.graph(), kRows, 1, 4, 0) == Ids{1});
  CHECK(sources(padded.graph(), kRows, 1, 6, 0).empty());
}

TEST_CASE("concatenated and sliced maps are followed to where they lie", "[dependencies]") {
  test::NetworkBuilder net;
  const OperationId in = net.input({4, 1, 1});
  const OperationId a = net.conv(in, 1);
  const OperationId b = net.conv(in, 1);
  const OperationId joined = net.concat({a, b}, Concat::Along::rows);
  net.conv(net.add(Slice{{2, 0, 0}, {4, 1, 1}}, {joined}), 1, 1);
  for (std::size_t row = 0; row < 4; ++row) {
    CHECK(sources(net.graph(), kRows, 2, row, 0) == (row < 2 ? Ids{row + 2} : Ids{}));
    CHECK(sources(net.graph(), kRows, 2, row, 1) == (row < 2 ? Ids{} : Ids{row - 2}));
  }
}

TEST_CASE("what pools or flattens a whole map waits for all of it", "[dependencies]") {
  test::NetworkBuilder net;
  const OperationId map = net.conv(net.input({3, 3, 2}), 2);
  net.conv(net.squeeze_excite(map, 2), 2, 1);
  // conv, two dense layers, conv: the gate's whole chain, and the map itself pixel by pixel.
  CHECK(sources(net.graph(), {1, 1}, 1, 0, 0) == Ids{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(sources(net.graph(), {1, 1}, 3, 4, 2) == Ids{0});
  CHECK(sources(net.graph(), {1, 1}, 3, 4, 0) == Ids{4});
}

TEST_CASE("several paths from one producer count by themselves", "[dependencies]") {
  test::NetworkBuilder net;
  const OperationId map = net.conv(net.input({9, 1, 1}), 1);
  const OperationId top = net.add(Slice{{0, 0, 0}, {2, 1, 1}}, {map});
  const OperationId bottom = net.add(Slice{{7, 0, 0}, {2, 1, 1}}, {map});
  net.conv(net.add_maps(top, bottom), 1, 1);
  // Rows 0 and 7, not what lies between them.
  CHECK(sources(net.graph(), kRows, 1, 0, 0) == Ids{0, 7});
  CHECK(sources(net.graph(), kRows, 1, 1, 0) == Ids{1, 8});
  const Staged staged = stage_one(net.graph(), kRows, Partition::interleaved, 1);
  CHECK(count_dependencies(determine_dependencies(staged.graph, staged.layers, staged.grids), staged.grids) == 4);
}

TEST_CASE("overlapping paths count each pair of sets once", "[dependencies]") {
  test::NetworkBuilder net;
  const OperationId map = net.conv(net.input({9, 9, 1}), 1);
  net.conv(net.concat({map, net.max_pool(map, 3, 1, 1), net.max_pool(map, 5, 1, 2)}), 1, 1);
  const Staged staged = stage_one(net.graph(), {1, 1}, Partition::interleaved, 1);
  // The 5 x 5 windows hold the others: (3 + 4 + 5 * 5 + 4 + 3) squared.
  CHECK(count_dependencies(determine_dependencies(staged.graph, staged.layers, staged.grids), staged.grids) == 39 * 39);
}

TEST_CASE("networks with every structure depend as an enumeration of all paths says", "[dependencies]") {
  for (const NetworkGraph& network : test::small_networks()) {
    for (const Partition partition : {Partition::interleaved, Partition::blocks}) {
      for (const SetSize set :
           {SetSize{1, 1}, SetSize{1, 0}, SetSize{0, 1}, SetSize{2, 3}, SetSize{4, 4}, SetSize{0, 0}}) {
        check_dependencies(network, set, partition, 4);
      }
    }
  }
}

TEST_CASE("random networks depend as an enumeration of all paths says", "[dependencies]") {
  const std::vector<SetSize> sizes{{1, 1}, {1, 0}, {0, 1}, {2, 2}, {2, 3}, {3, 2}, {4, 4}, {0, 0}};
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const NetworkGraph network = test::random_network(seed);
    test::Random random{seed};
    for (const Partition partition : {Partition::interleaved, Partition::blocks}) {
      for (int i = 0; i < 2; ++i) {
        check_dependencies(network, random.pick(sizes), partition, random.between(1, 6));
      }
    }
  }
}

TEST_CASE("2^30 paths are not walked one by one", "[dependencies]") {
  for (const int n : {3, 30}) {
    const Staged staged = stage_one(test::diamonds(n, 40), kRows, Partition::interleaved, 1);
    const SetDependencies dependencies = determine_dependencies(staged.graph, staged.layers, staged.grids);
    REQUIRE(dependencies.size() == 2);
    // Every second diamond widens the window by one at most: one path for each reach.
    CHECK(dependencies[LayerId{1}].size() == static_cast<std::size_t>(n / 2 + 1));
    const int reach = n / 2;
    std::int64_t expected = 0;
    for (int y = 0; y < 40; ++y) {
      expected += std::min(40, y + reach + 1) - std::max(0, y - reach);
    }
    CHECK(count_dependencies(dependencies, staged.grids) == expected);
  }
}

}  // namespace crossweave
