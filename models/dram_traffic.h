// Requests for a DRAM channel alone: synthetic streams, and what became of each request.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/banked_dram.h"

namespace crossweave {

/// A burst as a trace has it.
struct DramRequest {
  DramCycle arrival{0};
  std::int64_t address{0};  ///< in bytes
  bool write{false};

  friend bool operator==(const DramRequest&, const DramRequest&) = default;
};

/// Where requests go, burst by burst. `sequential`: up from address 0. `random`: anywhere in the first GiB.
/// `row-conflict`: the next row of the first bank. `bank-round-robin`: the next bank, bank groups in turn, and the next
/// row after all banks. `streams`: four sequential streams in turn, 64 MiB and a row apart.
enum class DramPattern { sequential, random, row_conflict, bank_round_robin, streams };
inline constexpr std::array<std::string_view, 5> kDramPatternNames{"sequential", "random", "row-conflict",
                                                                   "bank-round-robin", "streams"};

struct DramStream {
  DramPattern pattern{DramPattern::sequential};
  std::int64_t requests{20000};
  DramCycle gap{0};       ///< cycles from one request to the next; 0: each as soon as the one before is accepted
  int writes_percent{0};  ///< spread evenly
  std::uint64_t seed{1};  ///< of `random`
};

[[nodiscard]] std::vector<DramRequest> generate(const DramStream& stream, const BankedDramSpec& spec);

/// Serves requests, in the order of their arrival, through a channel where nothing else is. The times are in the order
/// of `requests`.
[[nodiscard]] std::vector<DramAccessTimes> serve_all(BankedDram& dram, const std::vector<DramRequest>& requests);

}  // namespace crossweave
