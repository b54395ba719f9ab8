// The activity recorder, tied to all that it listens to.
#pragma once

#include "frontend/record/activity_recorder.h"
#include "frontend/record/subscription.h"
#include "models/probes.h"

namespace crossweave {

class ActivityWatch {
 public:
  ActivityWatch(const Placement& placement, Probes& probes)
      : recorder_{placement},
        set_started_{probes.set_started, recorder_},
        set_finished_{probes.set_finished, recorder_},
        mvm_started_{probes.mvm_started, recorder_},
        mvm_finished_{probes.mvm_finished, recorder_},
        dram_access_{probes.dram_access, recorder_},
        transfer_delivered_{probes.transfer_delivered, recorder_} {}

  [[nodiscard]] const ActivityRecorder& recorder() const { return recorder_; }

 private:
  ActivityRecorder recorder_;
  Subscription<SetStarted, ActivityRecorder> set_started_;
  Subscription<SetFinished, ActivityRecorder> set_finished_;
  Subscription<MvmStarted, ActivityRecorder> mvm_started_;
  Subscription<MvmFinished, ActivityRecorder> mvm_finished_;
  Subscription<DramAccess, ActivityRecorder> dram_access_;
  Subscription<TransferDelivered, ActivityRecorder> transfer_delivered_;
};

}  // namespace crossweave
