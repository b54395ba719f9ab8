// The two lower floors, without SystemC: a network of one convolution.
#include <cstdio>

#include "arch/units.h"
#include "scheduler/network_graph.h"
#include "scheduler/operations.h"

int main() {
  crossweave::NetworkGraph graph{"consumer"};
  const auto input = graph.add("input", crossweave::Input{{8, 8, 3}}, {});
  if (!input) {
    return 1;
  }
  const auto conv = graph.add("conv", crossweave::Conv2d{.filters = 4, .kernel = {3, 3}}, {*input});
  if (!conv) {
    return 1;
  }
  const crossweave::Shape shape = graph[*conv].output;
  std::printf("%dx%dx%d %lld\n", shape.height, shape.width, shape.channels,
              static_cast<long long>(crossweave::Duration::nanoseconds(1400).count_ps()));
  return shape == crossweave::Shape{6, 6, 4} ? 0 : 1;
}
