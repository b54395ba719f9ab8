#include "arch/yaml_values.h"

#include <string>

namespace crossweave {

void read_clock(MapReader& reader, std::string_view key, Frequency& target) {
  constexpr Frequency kMin = Frequency::hertz(1'000'000);
  constexpr Frequency kMax = Frequency::hertz(1'000'000'000'000);
  const std::optional<Frequency> value = reader.required_frequency(key);
  if (value && (*value < kMin || *value > kMax)) {
    reader.error(
        key, "expected a frequency of " + to_string(kMin) + " to " + to_string(kMax) + ", got " + to_string(*value));
  }
  target = value.value_or(target);
}

}  // namespace crossweave
