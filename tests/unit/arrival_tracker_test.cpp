// Does a tile know exactly which of its sets have their input, whatever the order in which regions arrive?
#include "scheduler/arrival_tracker.h"

#include <algorithm>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

/// A region that serves every set.
constexpr auto kAll = [](std::size_t /*position*/) { return true; };

/// Something that arrives on a tile.
struct Region {
  StationId producer;
  Rect rect;
  Interval channels;
};

/// Everything that the delivery lists send to an endpoint.
std::vector<Region> regions_for(const ExecutionPlan& plan, EndpointId endpoint) {
  std::vector<Region> regions;
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      for (const ResultSlice& slice : station.duplicates[station.duplicate_of[SetId{s}]].slices) {
        for (std::uint32_t i = station.deliveries.first[s]; i < station.deliveries.first[s + 1]; ++i) {
          const Delivery& delivery = station.deliveries.items[i];
          const Interval channels = delivery.channels.intersect(slice.channels);
          if (delivery.destination == endpoint && !channels.empty()) {
            regions.push_back({id, delivery.rect, channels});
          }
        }
      }
    }
  }
  return regions;
}

void shuffle(std::vector<Region>& regions, test::Random& random) {
  for (std::size_t i = regions.size(); i > 1; --i) {
    std::swap(regions[i - 1], regions[random.next() % i]);
  }
}

/// Which elements of each producer's result lie on a tile, one by one.
class Elements {
 public:
  explicit Elements(const ExecutionPlan& plan) : plan_{plan}, here_(plan.stations.size()) {
    for (const StationId id : ids(plan.stations)) {
      here_[id].assign(static_cast<std::size_t>(plan.stations[id].result.elements()), false);
    }
  }

  void add(const Region& region) {
    for_each(region, [&](std::vector<bool>& here, std::size_t element) {
      REQUIRE_FALSE(here[element]);  // each region is delivered to a tile once
      here[element] = true;
    });
  }
  [[nodiscard]] std::int64_t missing(const Region& region) {
    std::int64_t count = 0;
    for_each(region, [&](const std::vector<bool>& here, std::size_t element) { count += here[element] ? 0 : 1; });
    return count;
  }

 private:
  template <class Visit>
  void for_each(const Region& region, Visit&& visit) {
    const Shape& shape = plan_.stations[region.producer].result;
    for (int y = region.rect.rows.begin; y < region.rect.rows.end; ++y) {
      for (int x = region.rect.columns.begin; x < region.rect.columns.end; ++x) {
        for (int c = region.channels.begin; c < region.channels.end; ++c) {
          visit(here_[region.producer], static_cast<std::size_t>((y * shape.width + x) * shape.channels + c));
        }
      }
    }
  }

  const ExecutionPlan& plan_;
  IdVector<StationId, std::vector<bool>> here_;
};

/// What each set of a duplicate needs on one tile, straight from the set's own rectangle.
std::vector<std::vector<Region>> needs_by_position(const Station& station, DuplicateId duplicate,
                                                   const StationPart& part) {
  std::vector<std::vector<Region>> needs;
  for (std::size_t s = 0; s < station.grid.size(); ++s) {
    const SetId set{s};
    if (station.duplicate_of[set] != duplicate) {
      continue;
    }
    needs.resize(std::max<std::size_t>(needs.size(), station.position_of[set] + 1U));
    const Rect rect = station.set_rect(set);
    for (const InputNeed& need : part.needs) {
      const Rect region{walk_back(need.rows, rect.rows), walk_back(need.columns, rect.columns)};
      if (!region.empty() && !need.channels.empty()) {
        needs[station.position_of[set]].push_back({need.producer, region, need.channels});
      }
    }
  }
  return needs;
}

bool overlap(const Region& a, const Region& b) {
  return a.producer == b.producer && !a.rect.intersect(b.rect).empty() && !a.channels.intersect(b.channels).empty();
}

void check_part(const ExecutionPlan& plan, const Station& station, DuplicateId duplicate, const StationPart& part,
                test::Random& random) {
  ArrivalTracker tracker{station, duplicate, part, 1};
  const std::vector<std::vector<Region>> needs = needs_by_position(station, duplicate, part);
  REQUIRE(tracker.sets() == needs.size());
  Elements elements{plan};
  const auto missing = [&](std::size_t position) {
    std::int64_t count = 0;
    for (const Region& need : needs[position]) {
      count += elements.missing(need);
    }
    return count;
  };
  for (std::size_t position = 0; position < needs.size(); ++position) {
    REQUIRE(tracker.missing(position) == missing(position));
  }
  std::vector<Region> regions = regions_for(plan, part.tile);
  shuffle(regions, random);
  for (const Region& region : regions) {
    elements.add(region);
    std::map<std::size_t, int> touched;
    std::map<std::size_t, bool> complete;
    tracker.arrive(0, region.producer, region.rect, region.channels, kAll,
                   [&](std::size_t position, std::int64_t /*elements*/, bool now_complete) {
                     ++touched[position];
                     complete[position] = now_complete;
                   });
    for (std::size_t position = 0; position < needs.size(); ++position) {
      CAPTURE(station.name, duplicate.value(), part.tile.value(), position);
      const auto uses =
          std::ranges::count_if(needs[position], [&](const Region& need) { return overlap(need, region); });
      REQUIRE(touched[position] == uses);
      if (uses == 0) {
        continue;
      }
      const std::int64_t left = missing(position);
      REQUIRE(tracker.missing(position) == left);
      REQUIRE(tracker.complete(position) == (left == 0));
      REQUIRE(complete[position] == (left == 0));
    }
  }
  for (std::size_t position = 0; position < needs.size(); ++position) {
    REQUIRE(tracker.complete(position));
  }
}

TEST_CASE("arrivals complete the sets that need them", "[arrival_tracker]") {
  // A 2 x 2 kernel without padding on a 3 x 3 map: four sets of a pixel each.
  test::NetworkBuilder net;
  net.conv(net.input({3, 3, 1}), Conv2d{1, {2, 2}, {}, {}, {}, 1, false});
  MappingOptions options;
  options.set = {1, 1};
  const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), Architecture{});
  const StationId input{0};
  const Station& conv = plan.stations[StationId{1}];
  ArrivalTracker tracker{conv, DuplicateId{0}, conv.duplicates[DuplicateId{0}].parts.front(), 1};
  REQUIRE(tracker.sets() == 4);
  using Touches = std::vector<std::pair<std::size_t, bool>>;
  Touches touches;
  const auto touch = [&](std::size_t position, std::int64_t /*elements*/, bool complete) {
    touches.emplace_back(position, complete);
  };

  tracker.arrive(0, input, {{0, 1}, {0, 3}}, {0, 1}, kAll, touch);
  CHECK(touches == Touches{{0, false}, {1, false}});
  CHECK(tracker.missing(0) == 2);
  CHECK(tracker.missing(2) == 4);
  touches.clear();
  tracker.arrive(0, input, {{1, 2}, {0, 2}}, {0, 1}, kAll, touch);
  CHECK(touches == Touches{{0, true}, {1, false}, {2, false}, {3, false}});
  CHECK(tracker.complete(0));
  CHECK_FALSE(tracker.complete(1));
  CHECK(tracker.needs_of(3, plan.stations) == plan.stations[input].name + " rows 1..2 columns 1..2");
  touches.clear();
  // Of another producer: nobody's.
  tracker.arrive(0, StationId{1}, {{1, 2}, {2, 3}}, {0, 1}, kAll, touch);
  CHECK(touches.empty());
  tracker.arrive(0, input, {{1, 2}, {2, 3}}, {0, 1}, kAll, touch);
  CHECK(touches == Touches{{1, true}, {3, false}});
}

TEST_CASE("channels that a set does not read are nobody's", "[arrival_tracker]") {
  test::NetworkBuilder net;
  const OperationId input = net.input({2, 2, 4});
  net.conv(net.channels(input, 1, 2), 1, 1);
  MappingOptions options;
  options.set = {0, 0};
  const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), Architecture{});
  const Station& conv = plan.stations[StationId{1}];
  ArrivalTracker tracker{conv, DuplicateId{0}, conv.duplicates[DuplicateId{0}].parts.front(), 1};
  int touches = 0;
  const auto touch = [&](std::size_t /*position*/, std::int64_t /*elements*/, bool /*complete*/) { ++touches; };
  tracker.arrive(0, StationId{0}, {{0, 2}, {0, 2}}, {0, 1}, kAll, touch);
  tracker.arrive(0, StationId{0}, {{0, 2}, {0, 2}}, {3, 4}, kAll, touch);
  CHECK(touches == 0);
  CHECK(tracker.missing(0) == 8);
  tracker.arrive(0, StationId{0}, {{0, 2}, {0, 2}}, {1, 3}, kAll, touch);
  CHECK(touches == 1);
  CHECK(tracker.complete(0));
}

TEST_CASE("a set that lies wholly in the padding waits for nothing", "[arrival_tracker]") {
  test::NetworkBuilder net;
  net.conv(net.input({2, 2, 1}), Conv2d{1, {1, 1}, {}, {}, {1, 1, 1, 1}, 1, false});
  MappingOptions options;
  options.set = {1, 1};
  const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), Architecture{});
  const Station& conv = plan.stations[StationId{1}];
  const ArrivalTracker tracker{conv, DuplicateId{0}, conv.duplicates[DuplicateId{0}].parts.front(), 1};
  REQUIRE(tracker.sets() == 16);
  for (std::size_t position = 0; position < 16; ++position) {
    const std::size_t y = position / 4;
    const std::size_t x = position % 4;
    const bool inside = y >= 1 && y <= 2 && x >= 1 && x <= 2;
    CHECK(tracker.complete(position) == !inside);
    CHECK(tracker.needs_of(position, plan.stations).empty() == !inside);
  }
}

TEST_CASE("random networks, element by element", "[arrival_tracker]") {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    test::Random random{seed};
    for (const Station& station : plan.stations) {
      for (const DuplicateId duplicate : ids(station.duplicates)) {
        for (const StationPart& part : station.duplicates[duplicate].parts) {
          // All tiles of a layer have needs of the same kind: some of them will do.
          if (random.one_in(3)) {
            check_part(plan, station, duplicate, part, random);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace crossweave
