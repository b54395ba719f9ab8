// Work in processes of its own, several at a time: SystemC has one kernel a process.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// Hands a message from a child to the process that started it.
using SendMessage = std::function<void(const std::string& message)>;

/// Room for children that one of several processes at work does not use and lends to the others: it passes through
/// fork(), and whoever finds some there takes it.
class SpareRoom {
 public:
  SpareRoom();
  ~SpareRoom();
  SpareRoom(const SpareRoom&) = delete;
  SpareRoom& operator=(const SpareRoom&) = delete;

  void put(std::size_t children);
  /// Room for one child more, if there is any.
  [[nodiscard]] bool take();
  /// Becomes readable when there may be some.
  [[nodiscard]] int descriptor() const { return read_; }

 private:
  int read_{-1};
  int write_{-1};
};

struct ProcessTasks {
  std::size_t count{0};
  /// Children at a time, at least 1.
  std::size_t workers{1};
  /// Called in a child. What it throws is how the task fails.
  std::function<void(std::size_t task, const SendMessage& send)> task;
  /// Called here for each message, those of one task in their order.
  std::function<void(std::size_t task, std::string message)> received;
  /// Called here when a child has ended: why it failed, or nothing.
  std::function<void(std::size_t task, const std::optional<Failure>& failure)> ended;
  /// Called here several times a second, unless empty. False: children under way are killed, and no more are started.
  std::function<bool()> go_on;
  /// Where room goes that is left when no more tasks wait, and where to take more of it: may be null.
  SpareRoom* lends{nullptr};
  SpareRoom* borrows{nullptr};
};

/// Runs each task in a child process of its own, in their order, and waits for all. Children inherit what is in memory,
/// nothing that they change comes back but messages, and they die with this process.
void run_tasks(const ProcessTasks& tasks);

/// Calls `task(i)` for each i below `count`, each in a child process, `workers` of them at a time, and returns their
/// texts in order of i, whatever the order in which they ended. `done(i)` is called here as each ends. Children inherit
/// what is in memory; nothing that they change comes back but the text. Fails when a child does, with what it said.
Result<std::vector<std::string>, Failure> run_in_processes(std::size_t count, std::size_t workers,
                                                           const std::function<std::string(std::size_t)>& task,
                                                           const std::function<void(std::size_t)>& done);

}  // namespace crossweave
