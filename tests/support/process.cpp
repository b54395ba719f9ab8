#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace crossweave::test {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  return ends;
}

/// In the child: only async-signal-safe calls from here to exec.
[[noreturn]] void become(const char* program, char* const* arguments, const char* directory, int out, int err) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
      dup2(err, STDERR_FILENO) >= 0 && chdir(directory) == 0) {
    execv(program, arguments);
  }
  _exit(127);
}

/// Reads both pipes to their ends, whichever has something.
void drain(std::array<pollfd, 2> pipes, std::array<std::string*, 2> texts) {
  std::array<char, 4096> buffer{};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR) {
      fail("poll");
    }
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) {
        continue;
      }
      const ssize_t count = read(pipes[i].fd, buffer.data(), buffer.size());
      if (count > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      } else if (count == 0) {
        close(pipes[i].fd);
        pipes[i].fd = -1;
      } else if (errno != EINTR) {
        fail("read");
      }
    }
  }
}

}  // namespace

Finished run_program(const std::string& program, const std::vector<std::string>& arguments,
                     const std::filesystem::path& directory) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  const std::array<int, 2> out = make_pipe();
  const std::array<int, 2> err = make_pipe();
  const std::string where = directory.string();
  const pid_t child = fork();
  if (child < 0) {
    fail("fork");
  }
  if (child == 0) {
    become(program.c_str(), argv.data(), where.c_str(), out[1], err[1]);
  }
  close(out[1]);
  close(err[1]);

  Finished finished;
  drain({pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}}, {&finished.out, &finished.err});
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      fail("waitpid");
    }
  }
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) {
    throw std::runtime_error{"cannot read " + file.string()};
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

}  // namespace crossweave::test
