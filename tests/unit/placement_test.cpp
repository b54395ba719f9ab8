// Does every method of placement use each PE once on a chip of the right size, and is `optimized` no worse than
// `snake`?
#include "scheduler/placement.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/execution_plan.h"
#include "scheduler/optimized_placement.h"
#include "scheduler/place.h"
#include "scheduler/traffic.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

const std::vector<PlacementMethod> kMethods{PlacementMethod::snake, PlacementMethod::random,
                                            PlacementMethod::optimized};

ChipSize size_for(const Architecture& architecture, std::int64_t pes) {
  const Result<ChipSize, ChipTooSmall> size = chip_size(architecture, pes);
  REQUIRE(size.has_value());
  return *size;
}

std::string why_too_small(const Architecture& architecture, std::int64_t pes, ChipTooSmall::Key key) {
  const Result<ChipSize, ChipTooSmall> size = chip_size(architecture, pes);
  REQUIRE_FALSE(size.has_value());
  CHECK(size.error().key == key);
  return size.error().message;
}

/// Each of the F PEs is at a tile of the chip, and holds at most one crossbar.
void check_legal(const ScheduledNetwork& network, const Architecture& architecture, const Placement& placement) {
  const ChipSize size = size_for(architecture, network.pes);
  REQUIRE(placement.position.size() == static_cast<std::size_t>(size.tiles));
  CHECK(MeshExtent{placement.mesh_columns, placement.mesh_rows} == size.mesh);
  std::map<std::pair<int, int>, int> tiles_at;
  for (const MeshPosition at : placement.position) {
    CHECK((0 <= at.x && at.x < size.mesh.columns && 0 <= at.y && at.y < size.mesh.rows));
    CHECK(++tiles_at[{at.x, at.y}] <= architecture.noc.concentration);
  }
  REQUIRE(placement.tile_of.size() == static_cast<std::size_t>(network.pes));
  CHECK(std::ranges::is_sorted(placement.tile_of));
  std::map<TileId, int> pes_of;
  for (const TileId tile : placement.tile_of) {
    REQUIRE(tile.value() < placement.position.size());
    CHECK(++pes_of[tile] <= architecture.tile.pes);
  }
  std::set<PeId> used;
  REQUIRE(placement.pes.size() == network.duplicates.size());
  for (const LayerId layer : ids(placement.pes)) {
    REQUIRE(placement.pes[layer].size() == static_cast<std::size_t>(network.duplicates[layer]));
    for (const std::vector<PeId>& copy : placement.pes[layer]) {
      CHECK(copy.size() == static_cast<std::size_t>(network.mapped.crossbars[layer].pes()));
      for (const PeId pe : copy) {
        CHECK(pe.value() < placement.tile_of.size());
        CHECK(used.insert(pe).second);
      }
    }
  }
}

std::int64_t cost_of(const ScheduledNetwork& network, const Architecture& architecture, const Placement& placement) {
  return byte_hops(traffic_of(make_execution_plan(network, architecture, placement)), placement, architecture.noc);
}

bool equal(const Placement& a, const Placement& b) {
  return a.position == b.position && a.tile_of == b.tile_of && a.pes == b.pes;
}

/// Tiles that hold crossbars of a copy.
std::size_t tiles_of(const Placement& placement, const std::vector<PeId>& copy) {
  std::set<TileId> tiles;
  for (const PeId pe : copy) {
    tiles.insert(placement.tile_of[pe]);
  }
  return tiles.size();
}

}  // namespace

TEST_CASE("the smallest chip holds the PEs in a mesh that is as square as it gets", "[placement]") {
  Architecture architecture;
  for (const int per_tile : {1, 3, 8}) {
    for (const int concentration : {1, 4}) {
      architecture.tile.pes = per_tile;
      architecture.noc.concentration = concentration;
      for (int pes = 1; pes < 400; ++pes) {
        const ChipSize size = size_for(architecture, pes);
        CHECK((size.tiles * per_tile >= pes && (size.tiles - 1) * per_tile < pes));
        const int routers = (size.tiles + concentration - 1) / concentration;
        const auto [columns, rows] = size.mesh;
        CHECK((columns * columns >= routers && (columns - 1) * (columns - 1) < routers));
        CHECK((columns * rows >= routers && columns * (rows - 1) < routers));
      }
    }
  }
}

TEST_CASE("a chip's own size is kept where it is enough", "[placement]") {
  Architecture architecture;
  architecture.chip.tiles = 10;
  CHECK(size_for(architecture, 80).tiles == 10);
  CHECK(size_for(architecture, 1).tiles == 10);
  CHECK(size_for(architecture, 1).mesh == MeshExtent{4, 3});
  architecture.chip.mesh = MeshExtent{5, 2};
  CHECK(size_for(architecture, 80).mesh == MeshExtent{5, 2});
  architecture.chip.tiles.reset();
  CHECK(size_for(architecture, 17).tiles == 3);
  CHECK(size_for(architecture, 17).mesh == MeshExtent{5, 2});
}

TEST_CASE("a chip that is too small is refused with the size that would do", "[placement]") {
  Architecture architecture;
  architecture.chip.tiles = 4;
  CHECK(why_too_small(architecture, 33, ChipTooSmall::Key::tiles) ==
        "4 x 8 PEs cannot hold the mapping's 33; it needs at least 5 tiles");
  architecture.chip.tiles = 5;
  architecture.chip.mesh = MeshExtent{2, 2};
  CHECK(why_too_small(architecture, 33, ChipTooSmall::Key::mesh) ==
        "2 x 2 routers have places for 4 tiles; the chip has 5, which need at least 5 routers");
  architecture.noc.concentration = 2;
  CHECK(size_for(architecture, 33).tiles == 5);
  architecture.chip.mesh = MeshExtent{2, 1};
  CHECK(why_too_small(architecture, 33, ChipTooSmall::Key::mesh) ==
        "2 x 1 routers have places for 4 tiles; the chip has 5, which need at least 3 routers");
}

TEST_CASE("consecutive tiles of a snake are neighbours", "[placement]") {
  const ScheduledNetwork network = test::schedule_of(test::conv_chain(4, 8, 4), MappingOptions{});
  for (const int concentration : {1, 3}) {
    Architecture architecture;
    architecture.tile.pes = 1;
    architecture.noc.concentration = concentration;
    architecture.chip.tiles = 29;
    architecture.chip.mesh = MeshExtent{5, 7};
    const Placement snake = place_snake(network, architecture);
    check_legal(network, architecture, snake);
    CHECK(snake.position[TileId{0}] == MeshPosition{0, 0});
    for (std::size_t tile = 1; tile < snake.position.size(); ++tile) {
      const int hops = geometry_of(snake, architecture.noc)
                           .routers_between(snake.position[TileId{tile - 1}], snake.position[TileId{tile}]);
      CHECK(hops == (static_cast<int>(tile) % concentration == 0 ? 2 : 1));
    }
  }
}

TEST_CASE("every method places random networks on random chips, `optimized` best", "[placement]") {
  int better = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    test::Random random{seed};
    test::draw_chip(random, drawn.network.pes, drawn.architecture);
    std::map<PlacementMethod, std::int64_t> cost;
    for (const PlacementMethod method : kMethods) {
      CAPTURE(static_cast<int>(method));
      const Placement placement = place(drawn.network, drawn.architecture, method, seed);
      check_legal(drawn.network, drawn.architecture, placement);
      CHECK(equal(placement, place(drawn.network, drawn.architecture, method, seed)));
      cost[method] = cost_of(drawn.network, drawn.architecture, placement);
    }
    CHECK(cost[PlacementMethod::optimized] <= cost[PlacementMethod::snake]);
    better += cost[PlacementMethod::optimized] < cost[PlacementMethod::snake] ? 1 : 0;
  }
  CHECK(better > 20);
}

TEST_CASE("the seed of a random placement matters, and nothing else does", "[placement]") {
  MappingOptions options;
  options.extra_pes = 32;
  options.duplication = Duplication::bottleneck;
  const ScheduledNetwork network = test::schedule_of(test::tinyyolov4(), options);
  const Placement one = place_random(network, Architecture{}, 1);
  const Placement two = place_random(network, Architecture{}, 2);
  CHECK(one.position != two.position);
  CHECK(one.pes != two.pes);
  // Pinned: the same on every machine.
  CHECK(cost_of(network, Architecture{}, one) == 60391230);
  CHECK(cost_of(network, Architecture{}, place_optimized(network, Architecture{})) == 23225803);
}

TEST_CASE("the positions of a few tiles are improved to the best there are", "[placement]") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    test::Random random{seed};
    Placement start;
    start.mesh_columns = 3;
    start.mesh_rows = 2;
    NocSpec noc;
    noc.topology = random.one_in(2) ? NocTopology::mesh : NocTopology::torus;
    std::vector<MeshPosition> places;
    places.reserve(6);
    for (int place = 0; place < 6; ++place) {
      places.push_back({place % 3, place / 3});
    }
    const std::size_t tiles = random.one_in(2) ? 6 : 4;
    start.position =
        IdVector<TileId, MeshPosition>{std::vector(places.begin(), places.begin() + static_cast<int>(tiles))};
    std::vector<TrafficFlow> traffic;
    for (std::size_t a = 0; a < tiles; ++a) {
      for (std::size_t b = a + 1; b <= tiles; ++b) {
        if (!random.one_in(3)) {
          traffic.push_back({EndpointId{a}, EndpointId{b}, Bytes{random.between(1, 100'000)}});
        }
      }
    }
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    std::vector<std::size_t> order(places.size());
    std::iota(order.begin(), order.end(), 0U);
    do {
      Placement permuted = start;
      for (std::size_t tile = 0; tile < tiles; ++tile) {
        permuted.position[TileId{tile}] = places[order[tile]];
      }
      fewest = std::min(fewest, byte_hops(traffic, permuted, noc));
    } while (std::ranges::next_permutation(order).found);
    CHECK(byte_hops(traffic, improve_positions(start, traffic, noc), noc) == fewest);
  }
}

TEST_CASE("an optimized placement keeps the crossbars of a duplicate on one tile where they fit", "[placement]") {
  // Layers of 3 crossbars each, 4 to a tile: the snake splits two of three.
  test::NetworkBuilder net;
  OperationId map = net.input({8, 8, 12});
  for (int i = 0; i < 6; ++i) {
    map = net.conv(map, 12, 1);
  }
  Architecture architecture;
  architecture.crossbar.rows = 4;
  architecture.tile.pes = 4;
  architecture.chip.tiles = 6;
  const ScheduledNetwork network = test::schedule_of(net.graph(), MappingOptions{}, architecture.crossbar);
  const Placement snake = place_snake(network, architecture);
  const Placement optimized = place_optimized(network, architecture);
  CHECK(tiles_of(snake, snake.pes[LayerId{1}][DuplicateId{0}]) == 2);
  for (const auto& layer : optimized.pes) {
    CHECK(tiles_of(optimized, layer[DuplicateId{0}]) == 1);
  }
  CHECK(2 * cost_of(network, architecture, optimized) <= cost_of(network, architecture, snake));
}

TEST_CASE("traffic is what plans deliver between tiles, in bytes", "[placement]") {
  // Two layers on two tiles: 6 x 6 x 3 in, 6 x 6 x 4 between them, 6 x 6 x 2 out.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({6, 6, 3}), 4, 1), 2, 1);
  Architecture architecture;
  architecture.tile.pes = 1;
  const ScheduledNetwork network = test::schedule_of(net.graph(), MappingOptions{});
  const ExecutionPlan plan = make_execution_plan(network, architecture);
  const std::vector<TrafficFlow> traffic = traffic_of(plan);
  REQUIRE(traffic.size() == 3);
  CHECK(traffic[0].size == Bytes{36 * 4});
  CHECK((traffic[1].a == EndpointId{0} && traffic[1].b == plan.dram() && traffic[1].size == Bytes{36 * 3}));
  CHECK((traffic[2].a == EndpointId{1} && traffic[2].b == plan.dram() && traffic[2].size == Bytes{36 * 2}));
  CHECK(byte_hops(traffic, plan.placement, architecture.noc) == 36 * (4 * 2 + 3 * 1 + 2 * 2));
}

}  // namespace crossweave
