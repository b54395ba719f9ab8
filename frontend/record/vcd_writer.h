// Value change dumps (IEEE 1364-2005, Section 18), as GTKWave and vcd2fst read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"

namespace crossweave {

/// A variable of bits: a wire or an integer.
using VcdVariable = Id<struct VcdVariableTag>;
/// A variable that holds a text, an extension of GTKWave.
using VcdTextVariable = Id<struct VcdTextVariableTag>;
/// A text that a VcdTextVariable can hold.
using VcdText = Id<struct VcdTextTag>;

/// Writes what changes, when it changes: the cost of a change does not depend on the number of variables. Of several
/// changes at one instant the last counts, and it is written only if the value differs from that before the instant.
/// First come scopes, variables and comments, then changes with times that never go back, then finish(). Files say
/// nothing about when and where they were written.
class VcdWriter {
 public:
  /// `out` must outlive the writer. The file begins at `begin`; no change may come before.
  explicit VcdWriter(std::ostream& out, Duration begin = {});
  VcdWriter(const VcdWriter&) = delete;
  VcdWriter& operator=(const VcdWriter&) = delete;

  // Header. Names consist of letters, digits and underscores.
  void comment(std::string_view text);
  void open_scope(std::string_view name);
  void close_scope();
  /// 1 to 64 bits; viewers show more than one as hexadecimal. Unknown (x) until its first change.
  VcdVariable add_wire(std::string_view name, int bits);
  /// 64 bits that viewers show as a decimal number. Unknown (x) until its first change.
  VcdVariable add_integer(std::string_view name);
  /// Empty until its first change.
  VcdTextVariable add_text_variable(std::string_view name);

  /// Registers a text, also between changes. What VCD cannot hold (blanks, backslashes, beyond ASCII) becomes '_'.
  VcdText add_text(std::string_view text);

  // Changes. A change at the time at which the file begins replaces the initial value.
  void change(Duration at, VcdVariable variable, std::uint64_t value);
  void change(Duration at, VcdTextVariable variable, VcdText text);
  /// Nobody drives the variable (z): viewers draw a thin line, as for an idle bus.
  void release(Duration at, VcdVariable variable);
  void release(Duration at, VcdTextVariable variable);

  /// Ends the file with the time stamp `end`, not before the last change. Call once. From then on the state of the
  /// stream says whether all could be written.
  void finish(Duration end);

 private:
  enum class Kind : std::uint8_t { wire, integer, text };
  enum class State : std::uint8_t { unknown, released, driven };

  /// Identifiers have as many characters as it takes to tell 2^32 variables apart.
  static constexpr std::size_t kLongestIdentifier = 5;

  /// Sized and aligned so that a change touches one cache line.
  struct alignas(32) Variable {
    std::uint64_t written{0};  ///< the value in the file; an index into `texts_` for texts
    std::uint64_t next{0};     ///< the value at the end of this instant
    State written_state{State::unknown};
    State next_state{State::unknown};
    Kind kind{Kind::wire};
    std::uint8_t bits{0};
    bool changing{false};  ///< in `changing_`
    std::uint8_t identifier_length{0};
    char identifier[kLongestIdentifier]{};
  };

  std::size_t add_variable(Kind kind, int bits, std::string_view name);
  void set(Duration at, std::uint32_t index, State state, std::uint64_t value);
  void end_instant();
  void write_initial_values();
  void write_time(Duration at);
  void write_value(Variable& variable);
  void put(std::string_view text);
  void make_room(std::size_t size);
  void flush();

  std::ostream& out_;
  std::vector<char> buffer_;
  char* cursor_;

  std::vector<Variable> variables_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> text_index_;
  std::vector<std::uint32_t> changing_;
  Duration begin_;
  Duration now_;
  Duration last_stamp_;
  std::int64_t leading_{0};  ///< of the last time stamp: all but its last digits
  char leading_digits_[16]{};
  std::size_t leading_length_{0};
  int open_scopes_{0};
  bool header_done_{false};
  bool finished_{false};
};

}  // namespace crossweave
