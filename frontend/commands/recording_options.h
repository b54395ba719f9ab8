// Options of `crossweave run` that say what of a run is recorded beside its figures.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "arch/diagnostics.h"
#include "frontend/recorded_run.h"

namespace crossweave {

struct RecordingOptions {
  bool report{false};
  std::string trace;
  bool vcd{false};
  std::string vcd_window;
  std::string vcd_scope;

  void declare(CLI::App& app);
  /// What has to be recorded, unless something is wrong with the options.
  [[nodiscard]] Recordings read(Diagnostics& problems) const;
};

}  // namespace crossweave
