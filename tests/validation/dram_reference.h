// Results of DRAMsim3 and DRAMSys (tests/data/dram/README.md), and those of our channel for the same requests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/dram_traffic.h"

namespace crossweave::validation {

/// A stream under a mapping, with or without refresh.
struct DramCase {
  std::string trace;    ///< "seq_read_max"
  std::string mapping;  ///< "M1" or "M2"
  bool refresh{false};
};

/// In cycles. DRAMSys's latencies have the 2 cycles of DRAMsim3's front end added.
struct DramResult {
  double total{0};                      ///< until the last request is done
  std::optional<double> from_arrival;   ///< mean latency of reads; DRAMSys does not tell
  std::optional<double> from_accepted;  ///< the same, from the cycle in which the controller accepts
  double least{0};                      ///< latency from acceptance
  double most{0};
};

struct DramComparison {
  DramCase of;
  DramResult ours;
  DramResult dramsim3;
  std::optional<DramResult> dramsys;  ///< it was not given every stream
};

/// The 48 cases of DRAMsim3's table, in its order.
[[nodiscard]] std::vector<DramCase> dram_cases();
/// Our channel for a case: DDR4-2400.
[[nodiscard]] BankedDramSpec dram_spec(const DramCase& of);
[[nodiscard]] std::vector<DramRequest> dram_requests(const std::string& trace);
[[nodiscard]] DramResult serve(const BankedDramSpec& spec, const std::vector<DramRequest>& requests);
[[nodiscard]] DramComparison compare(const DramCase& of);

}  // namespace crossweave::validation
