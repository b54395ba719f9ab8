// The one place that includes SystemC and TLM-2.0. Include it last: SystemC defines unprefixed macros.
#pragma once

#include "arch/units.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace crossweave {

/// Time is integer picoseconds everywhere else; it becomes sc_time here and nowhere else. The kernel's resolution is
/// its default of 1 ps, which simulate() checks.
[[nodiscard]] inline sc_core::sc_time to_sc_time(Duration duration) {
  return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(duration.count_ps()));
}

[[nodiscard]] inline Duration to_duration(const sc_core::sc_time& time) {
  return Duration::picoseconds(static_cast<std::int64_t>(time.value()));
}

[[nodiscard]] inline Duration now() { return to_duration(sc_core::sc_time_stamp()); }

}  // namespace crossweave
