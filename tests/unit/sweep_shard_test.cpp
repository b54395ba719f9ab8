// Do parts of a sweep make the whole, and does a task of a Slurm array know which is its own?
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/sweep/progress.h"
#include "frontend/sweep/shard.h"

namespace crossweave::test {
namespace {

using Variables = std::map<std::string, std::string>;

Result<std::optional<Shard>, Failure> in_slurm(const Variables& variables) {
  return shard_of_slurm_task([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

Variables task(const std::string& id, const std::string& least, const std::string& most, const std::string& count) {
  return {{"SLURM_ARRAY_TASK_ID", id},
          {"SLURM_ARRAY_TASK_MIN", least},
          {"SLURM_ARRAY_TASK_MAX", most},
          {"SLURM_ARRAY_TASK_COUNT", count}};
}

}  // namespace

TEST_CASE("parts follow one another, make the whole, and differ by one in length", "[sweep]") {
  for (const std::size_t size : {0U, 1U, 7U, 24U}) {
    std::vector<std::size_t> all(size);
    std::iota(all.begin(), all.end(), std::size_t{100});
    for (std::size_t count = 1; count <= 9; ++count) {
      std::vector<std::size_t> joined;
      for (std::size_t index = 1; index <= count; ++index) {
        const std::vector<std::size_t> part = part_of(all, {index, count});
        CHECK(part.size() >= size / count);
        CHECK(part.size() <= size / count + 1);
        joined.insert(joined.end(), part.begin(), part.end());
      }
      CHECK(joined == all);
    }
  }
}

TEST_CASE("a part is named I/N, counted from 1", "[sweep]") {
  CHECK(*parse_shard("1/1") == Shard{1, 1});
  CHECK(*parse_shard("3/8") == Shard{3, 8});
  for (const char* text : {"", "3", "0/8", "9/8", "1/0", "/8", "3/", "a/b", "1/8/2", "-1/8", "1/99999"}) {
    INFO(text);
    CHECK_FALSE(parse_shard(text));
  }
  CHECK(database_name({3, 8}) == "shard-3-of-8.db");
  CHECK(database_name({1, 1}) == "sweep.db");
}

TEST_CASE("a task of a Slurm array has its part, whatever number the array begins with", "[sweep]") {
  CHECK(*in_slurm({}) == std::nullopt);
  CHECK(**in_slurm(task("0", "0", "7", "8")) == Shard{1, 8});
  CHECK(**in_slurm(task("5", "1", "8", "8")) == Shard{5, 8});
}

TEST_CASE("an array with gaps has no parts by itself", "[sweep]") {
  CHECK_FALSE(in_slurm(task("3", "1", "8", "4")));
  CHECK_FALSE(in_slurm(task("9", "1", "8", "8")));
  CHECK_FALSE(in_slurm({{"SLURM_ARRAY_TASK_ID", "3"}}));
}

TEST_CASE("progress has count, rate, time left and failures", "[sweep]") {
  using std::chrono::seconds;
  CHECK(progress_text({0, 0, 10}, 0, seconds{0}) == "0 of 10 points, 0 failed");
  CHECK(progress_text({30, 2, 100}, 20, seconds{10}) == "30 of 100 points, 2.0/s, 35 s left, 2 failed");
  CHECK(progress_text({30, 0, 1000}, 30, seconds{60}) == "30 of 1000 points, 0.5/s, 32:20 min left, 0 failed");
  CHECK(progress_text({30, 0, 100'000}, 30, seconds{60}) == "30 of 100000 points, 0.5/s, 55:32 h left, 0 failed");
  CHECK(progress_text({10, 1, 10}, 10, seconds{5}) == "10 of 10 points, 2.0/s in 5 s, 1 failed");
  CHECK(progress_bar({1, 0, 4}, 8) == "[==      ]");
  CHECK(progress_bar({0, 0, 0}, 2) == "[==]");
}

}  // namespace crossweave::test
