// Does work in child processes come back complete, in order, and does a failure come through?
#include "frontend/worker_processes.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
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

TEST_CASE("messages come as they are sent, and a failure ends its task only", "[workers]") {
  std::vector<std::string> received(3);
  std::vector<std::string> ends(3);
  ProcessTasks tasks;
  tasks.count = 3;
  tasks.workers = 2;
  tasks.task = [](std::size_t i, const SendMessage& send) {
    send("a\n" + std::to_string(i));
    send("");
    if (i == 1) {
      throw std::runtime_error{"one is bad"};
    }
    send(std::string(100'000, 'z'));
  };
  tasks.received = [&](std::size_t i, const std::string& message) { received[i] += message + "|"; };
  tasks.ended = [&](std::size_t i, const std::optional<Failure>& failure) {
    ends[i] = failure ? failure->message : "well";
  };
  run_tasks(tasks);
  CHECK(received[0] == "a\n0||" + std::string(100'000, 'z') + "|");
  CHECK(received[1] == "a\n1||");
  CHECK(received[2] == "a\n2||" + std::string(100'000, 'z') + "|");
  CHECK(ends == std::vector<std::string>{"well", "one is bad", "well"});
}

TEST_CASE("when asked to stop, children are killed and no more started", "[workers]") {
  std::size_t received = 0;
  ProcessTasks tasks;
  tasks.count = 4;
  tasks.workers = 2;
  tasks.task = [](std::size_t, const SendMessage& send) {
    send("started");
    usleep(60'000'000);
  };
  tasks.received = [&](std::size_t, const std::string&) { ++received; };
  tasks.ended = [](std::size_t, const std::optional<Failure>&) { FAIL("none ends by itself"); };
  tasks.go_on = [&] { return received < 2; };
  run_tasks(tasks);
  CHECK(received == 2);
}

TEST_CASE("room that one process lends is another's", "[workers]") {
  // One task of two has nothing to do; the other one's four children can all but be at work two at a time.
  std::string most;
  SpareRoom room;
  ProcessTasks outer;
  outer.count = 2;
  outer.workers = 2;
  outer.lends = &room;
  outer.task = [&](std::size_t i, const SendMessage& send) {
    if (i == 0) {
      return;
    }
    std::size_t under_way = 0;
    std::size_t most_under_way = 0;
    ProcessTasks inner;
    inner.count = 4;
    inner.borrows = &room;
    inner.task = [](std::size_t, const SendMessage& say) {
      say("");
      usleep(100'000);
    };
    inner.received = [&](std::size_t, const std::string&) { most_under_way = std::max(most_under_way, ++under_way); };
    inner.ended = [&](std::size_t, const std::optional<Failure>&) { --under_way; };
    run_tasks(inner);
    send(std::to_string(most_under_way));
  };
  outer.received = [&](std::size_t, const std::string& message) { most = message; };
  outer.ended = [](std::size_t, const std::optional<Failure>& failure) { CHECK_FALSE(failure); };
  run_tasks(outer);
  CHECK(most == "2");
}

}  // namespace crossweave
