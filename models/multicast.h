// Copies of a result that travel together.
#pragma once

#include <vector>

#include "models/systemc.h"

namespace crossweave {

/// Makes one transaction with several destinations of those that carry the same region over the network, each to
/// another endpoint; it takes the place of the first of them, and the others are released. All may be sent: none waits
/// for space where it goes, so that no multicast ever waits as a whole.
void gather_multicasts(std::vector<tlm::tlm_generic_payload*>& copies);

}  // namespace crossweave
