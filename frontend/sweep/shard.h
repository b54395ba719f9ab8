// The part of a sweep that one of several machines computes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// Number `index` of `count` parts, counted from 1.
struct Shard {
  std::size_t index{1};
  std::size_t count{1};

  friend bool operator==(const Shard&, const Shard&) = default;
};

/// The most parts of a sweep.
inline constexpr std::size_t kMostShards = 10'000;

/// Reads "2/8".
Result<Shard, Failure> parse_shard(std::string_view text);

/// The part that a task of a Slurm array is to compute, by the variables that Slurm sets; nothing outside of an array.
/// `variable` gives the value of an environment variable, or null.
Result<std::optional<Shard>, Failure> shard_of_slurm_task(const std::function<const char*(const char*)>& variable);

/// Its share of a list: parts of one length, give or take one, that follow one another.
[[nodiscard]] std::vector<std::size_t> part_of(const std::vector<std::size_t>& all, const Shard& shard);

/// "shard-2-of-8.db", or "sweep.db" of the whole.
[[nodiscard]] std::string database_name(const Shard& shard);

}  // namespace crossweave
