#include "frontend/worker_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <system_error>
#include <utility>

namespace crossweave {
namespace {

/// How often `go_on` is asked while nothing happens.
constexpr int kPollMilliseconds = 100;

/// What a child says: a message, or why it fails.
enum class FrameKind : char { message = 'm', failure = 'f' };

/// Stands before each text in a pipe.
struct FrameHeader {
  std::uint64_t size{0};
  FrameKind kind{FrameKind::message};
};

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error{errno, std::generic_category(), "cannot start a process"};
  }
  return ends;
}

/// Ends this process when nobody listens any more.
void write_all(int file, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = write(file, data, size);
    if (count < 0 && errno != EINTR) {
      _exit(EXIT_FAILURE);
    }
    const auto written = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    data += written;
    size -= written;
  }
}

void write_frame(int file, FrameKind kind, const std::string& text) {
  std::array<char, sizeof(FrameHeader)> bytes{};
  const FrameHeader header{text.size(), kind};
  std::memcpy(bytes.data(), &header, sizeof(header));
  write_all(file, bytes.data(), bytes.size());
  write_all(file, text.data(), text.size());
}

/// A child under way.
struct Child {
  std::size_t task{0};
  pid_t process{0};
  int output{0};
  std::string received;  ///< the beginning of a frame
  std::optional<Failure> failure;
};

class Workers {
 public:
  explicit Workers(const ProcessTasks& tasks) : tasks_{tasks}, workers_{std::max<std::size_t>(tasks.workers, 1)} {
    lend(workers_ - std::min(workers_, tasks.count));
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Kills what is still under way.
  ~Workers() {
    for (const Child& child : children_) {
      kill(child.process, SIGKILL);
      close(child.output);
      waitpid(child.process, nullptr, 0);
    }
  }

  void run() {
    while (next_ < tasks_.count || !children_.empty()) {
      if (tasks_.go_on && !tasks_.go_on()) {
        return;
      }
      if (next_ < tasks_.count && has_room()) {
        start(next_++);
      } else {
        wait();
      }
    }
  }

 private:
  void lend(std::size_t children) {
    if (tasks_.lends != nullptr && children > 0) {
      tasks_.lends->put(children);
    }
  }

  bool has_room() {
    if (children_.size() < workers_ + borrowed_) {
      return true;
    }
    if (tasks_.borrows == nullptr || !tasks_.borrows->take()) {
      return false;
    }
    ++borrowed_;
    return true;
  }

  void start(std::size_t task) {
    const std::array<int, 2> ends = make_pipe();
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) {
        _exit(EXIT_FAILURE);
      }
      run_child(task, ends);
    }
    close(ends[1]);
    if (process < 0) {
      close(ends[0]);
      throw std::system_error{errno, std::generic_category(), "cannot start a process"};
    }
    children_.push_back({task, process, ends[0], {}, std::nullopt});
  }

  /// Buffers and objects of the parent are not to be flushed or destroyed a second time.
  [[noreturn]] void run_child(std::size_t task, const std::array<int, 2>& ends) {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    close(ends[0]);
    for (const Child& sibling : children_) {
      close(sibling.output);
    }
    try {
      tasks_.task(task, [&](const std::string& message) { write_frame(ends[1], FrameKind::message, message); });
    } catch (const std::exception& fault) {
      write_frame(ends[1], FrameKind::failure, fault.what());
    }
    _exit(EXIT_SUCCESS);
  }

  /// Until a child says something or ends, room is to be had, or some time has passed.
  void wait() {
    std::vector<pollfd> waiting;
    for (const Child& child : children_) {
      waiting.push_back({child.output, POLLIN, 0});
    }
    if (tasks_.borrows != nullptr && next_ < tasks_.count) {
      waiting.push_back({tasks_.borrows->descriptor(), POLLIN, 0});
    }
    if (poll(waiting.data(), waiting.size(), tasks_.go_on ? kPollMilliseconds : -1) <= 0) {
      return;
    }
    for (std::size_t i = children_.size(); i-- > 0;) {
      if (waiting[i].revents != 0) {
        read_some(i);
      }
    }
  }

  void read_some(std::size_t index) {
    std::array<char, 65536> buffer{};
    Child& child = children_[index];
    const ssize_t count = read(child.output, buffer.data(), buffer.size());
    if (count > 0) {
      child.received.append(buffer.data(), static_cast<std::size_t>(count));
      take_frames(child);
    } else if (count == 0 || errno != EINTR) {
      finish(index);
    }
  }

  void take_frames(Child& child) {
    std::size_t at = 0;
    while (child.received.size() - at >= sizeof(FrameHeader)) {
      FrameHeader header;
      std::memcpy(&header, child.received.data() + at, sizeof(header));
      if (child.received.size() - at - sizeof(header) < header.size) {
        break;
      }
      std::string text = child.received.substr(at + sizeof(header), header.size);
      at += sizeof(header) + header.size;
      if (header.kind == FrameKind::failure) {
        child.failure = Failure{std::move(text)};
      } else {
        tasks_.received(child.task, std::move(text));
      }
    }
    child.received.erase(0, at);
  }

  void finish(std::size_t index) {
    Child child = std::move(children_[index]);
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(index));
    close(child.output);
    int status = 0;
    while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
      child.failure = Failure{"a process ended by signal " + std::to_string(WTERMSIG(status))};
    } else if (!child.failure && WEXITSTATUS(status) != EXIT_SUCCESS) {
      child.failure = Failure{"a process ended with status " + std::to_string(WEXITSTATUS(status))};
    }
    tasks_.ended(child.task, child.failure);
    if (next_ < tasks_.count) {
      return;
    }
    if (borrowed_ > 0) {
      --borrowed_;
      tasks_.borrows->put(1);
    } else {
      lend(1);
    }
  }

  const ProcessTasks& tasks_;
  std::size_t workers_;
  std::size_t borrowed_{0};
  std::vector<Child> children_;
  std::size_t next_{0};
};

}  // namespace

SpareRoom::SpareRoom() {
  const std::array<int, 2> ends = make_pipe();
  read_ = ends[0];
  write_ = ends[1];
  fcntl(read_, F_SETFL, O_NONBLOCK);
}

SpareRoom::~SpareRoom() {
  close(read_);
  close(write_);
}

void SpareRoom::put(std::size_t children) {
  const std::string bytes(children, '.');
  write_all(write_, bytes.data(), bytes.size());
}

bool SpareRoom::take() {
  char byte = 0;
  return read(read_, &byte, 1) == 1;
}

void run_tasks(const ProcessTasks& tasks) {
  std::cout.flush();
  Workers{tasks}.run();
}

Result<std::vector<std::string>, Failure> run_in_processes(std::size_t count, std::size_t workers,
                                                           const std::function<std::string(std::size_t)>& task,
                                                           const std::function<void(std::size_t)>& done) {
  std::vector<std::string> texts(count);
  std::optional<Failure> first_failure;
  ProcessTasks tasks;
  tasks.count = count;
  tasks.workers = workers;
  tasks.task = [&](std::size_t i, const SendMessage& send) { send(task(i)); };
  tasks.received = [&](std::size_t i, std::string text) { texts[i] = std::move(text); };
  tasks.ended = [&](std::size_t i, const std::optional<Failure>& failure) {
    if (failure && !first_failure) {
      first_failure = failure;
    } else if (!failure) {
      done(i);
    }
  };
  tasks.go_on = [&] { return !first_failure; };
  run_tasks(tasks);
  if (first_failure) {
    return *first_failure;
  }
  return texts;
}

}  // namespace crossweave
