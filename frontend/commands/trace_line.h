// Reading traces: text files with a packet or a request a line, and comments behind '#'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "arch/diagnostics.h"

namespace crossweave {

/// Reads one line word by word, and complains where it is wrong; after the first problem it reads no more.
class TraceLine {
 public:
  /// `form` says what belongs there: "'t src dst flits'". The text must outlive this.
  TraceLine(const std::string& text, SourcePosition where, std::string_view form, Diagnostics& problems);

  /// Nothing but blanks, or a comment, is left.
  [[nodiscard]] bool empty() const { return at_ == text_.size() || text_[at_] == '#'; }
  [[nodiscard]] bool ok() const { return ok_; }

  std::int64_t number(const char* what, std::int64_t first, std::int64_t last);
  /// The same, in hexadecimal behind "0x".
  std::int64_t hexadecimal(const char* what, std::int64_t first, std::int64_t last);
  /// Whether the word is `yes` rather than `no`.
  bool either(const char* what, std::string_view yes, std::string_view no);
  void end();

 private:
  void skip_blanks();
  /// The word that stands here, and moves behind it. Complains when there is none.
  std::string take_word(const char* what);
  std::int64_t parse(const char* what, int base, std::int64_t first, std::int64_t last);
  void complain(std::string message);

  const std::string& text_;
  SourcePosition where_;
  std::string form_;
  Diagnostics& problems_;
  std::size_t at_{0};
  std::size_t word_{0};  ///< where the last word began
  bool ok_{true};
};

/// Hands each line of a file that is not empty to `read`, which reads it to its end. Reports a file that cannot be
/// read, stops after 20 problems, and asks for at least one line. `items` is what the lines hold: "packets".
void read_trace(const std::string& file, std::string_view items, std::string_view form, Diagnostics& problems,
                const std::function<void(TraceLine&)>& read);

}  // namespace crossweave
