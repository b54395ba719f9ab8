// Is every instant of every PE explained, and is what hinders a chip what gets the blame?
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/record/stall_recorder.h"
#include "frontend/record/subscription.h"
#include "models/simulation.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

/// When the last set or output is done, by its own count.
struct End {
  void on(const SetFinished& event) { at = std::max(at, event.at); }
  void on(const DramAccess& event) { at = event.write && !event.spilled ? std::max(at, event.at) : at; }
  Duration at;
};

struct Explained {
  Duration latency;
  std::vector<StallRecorder::Group> groups;
  std::vector<CriticalSegment> path;

  [[nodiscard]] Duration on_path(std::initializer_list<PeState> states) const {
    Duration time;
    for (const CriticalSegment& segment : path) {
      time += std::ranges::find(states, segment.state) != states.end() ? segment.end - segment.begin : Duration{};
    }
    return time;
  }
  /// Of all PEs together.
  [[nodiscard]] Duration waited_for(PeState state) const {
    Duration time;
    for (const StallRecorder::Group& group : groups) {
      time += group.times[static_cast<std::size_t>(state)] * group.pes;
    }
    return time;
  }
};

Explained explain(const ExecutionPlan& plan, const Architecture& architecture) {
  const bool limited = architecture.tile.buffer.model == BufferModel::limited;
  const test::Limits limits = limited ? test::limits_of(plan, architecture) : test::Limits{};
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, limited ? &limits.order : nullptr};
  StallRecorder recorder{plan};
  End end;
  Probes& probes = simulation.probes();
  const Subscription<JourneyLeg, StallRecorder> leg{probes.journeys.leg, recorder};
  const Subscription<InputComplete, StallRecorder> input{probes.input_complete, recorder};
  const Subscription<SetReady, StallRecorder> ready{probes.set_ready, recorder};
  const Subscription<SetStarted, StallRecorder> started{probes.set_started, recorder};
  const Subscription<SetFinished, StallRecorder> finished{probes.set_finished, recorder};
  const Subscription<DramAccess, StallRecorder> access{probes.dram_access, recorder};
  const Subscription<SetFinished, End> last_set{probes.set_finished, end};
  const Subscription<DramAccess, End> last_write{probes.dram_access, end};
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  return {
      end.at,
      recorder.groups(end.at),
      recorder.critical_path(),
  };
}

void check_explained(const Explained& run) {
  for (const StallRecorder::Group& group : run.groups) {
    Duration sum;
    for (const Duration time : group.times) {
      CHECK(time >= Duration{});
      sum += time;
    }
    CHECK(sum == run.latency);
  }
  Duration at;
  for (const CriticalSegment& segment : run.path) {
    CHECK(segment.begin == at);
    CHECK(segment.end > segment.begin);
    at = segment.end;
  }
  CHECK(at == run.latency);
}

TEST_CASE("every instant of every PE is explained, and the critical path has no gap", "[attribution]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    test::LeastCase drawn{seed};
    check_explained(explain(drawn.plan, drawn.architecture));
    drawn.architecture.tile.buffer = {};
    check_explained(explain(drawn.plan, drawn.architecture));
  }
}

TEST_CASE("waiting for images that have not arrived is explained, too", "[attribution]") {
  std::size_t begun_by_arrivals = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    test::LeastCase drawn{seed};
    test::Random random{seed};
    test::draw_images(random, drawn.plan, drawn.architecture.crossbar.mvm_latency);
    test::limit_to_least(drawn.plan, drawn.architecture, drawn.architecture.tile.buffer.spill);
    const auto check = [&] {
      const Explained run = explain(drawn.plan, drawn.architecture);
      check_explained(run);
      const auto arrived = [](const CriticalSegment& segment) { return segment.state == PeState::arrival; };
      for (std::size_t i = 0; i < run.path.size(); ++i) {
        if (arrived(run.path[i])) {
          ++begun_by_arrivals;
          CHECK(i == 0);
          CHECK(run.path[i].end.count_ps() % drawn.plan.arrival_period.count_ps() == 0);
        }
      }
      if (drawn.plan.arrival_period == Duration{}) {
        CHECK(run.waited_for(PeState::arrival) == Duration{});
      }
    };
    check();
    drawn.architecture.tile.buffer = {};
    check();
    // Nobody waits for rare images but for their arrival: the last image begins the critical path.
    drawn.plan.arrival_period = Duration::nanoseconds(1'000'000'000);
    const std::size_t before = begun_by_arrivals;
    check();
    CHECK(begun_by_arrivals == before + 1);
  }
}

TEST_CASE("in peak mode crossbars are all that limits a run", "[attribution]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    const Explained run = explain(make_execution_plan(drawn.network, drawn.architecture), drawn.architecture);
    check_explained(run);
    CHECK(run.on_path({PeState::active}) == run.latency);
    Duration active;
    for (const StallRecorder::Group& group : run.groups) {
      active += group.times[static_cast<std::size_t>(PeState::active)] * group.pes;
    }
    CHECK(active == Cycles{drawn.network.active_pe_cycles()} * drawn.architecture.crossbar.mvm_latency);
  }
}

// --- one throttled resource at a time ---

constexpr std::int64_t kGiga = 1'000'000'000;

/// All that may be finite is, but far from hindering anybody.
Architecture fast(Architecture architecture) {
  architecture.tile.gpeu = {GpeuModel::lanes, 1024, Frequency::hertz(100 * kGiga)};
  architecture.noc.model = NocModel::packet;
  architecture.noc.clock = Frequency::hertz(100 * kGiga);
  architecture.noc.flit = Bytes{256};
  architecture.dram = {DramModel::bandwidth, Rate::bytes_per_second(100'000 * kGiga), Duration::picoseconds(10)};
  architecture.tile.buffer = {BufferModel::limited, Bytes{1 << 30}, Bytes{1 << 30},
                              Rate::bytes_per_second(100'000 * kGiga), Spill::none};
  return architecture;
}

struct Throttle {
  const char* name;
  void (*apply)(Architecture& architecture, const ExecutionPlan& plan);
  std::initializer_list<PeState> to_blame;
};

const Throttle kThrottles[] = {
    {"GPEU",
     [](Architecture& chip, const ExecutionPlan&) {
       chip.tile.gpeu = {GpeuModel::lanes, 1, Frequency::hertz(kGiga / 100)};
     },
     {PeState::gpeu}},
    {"network",
     [](Architecture& chip, const ExecutionPlan&) { chip.noc.clock = Frequency::hertz(kGiga / 100); },
     {PeState::noc_serialization, PeState::noc_contention}},
    {"DRAM",
     [](Architecture& chip, const ExecutionPlan&) { chip.dram.bandwidth = Rate::bytes_per_second(kGiga / 1000); },
     {PeState::dram}},
    {"buffer ports",
     [](Architecture& chip, const ExecutionPlan&) {
       chip.tile.buffer.bandwidth = Rate::bytes_per_second(kGiga / 1000);
     },
     {PeState::buffer_port}},
    {"input buffers",
     [](Architecture& chip, const ExecutionPlan& plan) {
       chip.tile.buffer.input = test::largest(test::limits_of(plan, chip).needs.least, &TileBuffers::input);
       chip.tile.buffer.output = Bytes{1 << 30};
     },
     {PeState::input_space}},
    {"output buffers",
     [](Architecture& chip, const ExecutionPlan& plan) {
       chip.tile.buffer.output = test::largest(test::limits_of(plan, chip).needs.least, &TileBuffers::output);
     },
     {PeState::output_blocked}},
};

TEST_CASE("the resource that hinders a chip gets the blame", "[attribution]") {
  for (const Throttle& throttle : kThrottles) {
    int hindered = 0;
    for (std::uint64_t seed = 0; seed < 400 && hindered < 25; ++seed) {
      CAPTURE(throttle.name, seed);
      const test::RandomCase drawn = test::random_case(seed);
      const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
      Architecture architecture = fast(drawn.architecture);
      throttle.apply(architecture, plan);
      const Explained run = explain(plan, architecture);
      const Duration peak = drawn.network.schedule.latency() * architecture.crossbar.mvm_latency;
      const Duration excess = run.latency - peak;
      // Only where it hinders: buffers of the least size may do.
      if (excess * 100 < peak) {
        continue;
      }
      ++hindered;
      const Duration blamed = run.on_path(throttle.to_blame);
      CAPTURE(peak.count_ps(), excess.count_ps(), blamed.count_ps());
      CHECK(blamed * 100 >= excess * 95);
    }
    CAPTURE(throttle.name);
    CHECK(hindered == 25);
  }
}

}  // namespace
}  // namespace crossweave
