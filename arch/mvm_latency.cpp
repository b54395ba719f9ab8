#include "arch/mvm_latency.h"

#include <algorithm>

namespace crossweave {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

}  // namespace

Duration mvm_latency(const MvmTiming& timing, int input_bits, int columns) {
  Duration step = timing.read;
  if (timing.adcs > 0) {
    step = std::max(step, time_of_cycles(ceil_div(columns, timing.adcs), timing.adc_rate));
  }
  return step * (ceil_div(input_bits, timing.dac_bits) + timing.stages - 1);
}

}  // namespace crossweave
