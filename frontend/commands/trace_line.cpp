#include "frontend/commands/trace_line.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "arch/strict_yaml.h"

namespace crossweave {
namespace {

constexpr std::size_t kMaxProblems = 20;
constexpr std::size_t kWordShown = 24;

std::string shown(const std::string& word) {
  return word.size() > kWordShown ? word.substr(0, kWordShown) + "..." : word;
}

}  // namespace

TraceLine::TraceLine(const std::string& text, SourcePosition where, std::string_view form, Diagnostics& problems)
    : text_{text}, where_{std::move(where)}, form_{form}, problems_{problems} {
  skip_blanks();
}

void TraceLine::skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r", at_), text_.size()); }

void TraceLine::complain(std::string message) {
  ok_ = false;
  where_.column = static_cast<int>(word_) + 1;
  problems_.push_back({where_, std::move(message), Severity::error});
}

std::string TraceLine::take_word(const char* what) {
  word_ = at_;
  if (empty()) {
    complain(fmt::format("expected {}, got nothing: a line is {}", what, form_));
    return {};
  }
  at_ = std::min(text_.find_first_of(" \t\r", at_), text_.size());
  std::string word = text_.substr(word_, at_ - word_);
  skip_blanks();
  return word;
}

std::int64_t TraceLine::parse(const char* what, int base, std::int64_t first, std::int64_t last) {
  constexpr std::string_view kPrefix = "0x";
  const std::string word = ok_ ? take_word(what) : "";
  if (!ok_) {
    return first;
  }
  const bool hexadecimal = base == 16;
  std::int64_t value = first;
  const char* const end = word.data() + word.size();
  const char* const begin = word.data() + (hexadecimal ? std::min(kPrefix.size(), word.size()) : 0);
  const auto [after, error] = std::from_chars(begin, end, value, base);
  if ((hexadecimal && (!word.starts_with(kPrefix) || *begin == '-')) || error != std::errc{} || after != end ||
      value < first || value > last) {
    complain(hexadecimal ? fmt::format("{}: expected {:#x} to {:#x}, got '{}'", what, first, last, shown(word))
                         : fmt::format("{}: expected {} to {}, got '{}'", what, first, last, shown(word)));
  }
  return value;
}

std::int64_t TraceLine::number(const char* what, std::int64_t first, std::int64_t last) {
  return parse(what, 10, first, last);
}

std::int64_t TraceLine::hexadecimal(const char* what, std::int64_t first, std::int64_t last) {
  return parse(what, 16, first, last);
}

bool TraceLine::either(const char* what, std::string_view yes, std::string_view no) {
  const std::string word = ok_ ? take_word(what) : "";
  if (ok_ && word != yes && word != no) {
    complain(fmt::format("{}: expected {} or {}, got '{}'", what, yes, no, shown(word)));
  }
  return word == yes;
}

void TraceLine::end() {
  word_ = at_;
  if (ok_ && !empty()) {
    complain("expected the end of the line: it is " + form_);
  }
}

void read_trace(const std::string& file, std::string_view items, std::string_view form, Diagnostics& problems,
                const std::function<void(TraceLine&)>& read) {
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    problems.push_back({{file, 0, 0}, "cannot open: " + reason, Severity::error});
    return;
  }
  std::ifstream stream{file};
  bool any = false;
  std::string text;
  for (int number = 1; std::getline(stream, text) && problems.size() < kMaxProblems; ++number) {
    TraceLine line{text, {file, number, 0}, form, problems};
    if (!line.empty()) {
      any = true;
      read(line);
    }
  }
  if (!any) {
    problems.push_back({{file, 0, 0}, fmt::format("no {}: a line is {}", items, form), Severity::error});
  }
}

}  // namespace crossweave
