#include "frontend/worker_processes.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

namespace crossweave {
namespace {

/// A child under way and what it has written so far.
struct Child {
  std::size_t task{0};
  pid_t process{0};
  int output{0};
  std::string text;
};

bool write_all(int file, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = write(file, text.data() + at, text.size() - at);
    if (count < 0 && errno != EINTR) {
      return false;
    }
    at += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  return true;
}

/// Never returns. Buffers and objects of the parent are not to be flushed or destroyed a second time.
[[noreturn]] void run_child(const std::function<std::string(std::size_t)>& task, std::size_t index, int output) {
  int status = EXIT_FAILURE;
  try {
    status = write_all(output, task(index)) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& fault) {
    write_all(output, fault.what());
  }
  _exit(status);
}

class Workers {
 public:
  Workers(std::size_t count, std::size_t workers, const std::function<std::string(std::size_t)>& task,
          const std::function<void(std::size_t)>& done)
      : workers_{std::max<std::size_t>(workers, 1)}, task_{task}, done_{done}, texts_(count) {}

  Result<std::vector<std::string>, Failure> run() {
    while (!failure_ && (next_ < texts_.size() || !children_.empty())) {
      if (next_ < texts_.size() && children_.size() < workers_) {
        start(next_++);
      } else {
        read_some();
      }
    }
    // After a failure, those under way end by themselves: nobody reads what they write any more.
    for (const Child& child : children_) {
      close(child.output);
      waitpid(child.process, nullptr, 0);
    }
    if (failure_) {
      return *failure_;
    }
    return std::move(texts_);
  }

 private:
  void fail(std::string message) {
    if (!failure_) {
      failure_ = Failure{std::move(message)};
    }
  }

  void start(std::size_t task) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
      fail(std::string{"cannot start a process: "} + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
      return;
    }
    const pid_t process = fork();
    if (process == 0) {
      close(ends[0]);
      run_child(task_, task, ends[1]);
    }
    close(ends[1]);
    if (process < 0) {
      close(ends[0]);
      fail(std::string{"cannot start a process: "} + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
      return;
    }
    children_.push_back({task, process, ends[0], {}});
  }

  void read_some() {
    std::vector<pollfd> waiting;
    for (const Child& child : children_) {
      waiting.push_back({child.output, POLLIN, 0});
    }
    if (poll(waiting.data(), waiting.size(), -1) < 0) {
      return;  // interrupted: again
    }
    for (std::size_t i = children_.size(); i-- > 0;) {
      if (waiting[i].revents == 0) {
        continue;
      }
      std::array<char, 4096> buffer{};
      const ssize_t count = read(children_[i].output, buffer.data(), buffer.size());
      if (count > 0) {
        children_[i].text.append(buffer.data(), static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        finish(i);
      }
    }
  }

  void finish(std::size_t index) {
    const Child child = std::move(children_[index]);
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(index));
    close(child.output);
    int status = 0;
    waitpid(child.process, &status, 0);
    if (WIFSIGNALED(status)) {
      fail("a process ended by signal " + std::to_string(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != EXIT_SUCCESS) {
      fail(child.text);
    } else {
      texts_[child.task] = child.text;
      done_(child.task);
    }
  }

  std::size_t workers_;
  const std::function<std::string(std::size_t)>& task_;
  const std::function<void(std::size_t)>& done_;
  std::vector<std::string> texts_;
  std::vector<Child> children_;
  std::size_t next_{0};
  std::optional<Failure> failure_;
};

}  // namespace

Result<std::vector<std::string>, Failure> run_in_processes(std::size_t count, std::size_t workers,
                                                           const std::function<std::string(std::size_t)>& task,
                                                           const std::function<void(std::size_t)>& done) {
  std::cout.flush();
  return Workers{count, workers, task, done}.run();
}

}  // namespace crossweave
