// Is the order of work one in which a run can go, and are its times those of Stage IV?
#include "scheduler/work_order.h"

#include <algorithm>
#include <utility>

#include <catch2/catch.hpp>

#include "scheduler/result_copies.h"
#include "scheduler/tile_readers.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

constexpr Duration kCycle = Duration::nanoseconds(1400);

TEST_CASE("work starts when Stage IV says, though no schedule's times are read", "[work_order]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    test::RandomCase drawn = test::random_case(seed);
    const Schedule schedule = drawn.network.schedule;
    for (LayerSchedule& layer : drawn.network.schedule.layers) {
      std::fill(layer.start.begin(), layer.start.end(), Cycles{});
      std::fill(layer.finish.begin(), layer.finish.end(), Cycles{});
    }
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    const WorkOrder order = make_work_order(plan, kCycle);
    for (const WorkOrder::Item& item : order.items) {
      if (const std::optional<LayerId> layer = plan.stations[item.station].layer) {
        REQUIRE(item.start == schedule.layers[*layer].start[item.set] * kCycle);
        REQUIRE(item.done == schedule.layers[*layer].finish[item.set] * kCycle);
      }
    }
  }
}

void check_order(const ExecutionPlan& plan) {
  const WorkOrder order = make_work_order(plan, kCycle);
  TileReaders readers{plan};
  IdVector<StationId, std::vector<std::size_t>> lacking(plan.stations.size());
  std::size_t sets = 0;
  for (const StationId id : ids(plan.stations)) {
    lacking[id].resize(plan.images * plan.stations[id].grid.size());
    sets += order.place[id].size();
  }
  REQUIRE(order.items.size() == sets);
  const auto number = [&](StationId id, std::uint32_t image, SetId set) {
    return image * plan.stations[id].grid.size() + set.value();
  };
  for (const TileReaders::Reader& reader : readers.all()) {
    for (std::size_t position = 0; position < reader.tracker.sets(); ++position) {
      lacking[reader.station][number(reader.station, reader.tracker.image_of(position),
                                     reader.tracker.set_at(position))] += reader.tracker.complete(position) ? 0 : 1;
    }
  }
  const auto deliver = [&](std::uint32_t image, StationId id, SetId set) {
    const Station& station = plan.stations[id];
    for (const ResultSlice& slice : station.duplicates[station.duplicate_of[set]].slices) {
      for_each_copy(station, set, slice, [&](const Delivery& delivery, Interval channels) {
        readers.arrive(delivery.destination, image, id, delivery.rect, channels,
                       [&](const TileReaders::Reader& reader, std::size_t position, bool complete) {
                         lacking[reader.station][number(reader.station, reader.tracker.image_of(position),
                                                        reader.tracker.set_at(position))] -= complete ? 1 : 0;
                       });
      });
    }
  };
  for (std::uint32_t image = 0; image < plan.images; ++image) {
    for (const StationId id : ids(plan.stations)) {
      for (std::size_t set = 0;
           plan.stations[id].kind == Station::Kind::network_input && set < plan.stations[id].grid.size(); ++set) {
        deliver(image, id, SetId{set});
      }
    }
  }
  IdVector<StationId, std::vector<std::size_t>> next(plan.stations.size());
  for (std::uint32_t place = 0; place < order.items.size(); ++place) {
    const WorkOrder::Item& item = order.items[place];
    const Station& station = plan.stations[item.station];
    CAPTURE(place, station.name, item.image, item.set.value());
    REQUIRE(order.place[item.station][number(item.station, item.image, item.set)] == place);
    REQUIRE(lacking[item.station][number(item.station, item.image, item.set)] == 0);
    if (station.kind == Station::Kind::base_layer) {
      const DuplicateId duplicate = station.duplicate_of[item.set];
      const std::vector<SetId>& sequence = station.duplicates[duplicate].sequence;
      next[item.station].resize(station.duplicates.size());
      REQUIRE(next[item.station][duplicate.value()]++ == item.image * sequence.size() + station.position_of[item.set]);
    }
    deliver(item.image, item.station, item.set);
  }
}

TEST_CASE("what a piece of work reads is made before it, and duplicates keep their order", "[work_order]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    check_order(plan);
    plan.images = 3;
    check_order(plan);
  }
}

TEST_CASE("images follow one another on a duplicate without a gap", "[work_order]") {
  // 16 sets of a pixel: the second image's begin when the first one's are done, on each of two layers.
  test::NetworkBuilder net;
  net.conv(net.conv(net.input({4, 4, 3}), 4, 1), 4, 1);
  MappingOptions options;
  options.set = {1, 1};
  ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), Architecture{});
  plan.images = 3;
  const WorkOrder order = make_work_order(plan, kCycle);
  Duration last;
  for (const WorkOrder::Item& item : order.items) {
    last = std::max(last, item.done);
  }
  CHECK(last == kCycle * (3 * 16 + 1));
  // Layer by layer, one layer of one image after the other.
  plan.mode = ScheduleMode::layer_by_layer;
  last = {};
  for (const WorkOrder::Item& item : make_work_order(plan, kCycle).items) {
    last = std::max(last, item.done);
  }
  CHECK(last == kCycle * (3 * 2 * 16));
}

}  // namespace
}  // namespace crossweave
