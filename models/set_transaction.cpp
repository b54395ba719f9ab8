#include "models/set_transaction.h"

namespace crossweave {

TransactionPool::~TransactionPool() {
  for (const auto& payload : owned_) {
    // The extension goes with the payload; the kernel may end with transactions still on their way.
    payload->free_all_extensions();
  }
}

tlm::tlm_generic_payload& TransactionPool::acquire() {
  if (free_.empty()) {
    owned_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
    owned_.back()->set_extension(new SetTransaction);
    free_.push_back(owned_.back().get());
  }
  tlm::tlm_generic_payload& payload = *free_.back();
  free_.pop_back();
  payload.acquire();
  return payload;
}

void TransactionPool::free(tlm::tlm_generic_payload* payload) { free_.push_back(payload); }

void address_payload(tlm::tlm_generic_payload& payload) {
  const SetTransaction& set = set_of(payload);
  payload.set_command(set.kind == TransactionKind::dram_read ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND);
  payload.set_address(set.destination.value());
  const auto length = static_cast<unsigned>(set.size().count());
  payload.set_data_length(length);
  payload.set_streaming_width(length);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

}  // namespace crossweave
