// A number of a sweep: plain, or with a unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossweave {

enum class Dimension { number, time, frequency, rate, size };

/// An integer in the base unit of its dimension: ps, Hz, bytes per second, bytes.
struct Quantity {
  Dimension dimension{Dimension::number};
  std::int64_t value{0};

  friend bool operator==(const Quantity&, const Quantity&) = default;
};

/// Reads "12", "1400 ns", "64 KiB", ...; nothing when it is none of these.
[[nodiscard]] std::optional<Quantity> parse_quantity(std::string_view text);

/// The shortest form that reads back.
[[nodiscard]] std::string to_string(const Quantity& quantity);

/// Whether `word` is a unit of some dimension.
[[nodiscard]] bool is_unit(std::string_view word);

}  // namespace crossweave
