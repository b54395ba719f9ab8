// The analysis ports through which recorders watch a chip. Without subscribers a publication costs an empty loop.
#pragma once

#include "models/events.h"
#include "models/journey.h"

#include "models/systemc.h"

namespace crossweave {

struct Probes {
  tlm::tlm_analysis_port<InputComplete> input_complete{"input_complete"};
  tlm::tlm_analysis_port<SetReady> set_ready{"set_ready"};
  tlm::tlm_analysis_port<SetStarted> set_started{"set_started"};
  tlm::tlm_analysis_port<SetFinished> set_finished{"set_finished"};
  tlm::tlm_analysis_port<MvmStarted> mvm_started{"mvm_started"};
  tlm::tlm_analysis_port<MvmFinished> mvm_finished{"mvm_finished"};
  tlm::tlm_analysis_port<BufferLevel> buffer_level{"buffer_level"};
  tlm::tlm_analysis_port<TransferDelivered> transfer_delivered{"transfer_delivered"};
  tlm::tlm_analysis_port<LinkCrossed> link_crossed{"link_crossed"};
  tlm::tlm_analysis_port<GpeuOperation> gpeu_operation{"gpeu_operation"};
  tlm::tlm_analysis_port<DramAccess> dram_access{"dram_access"};
  JourneyLog journeys;
};

}  // namespace crossweave
