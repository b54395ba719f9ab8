#include "arch/units.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace crossweave;
using Catch::Matchers::Contains;

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::string failure_of(const std::string& text) {
  const Result<Duration, Failure> result = parse_duration(text);
  return result ? "read as " + to_string(*result) : result.error().message;
}

}  // namespace

TEST_CASE("durations are read exactly") {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"1400 ns", 1'400'000},
      {"1400ns", 1'400'000},
      {"1.4 us", 1'400'000},
      {"1.400 us", 1'400'000},
      {"250 ps", 250},
      {"250.0 ps", 250},
      {"0.5 ns", 500},
      {"0.000000000001 s", 1},
      {"3 ms", 3'000'000'000},
      {"1 s", 1'000'000'000'000},
      // 0.1 and 1.1 have no exact binary fraction.
      {"0.1 ns", 100},
      {"1.1 s", 1'100'000'000'000},
      {"9007199254740993 ps", 9'007'199'254'740'993},
      {"9223372036854775807 ps", kMax},
      {"9223372.036854775807 s", kMax},
  };
  for (const auto& [text, picoseconds] : cases) {
    CAPTURE(text);
    const Result<Duration, Failure> result = parse_duration(text);
    REQUIRE(result.has_value());
    CHECK(result->count_ps() == picoseconds);
  }
}

TEST_CASE("a duration that is none is refused with the reason") {
  CHECK_THAT(failure_of("1400"), Contains("with its unit") && Contains("\"1400\" without a unit"));
  CHECK_THAT(failure_of("1400 fs"), Contains("unknown unit of time 'fs'") && Contains("ps, ns, us, ms or s"));
  CHECK_THAT(failure_of("1400 NS"), Contains("unknown unit of time 'NS'"));
  CHECK_THAT(failure_of("64 KiB"), Contains("unknown unit of time 'KiB'"));
  CHECK_THAT(failure_of("0 ns"), Contains("longer than zero"));
  CHECK_THAT(failure_of("0.000 s"), Contains("longer than zero"));
  CHECK_THAT(failure_of("-3 ns"), Contains("longer than zero"));
  CHECK_THAT(failure_of("0.5 ps"), Contains("whole number of picoseconds"));
  CHECK_THAT(failure_of("1.0005 ns"), Contains("whole number of picoseconds"));
  CHECK_THAT(failure_of("9223372036854775808 ps"), Contains("at most 9223372036854775807 ps"));
  CHECK_THAT(failure_of("9223372.036854775808 s"), Contains("at most 9223372036854775807 ps"));
  CHECK_THAT(failure_of(std::string(400, '9') + " s"), Contains("at most"));
  for (const char* text : {"", " ", "ns", "- 3 ns", "+3 ns", "3. ns", ".5 ns", "1e3 ns", "1_000 ns", "0x10 ns",
                           "010 ns", "1400 ns ", " 1400 ns", "1400 n s", "1,4 us", ".nan ns", "inf", "--1 ns"}) {
    CAPTURE(text);
    CHECK_THAT(failure_of(text), Contains("expected a time such as"));
  }
}

TEST_CASE("a duration is written in its largest whole unit and reads back") {
  CHECK(to_string(Duration::nanoseconds(1400)) == "1400 ns");
  CHECK(to_string(Duration::picoseconds(1)) == "1 ps");
  CHECK(to_string(Duration::picoseconds(1500)) == "1500 ps");
  CHECK(to_string(Duration::nanoseconds(1000)) == "1 us");
  CHECK(to_string(Duration::picoseconds(5'000'000'000'000'000)) == "5000 s");
  CHECK(to_string(Duration{}) == "0 ps");
  CHECK(to_string(Duration::picoseconds(-2000)) == "-2 ns");
  for (std::int64_t picoseconds = 1; picoseconds < kMax / 7; picoseconds = picoseconds * 5 + picoseconds % 3) {
    const Duration duration = Duration::picoseconds(picoseconds);
    const Result<Duration, Failure> result = parse_duration(to_string(duration));
    REQUIRE(result.has_value());
    CHECK(*result == duration);
  }
}

TEST_CASE("frequencies, rates and sizes are read exactly and written back") {
  const auto hertz = [](const char* text) { return parse_frequency(text)->count_hz(); };
  CHECK(hertz("1 GHz") == 1'000'000'000);
  CHECK(hertz("1.2GHz") == 1'200'000'000);
  CHECK(hertz("0.5 kHz") == 500);
  CHECK(hertz("1 THz") == 1'000'000'000'000);
  const auto rate = [](const char* text) { return parse_rate(text)->count_bytes_per_second(); };
  CHECK(rate("19.2 GB/s") == 19'200'000'000);
  CHECK(rate("32 B/s") == 32);
  CHECK(rate("1.5 GiB/s") == 3LL << 29);
  CHECK(rate("0.25 KiB/s") == 256);
  const auto bytes = [](const char* text) { return parse_bytes(text)->count(); };
  CHECK(bytes("32 B") == 32);
  CHECK(bytes("64 KiB") == 65536);
  CHECK(to_string(Frequency::hertz(1'200'000'000)) == "1200 MHz");
  CHECK(to_string(Rate::bytes_per_second(19'200'000'000)) == "19200 MB/s");
  CHECK(to_string(Rate::bytes_per_second(1024)) == "1 KiB/s");
  CHECK(to_string(Bytes{65536}) == "64 KiB");
  CHECK(to_string(Bytes{48}) == "48 B");
}

TEST_CASE("a frequency, rate or size that is none is refused with the reason") {
  const auto failure = [](const auto& result) { return result ? std::string{"read"} : result.error().message; };
  CHECK_THAT(failure(parse_frequency("1000")), Contains("a frequency with its unit") && Contains("without a unit"));
  CHECK_THAT(failure(parse_frequency("1 Gz")), Contains("unknown unit of frequency 'Gz'"));
  CHECK_THAT(failure(parse_frequency("0 Hz")), Contains("a frequency above zero"));
  CHECK_THAT(failure(parse_frequency("0.5 Hz")), Contains("whole number of hertz"));
  CHECK_THAT(failure(parse_frequency("9223372036854775808 Hz")), Contains("at most 9223372036854775807 Hz"));
  CHECK_THAT(failure(parse_rate("19.2")), Contains("a rate with its unit"));
  CHECK_THAT(failure(parse_rate("19.2 GB")), Contains("unknown unit of data rate 'GB'"));
  CHECK_THAT(failure(parse_rate("0.3 KiB/s")), Contains("whole number of bytes per second"));
  CHECK_THAT(failure(parse_rate("0.0000000000000000001 GB/s")), Contains("whole number of bytes per second"));
  CHECK_THAT(failure(parse_bytes("32 kB")), Contains("unknown unit of size 'kB'"));
  CHECK_THAT(failure(parse_bytes("-1 B")), Contains("a size above zero"));
}

TEST_CASE("times of cycles and bytes round up to a picosecond once") {
  const Frequency gigahertz = Frequency::hertz(1'000'000'000);
  const Frequency thirds = Frequency::hertz(3'000'000'000);
  CHECK(time_of_cycles(7, gigahertz) == Duration::nanoseconds(7));
  CHECK(time_of_cycles(0, thirds) == Duration{});
  CHECK(time_of_cycles(1, thirds).count_ps() == 334);
  CHECK(time_of_cycles(2, thirds).count_ps() == 667);
  CHECK(time_of_cycles(3, thirds).count_ps() == 1000);
  // Beyond 64 bits on the way.
  CHECK(time_of_cycles(kMax / 1000, gigahertz).count_ps() == kMax / 1000 * 1000);
  CHECK_THROWS_AS(time_of_cycles(kMax, gigahertz), InternalError);
  CHECK(cycles_within(Duration::picoseconds(333), thirds) == 0);
  CHECK(cycles_within(Duration::picoseconds(334), thirds) == 1);
  CHECK(cycles_within(Duration::nanoseconds(1), thirds) == 3);
  for (std::int64_t cycle = 0; cycle < 100; ++cycle) {
    CHECK(cycles_within(time_of_cycles(cycle, thirds), thirds) == cycle);
  }
  CHECK(time_of_bytes(Bytes{32}, Rate::bytes_per_second(32'000'000'000)).count_ps() == 1000);
  CHECK(time_of_bytes(Bytes{1}, Rate::bytes_per_second(19'200'000'000)).count_ps() == 53);
  CHECK(time_of_bytes(Bytes{}, Rate::bytes_per_second(1)) == Duration{});
}

TEST_CASE("packed values round up to whole bytes once") {
  CHECK(packed_size(3, 8).count() == 3);
  CHECK(packed_size(3, 4).count() == 2);
  CHECK(packed_size(0, 16).count() == 0);
  CHECK(packed_size(9, 1).count() == 2);
}

TEST_CASE("energies are read exactly, and written so that they read back") {
  for (const auto& [text, femtojoules] : std::vector<std::pair<std::string, std::int64_t>>{
           {"3.91 nJ", 3'910'000}, {"1 fJ", 1}, {"250 pJ", 250'000}, {"2 uJ", 2'000'000'000}}) {
    CAPTURE(text);
    const Result<Energy, Failure> energy = parse_energy(text);
    REQUIRE(energy.has_value());
    CHECK(energy->count_fj() == femtojoules);
    CHECK(parse_energy(to_string(*energy))->count_fj() == femtojoules);
  }
  CHECK_THAT(parse_energy("3 nj").error().message, Contains("fJ, pJ, nJ or uJ"));
  CHECK_THAT(parse_energy("0.5 fJ").error().message, Contains("whole number of femtojoules"));
}
