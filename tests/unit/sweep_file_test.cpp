// Does a SWEEP.yaml span the points that it says, and does each condition keep the right ones?
#include "frontend/sweep/sweep_file.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/sweep/filter.h"
#include "frontend/sweep/quantity.h"
#include "tests/support/temporary_file.h"

namespace crossweave::test {
namespace {

Sweep read(const std::string& axes) {
  const TemporaryFile file{"base: {network: n.yaml}\naxes:\n" + axes, ".yaml"};
  const Result<Sweep> sweep = load_sweep(file.path());
  if (!sweep) {
    FAIL(to_string(sweep.error().front()));
  }
  return *sweep;
}

std::vector<std::string> texts(const SweepAxis& axis) {
  std::vector<std::string> result;
  for (const AxisValue& value : axis.values) {
    result.push_back(value.text);
  }
  return result;
}

using Texts = std::vector<std::string>;
using Choices = std::vector<std::vector<std::size_t>>;

/// Whether a condition holds where these keys have these values.
bool holds(const std::string& text, const std::map<std::string, std::string, std::less<>>& values) {
  const Result<Filter, Failure> filter = Filter::parse(text);
  if (!filter) {
    FAIL(filter.error().message);
  }
  const Result<bool, Failure> result = filter->holds(
      [&](std::string_view name) { return values.count(name) > 0; },
      [&](std::string_view name) {
        const auto found = values.find(name);
        return found == values.end() || found->second.empty() ? std::nullopt : std::optional{found->second};
      });
  if (!result) {
    FAIL(result.error().message);
  }
  return *result;
}

std::string complaint(const std::string& text) {
  const Result<Filter, Failure> filter = Filter::parse(text);
  if (!filter) {
    return filter.error().message;
  }
  const Result<bool, Failure> result =
      filter->holds([](std::string_view name) { return name == "key" || name == "time"; },
                    [](std::string_view name) { return std::optional<std::string>{name == "time" ? "5 ns" : "word"}; });
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("lists and ranges of an axis have the values as written", "[sweep]") {
  const Sweep sweep = read(
      "  a.list: [7, x, [1, 2], {k: v}, 1.5 ns]\n"
      "  a.steps: {from: 0, to: 10, step: 4}\n"
      "  a.hit: {from: 4, to: 12, step: 4}\n"
      "  a.factors: {from: 4, to: 40, factor: 2}\n"
      "  a.times: {from: 900 ns, to: 1.5 us, step: 300 ns}\n");
  REQUIRE(sweep.axes.size() == 5);
  CHECK(texts(sweep.axes[0]) == Texts{"7", "x", "[1, 2]", "{k: v}", "1.5 ns"});
  CHECK(sweep.axes[0].values[0].number == 7);
  CHECK_FALSE(sweep.axes[0].values[1].number);
  CHECK(sweep.axes[0].values[4].number == 1500);
  CHECK(texts(sweep.axes[1]) == Texts{"0", "4", "8"});
  CHECK(texts(sweep.axes[2]) == Texts{"4", "8", "12"});
  CHECK(texts(sweep.axes[3]) == Texts{"4", "8", "16", "32"});
  CHECK(texts(sweep.axes[4]) == Texts{"900 ns", "1200 ns", "1500 ns"});
  CHECK(sweep.axes[4].values[1].number == 1'200'000);
  CHECK(sweep.axes[0].values[2].assignments.front().path == Texts{"a", "list"});
}

TEST_CASE("axes multiply, zipped ones advance together, the last varies fastest", "[sweep]") {
  const Sweep sweep = read(
      "  a: [0, 1]\n"
      "  both: {zip: {b: [0, 1, 2], c: {from: 5, to: 7, step: 1}}}\n"
      "  named: {points: {one: {d: 1, e.f: 2}, two: {d: 3}}}\n");
  REQUIRE(sweep.axes.size() == 4);
  CHECK(sweep.axes[1].zip == "both");
  CHECK(sweep.axes[3].named_points);
  CHECK(texts(sweep.axes[3]) == Texts{"one", "two"});
  CHECK(sweep.axes[3].values[0].assignments.size() == 2);
  CHECK(combinations(sweep.axes) == Choices{{0, 0, 0, 0},
                                            {0, 0, 0, 1},
                                            {0, 1, 1, 0},
                                            {0, 1, 1, 1},
                                            {0, 2, 2, 0},
                                            {0, 2, 2, 1},
                                            {1, 0, 0, 0},
                                            {1, 0, 0, 1},
                                            {1, 1, 1, 0},
                                            {1, 1, 1, 1},
                                            {1, 2, 2, 0},
                                            {1, 2, 2, 1}});
}

TEST_CASE("conditions compare keys, numbers with units, and words", "[sweep]") {
  CHECK(holds("pes <= 512", {{"pes", "512"}}));
  CHECK_FALSE(holds("pes < 512", {{"pes", "512"}}));
  CHECK(holds("a.b == word", {{"a.b", "word"}}));
  CHECK_FALSE(holds("a.b != word", {{"a.b", "word"}}));
  CHECK(holds("a == 'two words'", {{"a", "two words"}}));
  CHECK(holds("latency >= 1.4 us", {{"latency", "1400 ns"}}));
  CHECK(holds("rate < 25.6 GB/s", {{"rate", "19.2 GB/s"}}));
  CHECK(holds("a-b - 1 == 2 * (c + 1) / 4", {{"a-b", "3"}, {"c", "3"}}));
  CHECK(holds("time / 2 == 700 ns", {{"time", "1400 ns"}}));
  CHECK(holds("limit != none", {{"limit", "5 ns"}}));
  CHECK_FALSE(holds("limit == none", {{"limit", "5 ns"}}));
}

TEST_CASE("in conditions `and` binds stronger than `or`, and what is absent does not hold", "[sweep]") {
  const std::map<std::string, std::string, std::less<>> values{{"a", "1"}, {"b", "2"}, {"absent", ""}};
  CHECK(holds("a == 1 or a == 2 and b == 3", values));
  CHECK_FALSE(holds("a == 2 or a == 1 and b == 3", values));
  CHECK(holds("a == 2 and b == 3 or b == 2", values));
  CHECK_FALSE(holds("absent == 1", values));
  CHECK_FALSE(holds("absent != 1", values));
  CHECK(holds("absent != 1 or a == 1", values));
}

TEST_CASE("what a condition cannot mean is said", "[sweep]") {
  CHECK(complaint("") == "expected a key, a number or a word at its end");
  CHECK(complaint("key") == "expected ==, !=, <, <=, > or >= at its end");
  CHECK(complaint("key = 3") == "expected ==, !=, <, <=, > or >=, got '= 3'");
  CHECK(complaint("key == 3 4") == "expected a comparison, 'and', 'or' or the end, got '4'");
  CHECK(complaint("(key == 3") == "expected ')', got '== 3'");
  CHECK(complaint("key == 1.5") == "expected an integer, or a number with its unit, got '1.5'");
  CHECK(complaint("key == 'open") == "expected the quote that ends 'open'");
  CHECK(complaint("key < 3") == "cannot compare 'word' with a number");
  CHECK(complaint("key < other") == "words such as 'word' are compared by == and != only");
  CHECK(complaint("time < 3") == "cannot compare a time with a number");
  CHECK(complaint("time + 3 < 9 ns") == "'+' cannot stand between a time and a number");
  CHECK(complaint("key * 2 < 9") == "cannot calculate with 'word': expected a key with a number, or a number");
}

TEST_CASE("a quantity reads back as it is written", "[sweep]") {
  for (const std::string text : {"0", "-3", "1400 ns", "1 GHz", "25600 MB/s", "64 KiB"}) {
    const std::optional<Quantity> quantity = parse_quantity(text);
    INFO(text);
    REQUIRE(quantity);
    CHECK(parse_quantity(to_string(*quantity)) == quantity);
  }
  for (const char* text : {"", "007", "1.5", "x", "3 apples", "1e3"}) {
    INFO(text);
    CHECK_FALSE(parse_quantity(text));
  }
}

}  // namespace crossweave::test
