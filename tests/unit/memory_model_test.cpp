// Do the models of `dram.model` keep the one contract that the chip drives them by?
#include "models/memory_model.h"

#include <cstdint>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/dram_devices.h"

namespace crossweave {
namespace {

Duration ps(std::int64_t count) { return Duration::picoseconds(count); }

/// Drives a model as a chip does: awake when an event is due or an access comes.
class Owner final : public MemoryListener {
 public:
  explicit Owner(const DramSpec& spec) : model_{make_memory_model(spec)} {}

  void submit(std::uint64_t number, const MemoryAccess& access, Duration at) {
    run(at);
    now_ = at;
    if (model_->submit(number, access, at)) {
      done[number] = at;
    }
  }
  /// Until everything that is due by `end` has happened.
  void run(Duration end) {
    for (auto next = model_->next_event(); next && *next <= end; next = model_->next_event()) {
      REQUIRE(*next >= now_);
      now_ = *next;
      model_->advance(now_, *this);
      ++wakes;
      model_->check_conservation(false);
    }
  }
  void finish() {
    run(Duration::nanoseconds(1'000'000'000));
    CHECK_FALSE(model_->next_event().has_value());
    model_->check_conservation(true);
  }
  void access_done(std::uint64_t number) override { done[number] = now_; }

  std::map<std::uint64_t, Duration> done;
  int wakes{0};

 private:
  std::unique_ptr<MemoryModel> model_;
  Duration now_;
};

DramSpec banked() {
  DramSpec spec;
  spec.model = DramModel::banked;
  spec.banked = test::ddr4_2400();
  return spec;
}

}  // namespace

TEST_CASE("the ideal memory is done at once", "[dram]") {
  Owner owner{{}};
  owner.submit(1, {false, 0, Bytes{1 << 20}}, ps(5));
  CHECK(owner.done.at(1) == ps(5));
  owner.finish();
}

TEST_CASE("the bandwidth memory shares its rate in order of arrival, and adds its latency", "[dram]") {
  DramSpec spec;
  spec.model = DramModel::bandwidth;
  spec.bandwidth = Rate::bytes_per_second(1'000'000'000);
  spec.latency = Duration::nanoseconds(50);
  Owner owner{spec};
  owner.submit(1, {false, 0, Bytes{100}}, ps(0));
  owner.submit(2, {true, 0, Bytes{10}}, Duration::nanoseconds(10));
  owner.submit(3, {false, 0, Bytes{10}}, Duration::nanoseconds(500));
  owner.finish();
  CHECK(owner.done == std::map<std::uint64_t, Duration>{{1, Duration::nanoseconds(150)},
                                                        {2, Duration::nanoseconds(160)},
                                                        {3, Duration::nanoseconds(560)}});
}

TEST_CASE("the banked memory counts cycles of its clock from zero, rounded up to a picosecond", "[dram]") {
  Owner owner{banked()};
  // Cycle c ends at ceil(c / 1.2 ns): 40 cycles after the first that begins at or after the arrival.
  owner.submit(1, {false, 0, Bytes{64}}, ps(0));
  owner.run(ps(100'000));
  CHECK(owner.done.at(1) == ps(33'334));
  owner.submit(2, {false, 64, Bytes{64}}, ps(100'001));  // cycle 121, a hit
  owner.submit(3, {true, 4096, Bytes{4096}}, ps(200'000));
  owner.finish();
  CHECK(owner.done.at(2) == time_of_cycles(121 + 23, Frequency::hertz(1'200'000'000)));
  // From cycle 240 on: a write to the open row each tCCD_L, the last one's data, and the controller.
  CHECK(owner.done.at(3) == time_of_cycles(240 + 63 * 6 + 12 + 4 + 2, Frequency::hertz(1'200'000'000)));
}

TEST_CASE("regions are done in whatever order, each when its last burst is, and few calls suffice", "[dram]") {
  Owner owner{banked()};
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto at = static_cast<std::int64_t>(i);
    owner.submit(i, {i % 3 == 0, at * 8192, Bytes{4096}}, ps(at * 100'000));
  }
  owner.finish();
  CHECK(owner.done.size() == 200);
  // 64 bursts each, of which a command of its own would be a call.
  CHECK(owner.wakes < 200 * 64 / 2);
}

}  // namespace crossweave
