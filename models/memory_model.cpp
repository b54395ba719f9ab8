#include "models/memory_model.h"

#include <deque>

#include "models/banked_dram.h"
#include "models/timeline.h"

namespace crossweave {
namespace {

/// Every access is done at once.
class IdealMemory final : public MemoryModel {
 public:
  bool submit(std::uint64_t /*number*/, const MemoryAccess& /*access*/, Duration /*now*/) override { return true; }
  [[nodiscard]] std::optional<Duration> next_event() const override { return std::nullopt; }
  void advance(Duration /*now*/, MemoryListener& /*listener*/) override {}
  void check_conservation(bool /*all_done*/) const override {}
};

/// A rate and a latency, whatever the addresses.
class BandwidthMemory final : public MemoryModel {
 public:
  explicit BandwidthMemory(const DramSpec& spec) : timeline_{spec} {}

  bool submit(std::uint64_t number, const MemoryAccess& access, Duration now) override {
    under_way_.push_back({timeline_.serve(now, access.size), number});
    return false;
  }
  [[nodiscard]] std::optional<Duration> next_event() const override {
    return under_way_.empty() ? std::nullopt : std::optional{under_way_.front().done};
  }
  void advance(Duration now, MemoryListener& listener) override {
    while (!under_way_.empty() && under_way_.front().done <= now) {
      const std::uint64_t number = under_way_.front().number;
      under_way_.pop_front();
      listener.access_done(number);
    }
  }
  void check_conservation(bool all_done) const override {
    check_invariant(!all_done || under_way_.empty(), "every access ends");
  }

 private:
  struct Access {
    Duration done;
    std::uint64_t number{0};
  };

  DramTimeline timeline_;
  std::deque<Access> under_way_;  ///< in the order in which they end
};

/// A channel of banks, in the time of its clock.
class BankedMemory final : public MemoryModel {
 public:
  explicit BankedMemory(const BankedDramSpec& spec) : clock_{spec.device.clock}, dram_{spec} {}

  bool submit(std::uint64_t number, const MemoryAccess& access, Duration now) override {
    dram_.submit({number, access.write, access.address, access.size}, first_cycle_from(now));
    return false;
  }
  [[nodiscard]] std::optional<Duration> next_event() const override {
    const std::optional<DramCycle> next = dram_.next_event();
    return next ? std::optional{time_of_cycles(*next, clock_)} : std::nullopt;
  }
  void advance(Duration now, MemoryListener& listener) override {
    Forward forward{listener};
    dram_.advance_to(cycles_within(now, clock_), forward);
  }
  void check_conservation(bool all_done) const override { dram_.check_conservation(all_done); }

 private:
  class Forward final : public DramListener {
   public:
    explicit Forward(MemoryListener& listener) : listener_{listener} {}
    void access_done(std::uint64_t tag, const DramAccessTimes& /*times*/) override { listener_.access_done(tag); }

   private:
    MemoryListener& listener_;
  };

  /// The cycle under way will do when it began within this picosecond.
  [[nodiscard]] DramCycle first_cycle_from(Duration now) const {
    const DramCycle cycle = cycles_within(now, clock_);
    return time_of_cycles(cycle, clock_) == now ? cycle : cycle + 1;
  }

  Frequency clock_;
  BankedDram dram_;
};

}  // namespace

std::unique_ptr<MemoryModel> make_memory_model(const DramSpec& spec) {
  switch (spec.model) {
    case DramModel::ideal:
      return std::make_unique<IdealMemory>();
    case DramModel::bandwidth:
      return std::make_unique<BandwidthMemory>(spec);
    case DramModel::banked:
      return std::make_unique<BankedMemory>(spec.banked);
  }
  throw InternalError{"unknown model of the DRAM"};
}

}  // namespace crossweave
