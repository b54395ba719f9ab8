#include "frontend/sweep/shard.h"

#include <charconv>
#include <iterator>
#include <system_error>

namespace crossweave {
namespace {

std::optional<std::size_t> parse_count(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional{value}
                                                                                   : std::nullopt;
}

}  // namespace

Result<Shard, Failure> parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<std::size_t> index = parse_count(text.substr(0, slash));
  const std::optional<std::size_t> count =
      slash == std::string_view::npos ? std::nullopt : parse_count(text.substr(slash + 1));
  if (!index || !count || *index < 1 || *index > *count || *count > kMostShards) {
    return Failure{"expected I/N, part I of N with 1 <= I <= N <= " + std::to_string(kMostShards) + ", got '" +
                   std::string{text} + "'"};
  }
  return Shard{*index, *count};
}

Result<std::optional<Shard>, Failure> shard_of_slurm_task(const std::function<const char*(const char*)>& variable) {
  if (variable("SLURM_ARRAY_TASK_ID") == nullptr) {
    return std::optional<Shard>{};
  }
  const auto number = [&variable](const char* name) -> std::optional<std::size_t> {
    const char* const text = variable(name);
    return text == nullptr ? std::nullopt : parse_count(text);
  };
  const std::optional<std::size_t> id = number("SLURM_ARRAY_TASK_ID");
  const std::optional<std::size_t> least = number("SLURM_ARRAY_TASK_MIN");
  const std::optional<std::size_t> most = number("SLURM_ARRAY_TASK_MAX");
  const std::optional<std::size_t> count = number("SLURM_ARRAY_TASK_COUNT");
  // An array of which tasks are left out, or run a second time by themselves, would compute other parts than the first.
  if (!id || !least || !most || !count || *id < *least || *id > *most || *most - *least + 1 != *count ||
      *count > kMostShards) {
    return Failure{"the tasks of this Slurm array are not numbered without gaps: say which part it is by --shard I/N"};
  }
  return std::optional{Shard{*id - *least + 1, *count}};
}

std::vector<std::size_t> part_of(const std::vector<std::size_t>& all, const Shard& shard) {
  const std::size_t begin = all.size() * (shard.index - 1) / shard.count;
  const std::size_t end = all.size() * shard.index / shard.count;
  return {std::next(all.begin(), static_cast<std::ptrdiff_t>(begin)),
          std::next(all.begin(), static_cast<std::ptrdiff_t>(end))};
}

std::string database_name(const Shard& shard) {
  return shard.count == 1 ? "sweep.db"
                          : "shard-" + std::to_string(shard.index) + "-of-" + std::to_string(shard.count) + ".db";
}

}  // namespace crossweave
