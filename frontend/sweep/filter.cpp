#include "frontend/sweep/filter.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>
#include <variant>

#include "frontend/sweep/quantity.h"

namespace crossweave {
namespace {

constexpr std::array<std::string_view, 6> kRelations{"==", "!=", "<=", ">=", "<", ">"};

/// What a term comes to: a number in the base unit of its dimension, or a word.
struct Number {
  Dimension dimension{Dimension::number};
  double value{0};
};
using Value = std::variant<Number, std::string>;

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

std::string shown(const Value& value) {
  if (const auto* word = std::get_if<std::string>(&value)) {
    return "'" + *word + "'";
  }
  switch (std::get<Number>(value).dimension) {
    case Dimension::number:
      return "a number";
    case Dimension::time:
      return "a time";
    case Dimension::frequency:
      return "a frequency";
    case Dimension::rate:
      return "a rate";
    case Dimension::size:
      return "a size";
  }
  throw InternalError{"Filter: unknown dimension"};
}

Value value_of_text(const std::string& text) {
  if (const std::optional<Quantity> quantity = parse_quantity(text)) {
    return Number{quantity->dimension, static_cast<double>(quantity->value)};
  }
  return text;
}

/// Either side of a sum, product and so on. Nothing: the units do not allow it.
std::optional<Number> calculate(char operation, const Number& a, const Number& b) {
  const bool alike = a.dimension == b.dimension;
  const bool plain = b.dimension == Dimension::number;
  switch (operation) {
    case '+':
      return alike ? std::optional{Number{a.dimension, a.value + b.value}} : std::nullopt;
    case '-':
      return alike ? std::optional{Number{a.dimension, a.value - b.value}} : std::nullopt;
    case '*':
      return plain || a.dimension == Dimension::number
                 ? std::optional{Number{plain ? a.dimension : b.dimension, a.value * b.value}}
                 : std::nullopt;
    default:
      return plain || alike ? std::optional{Number{plain ? a.dimension : Dimension::number, a.value / b.value}}
                            : std::nullopt;
  }
}

bool compare(std::string_view relation, double a, double b) {
  return relation == "=="   ? a == b
         : relation == "!=" ? a != b
         : relation == "<=" ? a <= b
         : relation == ">=" ? a >= b
         : relation == "<"  ? a < b
                            : a > b;
}

}  // namespace

/// A number or quoted text, a name or word, or an operation on two terms.
struct Filter::Term {
  std::optional<Value> constant;
  std::string name;
  char operation{0};
  std::shared_ptr<const Term> left;
  std::shared_ptr<const Term> right;

  /// Nothing where a key is absent. Throws Failure.
  [[nodiscard]] std::optional<Value> evaluate(const std::function<bool(std::string_view)>& is_name,
                                              const NameLookup& lookup) const {
    if (constant) {
      return constant;
    }
    if (operation == 0) {
      if (!is_name(name)) {
        return name;
      }
      const std::optional<std::string> text = lookup(name);
      return text ? std::optional{value_of_text(*text)} : std::nullopt;
    }
    const std::optional<Value> a = left->evaluate(is_name, lookup);
    const std::optional<Value> b = right->evaluate(is_name, lookup);
    if (!a || !b) {
      return std::nullopt;
    }
    for (const Value& value : {*a, *b}) {
      if (const auto* word = std::get_if<std::string>(&value)) {
        throw Failure{std::string{"cannot calculate with '"} + *word + "': expected a key with a number, or a number"};
      }
    }
    const std::optional<Number> result = calculate(operation, std::get<Number>(*a), std::get<Number>(*b));
    if (!result) {
      throw Failure{"'" + std::string(1, operation) + "' cannot stand between " + shown(*a) + " and " + shown(*b)};
    }
    return *result;
  }
};

struct Filter::Comparison {
  std::string_view relation;
  Term left;
  Term right;

  [[nodiscard]] bool holds(const std::function<bool(std::string_view)>& is_name, const NameLookup& lookup) const {
    const std::optional<Value> a = left.evaluate(is_name, lookup);
    const std::optional<Value> b = right.evaluate(is_name, lookup);
    if (!a || !b) {
      return false;
    }
    if (a->index() == b->index()) {
      if (const auto* word = std::get_if<std::string>(&*a)) {
        const bool equal = *word == std::get<std::string>(*b);
        if (relation == "==" || relation == "!=") {
          return equal == (relation == "==");
        }
        throw Failure{"words such as " + shown(*a) + " are compared by == and != only"};
      }
      const Number& x = std::get<Number>(*a);
      const Number& y = std::get<Number>(*b);
      if (x.dimension == y.dimension) {
        return compare(relation, x.value, y.value);
      }
    } else if (relation == "!=" || relation == "==") {
      // A key may hold a word here and a number there: `simulation.time_limit != none`.
      return relation == "!=";
    }
    throw Failure{"cannot compare " + shown(*a) + " with " + shown(*b)};
  }
};

/// One of them must hold, with all that it joins by `and`.
struct Filter::Alternatives {
  std::vector<std::vector<Comparison>> of;
};

/// A recursive descent over the text.
class Filter::Parser {
 public:
  explicit Parser(std::string_view text) : text_{text} {}

  Filter parse() {
    Alternatives alternatives;
    do {
      std::vector<Comparison>& all = alternatives.of.emplace_back();
      do {
        all.push_back(comparison());
      } while (take_word("and"));
    } while (take_word("or"));
    skip_blanks();
    if (at_ != text_.size()) {
      fail("a comparison, 'and', 'or' or the end");
    }
    Filter filter;
    filter.alternatives_ = std::make_shared<Alternatives>(std::move(alternatives));
    filter.names_ = std::move(names_);
    return filter;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    const std::string_view rest = text_.substr(at_);
    throw Failure{"expected " + expected + (rest.empty() ? " at its end" : ", got '" + std::string{rest} + "'")};
  }

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
    }
  }

  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) {
      return false;
    }
    at_ += token.size();
    return true;
  }

  /// The characters of a name that come next: a dash belongs to it when a letter follows, as in `chip-size`.
  [[nodiscard]] std::string_view peek_word() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() &&
           (is_name_character(text_[end]) ||
            (text_[end] == '-' && end > at_ && end + 1 < text_.size() && is_name_character(text_[end + 1])))) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    if (peek_word() != word) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  Comparison comparison() {
    Term left = sum();
    for (const std::string_view relation : kRelations) {
      if (take(relation)) {
        return {relation, std::move(left), sum()};
      }
    }
    fail("==, !=, <, <=, > or >=");
  }

  Term binary(char operation, Term left, Term right) {
    return {std::nullopt, "", operation, std::make_shared<Term>(std::move(left)),
            std::make_shared<Term>(std::move(right))};
  }

  Term sum() {
    Term term = product();
    while (true) {
      if (take("+")) {
        term = binary('+', std::move(term), product());
      } else if (take("-")) {
        term = binary('-', std::move(term), product());
      } else {
        return term;
      }
    }
  }

  Term product() {
    Term term = factor();
    while (true) {
      if (take("*")) {
        term = binary('*', std::move(term), factor());
      } else if (take("/")) {
        term = binary('/', std::move(term), factor());
      } else {
        return term;
      }
    }
  }

  Term factor() {
    if (take("(")) {
      if (++depth_ > kMostDepth) {
        throw Failure{"too many parentheses"};
      }
      Term inner = sum();
      if (!take(")")) {
        fail("')'");
      }
      --depth_;
      return inner;
    }
    for (const std::string_view quote : {"'", "\""}) {
      if (take(quote)) {
        return quoted(quote);
      }
    }
    const std::string_view word = peek_word();
    if (word.empty() || word == "and" || word == "or") {
      fail("a key, a number or a word");
    }
    if (std::isdigit(static_cast<unsigned char>(word.front())) != 0) {
      return number();
    }
    at_ += word.size();
    names_.emplace_back(word);
    return {std::nullopt, std::string{word}, 0, nullptr, nullptr};
  }

  /// Up to the quote that ends it.
  Term quoted(std::string_view quote) {
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) {
      throw Failure{"expected the quote that ends '" + std::string{text_.substr(at_)} + "'"};
    }
    const std::string text{text_.substr(at_, end - at_)};
    at_ = end + 1;
    return {Value{text}, "", 0, nullptr, nullptr};
  }

  /// "512", "1400 ns", "25.6 GB/s".
  Term number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '.')) {
      ++at_;
    }
    const std::size_t digits = at_;
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && (std::isalpha(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '/')) {
      ++end;
    }
    at_ = is_unit(text_.substr(at_, end - at_)) ? end : digits;
    const std::string text{text_.substr(begin, at_ - begin)};
    const std::optional<Quantity> quantity = parse_quantity(text);
    if (!quantity) {
      at_ = begin;
      fail("an integer, or a number with its unit");
    }
    return {Number{quantity->dimension, static_cast<double>(quantity->value)}, "", 0, nullptr, nullptr};
  }

  static constexpr int kMostDepth = 32;

  std::string_view text_;
  std::size_t at_{0};
  int depth_{0};
  std::vector<std::string> names_;
};

Result<Filter, Failure> Filter::parse(std::string_view text) {
  try {
    return Parser{text}.parse();
  } catch (const Failure& failure) {
    return failure;
  }
}

Result<bool, Failure> Filter::holds(const std::function<bool(std::string_view)>& is_name,
                                    const NameLookup& lookup) const {
  try {
    return std::ranges::any_of(alternatives_->of, [&](const std::vector<Comparison>& all) {
      return std::ranges::all_of(all, [&](const Comparison& one) { return one.holds(is_name, lookup); });
    });
  } catch (const Failure& failure) {
    return failure;
  }
}

}  // namespace crossweave
