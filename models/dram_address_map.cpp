#include "models/dram_address_map.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>

namespace crossweave {
namespace {

int size_of(DramField field, const DramOrganization& organization) {
  switch (field) {
    case DramField::row:
      return organization.rows;
    case DramField::channel:
      return 1;
    case DramField::rank:
      return organization.ranks;
    case DramField::bank_group:
      return organization.bank_groups;
    case DramField::bank:
      return organization.banks;
    case DramField::column:
      return organization.bursts_of_row();
  }
  throw InternalError{"unknown field of an address"};
}

}  // namespace

DramAddressMap::DramAddressMap(const DramOrganization& organization, const DramMapping& mapping)
    : bank_groups_{organization.bank_groups}, banks_{organization.banks} {
  int shift = 0;
  std::for_each(std::rbegin(mapping), std::rend(mapping), [&](DramField field) {
    const auto size = static_cast<std::uint32_t>(size_of(field, organization));
    bits_[static_cast<std::size_t>(field)] = {shift, size - 1};
    shift += std::countr_zero(size);
  });
}

DramLocation DramAddressMap::locate(std::int64_t burst) const {
  const int group = bits(DramField::rank).of(burst) * bank_groups_ + bits(DramField::bank_group).of(burst);
  return {group * banks_ + bits(DramField::bank).of(burst), bits(DramField::row).of(burst),
          bits(DramField::column).of(burst)};
}

std::int64_t DramAddressMap::burst_at(const DramLocation& location) const {
  const int group = location.bank / banks_;
  const auto field = [this](DramField name, std::int64_t value) { return value << bits(name).shift; };
  return field(DramField::row, location.row) | field(DramField::rank, group / bank_groups_) |
         field(DramField::bank_group, group % bank_groups_) | field(DramField::bank, location.bank % banks_) |
         field(DramField::column, location.column);
}

}  // namespace crossweave
