// Traces as ui.perfetto.dev would read them, by the documented field numbers, with libprotobuf.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crossweave::test {

struct PerfettoSlice {
  std::uint64_t begin_ns{0};
  std::optional<std::uint64_t> end_ns;
  std::string name;
  std::map<std::string, std::uint64_t> arguments;  ///< of both ends
  std::vector<std::uint64_t> flows;                ///< that begin or go on
  std::vector<std::uint64_t> terminating_flows;

  /// Exact: where Perfetto's nanoseconds are not, an argument is.
  [[nodiscard]] std::int64_t begin_ps() const;
  [[nodiscard]] std::int64_t end_ps() const;
};

struct PerfettoTrackRead {
  std::string name;
  std::optional<std::uint64_t> parent;
  bool counter{false};
  std::vector<PerfettoSlice> slices;
  std::vector<std::pair<std::uint64_t, std::int64_t>> counts;  ///< nanoseconds and value
};

/// Tracks by their ids. Throws std::runtime_error at what is no trace, or not one that Perfetto reads as it was meant.
[[nodiscard]] std::map<std::uint64_t, PerfettoTrackRead> read_perfetto_trace(const std::string& bytes);

}  // namespace crossweave::test
