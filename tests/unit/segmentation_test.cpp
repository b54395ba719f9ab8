// Rewriting weights: are the cuts the best there are, is what lies between two segments neither lost nor read twice,
// and does writing cost what a pencil says?
#include "scheduler/segmentation.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/layer_by_layer.h"
#include "scheduler/schedule_checker.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

constexpr auto kRow = Duration::nanoseconds(100);

Architecture with_write_times() {
  Architecture architecture;
  architecture.crossbar.write.row_latency = kRow;
  return architecture;
}

MappedNetwork mapped(const NetworkGraph& graph, const CrossbarSpec& crossbar) {
  Result<MappedNetwork, SchedulingFailure> result = map_network(graph, true, crossbar);
  REQUIRE(result.has_value());
  return *std::move(result);
}

/// Every way to cut `layers` layers into segments that fit.
std::vector<std::vector<LayerRange>> all_cuts(std::size_t layers, const std::function<bool(LayerRange)>& fits) {
  std::vector<std::vector<LayerRange>> result;
  for (std::uint32_t cuts = 0; cuts < 1U << (layers - 1); ++cuts) {
    std::vector<LayerRange> segments{{0, 1}};
    for (std::size_t i = 1; i < layers; ++i) {
      if ((cuts >> (i - 1) & 1U) != 0) {
        segments.push_back({i, i + 1});
      } else {
        segments.back().last = i + 1;
      }
    }
    if (std::ranges::all_of(segments, fits)) {
      result.push_back(std::move(segments));
    }
  }
  return result;
}

Duration sum(const std::vector<LayerRange>& segments, const std::function<Duration(LayerRange)>& cost) {
  Duration total;
  for (const LayerRange segment : segments) {
    total += cost(segment);
  }
  return total;
}

/// The best of all cuts by the rule: least cost, then fewest segments, then longest segments from the end.
std::vector<LayerRange> best_of_all(std::size_t layers, const SegmentCosts& costs) {
  const auto rank = [&](const std::vector<LayerRange>& segments) {
    std::vector<std::size_t> from_the_end;
    for (std::size_t i = segments.size(); i-- > 0;) {
      from_the_end.push_back(segments[i].first);
    }
    return std::tuple{sum(segments, costs.cost), segments.size(), from_the_end};
  };
  return std::ranges::min(all_cuts(layers, costs.fits), {}, rank);
}

/// What a segment costs, put together from the parts that have tests of their own.
Duration cost_by_parts(const MappedNetwork& network, LayerRange layers, std::int64_t pes, std::int64_t images,
                       MappingOptions options, const Architecture& architecture) {
  MappedNetwork part = NetworkSegments{network}.segment(layers);
  options.extra_pes = pes - part.min_pes;
  const Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(std::move(part), options);
  REQUIRE(scheduled.has_value());
  CrossbarWrites writes;
  for (const LayerId layer : ids(scheduled->mapped.layers)) {
    writes += writes_of(scheduled->mapped.layers[layer], architecture.crossbar, scheduled->duplicates[layer]);
  }
  return write_time(writes, architecture) + latency_of_images(*scheduled, images) * architecture.crossbar.mvm_latency;
}

std::int64_t largest_layer(const MappedNetwork& network) {
  int largest = 0;
  for (const CrossbarGrid& grid : network.crossbars) {
    largest = std::max(largest, grid.pes());
  }
  return largest;
}

std::set<std::string> names_of_inputs(const NetworkGraph& graph) {
  std::set<std::string> names;
  for (const Operation& operation : graph.operations()) {
    if (std::holds_alternative<Input>(operation.kind)) {
      names.insert(operation.name);
    }
  }
  return names;
}

}  // namespace

TEST_CASE("the cuts cost as little as the best of all cuts", "[segmentation]") {
  test::Random random{7};
  std::size_t weighed = 0;
  std::size_t weighable = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const auto layers = static_cast<std::size_t>(random.between(1, 10));
    const int fit = random.between(1, 6);
    // Few different costs, so that ties are common.
    std::map<std::pair<std::size_t, std::size_t>, Duration> costs;
    std::map<std::pair<std::size_t, std::size_t>, int> asked;
    for (std::size_t i = 0; i < layers; ++i) {
      for (std::size_t j = i + 1; j <= layers; ++j) {
        costs[{i, j}] = Duration::picoseconds(random.between(1, 12) + 3 * static_cast<int>(j - i));
      }
    }
    SegmentCosts table{[&](LayerRange range) { return range.size() <= static_cast<std::size_t>(fit); },
                       [&](LayerRange range) {
                         const std::int64_t cost = costs.at({range.first, range.last}).count_ps();
                         return Duration::picoseconds(cost - (static_cast<int>(range.last) + round) % 3);
                       },
                       [&](LayerRange range) {
                         return costs.at({range.first, range.last});
                       }};
    const std::vector<LayerRange> expected = best_of_all(layers, table);
    table.cost = [&, cost = table.cost](LayerRange range) {
      CHECK(table.fits(range));
      CHECK(++asked[{range.first, range.last}] == 1);
      return cost(range);
    };
    CHECK(cut_into_segments(layers, table) == expected);
    weighed += asked.size();
    weighable += costs.size();
  }
  CHECK(weighed < weighable / 2);
}

TEST_CASE("a network that does not fit is cut as well as it can be", "[segmentation]") {
  Architecture architecture = with_write_times();
  architecture.crossbar.rows = 32;
  architecture.crossbar.columns = 16;
  for (const NetworkGraph& graph : test::small_networks()) {
    const MappedNetwork network = mapped(graph, architecture.crossbar);
    const std::size_t layers = network.layers.size();
    if (layers > 10) {
      continue;
    }
    const std::int64_t pes = std::max(largest_layer(network), network.min_pes * 2 / 3);
    for (const Duplication duplication : {Duplication::none, Duplication::bottleneck, Duplication::sum}) {
      for (const auto& [row, images] : std::vector<std::pair<Duration, std::int64_t>>{
               {kRow, 1}, {Duration::nanoseconds(20000), 1}, {Duration::nanoseconds(20000), 50}}) {
        CAPTURE(graph.name(), layers, pes, duplication, row.count_ps(), images);
        architecture.crossbar.write.row_latency = row;
        MappingOptions options;
        options.duplication = duplication;
        options.set = {2, 2};
        std::map<std::pair<std::size_t, std::size_t>, Duration> known;
        const SegmentCosts costs{
            [&](LayerRange range) { return NetworkSegments{network}.segment(range).min_pes <= pes; },
            {},
            [&](LayerRange range) {
              auto [at, added] = known.try_emplace({range.first, range.last});
              if (added) {
                at->second = cost_by_parts(network, range, pes, images, options, architecture);
              }
              return at->second;
            }};
        const auto segments = segment_network(network, pes, images, options, architecture);
        REQUIRE(segments.has_value());
        std::vector<LayerRange> ranges;
        for (const Segment& segment : *segments) {
          ranges.push_back(segment.layers);
          CHECK(segment.scheduled.pes == pes);
          CHECK(check_schedule(segment.scheduled).empty());
          CHECK(segment.write_time + latency_of_images(segment.scheduled, images) * architecture.crossbar.mvm_latency ==
                costs.cost(segment.layers));
        }
        CHECK(ranges == best_of_all(layers, costs));
      }
    }
  }
}

TEST_CASE("dear writes make few segments, cheap ones and many images more", "[segmentation]") {
  Architecture architecture = with_write_times();
  const MappedNetwork network = mapped(test::tinyyolov4(), architecture.crossbar);
  MappingOptions options;
  options.duplication = Duplication::bottleneck;
  const auto count = [&](Duration row, std::int64_t images) {
    architecture.crossbar.write.row_latency = row;
    const auto segments = segment_network(network, 60, images, options, architecture);
    REQUIRE(segments.has_value());
    return segments->size();
  };
  // PE_min is 117, and no cut leaves 60 PEs or fewer on both sides.
  CHECK(count(Duration::nanoseconds(10'000'000), 1) == 3);
  CHECK(count(Duration::nanoseconds(1), 1) > 3);
  CHECK(count(Duration::nanoseconds(10'000'000), 100'000) > 3);
}

TEST_CASE("images after the first take what the most loaded duplicate does", "[segmentation]") {
  // Two layers of 64 cycles in four sets each; three duplicates share them as 32, 16 and 16.
  MappingOptions options;
  options.set = {4, 4};
  const ScheduledNetwork network = test::schedule_of(test::conv_chain(2, 8, 4), options);
  const std::int64_t one = network.schedule.latency().count();
  CHECK(latency_of_images(network, 1).count() == one);
  CHECK(latency_of_images(network, 10).count() == one + 9 * 64);
  options.mode = ScheduleMode::layer_by_layer;
  CHECK(latency_of_images(test::schedule_of(test::conv_chain(2, 8, 4), options), 10).count() == 10 * 128);
  options.mode = ScheduleMode::cross_layer;
  options.duplication = Duplication::bottleneck;
  options.extra_pes = 3;
  const ScheduledNetwork copied = test::schedule_of(test::conv_chain(2, 8, 4), options);
  REQUIRE(copied.duplicates == Duplicates{3, 2});
  CHECK(latency_of_images(copied, 10) - latency_of_images(copied, 9) == Cycles{32});
}

TEST_CASE("cuts are chosen by rules, then each segment is searched", "[segmentation]") {
  Architecture architecture = with_write_times();
  architecture.crossbar.rows = 32;
  architecture.crossbar.columns = 16;
  test::NetworkBuilder net;
  OperationId last = net.input({16, 16, 4});
  for (int block = 0; block < 3; ++block) {
    last = net.residual_block(last, 12);
  }
  const MappedNetwork network = mapped(net.graph(), architecture.crossbar);
  MappingOptions options;
  options.set = {2, 2};
  options.duplication = Duplication::bottleneck;
  const std::int64_t pes = network.min_pes * 3 / 4;
  const auto ruled = segment_network(network, pes, 1, options, architecture);
  options.duplication = Duplication::makespan;
  int evaluations = 0;
  const auto searched = segment_network(network, pes, 1, options, architecture,
                                        [&](int, std::int64_t, std::string_view) { ++evaluations; });
  REQUIRE(ruled.has_value());
  REQUIRE(searched.has_value());
  REQUIRE(searched->size() == ruled->size());
  REQUIRE(ruled->size() > 1);
  CHECK(evaluations > 0);
  for (std::size_t i = 0; i < ruled->size(); ++i) {
    CHECK((*searched)[i].layers == (*ruled)[i].layers);
    CHECK((*searched)[i].scheduled.schedule.latency() <= (*ruled)[i].scheduled.schedule.latency());
  }
}

TEST_CASE("a layer that does not fit by itself is named", "[segmentation]") {
  const Architecture architecture = with_write_times();
  test::NetworkBuilder net;
  const OperationId first = net.conv(net.input({8, 8, 3}), 16);
  net.add_named("wide", Conv2d{300, {3, 3}, {}, {}, {}, 1, false}, {first});
  const MappedNetwork network = mapped(net.graph(), architecture.crossbar);
  REQUIRE(network.min_pes == 3);
  const auto segments = segment_network(network, 1, 1, {}, architecture);
  REQUIRE_FALSE(segments.has_value());
  CHECK(segments.error().message == "1 PEs (F) cannot hold the layer wide by itself, which needs 2");
  CHECK(segment_network(network, 2, 1, {}, architecture).has_value());
}

TEST_CASE("writes by hand", "[segmentation]") {
  Architecture architecture = with_write_times();
  architecture.crossbar.rows = 32;
  architecture.crossbar.columns = 16;
  test::NetworkBuilder net;
  // 3 x 3 x 4 = 36 rows by 20 columns: pieces of 32 and 4 rows by 16 and 4 columns.
  const OperationId plain = net.add(Conv2d{20, {3, 3}, {}, {}, {}, 1, false}, {net.input({9, 9, 4})});
  // 4 groups of 5 rows by 5 columns: 3 of them share a crossbar, 15 x 15, and one has its own, 5 x 5.
  net.add(Conv2d{20, {1, 1}, {}, {}, {}, 4, false}, {plain});
  const MappedNetwork network = mapped(net.graph(), architecture.crossbar);
  const CrossbarWrites first = writes_of(network.layers[LayerId{0}], architecture.crossbar, 1);
  CHECK(first == CrossbarWrites{4, 2 * 32 + 2 * 4, 32, 36 * 20, Bytes{36 * 20 / 2}});
  const CrossbarWrites grouped = writes_of(network.layers[LayerId{1}], architecture.crossbar, 3);
  CHECK(grouped == CrossbarWrites{6, 3 * 20, 15, 3 * (15 * 15 + 5 * 5), Bytes{4 * 5 * 5 / 2}});

  CrossbarWrites both = first;
  both += grouped;
  CHECK(both == CrossbarWrites{10, 72 + 60, 32, 720 + 750, Bytes{410}});
  CHECK(write_time(both, architecture) == kRow * 32);
  architecture.crossbar.write.crossbars = CrossbarWriting::serial;
  CHECK(write_time(both, architecture) == kRow * 132);

  // 410 B at 10 MB/s come later than the last row is written.
  architecture.dram.model = DramModel::bandwidth;
  architecture.dram.bandwidth = Rate::bytes_per_second(10'000'000);
  architecture.dram.latency = Duration::nanoseconds(50);
  CHECK(write_time(both, architecture) == Duration::nanoseconds(41'000 + 50));
  architecture.dram.bandwidth = Rate::bytes_per_second(1'000'000'000);
  CHECK(write_time(both, architecture) == kRow * 132);
}

TEST_CASE("wide weights are written into all their cells", "[segmentation]") {
  CrossbarSpec crossbar;
  PrecisionSpec precision;
  precision.weight_bits = 10;  // 3 cells of 4 bits
  test::NetworkBuilder net;
  net.add(Conv2d{8, {1, 1}, {}, {}, {}, 1, false}, {net.input({4, 4, 6})});
  const auto network = map_network(net.graph(), false, crossbar, precision);
  REQUIRE(network.has_value());
  CHECK(writes_of(network->layers[LayerId{0}], crossbar, 2) == CrossbarWrites{2, 12, 6, 2 * 6 * 24, Bytes{60}});
}

TEST_CASE("a skip connection crosses a cut once", "[segmentation]") {
  // conv -> relu -> conv -> conv -> add with the relu -> conv, cut before the last convolution but one.
  test::NetworkBuilder net{"skip"};
  const OperationId first = net.add_named("first", Conv2d{4, {1, 1}, {}, {}, {}, 1, false}, {net.input({6, 6, 3})});
  const OperationId kept = net.add_named("kept", Activation{"relu"}, {first});
  const OperationId second = net.add_named("second", Conv2d{4, {1, 1}, {}, {}, {}, 1, false}, {kept});
  const OperationId padded = net.add_named("padded", Pad{{1, 1, 1, 1}}, {second});
  const OperationId third = net.add_named("third", Conv2d{4, {3, 3}, {}, {}, {}, 1, false}, {padded});
  const OperationId sum = net.add_named("sum", Elementwise{"add"}, {third, kept});
  net.add_named("fourth", Conv2d{4, {1, 1}, {}, {}, {}, 1, false}, {sum});
  const MappedNetwork network = mapped(net.graph(), {});
  const NetworkSegments segments{network};

  const MappedNetwork before = segments.segment({0, 2});
  CHECK(names_of_inputs(before.graph) == names_of_inputs(network.graph));
  REQUIRE(before.layers.size() == 2);
  std::set<std::string> names;
  for (const Operation& operation : before.graph.operations()) {
    names.insert(operation.name);
  }
  // The padding stays with its reader: what lies in the DRAM is the map without it.
  CHECK(names.contains("kept/stored"));
  CHECK(names.contains("second/stored"));
  CHECK_FALSE(names.contains("first/stored"));
  CHECK_FALSE(names.contains("padded"));

  const MappedNetwork after = segments.segment({2, 4});
  CHECK(names_of_inputs(after.graph) == std::set<std::string>{"kept", "second"});
  CHECK(after.layers[LayerId{0}].name == "third");
  CHECK(after.layers[LayerId{0}].ifm == network.layers[LayerId{2}].ifm);
  CHECK(after.graph.size() == 6);  // kept, second, padded, third, sum, fourth
}

TEST_CASE("what one segment reads another has stored", "[segmentation]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    CrossbarSpec crossbar;
    crossbar.rows = 16;
    crossbar.columns = 8;
    const MappedNetwork network = mapped(test::random_network(seed), crossbar);
    const NetworkSegments segments{network};
    test::Random random{seed};
    MappingOptions options;
    options.mode = ScheduleMode::layer_by_layer;
    std::map<std::string, Shape> stored;
    for (const Operation& operation : network.graph.operations()) {
      if (std::holds_alternative<Input>(operation.kind)) {
        stored[operation.name] = operation.output;
      }
    }
    Cycles latency;
    std::size_t base_operations = 0;
    for (std::size_t first = 0; first < network.layers.size();) {
      const std::size_t last =
          first + static_cast<std::size_t>(random.between(1, static_cast<int>(network.layers.size() - first)));
      MappedNetwork part = segments.segment({first, last});
      for (const Operation& operation : part.graph.operations()) {
        if (std::holds_alternative<Input>(operation.kind)) {
          REQUIRE(stored.contains(operation.name));
          CHECK(stored[operation.name] == operation.output);
        }
        base_operations += is_base(operation.kind) ? 1 : 0;
      }
      for (const Operation& operation : part.graph.operations()) {
        if (operation.name.ends_with("/stored")) {
          const auto [at, added] =
              stored.try_emplace(operation.name.substr(0, operation.name.size() - 7), operation.output);
          CHECK(added);
        }
      }
      // The layers are those of the whole, and the canonical form of a segment is the segment.
      const auto again = map_network(part.graph, true, crossbar);
      REQUIRE(again.has_value());
      REQUIRE(again->layers.size() == part.layers.size());
      CHECK(again->crossbars == part.crossbars);
      CHECK(again->graph.size() == part.graph.size());
      const auto scheduled = schedule_network(std::move(part), options);
      REQUIRE(scheduled.has_value());
      latency += scheduled->schedule.latency();
      first = last;
    }
    CHECK(base_operations == network.layers.size());
    CHECK(latency == layer_by_layer_cycles(network.layers));
  }
}

}  // namespace crossweave
