// The TLM-2.0 transaction in which a set, or a part of one, travels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/events.h"
#include "models/journey.h"
#include "scheduler/execution_plan.h"
#include "scheduler/reservation_order.h"

#include "models/systemc.h"

namespace crossweave {

/// One of the endpoints that a multicast goes to: what it is there, as in SetTransaction.
struct MulticastBranch {
  EndpointId destination;
  RegionId region;
  std::uint32_t turn{0};
};

/// Extension of the generic payload. It names things by id and holds no pointers into the schedule. The payload's data
/// length is the size in bytes; its data pointer is free for values and null while only timing is simulated.
struct SetTransaction : tlm::tlm_extension<SetTransaction> {
  TransactionKind kind{TransactionKind::ofm};
  std::uint32_t image{0};
  StationId station;
  DuplicateId duplicate;
  SetId set;
  EndpointId source;
  EndpointId destination;
  Rect rect;
  Interval channels;
  int bits_per_element{8};
  /// Of `psum` transactions: the result slice whose sums these are.
  std::uint32_t slice{0};
  /// The result at the sender of which this is a copy; the sender frees its buffer when the last copy has left.
  std::uint32_t result{0};
  /// What this is in the ReservationOrder, and its turn there, if its destination's input buffer is limited.
  RegionId region;
  std::uint32_t turn{0};
  /// Of a multicast: all that it goes to. `destination`, `region` and `turn` are then those of the first; the network
  /// makes a transaction for each.
  std::vector<MulticastBranch> branches{};
  /// On its way to the DRAM, or back, because its consumer had no room.
  bool spilled{false};
  /// Lane-operations that a GPEU is asked for.
  std::int64_t work{0};
  /// When it came to its sender's network interface.
  Duration sent;
  Journey journey;

  /// Copies of its result that it stands for.
  [[nodiscard]] std::size_t copies() const { return branches.empty() ? 1 : branches.size(); }
  [[nodiscard]] std::int64_t elements() const { return rect.area() * channels.size(); }
  [[nodiscard]] Bytes size() const { return packed_size(elements(), bits_per_element); }

  [[nodiscard]] tlm::tlm_extension_base* clone() const override { return new SetTransaction{*this}; }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const SetTransaction&>(other); }
};

/// Payloads with their extension, used again and again.
class TransactionPool : public tlm::tlm_mm_interface {
 public:
  TransactionPool() = default;
  ~TransactionPool() override;
  TransactionPool(const TransactionPool&) = delete;
  TransactionPool& operator=(const TransactionPool&) = delete;

  /// A payload with one reference held by the caller, who releases it.
  [[nodiscard]] tlm::tlm_generic_payload& acquire();
  void free(tlm::tlm_generic_payload* payload) override;

  /// Payloads that are in use.
  [[nodiscard]] std::size_t in_flight() const { return owned_.size() - free_.size(); }

 private:
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> owned_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

/// The extension of a payload from the pool.
[[nodiscard]] inline SetTransaction& set_of(tlm::tlm_generic_payload& payload) {
  return *payload.get_extension<SetTransaction>();
}

/// Fills in the generic payload's own fields from the extension.
void address_payload(tlm::tlm_generic_payload& payload);

}  // namespace crossweave
