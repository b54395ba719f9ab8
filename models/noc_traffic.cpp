#include "models/noc_traffic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace crossweave {
namespace {

/// The generator of Knuth's MMIX; its upper bits are the good ones. The distributions of the standard library differ
/// between libraries, this does not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}

  std::uint32_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 32U);
  }
  /// 0 .. bound - 1, every one as likely up to 1 in 2^32 / bound.
  int below(int bound) { return static_cast<int>((std::uint64_t{next()} * static_cast<std::uint64_t>(bound)) >> 32U); }

 private:
  std::uint64_t state_;
};

class Destinations {
 public:
  Destinations(TrafficPattern pattern, const NocConfig& network)
      : pattern_{pattern},
        columns_{network.columns},
        rows_{network.rows},
        concentration_{network.concentration},
        endpoints_{network.columns * network.rows * network.concentration},
        hot_{((rows_ - 1) / 2 * columns_ + (columns_ - 1) / 2) * concentration_} {}

  int of(int source, Random& random) const {
    const int router = source / concentration_;
    const int x = router % columns_;
    const int y = router / columns_;
    switch (pattern_) {
      case TrafficPattern::uniform:
        return random.below(endpoints_);
      case TrafficPattern::transpose:
        return at(y, x, source);
      case TrafficPattern::neighbour:
        return at((x + 1) % columns_, (y + 1) % rows_, source);
      case TrafficPattern::hotspot: {
        const int pick = random.below(endpoints_ + endpoints_ / 4);
        return pick < endpoints_ ? pick : hot_;
      }
      case TrafficPattern::bit_complement:
        return at(columns_ - 1 - x, rows_ - 1 - y, source);
    }
    throw InternalError{"a pattern of traffic has a rule"};
  }

 private:
  [[nodiscard]] int at(int x, int y, int source) const {
    return (y * columns_ + x) * concentration_ + source % concentration_;
  }

  TrafficPattern pattern_;
  int columns_;
  int rows_;
  int concentration_;
  int endpoints_;
  int hot_;
};

/// Notes the times of packets whose tags are their places in the list.
class Stopwatch final : public PacketListener {
 public:
  explicit Stopwatch(std::size_t packets) : times_(packets) {}

  void left_source(std::uint64_t tag, NocCycle head, NocCycle /*tail*/) override { times_[tag].head_injected = head; }
  void arrived(std::uint64_t tag, int /*destination*/, NocCycle head, NocCycle tail) override {
    times_[tag].head_ejected = head;
    times_[tag].tail_ejected = tail;
  }
  [[nodiscard]] std::vector<PacketTimes> take() && { return std::move(times_); }

 private:
  std::vector<PacketTimes> times_;
};

}  // namespace

std::vector<OfferedPacket> generate(const SyntheticTraffic& traffic, const NocConfig& network) {
  const Destinations destinations{traffic.pattern, network};
  const int endpoints = network.columns * network.rows * network.concentration;
  const auto threshold = static_cast<std::uint64_t>(std::floor(traffic.rate / traffic.flits * 0x1p32));
  Random random{traffic.seed};
  std::vector<OfferedPacket> packets;
  for (NocCycle cycle = 0; cycle < traffic.cycles; ++cycle) {
    for (int source = 0; source < endpoints; ++source) {
      if (random.next() < threshold) {
        packets.push_back({cycle, source, destinations.of(source, random), traffic.flits});
      }
    }
  }
  return packets;
}

std::vector<PacketTimes> send_all(RoutedNetwork& network, const std::vector<OfferedPacket>& packets) {
  std::vector<std::size_t> order(packets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&packets](std::size_t i) { return packets[i].created; });
  Stopwatch stopwatch{packets.size()};
  for (const std::size_t i : order) {
    const OfferedPacket& packet = packets[i];
    if (packet.created > network.now()) {
      network.advance_to(packet.created - 1, stopwatch);
    }
    network.inject({packet.source, packet.destination, packet.flits, MessageClass::data, i}, packet.created);
  }
  while (const std::optional<NocCycle> next = network.next_event()) {
    network.advance_to(*next, stopwatch);
  }
  check_invariant(network.flits().in_flight() == 0, "every packet arrives: dimension-order routing knows no deadlock");
  network.check_conservation();
  return std::move(stopwatch).take();
}

}  // namespace crossweave
