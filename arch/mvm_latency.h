// How long a crossbar takes for a matrix-vector multiplication.
#pragma once

#include "arch/architecture.h"

namespace crossweave {

/// Inputs are driven `dac_bits` at a time: steps = ceil(input_bits / dac_bits). A step takes as long as the array, or
/// as the ADCs where they are slower: t_step = max(read, ceil(columns / adcs) / adc_rate). Steps follow one another
/// through a pipeline, so that t_MVM = t_step * (steps + stages - 1). After the simulator of PUMA (Ankit et al., ASPLOS
/// 2019; puma-simulator, ima.py): 128 columns at 1 GHz, 16 bits one by one, 3 stages: 128 ns * 18 = 2304 ns, as its
/// Table 3 has it. ISAAC (Shafiee et al., ISCA 2016, Section V): 128 columns at 1.28 GHz, 16 steps of 100 ns.
[[nodiscard]] Duration mvm_latency(const MvmTiming& timing, int input_bits, int columns);

}  // namespace crossweave
