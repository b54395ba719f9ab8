// Is a sequence of DRAM commands legal? Judged pair by pair from the definitions, without the model's bookkeeping.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "models/banked_dram.h"

namespace crossweave::test {

class DramTimingChecker {
 public:
  explicit DramTimingChecker(const DramDevice& device);

  /// Why the command must not follow those that were issued; empty when it may.
  [[nodiscard]] std::string objection(const DramCommand& command) const;
  void issue(const DramCommand& command);

 private:
  /// What must lie between two commands, and the name of the constraint.
  struct Rule {
    const char* name{""};
    int cycles{0};
  };
  [[nodiscard]] Rule between(const DramCommand& first, const DramCommand& second) const;
  [[nodiscard]] std::string objection_of_state(const DramCommand& command) const;
  [[nodiscard]] std::string objection_of_data_bus(const DramCommand& command) const;
  [[nodiscard]] DramCycle data_from(const DramCommand& command) const;
  [[nodiscard]] int group_of(int bank) const { return bank / device_.organization.banks; }

  DramDevice device_;
  std::vector<int> open_row_;         ///< by bank; -1: closed
  std::deque<DramCommand> commands_;  ///< those that can still keep others from being legal
};

}  // namespace crossweave::test
