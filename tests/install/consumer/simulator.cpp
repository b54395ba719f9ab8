// The whole house: reads a run that does not exist, and advances a SystemC kernel. SystemC brings main.
#include <cstdio>

#include "frontend/run_config.h"

#include "models/systemc.h"

int sc_main(int /*argc*/, char** /*argv*/) {
  const auto config = crossweave::load_run_config("there-is-no-such-run.yaml", {});
  sc_core::sc_start(sc_core::sc_time{1, sc_core::SC_NS});
  const bool advanced = sc_core::sc_time_stamp() == sc_core::sc_time{1, sc_core::SC_NS};
  std::printf("refused: %d, advanced: %d\n", config.has_value() ? 0 : 1, advanced ? 1 : 0);
  return !config.has_value() && advanced ? 0 : 1;
}
