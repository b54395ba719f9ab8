// How long do the pure halves of a run take: reading a network, duplication, Stages I to IV, and the plan for the chip?
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "frontend/import/network_file.h"
#include "scheduler/execution_plan.h"
#include "scheduler/lower_bounds.h"
#include "scheduler/mapped_network.h"
#include "scheduler/optimized_placement.h"
#include "scheduler/traffic.h"
#include "scheduler/weight_duplication.h"

// Where SystemC is linked its library asks for it; main is Google Benchmark's.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace crossweave {
namespace {

const std::filesystem::path kSource = CROSSWEAVE_SOURCE_DIR;

NetworkGraph read(const std::filesystem::path& file) {
  Result<NetworkImport> import = import_network(kSource / file, {}, {});
  if (!import) {
    throw std::runtime_error{to_string(import.error().front())};
  }
  return std::move(import->graph);
}

MappedNetwork load(const std::string& name) {
  Result<MappedNetwork, SchedulingFailure> mapped =
      map_network(read("configs/networks/" + name + ".yaml"), false, CrossbarSpec{});
  check_invariant(mapped.has_value(), "the networks of the paper have base layers");
  return std::move(*mapped);
}

MappingOptions options_with(std::int64_t extra_pes, Duplication duplication, SetSize set) {
  MappingOptions options;
  options.extra_pes = extra_pes;
  options.duplication = duplication;
  options.set = set;
  return options;
}

/// Duplication and Stages I to IV; the copy of the mapped network is a small part of it.
void stages(benchmark::State& state, const std::string& name, const MappingOptions& options) {
  const MappedNetwork mapped = load(name);
  std::int64_t sets = 0;
  for (auto _ : state) {
    const Result<ScheduledNetwork, SchedulingFailure> network = schedule_network(mapped, options);
    check_invariant(network.has_value(), "the networks of the paper have schedules");
    sets = network->set_count();
  }
  state.counters["sets"] = static_cast<double>(sets);
  state.counters["sets_per_s"] =
      benchmark::Counter(static_cast<double>(sets), benchmark::Counter::kIsIterationInvariantRate);
}

void tinyyolov4_x32_4x4_stages(benchmark::State& state) {
  stages(state, "tinyyolov4", options_with(32, Duplication::bottleneck, {4, 4}));
}
BENCHMARK(tinyyolov4_x32_4x4_stages)->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_stages(benchmark::State& state) {
  stages(state, "resnet152", options_with(32, Duplication::bottleneck, {1, 1}));
}
BENCHMARK(resnet152_x32_1x1_stages)->Unit(benchmark::kMillisecond);

void vgg16_1x1_stages(benchmark::State& state) { stages(state, "vgg16", options_with(0, Duplication::none, {1, 1})); }
BENCHMARK(vgg16_1x1_stages)->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_plan(benchmark::State& state) {
  const Result<ScheduledNetwork, SchedulingFailure> network =
      schedule_network(load("resnet152"), options_with(32, Duplication::bottleneck, {1, 1}));
  check_invariant(network.has_value(), "the networks of the paper have schedules");
  const Architecture architecture;
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_execution_plan(*network, architecture));
  }
}
BENCHMARK(resnet152_x32_1x1_plan)->Unit(benchmark::kMillisecond);

/// Duplicates and orders by search.
void resnet152_x32_1x1_search(benchmark::State& state) {
  const MappedNetwork mapped = load("resnet152");
  MappingOptions options = options_with(32, Duplication::makespan, {1, 1});
  options.partition = Partition::dispatch;
  options.order = SetOrder::automatic;
  std::int64_t evaluations = 0;
  std::int64_t latency = 0;
  for (auto _ : state) {
    const Result<ScheduledNetwork, SchedulingFailure> network = schedule_network(
        mapped, options, [&](int used, std::int64_t /*latency*/, std::string_view /*phase*/) { evaluations = used; });
    check_invariant(network.has_value(), "the networks of the paper have schedules");
    latency = network->schedule.latency().count();
  }
  state.counters["evaluations"] = static_cast<double>(evaluations);
  state.counters["latency"] = static_cast<double>(latency);
}
BENCHMARK(resnet152_x32_1x1_search)->Unit(benchmark::kMillisecond);

void resnet152_x32_1x1_mapping_bound(benchmark::State& state) {
  const Result<ScheduledNetwork, SchedulingFailure> network =
      schedule_network(load("resnet152"), options_with(32, Duplication::bottleneck, {1, 1}));
  check_invariant(network.has_value(), "the networks of the paper have schedules");
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        mapping_bound(network->grids, network->dependencies, network->mapped.layers, network->duplicates));
  }
}
BENCHMARK(resnet152_x32_1x1_mapping_bound)->Unit(benchmark::kMillisecond);

void resnet152_x32_budget_bound(benchmark::State& state) {
  const MappedNetwork mapped = load("resnet152");
  IdVector<LayerId, SetGrid> pixels;
  for (const BaseLayer& layer : mapped.layers) {
    pixels.push_back(SetGrid{layer.ofm, {1, 1}});
  }
  const SetDependencies dependencies = determine_dependencies(mapped.graph, mapped.layers, pixels);
  const IdVector<LayerId, DuplicationCandidate> layers = duplication_candidates(mapped.layers, mapped.crossbars);
  for (auto _ : state) {
    benchmark::DoNotOptimize(budget_bound(layers, pixels, dependencies, 32));
  }
}
BENCHMARK(resnet152_x32_budget_bound)->Unit(benchmark::kMillisecond);
void resnet152_x32_4x4_optimized_placement(benchmark::State& state) {
  const Result<ScheduledNetwork, SchedulingFailure> network =
      schedule_network(load("resnet152"), options_with(32, Duplication::bottleneck, {4, 4}));
  check_invariant(network.has_value(), "the networks of the paper have schedules");
  const Architecture architecture;
  const auto cost = [&](const Placement& placement) {
    return static_cast<double>(
        byte_hops(traffic_of(make_execution_plan(*network, architecture, placement)), placement, architecture.noc));
  };
  Placement placement;
  for (auto _ : state) {
    placement = place_optimized(*network, architecture);
  }
  state.counters["vs_snake"] = cost(placement) / cost(place_snake(*network, architecture));
}
BENCHMARK(resnet152_x32_4x4_optimized_placement)->Unit(benchmark::kMillisecond);

/// Optimization Problem 1, exactly; its argument is the number of extra PEs.
void sum_duplication(benchmark::State& state, const std::string& name) {
  const MappedNetwork mapped = load(name);
  IdVector<LayerId, DuplicationCandidate> layers;
  for (const LayerId layer : ids(mapped.layers)) {
    layers.push_back({mapped.layers[layer].cycles().count(), mapped.crossbars[layer].pes(), mapped.layers[layer].ofm});
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(duplicate_for_sum(layers, state.range(0), {Partition::interleaved, {4, 4}}));
  }
}

void tinyyolov4_sum_duplication(benchmark::State& state) { sum_duplication(state, "tinyyolov4"); }
BENCHMARK(tinyyolov4_sum_duplication)->Arg(32)->Arg(1000)->Unit(benchmark::kMillisecond);

void resnet152_sum_duplication(benchmark::State& state) { sum_duplication(state, "resnet152"); }
BENCHMARK(resnet152_sum_duplication)->Arg(32)->Arg(1000)->Unit(benchmark::kMillisecond);

void import_file(benchmark::State& state, const std::filesystem::path& file) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(read(file));
  }
  state.counters["bytes"] = static_cast<double>(std::filesystem::file_size(kSource / file));
}

void onnx_import_light_resnet50(benchmark::State& state) { import_file(state, "tests/data/onnx/light_resnet50.onnx"); }
BENCHMARK(onnx_import_light_resnet50)->Unit(benchmark::kMillisecond);

void yaml_import_resnet152(benchmark::State& state) { import_file(state, "configs/networks/resnet152.yaml"); }
BENCHMARK(yaml_import_resnet152)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossweave

BENCHMARK_MAIN();
