// The feeder: turns the precomputed schedule into transactions.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/probes.h"
#include "models/set_transaction.h"

#include "models/systemc.h"

namespace crossweave {

/// Commands each duplicate's sets in their order, image by image, and the reading of each image's input when it
/// arrives. It hands over no times and no dependencies. Layer by layer, it commands a base layer when the one before it
/// has finished, those of an image behind those of the image before; otherwise all at once.
class ScheduleFeeder final : public sc_core::sc_module, private tlm::tlm_analysis_if<SetFinished> {
 public:
  ScheduleFeeder(const sc_core::sc_module_name& name, const ExecutionPlan& plan, TransactionPool& pool, Probes& probes);

  [[nodiscard]] tlm_utils::simple_initiator_socket<ScheduleFeeder>& to_tile(std::size_t tile) {
    return *to_tiles_[tile];
  }

  tlm_utils::simple_initiator_socket<ScheduleFeeder> to_dram{"to_dram"};

 private:
  void feed();
  void admit_images();
  void read_inputs(std::uint32_t image);
  void command(std::uint32_t image, StationId station);
  void write(const SetFinished& finished) override;

  const ExecutionPlan& plan_;
  TransactionPool& pool_;
  std::vector<std::unique_ptr<tlm_utils::simple_initiator_socket<ScheduleFeeder>>> to_tiles_;
  std::vector<StationId> base_layers_;
  std::uint32_t arrived_{0};   ///< images
  std::size_t next_{0};        ///< base layer to be commanded, counted over all images
  std::size_t unfinished_{0};  ///< commanded sets that have not finished
  Journey last_finished_;      ///< of the set that finished last, for which a command has waited
  sc_core::sc_event layer_finished_{"layer_finished"};
  sc_core::sc_event arrival_{"arrival"};
};

}  // namespace crossweave
