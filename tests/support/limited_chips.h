// Chips with limited buffers and finite speeds, and what limited buffers need to know of a plan. Free of Catch.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "scheduler/buffer_requirements.h"
#include "scheduler/place.h"
#include "tests/support/dram_devices.h"
#include "tests/support/networks.h"

namespace crossweave::test {

struct Limits {
  ReservationOrder order;
  BufferRequirements needs;
};

[[nodiscard]] inline Limits limits_of(const ExecutionPlan& plan, const Architecture& architecture) {
  const WorkOrder work = make_work_order(plan, architecture.crossbar.mvm_latency);
  BufferPlan buffers = make_buffer_plan(plan, work, architecture.tile.buffer);
  BufferRequirements needs = buffer_requirements(plan, work, buffers, architecture.tile.buffer);
  return {std::move(buffers.order), std::move(needs)};
}

/// What the tile that needs most needs, at least a byte.
[[nodiscard]] inline Bytes largest(const IdVector<EndpointId, TileBuffers>& needs, Bytes TileBuffers::*which) {
  Bytes most{1};
  for (const TileBuffers& need : needs) {
    most = std::max(most, need.*which);
  }
  return most;
}

/// Gives every tile buffers as small as the tile that needs most can do with.
inline Limits limit_to_least(const ExecutionPlan& plan, Architecture& architecture, Spill spill) {
  BufferSpec& spec = architecture.tile.buffer;
  spec.model = BufferModel::limited;
  spec.spill = spill;
  spec.input = largest(limits_of(plan, architecture).needs.least, &TileBuffers::input);
  Limits limits = limits_of(plan, architecture);
  spec.output = largest(limits.needs.least, &TileBuffers::output);
  return limits;
}

/// Gives every tile the least buffers in which no tile waits, as long as nothing but crossbars takes time.
[[nodiscard]] inline Architecture limit_to_stall_free(const ExecutionPlan& plan, Architecture architecture) {
  BufferSpec& spec = architecture.tile.buffer;
  spec.model = BufferModel::limited;
  const auto enough = [&](Bytes TileBuffers::*which) {
    const BufferRequirements needs = limits_of(plan, architecture).needs;
    return std::max(largest(needs.stall_free, which), largest(needs.least, which));
  };
  spec.input = enough(&TileBuffers::input);
  spec.output = enough(&TileBuffers::output);
  return architecture;
}

/// A chip where everything takes its time, at random speeds from one that hinders to one that hardly does.
[[nodiscard]] inline Architecture draw_speeds(Architecture architecture, Random& random) {
  constexpr std::int64_t kSlow = 10'000'000;
  const auto speed = [&] { return kSlow * random.pick(std::vector<std::int64_t>{1, 10, 100, 1000}); };
  architecture.tile.gpeu = {GpeuModel::lanes, random.between(1, 16), Frequency::hertz(speed())};
  architecture.noc.model = random.one_in(6) ? NocModel::flit : NocModel::packet;
  architecture.noc.clock = Frequency::hertz(speed());
  architecture.noc.flit = Bytes{random.pick(std::vector<std::int64_t>{1, 4, 32})};
  architecture.dram = {DramModel::bandwidth, Rate::bytes_per_second(speed()), Duration::nanoseconds(45)};
  if (random.one_in(4)) {
    architecture.dram.model = DramModel::banked;
    static const BankedDramSpec kDevice = ddr4_2400();
    architecture.dram.banked = kDevice;
  }
  if (!random.one_in(4)) {
    architecture.tile.buffer.bandwidth = Rate::bytes_per_second(speed());
  }
  architecture.tile.reduction = random.one_in(2) ? Reduction::chain : Reduction::tree;
  return architecture;
}

/// Several images, back to back or one after the other: on the small networks of random_case() some period falls short
/// of what the chip can do, some leaves it idle between images.
inline void draw_images(Random& random, ExecutionPlan& plan, Duration t_mvm) {
  plan.images = static_cast<std::uint32_t>(random.between(2, 4));
  plan.arrival_period = random.one_in(4) ? Duration{}
                                         : Duration::picoseconds(t_mvm.count_ps() / 1000 * random.between(1, 1000) *
                                                                 random.pick(std::vector<std::int64_t>{1, 10, 200}));
}

/// A random network on a random chip of any size, topology and placement, with buffers that are as small as can be.
struct LeastCase {
  explicit LeastCase(std::uint64_t seed) {
    const RandomCase drawn = random_case(seed);
    Random random{seed};
    architecture = draw_speeds(drawn.architecture, random);
    draw_chip(random, drawn.network.pes, architecture);
    if (architecture.noc.model == NocModel::flit) {
      draw_flit_network(random, architecture.noc);
    }
    plan = make_execution_plan(
        drawn.network, architecture,
        place(drawn.network, architecture, static_cast<PlacementMethod>(random.between(0, 2)), seed));
    limits = limit_to_least(plan, architecture, random.one_in(2) ? Spill::none : Spill::dram);
    architecture.noc.multicast = architecture.noc.model == NocModel::packet && random.one_in(2);
  }
  Architecture architecture;
  ExecutionPlan plan;
  Limits limits;
};

}  // namespace crossweave::test
