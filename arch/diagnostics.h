// What is wrong with an input, and where; and the value-or-diagnostics type of every input boundary.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace crossweave {

/// A place in an input. `line` and `column` count from 1; 0 means unknown (a binary file, the command line).
struct SourcePosition {
  std::string file;
  int line{0};
  int column{0};

  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

enum class Severity { error, warning };

/// One problem of an input. Printed as `file:line:col: error: message`.
struct Diagnostic {
  SourcePosition where;
  std::string message;
  Severity severity{Severity::error};

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);
[[nodiscard]] bool has_errors(const Diagnostics& diagnostics);

/// The candidate closest to `word` (Damerau-Levenshtein), or an empty string when none is close enough to be meant.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// ", did you mean 'x'?" for the nearest candidate, or an empty string.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// A value, or the reasons why there is none. Member names follow std::expected, which g++ 12 lacks in C++20.
template <class T, class E = Diagnostics>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}  // NOLINT(google-explicit-constructor)
  Result(E error) : state_{std::in_place_index<1>, std::move(error)} {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const E& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, E> state_;
};

/// Text of an expected failure where no place is known yet; the caller adds the place.
struct Failure {
  std::string message;
};

/// A broken invariant of Crossweave itself; never caused by user input. Ends the process with status 70.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws InternalError when an invariant does not hold. Always on.
inline void check_invariant(bool holds, const char* what) {
  if (!holds) {
    throw InternalError{what};
  }
}

}  // namespace crossweave
