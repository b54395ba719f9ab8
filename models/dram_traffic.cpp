#include "models/dram_traffic.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace crossweave {
namespace {

constexpr std::int64_t kRandomSpan = 1LL << 30;
constexpr std::int64_t kStreams = 4;
constexpr std::int64_t kStreamDistance = 64LL << 20;

/// Knuth's 64-bit linear congruential generator (MMIX), whose upper bits are drawn.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    state_ = 6364136223846793005U * state_ + 1442695040888963407U;
    return state_ >> 33U;
  }

 private:
  std::uint64_t state_;
};

class Stopwatch final : public DramListener {
 public:
  explicit Stopwatch(std::size_t requests) : times_(requests) {}
  void access_done(std::uint64_t tag, const DramAccessTimes& times) override { times_[tag] = times; }
  [[nodiscard]] std::vector<DramAccessTimes> take() && { return std::move(times_); }

 private:
  std::vector<DramAccessTimes> times_;
};

/// The n-th bank of a round in which bank groups take turns, then banks of a group, then ranks.
int bank_in_turn(std::int64_t n, const DramOrganization& organization) {
  const std::int64_t group = n % organization.bank_groups;
  const std::int64_t bank = n / organization.bank_groups % organization.banks;
  const std::int64_t rank = n / organization.banks_of_rank() % organization.ranks;
  return static_cast<int>((rank * organization.bank_groups + group) * organization.banks + bank);
}

}  // namespace

std::vector<DramRequest> generate(const DramStream& stream, const BankedDramSpec& spec) {
  const DramOrganization& organization = spec.device.organization;
  const DramAddressMap map{organization, spec.controller.mapping};
  const std::int64_t burst = organization.burst().count();
  const std::int64_t bursts = organization.capacity().count() / burst;
  const std::int64_t banks = static_cast<std::int64_t>(organization.ranks) * organization.banks_of_rank();
  const std::int64_t apart = kStreamDistance / burst + organization.bursts_of_row();
  const auto row = [&organization](std::int64_t n) { return static_cast<int>(n % organization.rows); };
  Random random{stream.seed};
  const auto burst_of = [&](std::int64_t i) -> std::int64_t {
    switch (stream.pattern) {
      case DramPattern::sequential:
        return i;
      case DramPattern::random:
        return static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(kRandomSpan / burst));
      case DramPattern::row_conflict:
        return map.burst_at({0, row(i), 0});
      case DramPattern::bank_round_robin:
        return map.burst_at({bank_in_turn(i, organization), row(i / banks), 0});
      case DramPattern::streams:
        return i % kStreams * apart + i / kStreams;
    }
    throw InternalError{"unknown pattern"};
  };
  std::vector<DramRequest> requests;
  requests.reserve(static_cast<std::size_t>(stream.requests));
  for (std::int64_t i = 0; i < stream.requests; ++i) {
    const bool write = (i + 1) * stream.writes_percent / 100 > i * stream.writes_percent / 100;
    requests.push_back({i * stream.gap, burst_of(i) % bursts * burst, write});
  }
  return requests;
}

std::vector<DramAccessTimes> serve_all(BankedDram& dram, const std::vector<DramRequest>& requests) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    dram.submit({i, requests[i].write, requests[i].address, Bytes{1}}, requests[i].arrival);
  }
  Stopwatch stopwatch{requests.size()};
  dram.finish(stopwatch);
  dram.check_conservation(true);
  return std::move(stopwatch).take();
}

}  // namespace crossweave
