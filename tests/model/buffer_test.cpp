// Do limited buffers complete at the capacity that is computed for them, never stall at the other, and lose nothing?
#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/simulation.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

using test::LeastCase;
using test::Limits;
using test::limits_of;

class Watch final : public tlm::tlm_analysis_if<DramAccess>,
                    public tlm::tlm_analysis_if<SetStarted>,
                    public tlm::tlm_analysis_if<BufferLevel> {
 public:
  void subscribe(Probes& probes) {
    probes.dram_access.bind(*this);
    probes.set_started.bind(*this);
    probes.buffer_level.bind(*this);
  }
  void write(const DramAccess& e) override {
    if (e.write && !e.spilled) {
      latency = std::max(latency, e.at);
    }
    (e.write ? spilled : read_back) += e.spilled ? e.size : Bytes{};
  }
  void write(const SetStarted& e) override { starts[{e.image, e.layer, e.set}] = e.at; }
  void write(const BufferLevel& e) override {
    Bytes& highest = e.which == BufferLevel::Which::input ? highest_input : highest_output;
    highest = std::max(highest, e.level);
  }

  Duration latency;
  Bytes spilled;
  Bytes read_back;
  Bytes highest_input;
  Bytes highest_output;
  std::map<std::tuple<std::uint32_t, LayerId, SetId>, Duration> starts;
};

struct Simulated {
  RunEnd end;
  Watch watch;
};

std::unique_ptr<Simulated> simulate(const ExecutionPlan& plan, const Architecture& architecture,
                                    const ReservationOrder* order) {
  auto simulated = std::make_unique<Simulated>();
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, order};
  simulated->watch.subscribe(simulation.probes());
  simulated->end = simulation.run({});
  return simulated;
}

void complete_with_least(std::uint64_t seed) {
  const LeastCase drawn{seed};
  const BufferSpec& spec = drawn.architecture.tile.buffer;
  const auto simulated = simulate(drawn.plan, drawn.architecture, &drawn.limits.order);
  CAPTURE(seed, spec.input.count(), spec.output.count());
  REQUIRE(simulated->end.outcome == Outcome::completed);
  const Watch& watch = simulated->watch;
  CHECK(watch.highest_input <= spec.input);
  CHECK(watch.highest_output <= spec.output);
  CHECK((spec.spill == Spill::dram || watch.spilled == Bytes{}));
  CHECK(watch.read_back >= watch.spilled);
}

TEST_CASE("random chips complete with the least buffers", "[buffer]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    complete_with_least(seed);
  }
}

TEST_CASE("ten thousand random chips complete with the least buffers", "[buffer][slow]") {
  for (std::uint64_t seed = 1000; seed < 11000; ++seed) {
    complete_with_least(seed);
  }
}

TEST_CASE("with a byte less most of them end in a diagnosis", "[buffer]") {
  // Not all: the computed capacity is that of doing one thing after the other, and some do several at once and still
  // fit.
  int input_too_small = 0;
  int output_too_small = 0;
  int rings = 0;
  const auto ends_in_diagnosis = [&](const LeastCase& drawn, const Architecture& smaller, const Limits& limits) {
    const RunEnd end = simulate(drawn.plan, smaller, &limits.order)->end;
    CHECK(end.waiting.empty() == (end.outcome == Outcome::completed));
    if (end.outcome == Outcome::deadlock) {
      // What does not fit at all makes no ring.
      const std::string& first = end.waiting.front();
      rings += first.find("_buffer") != std::string::npos ? 1 : 0;
      CHECK(std::ranges::any_of(end.waiting, [](const std::string& line) {
        return line.find("buffer has no room for the next") != std::string::npos;
      }));
    }
    return end.outcome == Outcome::deadlock ? 1 : 0;
  };
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const LeastCase drawn{seed};
    Architecture smaller = drawn.architecture;
    smaller.tile.buffer.input = smaller.tile.buffer.input - Bytes{1};
    input_too_small += ends_in_diagnosis(drawn, smaller, limits_of(drawn.plan, smaller));
    smaller = drawn.architecture;
    smaller.tile.buffer.output = smaller.tile.buffer.output - Bytes{1};
    output_too_small += ends_in_diagnosis(drawn, smaller, drawn.limits);
  }
  CHECK(input_too_small >= 20);
  CHECK(output_too_small >= 40);
  CHECK(rings >= 40);
}

TEST_CASE("regions that do not fit go through the DRAM and come back as often as they are used", "[buffer]") {
  int spilled = 0;
  int cut = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const LeastCase drawn{seed};
    if (drawn.architecture.tile.buffer.spill == Spill::none) {
      CHECK(drawn.limits.order.turns_by_dram.empty());
      continue;
    }
    const auto simulated = simulate(drawn.plan, drawn.architecture, &drawn.limits.order);
    spilled += simulated->watch.spilled > Bytes{} ? 1 : 0;
    Bytes again;  // of what a consumer cannot keep
    for (const auto& [region, turns] : drawn.limits.order.turns_by_dram) {
      const bool of_input = drawn.limits.order.regions[region].size == Bytes{};
      CHECK_FALSE(of_input);
      again += Bytes{static_cast<std::int64_t>(turns.size() - 1) * drawn.limits.order.regions[region].size.count()};
    }
    cut += again > Bytes{} ? 1 : 0;
    CHECK(simulated->watch.read_back <= simulated->watch.spilled + again);
  }
  CHECK(spilled >= 10);
  CHECK(cut >= 5);
}

// --- capacity that never stalls ---

std::unique_ptr<Simulated> simulate_limited(const ExecutionPlan& plan, const Architecture& architecture) {
  const Limits limits = limits_of(plan, architecture);
  return simulate(plan, architecture, &limits.order);
}

TEST_CASE("with the capacity that never stalls every set starts as in peak mode", "[buffer]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const test::RandomCase drawn = test::random_case(seed);
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    const auto peak = simulate(plan, drawn.architecture, nullptr);
    const auto limited = simulate_limited(plan, test::limit_to_stall_free(plan, drawn.architecture));
    REQUIRE(limited->end.outcome == Outcome::completed);
    CHECK(limited->watch.starts == peak->watch.starts);
    CHECK(limited->watch.latency == peak->watch.latency);
  }
}

TEST_CASE("with a byte less something waits on many of them", "[buffer]") {
  int input_waits = 0;
  int output_waits = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const test::RandomCase drawn = test::random_case(seed);
    const ExecutionPlan plan = make_execution_plan(drawn.network, drawn.architecture);
    const Architecture enough = test::limit_to_stall_free(plan, drawn.architecture);
    const auto peak = simulate(plan, drawn.architecture, nullptr);
    Architecture smaller = enough;
    smaller.tile.buffer.input = smaller.tile.buffer.input - Bytes{1};
    input_waits += simulate_limited(plan, smaller)->watch.starts != peak->watch.starts ? 1 : 0;
    smaller = enough;
    smaller.tile.buffer.output = smaller.tile.buffer.output - Bytes{1};
    output_waits += simulate_limited(plan, smaller)->watch.starts != peak->watch.starts ? 1 : 0;
  }
  CHECK(input_waits >= 8);
  CHECK(output_waits >= 40);
}

// --- ports ---

TEST_CASE("a buffer's ports take their time, one byte behind the other", "[buffer]") {
  // Four sets of a pixel with 3 inputs and 2 outputs, at 1 B/us. A row of 6 B is in after 6 us and the other after 12;
  // each set is read in 3 us while the one before it is computed; a result goes in and out of the output buffer in 2 us
  // each.
  test::NetworkBuilder net;
  net.conv(net.input({2, 2, 3}), Conv2d{2, {1, 1}, {}, {}, {}, 1, false});
  MappingOptions options;
  options.set = {1, 1};
  Architecture architecture;
  architecture.tile.buffer.model = BufferModel::limited;
  architecture.tile.buffer.bandwidth = Rate::bytes_per_second(1'000'000);
  const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), architecture);
  const auto simulated = simulate_limited(plan, architecture);
  REQUIRE(simulated->end.outcome == Outcome::completed);
  const auto start = [&](std::size_t set) { return simulated->watch.starts.at({0, LayerId{0}, SetId{set}}); };
  const auto us = [](std::int64_t count) { return Duration::nanoseconds(1000 * count); };
  CHECK(start(0) == us(6 + 3));
  CHECK(start(1) == us(6 + 3 + 3));
  CHECK(start(2) == us(12 + 3));
  CHECK(start(3) == us(12 + 3 + 3));
  CHECK(simulated->watch.latency == us(12 + 3 + 3 + 2 + 2) + Duration::nanoseconds(1400));
}

}  // namespace
}  // namespace crossweave
