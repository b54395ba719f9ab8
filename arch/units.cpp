#include "arch/units.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

namespace crossweave {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kPicosecondsPerSecond = 1'000'000'000'000;
/// More decimals than this are no whole number of anything, and a power of ten too many for 64 bits.
constexpr std::size_t kMostDecimals = 18;

struct Unit {
  std::string_view name;
  /// One unit in base units.
  std::int64_t factor;
};

/// What the texts of one quantity look like, for reading and for complaints.
struct Quantity {
  std::string_view noun;      ///< "a time"
  std::string_view examples;  ///< of right texts, in quotes
  std::string_view example;   ///< one of them
  std::string_view measures;  ///< "unit of <time>"
  std::string_view expected;  ///< the units in words
  std::string_view positive;  ///< what it must be more than: "longer than zero"
  std::string_view base;      ///< "a whole number of <picoseconds>"
  std::string_view most;      ///< behind the largest number
  /// In ascending order, the base unit first.
  std::span<const Unit> units;
};

constexpr Unit kTimeUnits[]{
    {"ps", 1}, {"ns", 1'000}, {"us", 1'000'000}, {"ms", 1'000'000'000}, {"s", kPicosecondsPerSecond}};
constexpr Unit kFrequencyUnits[]{
    {"Hz", 1}, {"kHz", 1'000}, {"MHz", 1'000'000}, {"GHz", 1'000'000'000}, {"THz", 1'000'000'000'000}};
constexpr Unit kRateUnits[]{{"B/s", 1},           {"kB/s", 1'000},         {"KiB/s", 1LL << 10}, {"MB/s", 1'000'000},
                            {"MiB/s", 1LL << 20}, {"GB/s", 1'000'000'000}, {"GiB/s", 1LL << 30}};
constexpr Unit kByteUnits[]{{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}};
constexpr Unit kEnergyUnits[]{{"fJ", 1}, {"pJ", 1'000}, {"nJ", 1'000'000}, {"uJ", 1'000'000'000}};

constexpr Quantity kTime{"a time",
                         "\"1400 ns\" or \"1.4 us\"",
                         "\"1400 ns\"",
                         "time",
                         "ps, ns, us, ms or s",
                         "longer than zero",
                         "picoseconds",
                         " ps (106 days)",
                         kTimeUnits};
constexpr Quantity kFrequency{"a frequency",
                              "\"1 GHz\" or \"1.2 GHz\"",
                              "\"1 GHz\"",
                              "frequency",
                              "Hz, kHz, MHz, GHz or THz",
                              "above zero",
                              "hertz",
                              " Hz",
                              kFrequencyUnits};
constexpr Quantity kRate{"a rate",
                         "\"32 GB/s\" or \"19.2 GB/s\"",
                         "\"32 GB/s\"",
                         "data rate",
                         "B/s, kB/s, MB/s, GB/s, KiB/s, MiB/s or GiB/s",
                         "above zero",
                         "bytes per second",
                         " B/s",
                         kRateUnits};
constexpr Quantity kSize{
    "a size",  "\"32 B\" or \"64 KiB\"", "\"32 B\"", "size", "B, KiB, MiB or GiB", "above zero", "bytes", " B",
    kByteUnits};
constexpr Quantity kEnergy{"an energy",        "\"3.91 nJ\" or \"250 pJ\"",
                           "\"250 pJ\"",       "energy",
                           "fJ, pJ, nJ or uJ", "above zero",
                           "femtojoules",      " fJ",
                           kEnergyUnits};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_in_unit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/'; }

/// The digits at the front of `text`, which are cut off from it.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// Appends decimal digits to a number; false when it no longer fits.
bool append_digits(Wide& number, std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), [&number](char digit) {
    return !__builtin_mul_overflow(number, 10, &number) && !__builtin_add_overflow(number, digit - '0', &number);
  });
}

/// Reads a positive whole number of base units.
Result<std::int64_t, Failure> parse(std::string_view text, const Quantity& quantity) {
  const std::string shown = "\"" + std::string{text} + "\"";
  const std::string noun{quantity.noun};
  const Failure malformed{"expected " + noun + " such as " + std::string{quantity.examples} + ", got " + shown};

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
    return Failure{"expected " + noun + " with its unit, such as " + std::string{quantity.example} + ", got " + shown +
                   " without a unit"};
  }
  if (!std::all_of(rest.begin(), rest.end(), is_in_unit)) {
    return malformed;
  }
  const auto unit = std::find_if(quantity.units.begin(), quantity.units.end(),
                                 [rest](const Unit& candidate) { return candidate.name == rest; });
  if (unit == quantity.units.end()) {
    return Failure{"unknown unit of " + std::string{quantity.measures} + " '" + std::string{rest} + "' in " + shown +
                   ", expected " + std::string{quantity.expected}};
  }
  while (!fraction.empty() && fraction.back() == '0') {
    fraction.remove_suffix(1);
  }
  const bool zero = fraction.empty() && whole == "0";
  if (negative || zero) {
    return Failure{"expected " + noun + " " + std::string{quantity.positive} + ", got " + shown};
  }
  const Failure no_whole_number{"expected a whole number of " + std::string{quantity.base} + ", got " + shown};
  if (fraction.size() > kMostDecimals) {
    return no_whole_number;
  }
  const Failure too_large{"expected " + noun + " of at most " + std::to_string(kMost) + std::string{quantity.most} +
                          ", got " + shown};
  Wide number = 0;
  // What no longer fits 128 bits is, even divided by a power of ten below 10^19, too large for 64.
  if (!append_digits(number, whole) || !append_digits(number, fraction) ||
      __builtin_mul_overflow(number, Wide{unit->factor}, &number)) {
    return too_large;
  }
  Wide scale = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) {
    scale *= 10;
  }
  if (number % scale != 0) {
    return no_whole_number;
  }
  if (number / scale > kMost) {
    return too_large;
  }
  return static_cast<std::int64_t>(number / scale);
}

/// In the largest unit of which there is a whole number.
std::string written(std::int64_t count, const Quantity& quantity) {
  const Unit* best = &quantity.units.front();
  for (const Unit& unit : quantity.units) {
    if (count != 0 && count % unit.factor == 0) {
      best = &unit;
    }
  }
  return std::to_string(count / best->factor) + " " + std::string{best->name};
}

std::vector<std::string_view> names_of(std::span<const Unit> units) {
  std::vector<std::string_view> names;
  for (const Unit& unit : units) {
    names.push_back(unit.name);
  }
  return names;
}

std::int64_t narrowed(Wide number) {
  check_invariant(number <= kMost, "a time fits 64 bits of picoseconds");
  return static_cast<std::int64_t>(number);
}

std::int64_t picoseconds_of(std::int64_t count, std::int64_t per_second) {
  return narrowed((Wide{count} * kPicosecondsPerSecond + per_second - 1) / per_second);
}

}  // namespace

Duration time_of_cycles(std::int64_t cycles, Frequency clock) {
  return Duration::picoseconds(picoseconds_of(cycles, clock.count_hz()));
}

std::int64_t cycles_within(Duration time, Frequency clock) {
  return narrowed(Wide{time.count_ps()} * clock.count_hz() / kPicosecondsPerSecond);
}

Duration time_of_bytes(Bytes size, Rate rate) {
  return Duration::picoseconds(picoseconds_of(size.count(), rate.count_bytes_per_second()));
}

Result<Duration, Failure> parse_duration(std::string_view text) {
  const Result<std::int64_t, Failure> count = parse(text, kTime);
  return count ? Result<Duration, Failure>{Duration::picoseconds(*count)} : count.error();
}

Result<Frequency, Failure> parse_frequency(std::string_view text) {
  const Result<std::int64_t, Failure> count = parse(text, kFrequency);
  return count ? Result<Frequency, Failure>{Frequency::hertz(*count)} : count.error();
}

Result<Rate, Failure> parse_rate(std::string_view text) {
  const Result<std::int64_t, Failure> count = parse(text, kRate);
  return count ? Result<Rate, Failure>{Rate::bytes_per_second(*count)} : count.error();
}

Result<Bytes, Failure> parse_bytes(std::string_view text) {
  const Result<std::int64_t, Failure> count = parse(text, kSize);
  return count ? Result<Bytes, Failure>{Bytes{*count}} : count.error();
}

Result<Energy, Failure> parse_energy(std::string_view text) {
  const Result<std::int64_t, Failure> count = parse(text, kEnergy);
  return count ? Result<Energy, Failure>{Energy::femtojoules(*count)} : count.error();
}

std::vector<std::string_view> time_units() { return names_of(kTimeUnits); }
std::vector<std::string_view> frequency_units() { return names_of(kFrequencyUnits); }
std::vector<std::string_view> rate_units() { return names_of(kRateUnits); }
std::vector<std::string_view> size_units() { return names_of(kByteUnits); }
std::vector<std::string_view> energy_units() { return names_of(kEnergyUnits); }

std::string to_string(Duration duration) { return written(duration.count_ps(), kTime); }
std::string to_string(Frequency frequency) { return written(frequency.count_hz(), kFrequency); }
std::string to_string(Rate rate) { return written(rate.count_bytes_per_second(), kRate); }
std::string to_string(Bytes bytes) { return written(bytes.count(), kSize); }
std::string to_string(Energy energy) { return written(energy.count_fj(), kEnergy); }

}  // namespace crossweave
