#include "arch/units.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace crossweave {
namespace {

struct TimeUnit {
  std::string_view name;
  /// One unit is 10^exponent picoseconds.
  std::size_t exponent;
};

constexpr std::array<TimeUnit, 5> kTimeUnits{{{"ps", 0}, {"ns", 3}, {"us", 6}, {"ms", 9}, {"s", 12}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The digits at the front of `text`, which are cut off from it.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// Appends decimal digits to a number; false when it no longer fits.
bool append_digits(std::int64_t& number, std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), [&number](char digit) {
    return !__builtin_mul_overflow(number, 10, &number) && !__builtin_add_overflow(number, digit - '0', &number);
  });
}

}  // namespace

Result<Duration, Failure> parse_duration(std::string_view text) {
  const std::string shown = "\"" + std::string{text} + "\"";
  const Failure malformed{"expected a time such as \"1400 ns\" or \"1.4 us\", got " + shown};

  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) {
    rest.remove_prefix(1);
  }
  const std::string_view whole = take_digits(rest);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) {
    return malformed;
  }
  std::string_view fraction;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
    if (fraction.empty()) {
      return malformed;
    }
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.empty()) {
    return Failure{"expected a time with its unit, such as \"1400 ns\", got " + shown + " without a unit"};
  }
  if (!std::all_of(rest.begin(), rest.end(), is_letter)) {
    return malformed;
  }
  const auto unit = std::find_if(kTimeUnits.begin(), kTimeUnits.end(),
                                 [rest](const TimeUnit& candidate) { return candidate.name == rest; });
  if (unit == kTimeUnits.end()) {
    return Failure{"unknown unit of time '" + std::string{rest} + "' in " + shown + ", expected ps, ns, us, ms or s"};
  }
  while (!fraction.empty() && fraction.back() == '0') {
    fraction.remove_suffix(1);
  }
  const bool zero = fraction.empty() && whole == "0";
  if (negative || zero) {
    return Failure{"expected a time longer than zero, got " + shown};
  }
  if (fraction.size() > unit->exponent) {
    return Failure{"expected a whole number of picoseconds, got " + shown};
  }
  std::int64_t picoseconds = 0;
  if (!append_digits(picoseconds, whole) || !append_digits(picoseconds, fraction) ||
      !append_digits(picoseconds, std::string(unit->exponent - fraction.size(), '0'))) {
    return Failure{"expected a time of at most " + std::to_string(std::numeric_limits<std::int64_t>::max()) +
                   " ps (106 days), got " + shown};
  }
  return Duration::picoseconds(picoseconds);
}

std::string to_string(Duration duration) {
  std::int64_t count = duration.count_ps();
  std::size_t unit = 0;
  // Neighbouring units stand a factor of 1000 apart.
  while (unit + 1 < kTimeUnits.size() && count != 0 && count % 1000 == 0) {
    count /= 1000;
    ++unit;
  }
  return std::to_string(count) + " " + std::string{kTimeUnits[unit].name};
}

}  // namespace crossweave
