#include "frontend/sweep/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <vector>

#include "arch/units.h"

namespace crossweave {
namespace {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || std::to_string(value) != text) {
    return std::nullopt;  // not an integer, or not as we write them: "007"
  }
  return value;
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text) {
  if (const std::optional<std::int64_t> integer = parse_integer(text)) {
    return Quantity{Dimension::number, *integer};
  }
  if (const Result<Duration, Failure> time = parse_duration(text)) {
    return Quantity{Dimension::time, time->count_ps()};
  }
  if (const Result<Frequency, Failure> frequency = parse_frequency(text)) {
    return Quantity{Dimension::frequency, frequency->count_hz()};
  }
  if (const Result<Rate, Failure> rate = parse_rate(text)) {
    return Quantity{Dimension::rate, rate->count_bytes_per_second()};
  }
  if (const Result<Bytes, Failure> size = parse_bytes(text)) {
    return Quantity{Dimension::size, size->count()};
  }
  return std::nullopt;
}

std::string to_string(const Quantity& quantity) {
  switch (quantity.dimension) {
    case Dimension::number:
      return std::to_string(quantity.value);
    case Dimension::time:
      return to_string(Duration::picoseconds(quantity.value));
    case Dimension::frequency:
      return to_string(Frequency::hertz(quantity.value));
    case Dimension::rate:
      return to_string(Rate::bytes_per_second(quantity.value));
    case Dimension::size:
      return to_string(Bytes{quantity.value});
  }
  throw InternalError{"to_string: unknown dimension"};
}

bool is_unit(std::string_view word) {
  const std::array<std::vector<std::string_view>, 4> all{time_units(), frequency_units(), rate_units(), size_units()};
  return std::ranges::any_of(all, [word](const std::vector<std::string_view>& units) {
    return std::ranges::find(units, word) != units.end();
  });
}

}  // namespace crossweave
