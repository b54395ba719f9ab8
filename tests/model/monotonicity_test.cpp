// Is more of a resource never slower, but for a little?
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "models/simulation.h"
#include "tests/support/fresh_kernel.h"
#include "tests/support/limited_chips.h"

namespace crossweave {
namespace {

struct End final : tlm::tlm_analysis_if<DramAccess> {
  void write(const DramAccess& event) override { at = event.write && !event.spilled ? std::max(at, event.at) : at; }
  Duration at;
};

Duration latency_of(const ExecutionPlan& plan, const Architecture& architecture) {
  const bool limited = architecture.tile.buffer.model == BufferModel::limited;
  const test::Limits limits = limited ? test::limits_of(plan, architecture) : test::Limits{};
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture, limited ? &limits.order : nullptr};
  End end;
  simulation.probes().dram_access.bind(end);
  const RunEnd how = simulation.run({});
  REQUIRE(how.outcome == Outcome::completed);
  return end.at;
}

struct Resource {
  const char* name;
  void (*more)(Architecture& architecture, int percent);
};

Bytes scaled(Bytes size, int percent) { return Bytes{(size.count() * percent + 99) / 100}; }
Rate scaled(Rate rate, int percent) { return Rate::bytes_per_second(rate.count_bytes_per_second() * percent / 100); }
Frequency scaled(Frequency clock, int percent) { return Frequency::hertz(clock.count_hz() * percent / 100); }

const std::array<Resource, 9> kResources{{
    {"GPEU lanes", [](Architecture& chip, int) { ++chip.tile.gpeu.lanes; }},
    {"GPEU clock",
     [](Architecture& chip, int percent) { chip.tile.gpeu.clock = scaled(chip.tile.gpeu.clock, percent); }},
    {"NoC flit", [](Architecture& chip, int percent) { chip.noc.flit = scaled(chip.noc.flit, percent); }},
    {"NoC clock", [](Architecture& chip, int percent) { chip.noc.clock = scaled(chip.noc.clock, percent); }},
    {"NoC buffer", [](Architecture& chip, int) { chip.noc.buffer += chip.noc.max_packet; }},
    {"DRAM bandwidth",
     [](Architecture& chip, int percent) { chip.dram.bandwidth = scaled(chip.dram.bandwidth, percent); }},
    {"buffer ports",
     [](Architecture& chip, int percent) {
       if (chip.tile.buffer.bandwidth) {
         chip.tile.buffer.bandwidth = scaled(*chip.tile.buffer.bandwidth, percent);
       }
     }},
    {"input buffer",
     [](Architecture& chip, int percent) { chip.tile.buffer.input = scaled(chip.tile.buffer.input, percent); }},
    {"output buffer",
     [](Architecture& chip, int percent) { chip.tile.buffer.output = scaled(chip.tile.buffer.output, percent); }},
}};

/// Anything from a buffer that barely does to none that limits.
void draw_buffers(const ExecutionPlan& plan, Architecture& architecture, test::Random& random) {
  if (random.one_in(3)) {
    return;
  }
  test::limit_to_least(plan, architecture, random.one_in(2) ? Spill::none : Spill::dram);
  architecture.tile.buffer.input = scaled(architecture.tile.buffer.input, random.between(100, 300));
  architecture.tile.buffer.output = scaled(architecture.tile.buffer.output, random.between(100, 300));
}

/// The latency with more of a resource, over that with less.
double slowdown(std::uint64_t seed, const Resource& resource) {
  const test::RandomCase drawn = test::random_case(seed);
  test::Random random{seed ^ 77U};
  Architecture architecture = test::draw_speeds(drawn.architecture, random);
  const ExecutionPlan plan = make_execution_plan(drawn.network, architecture);
  draw_buffers(plan, architecture, random);
  const Duration before = latency_of(plan, architecture);
  resource.more(architecture, random.pick(std::vector<int>{105, 120, 150, 200}));
  const Duration after = latency_of(plan, architecture);
  return static_cast<double>(after.count_ps()) / static_cast<double>(before.count_ps());
}

/// Work that others wait for can come to stand behind work that nobody waits for, which more of a resource brought
/// forward (Graham, SIAM J. Appl. Math. 17(2), 1969). docs/design.md lists the outliers.
void check_slowdowns(std::uint64_t first_seed, int chips, int most_outliers) {
  int outliers = 0;
  for (int chip = 0; chip < chips; ++chip) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(chip);
    const Resource& resource = kResources[seed % kResources.size()];
    const double ratio = slowdown(seed, resource);
    CAPTURE(seed, resource.name);
    CHECK(ratio <= 1.10);
    if (ratio > 1.02) {
      ++outliers;
      WARN("more of " << resource.name << " on chip " << seed << " is " << 100 * (ratio - 1) << " % slower");
    }
  }
  CHECK(outliers <= most_outliers);
}

TEST_CASE("more of a resource is hardly ever slower", "[monotonicity]") { check_slowdowns(0, 90, 1); }

TEST_CASE("more of a resource is hardly ever slower, on a thousand chips", "[monotonicity][slow]") {
  check_slowdowns(1000, 1000, 10);
}

TEST_CASE("where nobody contends for a resource, more of it is never slower", "[monotonicity]") {
  // One set a layer, one crossbar a layer, one layer behind the other: one thing is done at a time.
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    test::Random random{seed};
    test::NetworkBuilder net;
    OperationId last = net.input({random.between(1, 9), random.between(1, 9), random.between(1, 8)});
    for (int layers = random.between(1, 5); layers > 0; --layers) {
      last = net.relu(net.conv(last, random.between(1, 24), 1));
    }
    MappingOptions options;
    options.set = {0, 0};
    Architecture architecture;
    architecture.tile.pes = random.between(1, 3);
    architecture = test::draw_speeds(architecture, random);
    const ExecutionPlan plan = make_execution_plan(test::schedule_of(net.graph(), options), architecture);
    draw_buffers(plan, architecture, random);
    const Duration before = latency_of(plan, architecture);
    for (const Resource& resource : kResources) {
      CAPTURE(seed, resource.name);
      Architecture more = architecture;
      // Multiples, so that a faster clock has the slower one's edges too.
      resource.more(more, random.pick(std::vector<int>{200, 300, 500}));
      CHECK(latency_of(plan, more) <= before);
    }
  }
}

}  // namespace
}  // namespace crossweave
