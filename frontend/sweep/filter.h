// The conditions under `where` in a SWEEP.yaml: "pes <= 512 and mapping.duplication != none".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arch/diagnostics.h"

namespace crossweave {

/// What a name stands for at a point: its text, or nothing where the point has no such key.
using NameLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Comparisons (== != < <= > >=) of keys, numbers with or without unit, and words, with + - * / and parentheses between
/// numbers; `and` binds stronger than `or`.
class Filter {
 public:
  static Result<Filter, Failure> parse(std::string_view text);

  /// Every name in it: each may also be a word, which stands for itself.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  /// Whether it holds at a point. `is_name` tells names from words. A comparison with a key that the point has not does
  /// not hold. Fails when things of different kinds are compared.
  [[nodiscard]] Result<bool, Failure> holds(const std::function<bool(std::string_view)>& is_name,
                                            const NameLookup& lookup) const;

 private:
  class Parser;
  struct Term;
  struct Comparison;
  struct Alternatives;

  std::shared_ptr<const Alternatives> alternatives_;
  std::vector<std::string> names_;
};

}  // namespace crossweave
