// Does each test get a SystemC kernel of its own? All the others in this program rely on it.
#include "tests/support/fresh_kernel.h"

#include <string>

#include <catch2/catch.hpp>

namespace {

/// Never finishes, and keeps something on the stack of its process.
class Ticker final : public sc_core::sc_module {
 public:
  explicit Ticker(const sc_core::sc_module_name& name) : sc_core::sc_module{name} {
    SC_HAS_PROCESS(Ticker);
    SC_THREAD(run);
  }
  [[nodiscard]] int ticks() const { return ticks_; }

 private:
  void run() {
    const std::string kept(100, 'x');
    for (;;) {
      wait(7, sc_core::SC_NS);
      ticks_ += kept.empty() ? 0 : 1;
    }
  }

  int ticks_{0};
};

}  // namespace

TEST_CASE("kernels follow one another in one process", "[fresh_kernel]") {
  for (int round = 0; round < 20; ++round) {
    const crossweave::test::FreshKernel kernel;
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
    const Ticker ticker{"ticker"};
    // A name that the kernel knows already would be given a number.
    CHECK(std::string{ticker.name()} == "ticker");
    sc_core::sc_start(70, sc_core::SC_NS);
    CHECK(ticker.ticks() == 9);
    if (round % 2 == 1) {
      sc_core::sc_stop();
    }
  }
}

TEST_CASE("a test after others starts at time zero", "[fresh_kernel]") {
  const crossweave::test::FreshKernel kernel;
  CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
  CHECK(sc_core::sc_get_top_level_objects().empty());
  CHECK_FALSE(sc_core::sc_end_of_simulation_invoked());
}
