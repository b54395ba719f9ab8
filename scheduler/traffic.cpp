#include "scheduler/traffic.h"

#include <algorithm>
#include <unordered_map>

#include "scheduler/result_copies.h"

namespace crossweave {
namespace {

class FlowCounter {
 public:
  void add(EndpointId from, EndpointId to, Bytes size) {
    if (from != to) {
      flows_[std::uint64_t{std::min(from, to).value()} << 32U | std::max(from, to).value()] += size;
    }
  }

  [[nodiscard]] std::vector<TrafficFlow> in_order(std::uint32_t times) const {
    std::vector<TrafficFlow> flows;
    flows.reserve(flows_.size());
    for (const auto& [key, size] : flows_) {
      flows.push_back({EndpointId{key >> 32U}, EndpointId{key & 0xFFFFFFFFU}, Bytes{size.count() * times}});
    }
    std::ranges::sort(flows, {}, [](const TrafficFlow& flow) { return std::pair{flow.a, flow.b}; });
    return flows;
  }

 private:
  std::unordered_map<std::uint64_t, Bytes> flows_;
};

void add_partial_sums(Reduction reduction, const Station& station, const ResultSlice& slice, std::int64_t pixels,
                      FlowCounter& flows) {
  const Bytes sum = packed_size(pixels * slice.channels.size(), station.psum_bits);
  for (std::size_t node = 1; node < slice.nodes.size(); ++node) {
    flows.add(slice.nodes[node], slice.nodes[reduction_parent(reduction, node)], sum);
  }
}

}  // namespace

std::vector<TrafficFlow> traffic_of(const ExecutionPlan& plan) {
  FlowCounter flows;
  for (const Station& station : plan.stations) {
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      const SetId set{s};
      for (const ResultSlice& slice : station.duplicates[station.duplicate_of[set]].slices) {
        add_partial_sums(plan.reduction, station, slice, station.set_rect(set).area(), flows);
        for_each_copy(station, set, slice, [&](const Delivery& delivery, Interval channels) {
          flows.add(slice.home(), delivery.destination,
                    packed_size(delivery.rect.area() * channels.size(), station.bits_per_element));
        });
      }
    }
  }
  return flows.in_order(plan.images);
}

std::int64_t byte_hops(const std::vector<TrafficFlow>& traffic, const Placement& placement, const NocSpec& noc) {
  const NocGeometry geometry = geometry_of(placement, noc);
  std::int64_t sum = 0;
  for (const TrafficFlow& flow : traffic) {
    sum += flow.size.count() * geometry.routers_between(position_of(flow.a, placement), position_of(flow.b, placement));
  }
  return sum;
}

}  // namespace crossweave
