// Times in cycles of t_MVM, as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "arch/units.h"

namespace crossweave {

/// An integer where the cycles are whole, otherwise a number.
[[nodiscard]] inline nlohmann::ordered_json in_cycles(Duration time, Duration t_mvm) {
  if (time.count_ps() % t_mvm.count_ps() == 0) {
    return time.count_ps() / t_mvm.count_ps();
  }
  return static_cast<double>(time.count_ps()) / static_cast<double>(t_mvm.count_ps());
}

}  // namespace crossweave
