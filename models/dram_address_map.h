// Which bank, row and column an address lies in (`dram.mapping`).
#pragma once

#include <array>
#include <cstdint>

#include "arch/banked_dram.h"

namespace crossweave {

/// The place of a burst.
struct DramLocation {
  int bank{0};  ///< of all ranks: (rank * bank groups + bank group) * banks of a group + bank
  int row{0};
  int column{0};  ///< in bursts

  friend bool operator==(const DramLocation&, const DramLocation&) = default;
};

/// Cuts addresses into the fields of a mapping. Addresses beyond the capacity begin again at 0.
class DramAddressMap {
 public:
  DramAddressMap(const DramOrganization& organization, const DramMapping& mapping);

  /// `burst` counts bursts from address 0.
  [[nodiscard]] DramLocation locate(std::int64_t burst) const;
  /// The inverse.
  [[nodiscard]] std::int64_t burst_at(const DramLocation& location) const;

 private:
  /// Bits of a burst's number that make up a field.
  struct Bits {
    int shift{0};
    std::int64_t mask{0};

    [[nodiscard]] int of(std::int64_t number) const { return static_cast<int>((number >> shift) & mask); }
  };
  [[nodiscard]] const Bits& bits(DramField field) const { return bits_[static_cast<std::size_t>(field)]; }

  std::array<Bits, std::tuple_size_v<DramMapping>> bits_;  ///< by field
  int bank_groups_;
  int banks_;  ///< of a group
};

}  // namespace crossweave
