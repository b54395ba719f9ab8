#include "scheduler/dispatch.h"

#include <algorithm>
#include <bit>

namespace crossweave {
namespace {

constexpr unsigned kWordBits = 64;

}  // namespace

void SmallestFirst::reset(std::size_t count) {
  std::size_t level = 0;
  do {
    count = (count + kWordBits - 1) / kWordBits;
    if (level == levels_.size()) {
      levels_.emplace_back();
    }
    levels_[level++].assign(std::max<std::size_t>(count, 1), 0);
  } while (count > 1);
  levels_.resize(level);
}

void SmallestFirst::insert(std::uint32_t number) {
  for (std::vector<std::uint64_t>& level : levels_) {
    std::uint64_t& word = level[number / kWordBits];
    const bool known_above = word != 0;
    word |= std::uint64_t{1} << (number % kWordBits);
    if (known_above) {
      break;
    }
    number /= kWordBits;
  }
}

std::uint32_t SmallestFirst::take() {
  std::uint32_t number = 0;
  for (std::size_t level = levels_.size(); level-- > 0;) {
    number = number * kWordBits + static_cast<std::uint32_t>(std::countr_zero(levels_[level][number]));
  }
  std::uint32_t at = number;
  for (std::vector<std::uint64_t>& level : levels_) {
    std::uint64_t& word = level[at / kWordBits];
    word &= ~(std::uint64_t{1} << (at % kWordBits));
    if (word != 0) {
      break;
    }
    at /= kWordBits;
  }
  return number;
}

void Dispatcher::replace_first(Cycles since) {
  const std::size_t count = free_.size();
  const Free entry{since, free_[first_].duplicate};
  // The place of the first becomes that of the last; later ones move back until the entry fits.
  std::size_t hole = first_;
  first_ = first_ + 1 == count ? 0 : first_ + 1;
  while (hole != first_) {
    const std::size_t before = hole == 0 ? count - 1 : hole - 1;
    if (free_[before] < entry) {
      break;
    }
    free_[hole] = free_[before];
    hole = before;
  }
  free_[hole] = entry;
}

void Dispatcher::run(int duplicates, const std::vector<SetId>& order, const std::vector<SetId>& order_of_release,
                     const IdVector<SetId, Cycles>& release, const SetCycles& cycles, SetTimes& times) {
  const std::size_t count = order.size();
  place_.resize(count);
  for (std::size_t place = 0; place < count; ++place) {
    place_[order[place].value()] = static_cast<std::uint32_t>(place);
  }
  ready_.reset(count);
  free_.clear();
  first_ = 0;
  for (int duplicate = 0; duplicate < duplicates; ++duplicate) {
    free_.push_back({Cycles{}, static_cast<std::uint32_t>(duplicate)});
  }
  times.finish.resize(count);
  times.duplicate.resize(count);
  Cycles now;
  std::size_t released = 0;
  for (std::size_t done = 0; done < count; ++done) {
    now = std::max(now, free_[first_].since);
    if (ready_.empty() && released < count) {
      now = std::max(now, release[order_of_release[released]]);
    }
    for (; released < count && release[order_of_release[released]] <= now; ++released) {
      ready_.insert(place_[order_of_release[released].value()]);
    }
    const SetId set = order[ready_.take()];
    times.finish[set] = now + cycles[set];
    times.duplicate[set] = DuplicateId{free_[first_].duplicate};
    replace_first(times.finish[set]);
  }
}

}  // namespace crossweave
