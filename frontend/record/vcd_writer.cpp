#include "frontend/record/vcd_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "arch/diagnostics.h"

namespace crossweave {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 18U;
/// No line but those of texts, names and comments is longer: 64 bits, an identifier, punctuation, and slack for
/// write_bits, which writes bytes whole.
constexpr std::size_t kLongestLine = 96;

/// Identifiers are numbers in base 94, whose digits are the printable characters.
constexpr char kFirstDigit = '!';
constexpr std::uint32_t kBase = 94;

constexpr bool is_printable(char c) { return c >= '!' && c <= '~'; }

/// Each byte in binary.
constexpr auto kBinary = [] {
  std::array<std::array<char, 8>, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      table[byte][bit] = (byte >> (7 - bit) & 1U) != 0 ? '1' : '0';
    }
  }
  return table;
}();

/// `value` in binary without leading zeros; returns the place behind it. May write up to 7 characters beyond.
char* write_bits(char* to, std::uint64_t value) {
  const int width = std::max(1, static_cast<int>(std::bit_width(value)));
  std::uint64_t rest = value << static_cast<unsigned>(64 - width);
  for (int done = 0; done < width; done += 8) {
    std::memcpy(to + done, kBinary[rest >> 56U].data(), 8);
    rest <<= 8U;
  }
  return to + width;
}

/// The last digits of time stamps: below one microsecond.
constexpr std::int64_t kTrailingSpan = 1'000'000;

/// Each number below 100 in two digits.
constexpr auto kDigitPairs = [] {
  std::array<std::array<char, 2>, 100> table{};
  for (std::size_t number = 0; number < table.size(); ++number) {
    table[number] = {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  }
  return table;
}();

/// `value` below kTrailingSpan, in as many digits; returns the place behind them.
char* write_trailing(char* to, std::uint32_t value) {
  std::memcpy(to, kDigitPairs[value / 10'000].data(), 2);
  std::memcpy(to + 2, kDigitPairs[value / 100 % 100].data(), 2);
  std::memcpy(to + 4, kDigitPairs[value % 100].data(), 2);
  return to + 6;
}

}  // namespace

VcdWriter::VcdWriter(std::ostream& out, Duration begin)
    : out_{out},
      buffer_(kBufferSize),
      cursor_{buffer_.data()},
      texts_{std::string{}},
      text_index_{{std::string{}, 0}},
      begin_{begin},
      now_{begin} {
  put("$version Crossweave $end\n$timescale 1 ps $end\n");
}

void VcdWriter::comment(std::string_view text) {
  check_invariant(!header_done_, "comments stand in the header of a VCD");
  std::string safe{text};
  constexpr std::string_view kEnd = "$end";
  for (std::size_t at = safe.find(kEnd); at != std::string::npos; at = safe.find(kEnd, at)) {
    safe[at] = '_';
  }
  put("$comment\n");
  put(safe);
  put("\n$end\n");
}

void VcdWriter::open_scope(std::string_view name) {
  check_invariant(!header_done_, "scopes stand in the header of a VCD");
  ++open_scopes_;
  put("$scope module ");
  put(name);
  put(" $end\n");
}

void VcdWriter::close_scope() {
  check_invariant(open_scopes_ > 0, "only an open scope of a VCD can be closed");
  --open_scopes_;
  put("$upscope $end\n");
}

VcdVariable VcdWriter::add_wire(std::string_view name, int bits) {
  check_invariant(bits >= 1 && bits <= 64, "a wire of a VCD has 1 to 64 bits");
  return VcdVariable{add_variable(Kind::wire, bits, name)};
}

VcdVariable VcdWriter::add_integer(std::string_view name) { return VcdVariable{add_variable(Kind::integer, 64, name)}; }

VcdTextVariable VcdWriter::add_text_variable(std::string_view name) {
  return VcdTextVariable{add_variable(Kind::text, 1, name)};
}

std::size_t VcdWriter::add_variable(Kind kind, int bits, std::string_view name) {
  check_invariant(!header_done_, "variables of a VCD are declared before their first change");
  check_invariant(open_scopes_ > 0, "variables of a VCD stand in a scope");
  const std::size_t index = variables_.size();
  Variable variable;
  variable.kind = kind;
  variable.bits = static_cast<std::uint8_t>(bits);
  variable.next_state = kind == Kind::text ? State::driven : State::unknown;
  auto rest = static_cast<std::uint32_t>(index);
  do {
    variable.identifier[variable.identifier_length++] =
        static_cast<char>(kFirstDigit + static_cast<char>(rest % kBase));
    rest /= kBase;
  } while (rest != 0);
  variables_.push_back(variable);

  constexpr std::array<std::string_view, 3> kTypes{"wire", "integer", "string"};
  put("$var ");
  put(kTypes[static_cast<std::size_t>(kind)]);
  put(" " + std::to_string(bits) + " ");
  put({variable.identifier, variable.identifier_length});
  put(" ");
  put(name);
  if (kind == Kind::wire && bits > 1) {
    put(" [" + std::to_string(bits - 1) + ":0]");
  }
  put(" $end\n");
  return index;
}

VcdText VcdWriter::add_text(std::string_view text) {
  std::string safe{text};
  std::ranges::replace_if(
      safe, [](char c) { return !is_printable(c) || c == '\\'; }, '_');
  const auto [found, is_new] = text_index_.try_emplace(safe, static_cast<std::uint32_t>(texts_.size()));
  if (is_new) {
    texts_.push_back(safe);
  }
  return VcdText{found->second};
}

void VcdWriter::change(Duration at, VcdVariable variable, std::uint64_t value) {
  check_invariant(std::bit_width(value) <= variables_[variable.value()].bits, "a value fits its variable");
  set(at, variable.value(), State::driven, value);
}

void VcdWriter::change(Duration at, VcdTextVariable variable, VcdText text) {
  set(at, variable.value(), State::driven, text.value());
}

void VcdWriter::release(Duration at, VcdVariable variable) { set(at, variable.value(), State::released, 0); }

// Viewers draw empty texts as they draw z.
void VcdWriter::release(Duration at, VcdTextVariable variable) { set(at, variable.value(), State::driven, 0); }

void VcdWriter::set(Duration at, std::uint32_t index, State state, std::uint64_t value) {
  check_invariant(at >= now_ && !finished_, "changes of a VCD come in order of time");
  if (at != now_) {
    end_instant();
    now_ = at;
  }
  Variable& variable = variables_[index];
  variable.next = value;
  variable.next_state = state;
  if (!variable.changing) {
    variable.changing = true;
    changing_.push_back(index);
  }
}

void VcdWriter::end_instant() {
  if (!header_done_) {
    write_initial_values();
    return;
  }
  bool stamped = false;
  for (const std::uint32_t index : changing_) {
    Variable& variable = variables_[index];
    variable.changing = false;
    if (variable.next == variable.written && variable.next_state == variable.written_state) {
      continue;
    }
    if (!stamped) {
      write_time(now_);
      stamped = true;
    }
    write_value(variable);
  }
  changing_.clear();
}

void VcdWriter::write_initial_values() {
  check_invariant(open_scopes_ == 0, "every scope of a VCD is closed");
  header_done_ = true;
  put("$enddefinitions $end\n");
  write_time(begin_);
  put("$dumpvars\n");
  for (Variable& variable : variables_) {
    variable.changing = false;
    write_value(variable);
  }
  changing_.clear();
  put("$end\n");
}

void VcdWriter::write_time(Duration at) {
  make_room(kLongestLine);
  *cursor_++ = '#';
  // Most stamps share all but their last digits with the one before.
  const std::int64_t leading = at.count_ps() / kTrailingSpan;
  if (leading == 0) {
    cursor_ = std::to_chars(cursor_, cursor_ + kLongestLine, at.count_ps()).ptr;
  } else {
    if (leading != leading_) {
      leading_ = leading;
      leading_length_ = static_cast<std::size_t>(
          std::to_chars(leading_digits_, leading_digits_ + sizeof leading_digits_, leading).ptr - leading_digits_);
    }
    std::memcpy(cursor_, leading_digits_, sizeof leading_digits_);
    cursor_ = write_trailing(cursor_ + leading_length_, static_cast<std::uint32_t>(at.count_ps() % kTrailingSpan));
  }
  *cursor_++ = '\n';
  last_stamp_ = at;
}

void VcdWriter::write_value(Variable& variable) {
  variable.written = variable.next;
  variable.written_state = variable.next_state;
  if (variable.kind == Kind::text) {
    const std::string& text = texts_[variable.next];
    make_room(kLongestLine);
    *cursor_++ = 's';
    put(text);
    make_room(kLongestLine);
    *cursor_++ = ' ';
  } else {
    make_room(kLongestLine);
    const bool is_vector = variable.bits > 1;
    if (is_vector) {
      *cursor_++ = 'b';
    }
    if (variable.next_state != State::driven) {
      *cursor_++ = variable.next_state == State::released ? 'z' : 'x';
    } else if (is_vector) {
      cursor_ = write_bits(cursor_, variable.next);
    } else {
      *cursor_++ = variable.next != 0 ? '1' : '0';
    }
    if (is_vector) {
      *cursor_++ = ' ';
    }
  }
  std::memcpy(cursor_, variable.identifier, kLongestIdentifier);
  cursor_ += variable.identifier_length;
  *cursor_++ = '\n';
}

void VcdWriter::put(std::string_view text) {
  while (!text.empty()) {
    make_room(1);
    const auto room = static_cast<std::size_t>(buffer_.data() + buffer_.size() - cursor_);
    const std::size_t size = std::min(room, text.size());
    cursor_ = std::copy_n(text.data(), size, cursor_);
    text.remove_prefix(size);
  }
}

void VcdWriter::make_room(std::size_t size) {
  if (static_cast<std::size_t>(buffer_.data() + buffer_.size() - cursor_) < size) {
    flush();
  }
}

void VcdWriter::flush() {
  out_.write(buffer_.data(), cursor_ - buffer_.data());
  cursor_ = buffer_.data();
}

void VcdWriter::finish(Duration end) {
  check_invariant(end >= now_ && !finished_, "a VCD ends once, after its last change");
  end_instant();
  if (end > last_stamp_) {
    write_time(end);
  }
  finished_ = true;
  flush();
  out_.flush();
}

}  // namespace crossweave
