#include "models/multicast.h"

#include <algorithm>

#include "models/set_transaction.h"

namespace crossweave {
namespace {

MulticastBranch branch_of(const SetTransaction& copy) { return {copy.destination, copy.region, copy.turn}; }

/// What stays within its tile uses no network, and what is spilled is nobody else's.
bool may_travel_with_others(const SetTransaction& copy) { return copy.destination != copy.source && !copy.spilled; }

bool can_join(const SetTransaction& copy, const SetTransaction& multicast) {
  return may_travel_with_others(multicast) && multicast.kind == copy.kind && multicast.rect == copy.rect &&
         multicast.channels == copy.channels && multicast.destination != copy.destination &&
         std::ranges::find(multicast.branches, copy.destination, &MulticastBranch::destination) ==
             multicast.branches.end();
}

}  // namespace

void gather_multicasts(std::vector<tlm::tlm_generic_payload*>& copies) {
  std::vector<tlm::tlm_generic_payload*> gathered;
  for (tlm::tlm_generic_payload* payload : copies) {
    const SetTransaction& copy = set_of(*payload);
    const auto multicast =
        may_travel_with_others(copy)
            ? std::ranges::find_if(gathered,
                                   [&](tlm::tlm_generic_payload* other) { return can_join(copy, set_of(*other)); })
            : gathered.end();
    if (multicast == gathered.end()) {
      gathered.push_back(payload);
      continue;
    }
    SetTransaction& first = set_of(**multicast);
    if (first.branches.empty()) {
      first.branches.push_back(branch_of(first));
    }
    first.branches.push_back(branch_of(copy));
    payload->release();
  }
  copies = std::move(gathered);
}

}  // namespace crossweave
