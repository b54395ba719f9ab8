// A queue of events in integer time: a calendar of the near future, and a heap for what lies beyond it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace crossweave {

/// A cycle of the network's clock, counted from reset.
using NocCycle = std::int64_t;

/// Events leave in the order (cycle, order of insertion). In a network an event lies a few cycles ahead of the one that
/// causes it: inserting and removing it then costs the same however many there are.
class EventWheel {
 public:
  [[nodiscard]] NocCycle now() const { return now_; }

  /// `cycle` is not before now().
  void push(NocCycle cycle, std::uint32_t subject) {
    if (cycle - now_ < kSpan) {
      push_near(cycle, subject);
    } else {
      far_.push({{cycle, far_pushed_++}, subject});
    }
  }

  /// The cycle of the first event.
  [[nodiscard]] std::optional<NocCycle> next() const {
    const std::size_t start = slot(now_);
    for (std::size_t i = 0; i <= kWords; ++i) {
      const std::size_t word = (start / 64 + i) % kWords;
      std::uint64_t bits = occupied_[word];
      // The first word is seen twice: from the current slot on, and at the end up to it.
      if (i == 0) {
        bits &= ~std::uint64_t{0} << (start % 64);
      } else if (i == kWords) {
        bits &= ~(~std::uint64_t{0} << (start % 64));
      }
      if (bits != 0) {
        const std::size_t at = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        return now_ + static_cast<NocCycle>((at + kSlots - start) % kSlots);
      }
    }
    return far_.empty() ? std::nullopt : std::optional{far_.top().first.first};
  }

  /// Moves to `cycle`, which no event lies before.
  void advance(NocCycle cycle) {
    now_ = cycle;
    while (!far_.empty() && far_.top().first.first - now_ < kSpan) {
      push_near(far_.top().first.first, far_.top().second);
      far_.pop();
    }
  }

  /// Hands out the events of now(), with those that `act` adds for now().
  template <class Act>
  void take(Act act) {
    std::vector<std::uint32_t>& events = near_[slot(now_)];
    // By index: `act` may append.
    for (std::size_t i = 0; i < events.size(); ++i) {
      act(events[i]);
    }
    events.clear();
    occupied_[slot(now_) / 64] &= ~(std::uint64_t{1} << (slot(now_) % 64));
  }

 private:
  using FarEvent = std::pair<std::pair<NocCycle, std::uint64_t>, std::uint32_t>;

  static constexpr std::size_t kSlots = 512;
  static constexpr NocCycle kSpan = kSlots;
  static constexpr std::size_t kWords = kSlots / 64;

  static std::size_t slot(NocCycle cycle) { return static_cast<std::size_t>(cycle) % kSlots; }

  void push_near(NocCycle cycle, std::uint32_t subject) {
    near_[slot(cycle)].push_back(subject);
    occupied_[slot(cycle) / 64] |= std::uint64_t{1} << (slot(cycle) % 64);
  }

  NocCycle now_{0};
  std::array<std::vector<std::uint32_t>, kSlots> near_;
  std::array<std::uint64_t, kWords> occupied_{};
  std::priority_queue<FarEvent, std::vector<FarEvent>, std::greater<>> far_;
  std::uint64_t far_pushed_{0};
};

}  // namespace crossweave
