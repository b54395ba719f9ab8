// The off-chip memory as the chip sees it: one interface, and the models of `dram.model` behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "arch/architecture.h"
#include "arch/units.h"

namespace crossweave {

struct MemoryAccess {
  bool write{false};
  /// Where the region begins. Regions that are laid out one after the other, in the order in which they are read, make
  /// the most of open rows.
  std::int64_t address{0};
  Bytes size;  ///< at least one byte
};

/// Told which accesses are done, by the numbers that their owner gave them. It may submit.
class MemoryListener {
 public:
  virtual void access_done(std::uint64_t number) = 0;

 protected:
  ~MemoryListener() = default;
};

/// Plain values and times; whoever owns it calls advance() when next_event() is due.
class MemoryModel {
 public:
  virtual ~MemoryModel() = default;

  /// An access arrives at `now`; those that are under way have different numbers. True when it is done at once, and the
  /// listener does not hear of it.
  [[nodiscard]] virtual bool submit(std::uint64_t number, const MemoryAccess& access, Duration now) = 0;
  /// No access is done before; it may turn out that none is then. Nothing when none is under way.
  [[nodiscard]] virtual std::optional<Duration> next_event() const = 0;
  /// Lets everything happen that is due by `now`.
  virtual void advance(Duration now, MemoryListener& listener) = 0;
  /// Throws InternalError when something got lost; `all_done` when nothing may be under way any more.
  virtual void check_conservation(bool all_done) const = 0;
};

[[nodiscard]] std::unique_ptr<MemoryModel> make_memory_model(const DramSpec& spec);

}  // namespace crossweave
