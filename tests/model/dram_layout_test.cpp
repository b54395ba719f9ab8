// Does everything have a place of its own in the DRAM?
#include "models/dram_layout.h"

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

SetTransaction region(StationId station, std::uint32_t image, const Rect& rect, Interval channels) {
  SetTransaction set;
  set.station = station;
  set.image = image;
  set.rect = rect;
  set.channels = channels;
  return set;
}

TEST_CASE("maps lie row by row, image by image, and spilled regions behind them", "[dram_layout]") {
  test::NetworkBuilder net;
  net.conv(net.input({4, 4, 3}), Conv2d{2, {1, 1}, {}, {}, {}, 1, false});
  ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), {}), Architecture{});
  plan.images = 2;
  const StationId input{0};
  const StationId conv{1};
  REQUIRE(plan.stations[conv].kind == Station::Kind::base_layer);
  DramLayout layout{plan};
  CHECK(layout.input(region(input, 0, {{0, 1}, {0, 4}}, {0, 3})) == 0);
  CHECK(layout.input(region(input, 0, {{1, 2}, {0, 4}}, {0, 3})) == 12);
  CHECK(layout.input(region(input, 0, {{2, 3}, {1, 4}}, {1, 3})) == (2 * 4 + 1) * 3 + 1);
  // 48 B an image, from a multiple of 64 on.
  CHECK(layout.input(region(input, 1, {{1, 2}, {0, 4}}, {0, 3})) == 64 + 12);
  CHECK(layout.output(region(conv, 0, {{0, 1}, {1, 2}}, {0, 2})) == 128 + 2);
  CHECK(layout.output(region(conv, 1, {{0, 1}, {0, 1}}, {1, 2})) == 192 + 1);
  CHECK(layout.spilled(RegionId{7}, Bytes{65}) == 256);
  CHECK(layout.spilled(RegionId{3}, Bytes{1}) == 256 + 128);
  CHECK(layout.spilled(RegionId{7}, Bytes{65}) == 256);
  CHECK_THROWS_AS(layout.output(region(input, 0, {{0, 1}, {0, 1}}, {0, 1})), InternalError);
}

}  // namespace
}  // namespace crossweave
