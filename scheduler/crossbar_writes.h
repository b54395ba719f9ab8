// What it takes to write a layer's weights into its crossbars.
#pragma once

#include <cstdint>

#include "arch/architecture.h"
#include "arch/units.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// What is written into crossbars, all copies of the weights included.
struct CrossbarWrites {
  std::int64_t crossbars{0};
  std::int64_t rows{0};       ///< of all crossbars
  std::int64_t most_rows{0};  ///< of the crossbar that has most
  /// The rectangle that weights take of each crossbar: where several groups of a convolution share one, the zeros
  /// beside their blocks are written, too.
  std::int64_t cells{0};
  Bytes weights;  ///< without copies, as they lie in the DRAM

  CrossbarWrites& operator+=(const CrossbarWrites& other);
  friend bool operator==(const CrossbarWrites&, const CrossbarWrites&) = default;
};

/// Writes of `duplicates` copies of a quantized layer.
[[nodiscard]] CrossbarWrites writes_of(const BaseLayer& layer, const CrossbarSpec& crossbar, int duplicates);

/// The rows of a crossbar are written one after the other; crossbars all at once or one after the other, as
/// WriteSpec::crossbars says. Meanwhile the weights come from the DRAM at its peak rate, each once, whatever its
/// copies: where that takes longer, it is what counts. Assumptions: their way through the network on chip hinders
/// nobody, and crossbars take a row as soon as it is there. `crossbar.write.row_latency` must be known.
[[nodiscard]] Duration write_time(const CrossbarWrites& writes, const Architecture& architecture);

}  // namespace crossweave
