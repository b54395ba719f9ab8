// Does work in child processes come back complete, in order, and does a failure come through?
#include "frontend/worker_processes.h"

#include <unistd.h>

#include <csignal>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace crossweave {

TEST_CASE("texts come back in the order of the tasks, each from a process of its own", "[workers]") {
  for (const std::size_t workers : {1U, 2U, 5U}) {
    std::set<std::size_t> ended;
    const auto texts = run_in_processes(
        9, workers,
        [](std::size_t i) {
          usleep(static_cast<useconds_t>((9 - i) * 1000));  // the last are the first to end
          return std::to_string(i) + " " + std::to_string(getpid());
        },
        [&](std::size_t i) { ended.insert(i); });
    REQUIRE(texts);
    REQUIRE(texts->size() == 9);
    std::set<std::string> processes;
    for (std::size_t i = 0; i < 9; ++i) {
      const std::string& text = (*texts)[i];
      CHECK(text.starts_with(std::to_string(i) + " "));
      processes.insert(text.substr(text.find(' ')));
    }
    CHECK(processes.size() == 9);
    CHECK(processes.count(" " + std::to_string(getpid())) == 0);
    CHECK(ended.size() == 9);
  }
}

TEST_CASE("texts larger than a pipe, empty ones, and no tasks at all", "[workers]") {
  const auto texts = run_in_processes(
      3, 2, [](std::size_t i) { return std::string(i * 300'000, 'x'); }, [](std::size_t) {});
  REQUIRE(texts);
  CHECK((*texts)[0].empty());
  CHECK((*texts)[1] == std::string(300'000, 'x'));
  CHECK((*texts)[2].size() == 600'000);
  const auto none = run_in_processes(
      0, 2, [](std::size_t) { return std::string{}; }, [](std::size_t) {});
  REQUIRE(none);
  CHECK(none->empty());
}

TEST_CASE("what a child throws, and what ends it, is a failure of all", "[workers]") {
  const auto thrown = run_in_processes(
      4, 2,
      [](std::size_t i) -> std::string {
        if (i == 2) {
          throw std::runtime_error{"two is bad"};
        }
        return "ok";
      },
      [](std::size_t) {});
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().message == "two is bad");
  const auto killed = run_in_processes(
      1, 1,
      [](std::size_t) -> std::string {
        kill(getpid(), SIGKILL);
        return "never";
      },
      [](std::size_t) {});
  REQUIRE_FALSE(killed);
  CHECK(killed.error().message == "a process ended by signal 9");
}

}  // namespace crossweave
