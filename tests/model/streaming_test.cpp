// Do images stream through a chip without a gap, and at the rate that its most loaded crossbars allow?
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/import/network_file.h"
#include "models/simulation.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

class Watch final : public tlm::tlm_analysis_if<SetStarted>, public tlm::tlm_analysis_if<DramAccess> {
 public:
  void write(const SetStarted& e) override { starts[{e.image, e.layer, e.set}] = e.at; }
  void write(const DramAccess& e) override {
    if (e.write && !e.spilled) {
      done.resize(std::max<std::size_t>(done.size(), e.image + 1U));
      done[e.image] = std::max(done[e.image], e.at);
    }
  }
  std::map<std::tuple<std::uint32_t, LayerId, SetId>, Duration> starts;
  std::vector<Duration> done;  ///< when each image's output was complete
};

std::unique_ptr<Watch> stream(const ExecutionPlan& plan, const Architecture& architecture) {
  const bool limited = architecture.tile.buffer.model == BufferModel::limited;
  const test::Limits limits = limited ? test::limits_of(plan, architecture) : test::Limits{};
  auto watch = std::make_unique<Watch>();
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, limited ? &limits.order : nullptr};
  simulation.probes().set_started.bind(*watch);
  simulation.probes().dram_access.bind(*watch);
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  REQUIRE(watch->done.size() == plan.images);
  return watch;
}

TEST_CASE("in peak mode each image's sets start as the order of work says", "[streaming]") {
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    plan.images = 3;
    const auto watch = stream(plan, drawn.architecture);
    const Duration t_mvm = drawn.architecture.crossbar.mvm_latency;
    for (const WorkOrder::Item& item : make_work_order(plan).items) {
      if (const std::optional<LayerId> layer = plan.stations[item.station].layer) {
        REQUIRE(watch->starts.at({item.image, *layer, item.set}) == item.start * t_mvm);
      }
    }
  }
}

TEST_CASE("images stream through the least buffers without a deadlock", "[streaming]") {
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    CAPTURE(seed);
    test::LeastCase drawn{seed};
    drawn.plan.images = 3;
    test::limit_to_least(drawn.plan, drawn.architecture, drawn.architecture.tile.buffer.spill);
    stream(drawn.plan, drawn.architecture);
  }
}

/// The largest number of cycles that any one duplicate computes for an image.
Cycles most_loaded(const ExecutionPlan& plan) {
  Cycles most;
  for (const Station& station : plan.stations) {
    if (station.kind != Station::Kind::base_layer) {
      continue;
    }
    for (const StationDuplicate& duplicate : station.duplicates) {
      Cycles load;
      for (const SetId set : duplicate.sequence) {
        load += Cycles{station.set_rect(set).area()};
      }
      most = std::max(most, load);
    }
  }
  return most;
}

TEST_CASE("in peak mode an image is done as often as the most loaded crossbars allow", "[streaming]") {
  for (const std::string name : {"tinyyolov4", "tinyyolov3", "vgg16", "vgg19", "resnet50", "resnet101", "resnet152"}) {
    const Result<NetworkImport> import =
        import_network(std::string{CROSSWEAVE_SOURCE_DIR} + "/configs/networks/" + name + ".yaml", {}, {});
    REQUIRE(import);
    Result<MappedNetwork, SchedulingFailure> mapped = map_network(import->graph, false, {});
    REQUIRE(mapped);
    for (const auto& [extra_pes, partition] :
         {std::pair{0, Partition::interleaved}, {32, Partition::interleaved}, {32, Partition::dispatch}}) {
      CAPTURE(name, extra_pes, partition);
      MappingOptions options;
      options.extra_pes = extra_pes;
      options.duplication = Duplication::bottleneck;
      options.partition = partition;
      const Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(*mapped, options);
      REQUIRE(scheduled);
      const Architecture architecture;
      ExecutionPlan plan = make_execution_plan(*scheduled, architecture);
      plan.images = 4;
      const auto watch = stream(plan, architecture);
      CHECK(watch->done[3] - watch->done[2] == most_loaded(plan) * architecture.crossbar.mvm_latency);
    }
  }
}

}  // namespace
}  // namespace crossweave
