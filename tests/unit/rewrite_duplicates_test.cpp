// Is the graph of the paper's Fig. 4 the same computation, with the same schedule, as `partition: blocks`?
#include "scheduler/passes/rewrite_duplicates.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/import/network_file.h"
#include "scheduler/mapped_network.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

using Names = std::vector<std::string>;

Names names_of(const NetworkGraph& graph) {
  Names names;
  for (const Operation& operation : graph.operations()) {
    names.push_back(operation.name);
  }
  return names;
}

const Slice& slice_at(const NetworkGraph& graph, std::size_t index) {
  return std::get<Slice>(graph[OperationId{index}].kind);
}

MappedNetwork map_canonical(const NetworkGraph& canonical, const CrossbarSpec& crossbar) {
  MappedNetwork mapped{canonical, partition_base_layers(canonical), {}, 0};
  mapped.crossbars = im2col_grids(mapped.layers, crossbar);
  mapped.min_pes = minimum_pes(mapped.crossbars);
  return mapped;
}

ScheduledNetwork schedule(MappedNetwork mapped, const MappingOptions& options) {
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(std::move(mapped), options);
  REQUIRE(scheduled);
  return std::move(*scheduled);
}

/// Compares the schedule of `blocks`, set by set, with that of the explicit graph; gives the number of duplicates.
std::size_t check_same_schedule(const MappedNetwork& mapped, MappingOptions options, const CrossbarSpec& crossbar) {
  options.partition = Partition::blocks;
  const ScheduledNetwork blocks = schedule(mapped, options);
  const NetworkGraph graph = rewrite_duplicates(mapped.graph, blocks.duplicates);
  MappingOptions plain = options;
  plain.partition = Partition::interleaved;
  plain.duplication = Duplication::none;
  plain.extra_pes = 0;
  const ScheduledNetwork rewritten = schedule(map_canonical(graph, crossbar), plain);

  CHECK(rewritten.schedule.latency() == blocks.schedule.latency());
  std::size_t first_copy = 0;
  std::int64_t pes = 0;
  std::size_t differences = 0;
  for (const LayerId layer : ids(mapped.layers)) {
    const auto copies = static_cast<std::size_t>(blocks.duplicates[layer]);
    REQUIRE(first_copy + copies <= rewritten.mapped.layers.size());
    pes += blocks.duplicates[layer] * mapped.crossbars[layer].pes();
    const LayerSchedule& expected = blocks.schedule.layers[layer];
    // The sets of a block in raster order are those of its copy.
    std::vector<std::size_t> next(copies, 0);
    for (std::size_t i = 0; i < blocks.grids[layer].size(); ++i) {
      const SetId set{i};
      const std::size_t block = blocks.grids[layer].block_of(set).value();
      const LayerId copy{first_copy + block};
      const SetId of_copy{next[block]++};
      REQUIRE(of_copy.value() < rewritten.grids[copy].size());
      const LayerSchedule& actual = rewritten.schedule.layers[copy];
      const bool same = actual.start[of_copy] == expected.start[set] && actual.finish[of_copy] == expected.finish[set];
      differences += same ? 0 : 1;
    }
    for (std::size_t block = 0; block < copies; ++block) {
      CHECK(next[block] == rewritten.grids[LayerId{first_copy + block}].size());
      CHECK(rewritten.mapped.crossbars[LayerId{first_copy + block}] == mapped.crossbars[layer]);
    }
    first_copy += copies;
  }
  CHECK(differences == 0);
  CHECK(first_copy == rewritten.mapped.layers.size());
  CHECK(rewritten.mapped.min_pes == pes);
  return first_copy - mapped.layers.size();
}

}  // namespace

TEST_CASE("three duplicates: four slices, four convolutions, a tree of two concatenations", "[rewrite_duplicates]") {
  // The paper's Fig. 4; 3x3 kernels on 10 x 10, padded to 12 x 12.
  test::NetworkBuilder net;
  const OperationId in = net.add_named("in", Input{{10, 10, 3}}, {});
  const OperationId map = net.add_named("conv", Conv2d{8, {3, 3}, {}, {}, {1, 1, 1, 1}, 1, false}, {in});
  net.add_named("relu", Activation{"relu"}, {map});
  const NetworkGraph graph = rewrite_duplicates(canonical_form(net.graph(), true), {4});
  REQUIRE(names_of(graph) == Names{"in", "conv/pad", "conv/slice_0_0", "conv/slice_0_1", "conv/slice_1_0",
                                   "conv/slice_1_1", "conv", "conv/copy_0_1", "conv/copy_1_0", "conv/copy_1_1",
                                   "conv/columns_0", "conv/columns_1", "conv/rows", "relu"});
  // Blocks of 5 x 5 read 7 x 7; neighbours share two rows or columns.
  CHECK(slice_at(graph, 2).first == Shape{0, 0, 0});
  CHECK(slice_at(graph, 3).first == Shape{0, 5, 0});
  CHECK(slice_at(graph, 4).first == Shape{5, 0, 0});
  CHECK(slice_at(graph, 5).first == Shape{5, 5, 0});
  for (std::size_t i = 2; i < 6; ++i) {
    CHECK(graph[OperationId{i}].inputs == std::vector{OperationId{1}});
    CHECK(slice_at(graph, i).extent == Shape{7, 7, 3});
    CHECK(graph[OperationId{i + 4}].inputs == std::vector{OperationId{i}});
    CHECK(graph[OperationId{i + 4}].output == Shape{5, 5, 8});
    CHECK(std::get<Conv2d>(graph[OperationId{i + 4}].kind).padding == Padding{});
  }
  CHECK(graph[OperationId{10}].inputs == std::vector{OperationId{6}, OperationId{7}});
  CHECK(graph[OperationId{11}].inputs == std::vector{OperationId{8}, OperationId{9}});
  CHECK(graph[OperationId{10}].output == Shape{5, 10, 8});
  CHECK(graph[OperationId{12}].inputs == std::vector{OperationId{10}, OperationId{11}});
  CHECK(graph[OperationId{12}].output == Shape{10, 10, 8});
  CHECK(graph[OperationId{13}].inputs == std::vector{OperationId{12}});
}

TEST_CASE("an axis that is not cut has no concatenation", "[rewrite_duplicates]") {
  test::NetworkBuilder net;
  SECTION("rows alone") {
    net.add_named("conv", Conv2d{2, {3, 1}, {2, 1}, {2, 1}, {}, 1, false}, {net.input({17, 1, 3})});
    const NetworkGraph graph = rewrite_duplicates(net.graph(), {3});
    REQUIRE(names_of(graph) == Names{"input_0", "conv/slice_0_0", "conv/slice_1_0", "conv/slice_2_0", "conv",
                                     "conv/copy_1_0", "conv/copy_2_0", "conv/rows"});
    // 7 rows as 3, 2 and 2, of windows of 5 rows two apart.
    CHECK(slice_at(graph, 1).first == Shape{0, 0, 0});
    CHECK(slice_at(graph, 1).extent == Shape{9, 1, 3});
    CHECK(slice_at(graph, 2).first == Shape{6, 0, 0});
    CHECK(slice_at(graph, 2).extent == Shape{7, 1, 3});
    CHECK(slice_at(graph, 3).first == Shape{10, 0, 0});
    CHECK(slice_at(graph, 3).extent == Shape{7, 1, 3});
  }
  SECTION("columns alone, of strides beyond the kernel") {
    net.add_named("conv", Conv2d{2, {1, 1}, {1, 3}, {}, {}, 1, false}, {net.input({1, 12, 3})});
    const NetworkGraph graph = rewrite_duplicates(net.graph(), {2});
    REQUIRE(names_of(graph) ==
            Names{"input_0", "conv/slice_0_0", "conv/slice_0_1", "conv", "conv/copy_0_1", "conv/columns_0"});
    CHECK(slice_at(graph, 1).extent == Shape{1, 4, 3});
    CHECK(slice_at(graph, 2).first == Shape{0, 6, 0});
    CHECK(slice_at(graph, 2).extent == Shape{1, 4, 3});
  }
}

TEST_CASE("without duplicates the graph stays", "[rewrite_duplicates]") {
  const NetworkGraph canonical = canonical_form(test::tinyyolov4(), false);
  const Duplicates none(partition_base_layers(canonical).size(), 1);
  CHECK(names_of(rewrite_duplicates(canonical, none)) == names_of(canonical));
}

TEST_CASE("the benchmarks' rewritten graphs have the schedule of blocks", "[rewrite_duplicates]") {
  const std::string name = GENERATE("tinyyolov4", "tinyyolov3", "vgg16", "vgg19", "resnet50", "resnet101", "resnet152");
  CAPTURE(name);
  const Result<NetworkImport> import =
      import_network(CROSSWEAVE_SOURCE_DIR "/configs/networks/" + name + ".yaml", std::nullopt, {});
  REQUIRE(import);
  const Result<MappedNetwork, SchedulingFailure> mapped = map_network(import->graph, false, {});
  REQUIRE(mapped);
  for (const Duplication rule : {Duplication::bottleneck, Duplication::sum}) {
    for (const int extra_pes : {4, 16, 32}) {
      for (const SetOrder order : {SetOrder::raster, SetOrder::ready}) {
        CAPTURE(static_cast<int>(rule), extra_pes, static_cast<int>(order));
        MappingOptions options;
        options.extra_pes = extra_pes;
        options.duplication = rule;
        options.order = order;
        CHECK(check_same_schedule(*mapped, options, {}) > 0);
      }
    }
  }
}

TEST_CASE("random networks' rewritten graphs have the schedule of blocks", "[rewrite_duplicates]") {
  std::size_t duplicates = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    test::Random random{seed};
    CrossbarSpec crossbar;
    crossbar.rows = random.pick(std::vector<int>{5, 16, 37, 256});
    crossbar.columns = random.pick(std::vector<int>{3, 8, 256});
    MappingOptions options;
    options.extra_pes = random.between(1, 60);
    options.duplication = random.one_in(2) ? Duplication::sum : Duplication::bottleneck;
    options.set = random.pick(std::vector<SetSize>{{1, 1}, {1, 0}, {0, 1}, {2, 2}, {2, 3}, {3, 2}, {4, 4}, {0, 0}});
    options.order = random.one_in(2) ? SetOrder::raster : SetOrder::ready;
    const NetworkGraph canonical = canonical_form(test::random_network(seed), true);
    duplicates += check_same_schedule(map_canonical(canonical, crossbar), options, crossbar);
  }
  CHECK(duplicates > 1000);
}

}  // namespace crossweave
