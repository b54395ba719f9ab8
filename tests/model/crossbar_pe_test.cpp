// Does a crossbar take n * t_MVM for the n pixels of a set, and count what an energy model needs?
#include "models/crossbar_pe.h"

#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/fresh_kernel.h"

namespace crossweave {
namespace {

struct Watch final : tlm::tlm_analysis_if<MvmStarted>, tlm::tlm_analysis_if<MvmFinished> {
  void write(const MvmStarted& event) override { started.push_back(event); }
  void write(const MvmFinished& event) override { finished.push_back(event); }
  std::vector<MvmStarted> started;
  std::vector<MvmFinished> finished;
};

class Bench final : public sc_core::sc_module {
 public:
  explicit Bench(const sc_core::sc_module_name& name) : sc_module{name} {}
  tlm_utils::simple_initiator_socket<Bench> port{"port"};
};

/// A crossbar on a kernel of its own, and what it publishes.
struct Rig {
  explicit Rig(const CrossbarSpec& spec) : pe{"pe", PeId{7}, spec, probes} {
    bench.port.bind(pe.port);
    probes.mvm_started.bind(watch);
    probes.mvm_finished.bind(watch);
    pe.hold_weights(LayerId{3}, 100, 60);
    // Binds the sockets. That nothing else happens is no cause for a warning.
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_, sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  sc_core::sc_time compute(const Rect& rect, sc_core::sc_time delay) {
    tlm::tlm_generic_payload& payload = pool.acquire();
    SetTransaction& set = set_of(payload);
    set = {};
    set.kind = TransactionKind::ifm;
    set.set = SetId{11};
    set.rect = rect;
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    bench.port->b_transport(payload, delay);
    CHECK(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
    payload.release();
    return delay;
  }

  test::FreshKernel kernel;
  TransactionPool pool;
  Probes probes;
  Watch watch;
  Bench bench{"bench"};
  CrossbarPe pe;
};

TEST_CASE("one MVM a pixel", "[crossbar_pe]") {
  const CrossbarTiming timing{CrossbarSpec{256, 256, Duration::nanoseconds(1400)}};
  CHECK(timing.compute(1) == Duration::nanoseconds(1400));
  CHECK(timing.compute(20) == Duration::nanoseconds(28000));
  // The largest map of the paper's benchmarks, in one set.
  CHECK(timing.compute(416 * 416).count_ps() == std::int64_t{416} * 416 * 1'400'000);
}

TEST_CASE("a crossbar adds the time of a set to the delay", "[crossbar_pe]") {
  Rig rig{CrossbarSpec{128, 64, Duration::picoseconds(333)}};
  const Rect rect{{2, 6}, {3, 8}};
  CHECK(to_duration(rig.compute(rect, sc_core::SC_ZERO_TIME)) == Duration::picoseconds(20 * 333));
  CHECK(to_duration(rig.compute(rect, to_sc_time(Duration::nanoseconds(5)))) == Duration::picoseconds(20 * 333 + 5000));
  REQUIRE(rig.watch.started.size() == 2);
  CHECK(rig.watch.started[0].at == Duration{});
  CHECK(rig.watch.started[1].at == Duration::nanoseconds(5));
}

TEST_CASE("a crossbar counts MVMs, driven rows and conversions", "[crossbar_pe]") {
  Rig rig{CrossbarSpec{}};
  rig.compute({{2, 6}, {3, 8}}, sc_core::SC_ZERO_TIME);
  REQUIRE(rig.watch.started.size() == 1);
  const MvmStarted& started = rig.watch.started.front();
  CHECK(started.pe == PeId{7});
  CHECK(started.layer == LayerId{3});
  CHECK(started.set == SetId{11});
  CHECK(started.mvms == 20);
  CHECK(started.rows_driven == 20 * 100);
  CHECK(started.conversions == 20 * 60);
}

TEST_CASE("a crossbar publishes the end of a set", "[crossbar_pe]") {
  Rig rig{CrossbarSpec{}};
  const sc_core::sc_time delay = rig.compute({{0, 1}, {0, 3}}, sc_core::SC_ZERO_TIME);
  CHECK(rig.watch.finished.empty());
  sc_core::sc_start(delay);
  rig.pe.finish();
  REQUIRE(rig.watch.finished.size() == 1);
  CHECK(rig.watch.finished.front().at == Duration::nanoseconds(3 * 1400));
  CHECK(rig.watch.finished.front().pe == PeId{7});
}

}  // namespace
}  // namespace crossweave
