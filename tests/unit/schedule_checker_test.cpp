// Does the checker reject every kind of broken schedule, and say what is wrong with it?
#include "scheduler/schedule_checker.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

using Violations = std::vector<std::string>;

/// Two convolutions on 4 x 4 maps in rows: sets of the first start at 0, 4, 8, 12, of the second (two duplicates) at
/// 8, 12, 16, 16.
ScheduledNetwork two_layers() {
  MappingOptions options;
  options.set = {1, 0};
  ScheduledNetwork network = test::schedule_of(test::conv_chain(2, 4, 2), options);
  network.duplicates[LayerId{1}] = 2;
  network.schedule = schedule_cross_layer(
      {network.grids, network.dependencies, network.duplicates, network.partition, network.orders});
  return network;
}

LayerSchedule& layer(ScheduledNetwork& network, std::size_t index) { return network.schedule.layers[LayerId{index}]; }

/// The name that the checker gives to a set.
std::string set_name(const ScheduledNetwork& network, std::size_t layer_index, std::size_t set) {
  return "layer " + network.mapped.layers[LayerId{layer_index}].name + ", set " + std::to_string(set);
}

void shift(LayerSchedule& scheduled, SetId set, std::int64_t cycles) {
  scheduled.start[set] += Cycles{cycles};
  scheduled.finish[set] += Cycles{cycles};
}

bool mentions(const Violations& violations, const std::string& text) {
  return std::ranges::any_of(violations, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a legal schedule has no violation, later starts included", "[checker]") {
  ScheduledNetwork network = two_layers();
  REQUIRE(layer(network, 1).start.raw() == std::vector<Cycles>{Cycles{8}, Cycles{12}, Cycles{16}, Cycles{16}});
  CHECK(check_schedule(network).empty());
  shift(layer(network, 1), SetId{3}, 5);
  CHECK(check_schedule(network).empty());
}

TEST_CASE("a set that starts one cycle before its inputs exist", "[checker]") {
  ScheduledNetwork network = two_layers();
  shift(layer(network, 1), SetId{3}, -1);
  // Set 1 finishes at 16 on the same duplicate; make room for the fault to be the inputs alone.
  shift(layer(network, 1), SetId{2}, -1);
  const Violations violations = check_schedule(network);
  CHECK(mentions(violations, set_name(network, 1, 3) + " starts before its inputs exist"));
  CHECK(mentions(violations, set_name(network, 1, 2) + " starts before its inputs exist"));

  ScheduledNetwork first = two_layers();
  shift(layer(first, 1), SetId{0}, -1);
  CHECK(check_schedule(first) == Violations{set_name(first, 1, 0) + " starts before its inputs exist"});
}

TEST_CASE("two sets at once on one duplicate", "[checker]") {
  SECTION("overlapping by a cycle") {
    ScheduledNetwork network = two_layers();
    shift(layer(network, 0), SetId{1}, -1);
    CHECK(check_schedule(network) ==
          Violations{set_name(network, 0, 1) + " starts while its crossbars compute another set"});
  }
  SECTION("before time 0") {
    ScheduledNetwork network = two_layers();
    shift(layer(network, 0), SetId{0}, -1);
    CHECK(
        mentions(check_schedule(network), set_name(network, 0, 0) + " starts while its crossbars compute another set"));
  }
  SECTION("in another order than the times say") {
    ScheduledNetwork network = two_layers();
    std::swap(layer(network, 0).sequence[DuplicateId{0}][1], layer(network, 0).sequence[DuplicateId{0}][2]);
    CHECK(check_schedule(network) ==
          Violations{set_name(network, 0, 1) + " starts while its crossbars compute another set"});
  }
}

TEST_CASE("a set that is missing", "[checker]") {
  ScheduledNetwork network = two_layers();
  layer(network, 1).sequence[DuplicateId{1}].pop_back();
  CHECK(check_schedule(network) ==
        Violations{"layer " + network.mapped.layers[LayerId{1}].name + ": some OFM elements are never computed"});
}

TEST_CASE("a set that is computed twice", "[checker]") {
  ScheduledNetwork network = two_layers();
  // On the other duplicate at the same time: nothing else is wrong with it.
  layer(network, 1).sequence[DuplicateId{1}] = {SetId{0}, SetId{1}, SetId{3}};
  CHECK(check_schedule(network) ==
        Violations{set_name(network, 1, 0) + " computes an element that was computed before"});
}

TEST_CASE("a set that does not exist", "[checker]") {
  ScheduledNetwork network = two_layers();
  layer(network, 1).sequence[DuplicateId{1}].push_back(SetId{4});
  CHECK(check_schedule(network) == Violations{set_name(network, 1, 4) + " does not exist"});
}

TEST_CASE("a set that takes too little or too much time", "[checker]") {
  for (const std::int64_t difference : {-1, 1}) {
    ScheduledNetwork network = two_layers();
    layer(network, 1).finish[SetId{3}] += Cycles{difference};
    CHECK(check_schedule(network) == Violations{set_name(network, 1, 3) + " does not take one cycle a pixel"});
  }
}

TEST_CASE("a layer that is not on its duplicates", "[checker]") {
  ScheduledNetwork network = two_layers();
  network.duplicates[LayerId{1}] = 3;
  CHECK(check_schedule(network) ==
        Violations{"layer " + network.mapped.layers[LayerId{1}].name + " is not scheduled on its duplicates"});
}

TEST_CASE("a schedule of another network", "[checker]") {
  ScheduledNetwork network = two_layers();
  network.schedule.layers.push_back({});
  CHECK(check_schedule(network) == Violations{"the schedule has 3 layers, the network 2"});
}

TEST_CASE("layer by layer, a layer that does not wait for the one before it", "[checker]") {
  MappingOptions options;
  options.set = {1, 0};
  options.mode = ScheduleMode::layer_by_layer;
  const auto barrier = [](const ScheduledNetwork& network, std::size_t index) {
    return "layer " + network.mapped.layers[LayerId{index}].name + " starts before the layer before it has finished";
  };
  SECTION("a cross-layer schedule is none") {
    ScheduledNetwork network = two_layers();
    network.schedule.mode = ScheduleMode::layer_by_layer;
    CHECK(check_schedule(network) == Violations{barrier(network, 1)});
  }
  SECTION("not even where nothing is read") {
    test::NetworkBuilder net;
    const OperationId in = net.input({4, 4, 1});
    net.conv(in, 2);
    net.conv(in, 3);
    ScheduledNetwork network = test::schedule_of(net.graph(), options);
    CHECK(check_schedule(network).empty());
    for (std::size_t i = 0; i < 4; ++i) {
      shift(layer(network, 1), SetId{i}, -1);
    }
    CHECK(check_schedule(network) == Violations{barrier(network, 1)});
    network.schedule.mode = ScheduleMode::cross_layer;
    CHECK(check_schedule(network).empty());
  }
}

TEST_CASE("no more violations are listed than asked for", "[checker]") {
  ScheduledNetwork network = two_layers();
  for (const SetId set : ids(layer(network, 1).start)) {
    layer(network, 1).start[set] = Cycles{};
    layer(network, 1).finish[set] = Cycles{};
  }
  CHECK(check_schedule(network, 100).size() == 8);
  CHECK(check_schedule(network, 3).size() == 3);
  CHECK(check_schedule(network, 1).size() == 1);
}

TEST_CASE("no set of a cross-layer schedule can start a cycle earlier", "[checker]") {
  // Each set starts at the earliest instant, so that the checker must object to every earlier one.
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    test::RandomCase drawn = test::random_case(seed);
    drawn.network.schedule =
        schedule_cross_layer({drawn.network.grids, drawn.network.dependencies, drawn.network.duplicates,
                              drawn.network.partition, drawn.network.orders});
    test::Random random{seed};
    for (int i = 0; i < 4; ++i) {
      const LayerId index{
          static_cast<std::size_t>(random.between(0, static_cast<int>(drawn.network.grids.size()) - 1))};
      const SetId set{
          static_cast<std::size_t>(random.between(0, static_cast<int>(drawn.network.grids[index].size()) - 1))};
      CAPTURE(seed, index.value(), set.value());
      LayerSchedule& scheduled = drawn.network.schedule.layers[index];
      shift(scheduled, set, -1);
      const Violations violations = check_schedule(drawn.network);
      CHECK(!violations.empty());
      CHECK(mentions(violations, set_name(drawn.network, index.value(), set.value()) + " starts"));
      shift(scheduled, set, 1);
      CHECK(check_schedule(drawn.network).empty());
    }
  }
}

}  // namespace crossweave
