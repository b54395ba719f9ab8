// Does the scheduler give the integers that somebody else computed for the paper's benchmarks?
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/import/network_file.h"
#include "scheduler/figures_of_merit.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/lower_bounds.h"
#include "scheduler/mapped_network.h"
#include "scheduler/schedule_checker.h"

namespace crossweave {
namespace {

using Json = nlohmann::json;

Json read_reference() {
  std::ifstream file{CROSSWEAVE_SOURCE_DIR "/tests/data/reference_peak.json"};
  REQUIRE(file);
  return Json::parse(file);
}

MappedNetwork map_benchmark(const std::string& name) {
  const Result<NetworkImport> import =
      import_network(CROSSWEAVE_SOURCE_DIR "/configs/networks/" + name + ".yaml", std::nullopt, {});
  REQUIRE(import);
  CHECK(import->warnings.empty());
  Result<MappedNetwork, SchedulingFailure> mapped = map_network(import->graph, false, CrossbarSpec{});
  REQUIRE(mapped);
  return std::move(*mapped);
}

template <class Choice, std::size_t N>
Choice named(const std::array<std::string_view, N>& names, const Json& name) {
  const auto found = std::find(names.begin(), names.end(), name.get<std::string>());
  REQUIRE(found != names.end());
  return static_cast<Choice>(found - names.begin());
}

MappingOptions options_of(const Json& entry) {
  MappingOptions options;
  options.extra_pes = entry.at("extra_pes").get<std::int64_t>();
  options.duplication = named<Duplication>(kDuplicationNames, entry.at("duplication"));
  options.partition = named<Partition>(kPartitionNames, entry.at("partition"));
  options.order = named<SetOrder>(kSetOrderNames, entry.at("order"));
  options.set = {entry.at("set").at("rows").get<int>(), entry.at("set").at("columns").get<int>()};
  return options;
}

ScheduledNetwork schedule(const MappedNetwork& mapped, const MappingOptions& options) {
  Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(mapped, options);
  REQUIRE(scheduled);
  return std::move(*scheduled);
}

/// What is checked of an entry does not differ by more than half of its last digit.
bool equal_to_four_decimals(double value, const Json& expected) {
  return std::abs(value - expected.get<double>()) <= 0.00005 * (1 + 1e-9);
}

/// Layer-by-layer latency with the entry's duplication, of the entries with x > 0 in their order (method: CLSA-CIM).
const std::map<std::string, std::vector<std::int64_t>>& layer_by_layer_with_duplication() {
  static const std::map<std::string, std::vector<std::int64_t>> kLatencies{
      {"tinyyolov4", {48269, 48181, 35289, 37125, 37075, 37245, 78533}},
      {"tinyyolov3", {35698, 35554, 22338, 24274, 24258, 24450, 94770}},
      {"vgg16", {53788, 53756, 37860, 39228, 39228, 39228, 87612}},
      {"resnet50", {34790, 34710, 27318, 28934, 28870, 29010, 48342}},
  };
  return kLatencies;
}

struct Benchmark {
  std::string name;
  Shape input;
  std::size_t base_layers;
  std::int64_t min_pes;
  std::int64_t cycles;
};

}  // namespace

TEST_CASE("the seven benchmarks have the method's layers, PE_min and cycles", "[reference]") {
  const auto benchmark = GENERATE(values<Benchmark>({
      {"tinyyolov4", {416, 416, 3}, 21, 117, 113061},
      {"tinyyolov3", {416, 416, 3}, 13, 142, 232882},
      {"vgg16", {224, 224, 3}, 13, 233, 137788},
      {"vgg19", {224, 224, 3}, 16, 314, 141904},
      {"resnet50", {224, 224, 3}, 53, 390, 58310},
      {"resnet101", {224, 224, 3}, 104, 679, 68306},
      {"resnet152", {224, 224, 3}, 155, 936, 85358},
  }));
  CAPTURE(benchmark.name);
  const MappedNetwork mapped = map_benchmark(benchmark.name);
  CHECK(mapped.graph[OperationId{0}].output == benchmark.input);
  CHECK(mapped.layers.size() == benchmark.base_layers);
  CHECK(mapped.min_pes == benchmark.min_pes);
  CHECK(layer_by_layer_cycles(mapped.layers).count() == benchmark.cycles);
}

TEST_CASE("every entry of the independent reference is reproduced", "[reference]") {
  const std::string name = GENERATE("tinyyolov4", "tinyyolov3", "vgg16", "resnet50");
  const MappedNetwork mapped = map_benchmark(name);
  std::size_t entries = 0;
  std::vector<std::int64_t> with_duplication;
  for (const Json& entry : read_reference()) {
    if (entry.at("network") != name) {
      continue;
    }
    ++entries;
    CAPTURE(entry.dump());
    MappingOptions options = options_of(entry);
    const ScheduledNetwork network = schedule(mapped, options);
    const std::int64_t reference = layer_by_layer_cycles(mapped.layers).count();
    const std::int64_t latency = network.schedule.latency().count();
    CHECK(mapped.min_pes == entry.at("min_pes").get<std::int64_t>());
    CHECK(network.pes == mapped.min_pes + options.extra_pes);
    CHECK(network.duplicates.raw() == entry.at("duplicates").get<std::vector<int>>());
    CHECK(reference == entry.at("layer_by_layer_cycles").get<std::int64_t>());
    CHECK(latency == entry.at("latency_cycles").get<std::int64_t>());
    CHECK(network.schedule.latency() >= work_bound(mapped.layers, network.duplicates));
    CHECK(equal_to_four_decimals(100 * utilization(network.active_pe_cycles(), network.pes, latency),
                                 entry.at("utilization_percent")));
    CHECK(equal_to_four_decimals(speedup(static_cast<double>(reference), static_cast<double>(latency)),
                                 entry.at("speedup")));
    options.mode = ScheduleMode::layer_by_layer;
    const std::int64_t one_by_one = schedule(mapped, options).schedule.latency().count();
    if (options.extra_pes > 0) {
      with_duplication.push_back(one_by_one);
    } else {
      CHECK(one_by_one == reference);
    }
  }
  CHECK(entries == 12);
  CHECK(with_duplication == layer_by_layer_with_duplication().at(name));
}

TEST_CASE("the reference has no entry beside those that are checked", "[reference]") {
  const Json reference = read_reference();
  CHECK(reference.size() == 48);
  CHECK(std::all_of(reference.begin(), reference.end(), [](const Json& entry) {
    return layer_by_layer_with_duplication().count(entry.at("network").get<std::string>()) == 1;
  }));
}

TEST_CASE("the checker passes schedules of the benchmarks", "[reference]") {
  // It walks every set back through the graph, so that it looks at one entry of each network here.
  const std::string name = GENERATE("tinyyolov4", "tinyyolov3", "vgg16", "resnet50");
  CAPTURE(name);
  MappingOptions options;
  options.extra_pes = 32;
  options.duplication = Duplication::bottleneck;
  options.partition = Partition::blocks;
  options.order = SetOrder::ready;
  CHECK(check_schedule(schedule(map_benchmark(name), options)) == std::vector<std::string>{});
}

}  // namespace crossweave
