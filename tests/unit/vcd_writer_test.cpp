// Does the VCD writer write exactly what changed, as viewers read it?
#include "frontend/record/vcd_writer.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "arch/diagnostics.h"

using namespace crossweave;

namespace {

Duration ps(std::int64_t count) { return Duration::picoseconds(count); }

/// A VCD of three variables.
struct Small {
  std::ostringstream out;
  VcdWriter vcd{out};
  VcdVariable busy;
  VcdVariable level;
  VcdTextVariable name;

  Small() {
    vcd.open_scope("chip");
    busy = vcd.add_wire("busy", 1);
    level = vcd.add_integer("level");
    name = vcd.add_text_variable("name");
    vcd.close_scope();
  }

  /// What stands behind the header, once finished.
  [[nodiscard]] std::string changes() const {
    const std::string text = out.str();
    const std::string_view mark = "$enddefinitions $end\n";
    return text.substr(text.find(mark) + mark.size());
  }
};

/// The values before any change.
const std::string kUnknown = "#0\n$dumpvars\nx!\nbx \"\ns #\n$end\n";

}  // namespace

TEST_CASE("a VCD is written to the letter") {
  std::ostringstream out;
  VcdWriter vcd{out};
  vcd.comment("a table\n0: conv $end");
  vcd.open_scope("chip");
  vcd.open_scope("tile_0");
  const VcdVariable busy = vcd.add_wire("busy", 1);
  const VcdVariable bus = vcd.add_wire("bus", 12);
  vcd.close_scope();
  const VcdVariable level = vcd.add_integer("level");
  const VcdTextVariable name = vcd.add_text_variable("name");
  vcd.close_scope();
  const VcdText conv = vcd.add_text("conv2d 1\n\\");
  vcd.change(ps(0), busy, 0);
  vcd.change(ps(1400), busy, 1);
  vcd.change(ps(1400), name, conv);
  vcd.change(ps(1400), level, 10);
  vcd.change(ps(2800), bus, 0xA01);
  vcd.change(ps(2800), level, ~std::uint64_t{0});
  vcd.release(ps(1'000'000'000'000), bus);
  vcd.release(ps(1'000'000'000'000), name);
  vcd.finish(ps(1'000'000'000'001));
  CHECK(out.good());
  CHECK(out.str() ==
        "$version Crossweave $end\n"
        "$timescale 1 ps $end\n"
        "$comment\n"
        "a table\n"
        "0: conv _end\n"
        "$end\n"
        "$scope module chip $end\n"
        "$scope module tile_0 $end\n"
        "$var wire 1 ! busy $end\n"
        "$var wire 12 \" bus [11:0] $end\n"
        "$upscope $end\n"
        "$var integer 64 # level $end\n"
        "$var string 1 $ name $end\n"
        "$upscope $end\n"
        "$enddefinitions $end\n"
        "#0\n"
        "$dumpvars\n"
        "0!\n"
        "bx \"\n"
        "bx #\n"
        "s $\n"
        "$end\n"
        "#1400\n"
        "1!\n"
        "sconv2d_1__ $\n"
        "b1010 #\n"
        "#2800\n"
        "b101000000001 \"\n"
        "b1111111111111111111111111111111111111111111111111111111111111111 #\n"
        "#1000000000000\n"
        "bz \"\n"
        "s $\n"
        "#1000000000001\n");
}

TEST_CASE("the last of several changes at one instant counts") {
  Small small;
  small.vcd.change(ps(0), small.level, 7);
  small.vcd.change(ps(0), small.level, 8);
  small.vcd.change(ps(5), small.level, 1);
  small.vcd.change(ps(5), small.busy, 1);
  small.vcd.change(ps(5), small.level, 2);
  small.vcd.finish(ps(9));
  CHECK(small.changes() == "#0\n$dumpvars\nx!\nb1000 \"\ns #\n$end\n#5\nb10 \"\n1!\n#9\n");
}

TEST_CASE("a value that is back at the end of an instant has not changed") {
  Small small;
  small.vcd.change(ps(0), small.busy, 1);
  small.vcd.change(ps(5), small.busy, 0);
  small.vcd.change(ps(5), small.busy, 1);
  small.vcd.change(ps(6), small.busy, 1);
  small.vcd.release(ps(7), small.name);
  small.vcd.finish(ps(9));
  CHECK(small.changes() == "#0\n$dumpvars\n1!\nbx \"\ns #\n$end\n#9\n");
}

TEST_CASE("0, z and x are three values") {
  Small small;
  small.vcd.change(ps(1), small.level, 0);
  small.vcd.release(ps(2), small.level);
  small.vcd.change(ps(3), small.level, 0);
  small.vcd.finish(ps(3));
  CHECK(small.changes() == kUnknown + "#1\nb0 \"\n#2\nbz \"\n#3\nb0 \"\n");
}

TEST_CASE("time stamps have all their digits, and no more") {
  Small small;
  std::string expected = kUnknown;
  bool busy = false;
  for (const std::int64_t at : {7LL, 999'999LL, 1'000'000LL, 1'000'007LL, 2'000'000LL, 9'999'999LL, 10'000'000LL,
                                1'010'099'990LL, 1'010'100'009LL, 123'456'789'012'345'678LL}) {
    busy = !busy;
    small.vcd.change(ps(at), small.busy, busy ? 1 : 0);
    expected += "#" + std::to_string(at) + "\n" + (busy ? "1!\n" : "0!\n");
  }
  small.vcd.finish(ps(123'456'789'012'345'678LL));
  CHECK(small.changes() == expected);
}

TEST_CASE("the last change is kept") {
  Small small;
  small.vcd.change(ps(9), small.busy, 1);
  small.vcd.finish(ps(9));
  CHECK(small.changes() == kUnknown + "#9\n1!\n");
}

TEST_CASE("the end is stamped when the last changes were none") {
  Small small;
  small.vcd.change(ps(5), small.busy, 1);
  small.vcd.change(ps(9), small.busy, 1);
  small.vcd.finish(ps(9));
  CHECK(small.changes() == kUnknown + "#5\n1!\n#9\n");
}

TEST_CASE("a run without a change is a VCD, too") {
  Small small;
  small.vcd.finish(ps(3));
  CHECK(small.changes() == kUnknown + "#3\n");
}

TEST_CASE("equal texts are one text, and the empty text is none") {
  Small small;
  CHECK(small.vcd.add_text("a b") == small.vcd.add_text("a_b"));
  CHECK(small.vcd.add_text("a") != small.vcd.add_text("b"));
  small.vcd.change(ps(1), small.name, small.vcd.add_text(""));
  small.vcd.finish(ps(1));
  CHECK(small.changes() == kUnknown + "#1\n");
}

TEST_CASE("what breaks the order of a VCD is an internal error") {
  Small small;
  small.vcd.change(ps(5), small.busy, 1);
  CHECK_THROWS_AS(small.vcd.change(ps(4), small.busy, 0), InternalError);
  CHECK_THROWS_AS(small.vcd.change(ps(5), small.busy, 2), InternalError);
  CHECK_THROWS_AS(small.vcd.add_wire("late", 1), InternalError);
  CHECK_THROWS_AS(small.vcd.open_scope("late"), InternalError);
  CHECK_THROWS_AS(small.vcd.close_scope(), InternalError);
  CHECK_THROWS_AS(small.vcd.comment("late"), InternalError);
  CHECK_THROWS_AS(small.vcd.finish(ps(4)), InternalError);
  small.vcd.finish(ps(5));
  CHECK_THROWS_AS(small.vcd.change(ps(5), small.busy, 0), InternalError);
  CHECK_THROWS_AS(small.vcd.finish(ps(5)), InternalError);

  std::ostringstream out;
  VcdWriter open{out};
  CHECK_THROWS_AS(open.add_integer("outside"), InternalError);
  open.open_scope("chip");
  CHECK_THROWS_AS(open.add_wire("none", 0), InternalError);
  CHECK_THROWS_AS(open.add_wire("wide", 65), InternalError);
  CHECK_THROWS_AS(open.finish(ps(0)), InternalError);
}

TEST_CASE("100000 variables have identifiers of their own, and what is larger than the buffer arrives whole") {
  constexpr std::size_t kCount = 100'000;
  std::ostringstream out;
  VcdWriter vcd{out};
  vcd.comment(std::string(300'000, 'c'));
  vcd.open_scope("chip");
  std::vector<VcdVariable> variables;
  for (std::size_t i = 0; i < kCount; ++i) {
    variables.push_back(vcd.add_integer("v" + std::to_string(i)));
  }
  vcd.close_scope();
  for (std::size_t i = 0; i < kCount; ++i) {
    vcd.change(ps(7), variables[i], i);
  }
  vcd.finish(ps(8));
  REQUIRE(out.good());

  std::istringstream lines{out.str()};
  std::vector<std::string> identifiers;
  std::size_t changes = 0;
  bool changing = false;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string word;
    words >> word;
    if (word == "$var") {
      words >> word >> word >> word;
      identifiers.push_back(word);
    } else if (word == "#7" || word == "#8") {
      changing = word == "#7";
    } else if (changing) {
      std::string identifier;
      words >> identifier;
      REQUIRE(std::stoull(word.substr(1), nullptr, 2) == changes);
      REQUIRE(identifier == identifiers.at(changes));
      ++changes;
    }
  }
  CHECK(changes == kCount);
  CHECK(std::set<std::string>(identifiers.begin(), identifiers.end()).size() == kCount);
}

TEST_CASE("a full disk is noticed") {
  std::ofstream full{"/dev/full"};
  REQUIRE(full.is_open());
  VcdWriter vcd{full};
  vcd.open_scope("chip");
  const VcdVariable busy = vcd.add_wire("busy", 1);
  vcd.close_scope();
  vcd.change(ps(1), busy, 1);
  vcd.finish(ps(2));
  CHECK_FALSE(full.good());
}
