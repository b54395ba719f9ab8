// Work in processes of its own, several at a time: SystemC has one kernel a process.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// Calls `task(i)` for each i below `count`, each in a child process, `workers` of them at a time, and returns their
/// texts in order of i, whatever the order in which they ended. `done(i)` is called here as each ends. Children inherit
/// what is in memory; nothing that they change comes back but the text. Fails when a child does, with what it said.
Result<std::vector<std::string>, Failure> run_in_processes(std::size_t count, std::size_t workers,
                                                           const std::function<std::string(std::size_t)>& task,
                                                           const std::function<void(std::size_t)>& done);

}  // namespace crossweave
