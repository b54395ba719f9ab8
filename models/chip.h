// The chip: tiles, network on chip and DRAM, composed from an architecture and a placement.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arch/architecture.h"
#include "models/dram.h"
#include "models/noc.h"
#include "models/probes.h"
#include "models/set_transaction.h"
#include "models/tile.h"

#include "models/systemc.h"

namespace crossweave {

class Chip final : public sc_core::sc_module {
 public:
  /// `plan` must outlive the chip, and so must `reservations`, which is null where buffers are unlimited.
  Chip(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const ReservationOrder* reservations,
       const Architecture& architecture, TransactionPool& pool, Probes& probes);

  [[nodiscard]] Tile& tile(TileId id) { return *tiles_[id.value()]; }
  [[nodiscard]] Dram& dram() { return dram_; }
  [[nodiscard]] const Noc& noc() const { return noc_; }

  /// Every set has run and every output is written.
  [[nodiscard]] bool retired() const;
  /// All buffers are empty.
  [[nodiscard]] bool empty() const;
  /// The ring of those that wait for one another, if there is one; what has not run and what it waits for. At most
  /// `limit` entries.
  [[nodiscard]] std::vector<std::string> diagnose(std::size_t limit) const;

 private:
  void place(const ExecutionPlan& plan, const ReservationOrder* reservations);

  Noc noc_;
  Dram dram_;
  std::vector<std::unique_ptr<Tile>> tiles_;
  std::vector<std::unique_ptr<DuplicateRun>> runs_;
};

}  // namespace crossweave
