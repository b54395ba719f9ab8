// Do images stream through a chip without a gap, and at the rate that its most loaded crossbars allow?
#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "models/simulation.h"
#include "scheduler/initiation_interval.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

class Watch final : public tlm::tlm_analysis_if<SetStarted>,
                    public tlm::tlm_analysis_if<SetFinished>,
                    public tlm::tlm_analysis_if<DramAccess> {
 public:
  void write(const SetStarted& e) override { starts[{e.image, e.layer, e.set}] = e.at; }
  void write(const SetFinished& e) override { finish(e.image, e.at); }
  void write(const DramAccess& e) override {
    if (e.write && !e.spilled) {
      finish(e.image, e.at);
    } else if (!e.write && !e.spilled) {
      read.try_emplace(e.image, e.at);
    }
  }
  std::map<std::tuple<std::uint32_t, LayerId, SetId>, Duration> starts;
  std::map<std::uint32_t, Duration> read;  ///< when some of each image's input was first there
  std::vector<Duration> done;              ///< when each image's last set or output was

 private:
  void finish(std::uint32_t image, Duration at) {
    done.resize(std::max<std::size_t>(done.size(), image + 1U));
    done[image] = std::max(done[image], at);
  }
};

std::unique_ptr<Watch> stream(const ExecutionPlan& plan, const Architecture& architecture) {
  const bool limited = architecture.tile.buffer.model == BufferModel::limited;
  const test::Limits limits = limited ? test::limits_of(plan, architecture) : test::Limits{};
  auto watch = std::make_unique<Watch>();
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, limited ? &limits.order : nullptr};
  simulation.probes().set_started.bind(*watch);
  simulation.probes().set_finished.bind(*watch);
  simulation.probes().dram_access.bind(*watch);
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  REQUIRE(watch->done.size() == plan.images);
  return watch;
}

TEST_CASE("in peak mode each image's sets start as the order of work says", "[streaming]") {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    const Duration t_mvm = drawn.architecture.crossbar.mvm_latency;
    test::Random random{seed};
    test::draw_images(random, plan, t_mvm);
    const auto watch = stream(plan, drawn.architecture);
    for (std::uint32_t image = 0; image < plan.images; ++image) {
      REQUIRE(watch->read.at(image) == plan.arrival_of(image));
    }
    for (const WorkOrder::Item& item : make_work_order(plan, t_mvm).items) {
      if (const std::optional<LayerId> layer = plan.stations[item.station].layer) {
        REQUIRE(watch->starts.at({item.image, *layer, item.set}) == item.start);
      }
    }
  }
}

/// `count` chips with the least buffers on which several images are done, and none before it arrives.
void stream_through_least_buffers(std::uint64_t first_seed, std::uint64_t count) {
  for (std::uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    CAPTURE(seed);
    test::LeastCase drawn{seed};
    test::Random random{seed};
    test::draw_images(random, drawn.plan, drawn.architecture.crossbar.mvm_latency);
    test::limit_to_least(drawn.plan, drawn.architecture, drawn.architecture.tile.buffer.spill);
    const auto watch = stream(drawn.plan, drawn.architecture);
    // Some convolutions see nothing but padding, so that a network may read none of its input.
    for (const auto& [image, read] : watch->read) {
      REQUIRE(read >= drawn.plan.arrival_of(image));
    }
  }
}

TEST_CASE("images stream through the least buffers without a deadlock", "[streaming]") {
  stream_through_least_buffers(0, 80);
}

TEST_CASE("images stream through the least buffers of thousands of chips", "[streaming][slow]") {
  stream_through_least_buffers(1000, 3000);
}

TEST_CASE("in peak mode buffers that never stall do not hold up images that arrive", "[streaming]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    test::Random random{seed};
    test::draw_images(random, plan, drawn.architecture.crossbar.mvm_latency);
    const auto unlimited = stream(plan, drawn.architecture);
    const auto limited = stream(plan, test::limit_to_stall_free(plan, drawn.architecture));
    CHECK(limited->done == unlimited->done);
  }
}

TEST_CASE("rare images are done as fast as one alone", "[streaming]") {
  test::NetworkBuilder net;
  const OperationId first = net.relu(net.conv(net.input({12, 12, 3}), 8));
  net.conv(net.relu(net.conv(first, 8)), 4, 3, 2);
  MappingOptions options;
  options.set = {2, 2};
  options.extra_pes = 2;
  options.duplication = Duplication::bottleneck;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    test::Random random{seed};
    Architecture architecture = test::draw_speeds({}, random);
    // Their arbiters and refresh remember the images before.
    architecture.noc.model = NocModel::ideal;
    architecture.dram.model = DramModel::ideal;
    ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), architecture);
    test::limit_to_least(plan, architecture, Spill::none);
    const Duration alone = stream(plan, architecture)->done.front();
    plan.images = 3;
    plan.arrival_period = Duration::nanoseconds(1'000'000'000);
    const auto rare = stream(plan, architecture);
    for (std::uint32_t image = 0; image < plan.images; ++image) {
      CHECK(rare->done[image] - plan.arrival_of(image) == alone);
    }
  }
}

TEST_CASE("no stream stays below the bound of its initiation interval, and in peak mode long ones reach it",
          "[streaming]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    plan.images = 40;
    const Duration bound = initiation_interval_bound(plan) * drawn.architecture.crossbar.mvm_latency;
    const std::vector<Duration> done = stream(plan, drawn.architecture)->done;
    CHECK(done[39] - done[38] == bound);
    CHECK(done[39] >= bound * 40);
  }
}

}  // namespace
}  // namespace crossweave
