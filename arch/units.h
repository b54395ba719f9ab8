// Physical quantities as integers in one base unit each, and their one textual form ("1400 ns", "64 KiB").
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// A span of time in integer picoseconds.
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration picoseconds(std::int64_t count) { return Duration{count}; }
  static constexpr Duration nanoseconds(std::int64_t count) { return Duration{count * 1000}; }

  [[nodiscard]] constexpr std::int64_t count_ps() const { return picoseconds_; }
  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration{a.picoseconds_ + b.picoseconds_}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration{a.picoseconds_ - b.picoseconds_}; }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return Duration{a.picoseconds_ * n}; }
  constexpr Duration& operator+=(Duration other) {
    picoseconds_ += other.picoseconds_;
    return *this;
  }

 private:
  constexpr explicit Duration(std::int64_t ps) : picoseconds_{ps} {}
  std::int64_t picoseconds_{0};
};

/// A count of cycles; one cycle is t_MVM, the latency of one matrix-vector multiplication (paper, Section V).
class Cycles {
 public:
  constexpr Cycles() = default;
  constexpr explicit Cycles(std::int64_t count) : count_{count} {}

  [[nodiscard]] constexpr std::int64_t count() const { return count_; }
  friend constexpr auto operator<=>(Cycles, Cycles) = default;
  friend constexpr Cycles operator+(Cycles a, Cycles b) { return Cycles{a.count_ + b.count_}; }
  friend constexpr Cycles operator-(Cycles a, Cycles b) { return Cycles{a.count_ - b.count_}; }
  friend constexpr Duration operator*(Cycles n, Duration t_mvm) { return t_mvm * n.count_; }
  constexpr Cycles& operator+=(Cycles other) {
    count_ += other.count_;
    return *this;
  }

 private:
  std::int64_t count_{0};
};

/// An amount of data in bytes.
class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::int64_t count) : count_{count} {}

  [[nodiscard]] constexpr std::int64_t count() const { return count_; }
  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes{a.count_ + b.count_}; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes{a.count_ - b.count_}; }
  constexpr Bytes& operator+=(Bytes other) {
    count_ += other.count_;
    return *this;
  }
  constexpr Bytes& operator-=(Bytes other) {
    count_ -= other.count_;
    return *this;
  }

 private:
  std::int64_t count_{0};
};

/// A clock's frequency in integer hertz.
class Frequency {
 public:
  constexpr Frequency() = default;
  static constexpr Frequency hertz(std::int64_t count) { return Frequency{count}; }

  [[nodiscard]] constexpr std::int64_t count_hz() const { return hertz_; }
  friend constexpr auto operator<=>(Frequency, Frequency) = default;

 private:
  constexpr explicit Frequency(std::int64_t hz) : hertz_{hz} {}
  std::int64_t hertz_{1};
};

/// Data over time in integer bytes per second.
class Rate {
 public:
  constexpr Rate() = default;
  static constexpr Rate bytes_per_second(std::int64_t count) { return Rate{count}; }

  [[nodiscard]] constexpr std::int64_t count_bytes_per_second() const { return bytes_per_second_; }
  friend constexpr auto operator<=>(Rate, Rate) = default;

 private:
  constexpr explicit Rate(std::int64_t count) : bytes_per_second_{count} {}
  std::int64_t bytes_per_second_{1};
};

/// An energy in integer femtojoules.
class Energy {
 public:
  constexpr Energy() = default;
  static constexpr Energy femtojoules(std::int64_t count) { return Energy{count}; }

  [[nodiscard]] constexpr std::int64_t count_fj() const { return femtojoules_; }
  friend constexpr auto operator<=>(Energy, Energy) = default;

 private:
  constexpr explicit Energy(std::int64_t fj) : femtojoules_{fj} {}
  std::int64_t femtojoules_{0};
};

/// What `cycles` of a clock take, rounded up to a picosecond as a whole.
[[nodiscard]] Duration time_of_cycles(std::int64_t cycles, Frequency clock);
/// The cycles of a clock that lie within `time` as a whole: the cycle under way, counted from 0.
[[nodiscard]] std::int64_t cycles_within(Duration time, Frequency clock);
/// What `size` takes at a rate, rounded up to a picosecond as a whole.
[[nodiscard]] Duration time_of_bytes(Bytes size, Rate rate);

/// Bytes that `elements` values of `bits` each occupy, rounded up as a whole.
[[nodiscard]] constexpr Bytes packed_size(std::int64_t elements, int bits) { return Bytes{(elements * bits + 7) / 8}; }

/// Reads "1400 ns", "1.4 us", "250 ps"; the result must be a whole, positive number of picoseconds.
/// The failure says what was expected and, for a bare number, that the unit is missing.
Result<Duration, Failure> parse_duration(std::string_view text);

/// The same for "1 GHz" in hertz, "19.2 GB/s" in bytes per second, "64 KiB" in bytes, and "3.91 nJ" in femtojoules.
Result<Frequency, Failure> parse_frequency(std::string_view text);
Result<Rate, Failure> parse_rate(std::string_view text);
Result<Bytes, Failure> parse_bytes(std::string_view text);
Result<Energy, Failure> parse_energy(std::string_view text);

/// The units that these texts may have, the smallest first.
[[nodiscard]] std::vector<std::string_view> time_units();
[[nodiscard]] std::vector<std::string_view> frequency_units();
[[nodiscard]] std::vector<std::string_view> rate_units();
[[nodiscard]] std::vector<std::string_view> size_units();
[[nodiscard]] std::vector<std::string_view> energy_units();

/// The shortest exact forms that these read back: "1400 ns".
[[nodiscard]] std::string to_string(Duration duration);
[[nodiscard]] std::string to_string(Frequency frequency);
[[nodiscard]] std::string to_string(Rate rate);
[[nodiscard]] std::string to_string(Bytes bytes);
[[nodiscard]] std::string to_string(Energy energy);

}  // namespace crossweave
