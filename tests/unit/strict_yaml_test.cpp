#include "arch/strict_yaml.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

using namespace crossweave;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// The tree of a text that must be accepted.
YamlNode tree(std::string_view text) {
  Result<YamlNode> result = parse_yaml(text, "t.yaml");
  INFO(text);
  if (!result) {
    FAIL(to_string(result.error().front()));
  }
  return *std::move(result);
}

/// The one problem of a text that must be refused.
std::string refusal(std::string_view text) {
  const Result<YamlNode> result = parse_yaml(text, "t.yaml");
  if (result) {
    return "accepted";
  }
  REQUIRE(result.error().size() == 1);
  return to_string(result.error().front());
}

std::vector<std::string> texts(const Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : diagnostics) {
    lines.push_back(to_string(diagnostic));
  }
  return lines;
}

using Lines = std::vector<std::string>;

/// What MapReader::integer says to `n: TEXT`.
Lines integer_problems(const std::string& text) {
  const YamlNode root = tree("n: " + text);
  Diagnostics out;
  MapReader reader{root, "", out};
  const std::optional<std::int64_t> value = reader.integer("n", -5, 5);
  CHECK(value.has_value() == out.empty());
  return texts(out);
}

}  // namespace

TEST_CASE("a diagnostic is printed with as much of its place as is known") {
  CHECK(to_string(Diagnostic{{"a.yaml", 12, 9}, "m"}) == "a.yaml:12:9: error: m");
  CHECK(to_string(Diagnostic{{"a.yaml", 12, 0}, "m"}) == "a.yaml:12: error: m");
  CHECK(to_string(Diagnostic{{"a.onnx", 0, 0}, "m", Severity::warning}) == "a.onnx: warning: m");
  CHECK(to_string(Diagnostic{{std::string{kCommandLine}, 0, 0}, "m"}) == "<command line>: error: m");
  CHECK(to_string(Diagnostic{{}, "m"}) == "error: m");
  CHECK_FALSE(has_errors({{{}, "m", Severity::warning}}));
  CHECK(has_errors({{{}, "m", Severity::warning}, {{}, "m"}}));
}

TEST_CASE("the nearest word is one that can have been meant") {
  const std::vector<std::string> keys{"rows", "columns", "mvm_latency", "pes"};
  CHECK(nearest("rws", keys) == "rows");
  CHECK(nearest("orws", keys) == "rows");  // a swap of neighbours is one slip
  CHECK(nearest("ROWS", keys) == "rows");
  CHECK(nearest("colums", keys) == "columns");
  CHECK(nearest("mvm-latency", keys) == "mvm_latency");
  CHECK(nearest("pe", keys) == "pes");
  CHECK(nearest("granularity", keys).empty());
  CHECK(nearest("x", keys).empty());
  CHECK(nearest("", keys).empty());
  CHECK(nearest("x", {"s"}).empty());  // replacing the whole word is no slip
  CHECK(nearest(std::string(1'000'000, 'r'), keys).empty());
  CHECK(nearest("rows", {}).empty());
  CHECK(did_you_mean("rws", keys) == ", did you mean 'rows'?");
  CHECK(did_you_mean("granularity", keys).empty());
}

TEST_CASE("a document keeps its texts, quotes, order and positions") {
  const YamlNode root = tree("b: 010\na:\n  - 'x y'\n  - {k: ~}\nc:\n");
  REQUIRE(root.kind == YamlNode::Kind::mapping);
  REQUIRE(root.entries.size() == 3);
  CHECK(root.entries[0].key == "b");
  CHECK(root.entries[0].value.scalar == "010");
  CHECK_FALSE(root.entries[0].value.quoted);
  CHECK(root.entries[0].value.where == SourcePosition{"t.yaml", 1, 4});
  const YamlNode& list = root.entries[1].value;
  REQUIRE(list.kind == YamlNode::Kind::sequence);
  CHECK(list.items[0].scalar == "x y");
  CHECK(list.items[0].quoted);
  CHECK(list.items[0].where == SourcePosition{"t.yaml", 3, 5});
  CHECK(list.items[1].entries[0].where == SourcePosition{"t.yaml", 4, 6});
  CHECK(list.items[1].entries[0].value.kind == YamlNode::Kind::null);
  // An absent value stands where its key stands.
  CHECK(root.entries[2].value.where == SourcePosition{"t.yaml", 5, 1});
}

TEST_CASE("what a configuration must not contain is refused with its place") {
  CHECK(refusal("") == "t.yaml: error: there is nothing in it: expected a YAML mapping");
  CHECK(refusal("# only a comment\n") == "t.yaml: error: there is nothing in it: expected a YAML mapping");
  CHECK(refusal("---\n") == "t.yaml: error: there is nothing in it: expected a YAML mapping");
  CHECK_THAT(refusal("a: 1\n---\nb: 2\n"), StartsWith("t.yaml:2:1: error: a second document"));
  CHECK_THAT(refusal("a: 1\n---\n"), StartsWith("t.yaml:2:1: error: a second document"));
  CHECK_THAT(refusal("{a: 1} b"), StartsWith("t.yaml:1:8: error: a second document, or text after the end"));
  CHECK(refusal("a: &x 1\nb: *x\n") == "t.yaml:1:4: error: anchors and aliases are not supported: write the value out");
  CHECK_THAT(refusal("a: *x\n"), StartsWith("t.yaml:1:4: error: "));
  CHECK_THAT(refusal("a:\n  <<: {b: 1}\n"), StartsWith("t.yaml:2:3: error: merge keys (<<)"));
  CHECK_THAT(refusal("a: !!int 3\n"), StartsWith("t.yaml:1:4: error: tags are not supported"));
  CHECK_THAT(refusal("a: !!map {b: 1}\n"), StartsWith("t.yaml:1:4: error: tags are not supported"));
  CHECK(refusal("a:\n\tb: 1\n") == "t.yaml:2:1: error: tab character: use spaces");
  CHECK(refusal("a:\t1\n") == "t.yaml:1:3: error: tab character: use spaces");
  CHECK_THAT(refusal("[a]: 1\n"), Contains("expected a word as the key, got a list"));
  CHECK_THAT(refusal("{~: 1}\n"), Contains("expected a word as the key, got nothing"));
  CHECK_THAT(refusal("a: |\n  two\n  lines\n"), Contains("line breaks and control characters"));
  CHECK_THAT(refusal("a: \"\\0\"\n"), Contains("line breaks and control characters"));
  CHECK_THAT(refusal(std::string_view{"a: 1\n\0", 6}),
             Contains("t.yaml:2:1: error: not a text file: control character 0x00"));
  // 0x04 would silently end yaml-cpp's input.
  CHECK_THAT(refusal("a: 1\n\x04\nb: 2"), Contains("control character 0x04"));
  CHECK_THAT(refusal("a: b: c\n"), StartsWith("t.yaml:1:5: error: invalid YAML: illegal map value"));
  CHECK_THAT(refusal("a: [1, 2\n"), Contains("is not closed by ']'"));
  CHECK_THAT(refusal("%YAML 9.9\n---\na: 1\n"), StartsWith("t.yaml:1:"));
}

TEST_CASE("tabs and hash signs in comments and texts are harmless") {
  CHECK(tree("a: 1 # here\tand\there\n#\tthere\nb: x#y\n").entries.size() == 2);
  CHECK(tree("a: \"caf\xC3\xA9\" # \xE2\x82\xAC \xF0\x9F\x98\x80\n").entries[0].value.scalar == "caf\xC3\xA9");
  CHECK(tree("a: 1\r\nb: 2\r\n").entries[1].value.scalar == "2");
  CHECK(tree("\xEF\xBB\xBF"
             "a: 1\n")
            .entries[0]
            .key == "a");
}

TEST_CASE("bytes that are no UTF-8 are refused") {
  for (const char* bytes : {"\xE9", "\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    CAPTURE(bytes);
    CHECK_THAT(refusal("a: " + std::string{bytes}), StartsWith("t.yaml:1:4: error: not UTF-8 text: byte 0x"));
  }
}

TEST_CASE("deep nesting is refused before it can exhaust the stack") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + "1" + std::string(levels, ']'); };
  CHECK(tree(nested(64)).kind == YamlNode::Kind::sequence);
  CHECK_THAT(refusal(nested(65)), Contains("nested deeper than 64 levels"));
  CHECK_THAT(refusal(std::string(200'000, '[')), StartsWith("t.yaml:1:"));
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) {
    dashes += "- ";
  }
  CHECK_THAT(refusal(dashes + "1"), Contains("nested deeper than 64 levels"));
}

TEST_CASE("text cut off anywhere never escapes as an exception") {
  const std::string text = "a: {b: [1, 'two', \"3\"], c: &x |\n d}\n? e\n: - f\n  - *x\n%G !!h >-\n<<: ~\n---\n";
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    for (std::size_t end = begin; end <= text.size(); ++end) {
      const Result<YamlNode> result = parse_yaml(text.substr(begin, end - begin), "t.yaml");
      CHECK((result.has_value() || !result.error().empty()));
    }
  }
}

TEST_CASE("files that cannot be read are named with the reason") {
  const auto problem = [](const std::filesystem::path& file) {
    const Result<YamlNode> result = load_yaml(file);
    return result ? "accepted" : to_string(result.error().front());
  };
  CHECK(problem("no/such/file.yaml") == "no/such/file.yaml: error: cannot open: No such file or directory");
  CHECK(problem(".") == ".: error: cannot open: it is a directory");
  CHECK(problem("/dev/null") == "/dev/null: error: cannot open: it is not a regular file");
}

TEST_CASE("integers are plain decimal digits within their range") {
  for (const char* text : {"0", "5", "-5", "3"}) {
    CHECK(integer_problems(text).empty());
  }
  const std::string expected = "t.yaml:1:4: error: n: expected an integer in [-5, 5], got ";
  CHECK(integer_problems("6") == Lines{expected + "\"6\""});
  CHECK(integer_problems("-6") == Lines{expected + "\"-6\""});
  CHECK(integer_problems("128k") == Lines{expected + "\"128k\""});
  CHECK(integer_problems("'3'") == Lines{expected + "\"3\" in quotes: remove them"});
  CHECK(integer_problems("010") == Lines{expected + "\"010\": remove the leading zeros"});
  CHECK(integer_problems("0x3") == Lines{expected + "\"0x3\": write decimal digits only"});
  CHECK(integer_problems("0o3") == Lines{expected + "\"0o3\": write decimal digits only"});
  CHECK(integer_problems("1e0") == Lines{expected + "\"1e0\": write decimal digits only"});
  CHECK(integer_problems("1_0") == Lines{expected + "\"1_0\": write decimal digits only"});
  CHECK(integer_problems("+3") == Lines{expected + "\"+3\": write decimal digits only"});
  CHECK(integer_problems("99999999999999999999999") == Lines{expected + "\"99999999999999999999999\""});
  CHECK(integer_problems("[3]") == Lines{expected + "a list"});
  CHECK(integer_problems("{a: 3}") == Lines{expected + "a mapping"});
  CHECK(integer_problems("~").front() == "t.yaml:1:1: error: n: expected an integer in [-5, 5], got nothing");
  for (const char* text : {".nan", ".inf", "-.inf", "3.0", "true", "''", "-x", "--3", "-0"}) {
    CAPTURE(text);
    CHECK(integer_problems(text).size() == 1);
  }
  CHECK(integer_problems(std::string(100, 'x')) == Lines{expected + "\"" + std::string(60, 'x') + "...\""});
}

TEST_CASE("getters read what is there and leave what is not") {
  const YamlNode root = tree("flag: false\ntext: 12\npick: blue\ntime: 1.4 us\nlist: [1, 2]\nsub: {x: 1}\n");
  Diagnostics out;
  MapReader reader{root, "", out};
  CHECK(reader.boolean("flag") == false);
  CHECK(reader.string("text") == "12");
  CHECK(reader.choice("pick", {"red", "blue"}) == 1U);
  CHECK(reader.required_duration("time") == Duration::nanoseconds(1400));
  CHECK(reader.integers("list", 1, 3, 0, 9) == std::vector<std::int64_t>{1, 2});
  REQUIRE(reader.node("sub") != nullptr);
  CHECK(reader.has("sub"));
  CHECK_FALSE(reader.has("absent"));
  CHECK_FALSE(reader.integer("absent", 0, 1).has_value());
  CHECK_FALSE(reader.boolean("absent").has_value());
  CHECK(reader.node("absent") == nullptr);
  reader.finish();
  CHECK(out.empty());
}

TEST_CASE("wrong values say what is expected, where, and by which key") {
  const YamlNode root =
      tree("flag: yes\nquoted: 'true'\ntext: [a]\nempty: ''\npick: blu\ntime: 1400\nlist: [1, x]\nshort: [1]\n");
  Diagnostics out;
  MapReader reader{root, "a.b", out};
  CHECK_FALSE(reader.boolean("flag").has_value());
  CHECK_FALSE(reader.boolean("quoted").has_value());
  CHECK_FALSE(reader.string("text").has_value());
  CHECK_FALSE(reader.string("empty").has_value());
  CHECK_FALSE(reader.choice("pick", {"red", "blue"}).has_value());
  CHECK_FALSE(reader.required_duration("time").has_value());
  CHECK_FALSE(reader.integers("list", 2, 2, 0, 9).has_value());
  CHECK_FALSE(reader.integers("short", 2, 3, 0, 9).has_value());
  CHECK(texts(out) ==
        Lines{"t.yaml:1:7: error: a.b.flag: expected true or false, got \"yes\"",
              "t.yaml:2:9: error: a.b.quoted: expected true or false, got \"true\" in quotes: remove them",
              "t.yaml:3:7: error: a.b.text: expected text, got a list",
              "t.yaml:4:8: error: a.b.empty: expected text, got \"\"",
              "t.yaml:5:7: error: a.b.pick: expected one of: red, blue, got \"blu\", did you mean 'blue'?",
              "t.yaml:6:7: error: a.b.time: expected a time with its unit, such as \"1400 ns\", got \"1400\" without a "
              "unit",
              "t.yaml:7:11: error: a.b.list[1]: expected an integer in [0, 9], got \"x\"",
              "t.yaml:8:8: error: a.b.short: expected a list of 2 to 3 integers in [0, 9], got 1 values"});
}

TEST_CASE("unknown, duplicate and missing keys are all reported") {
  const YamlNode root = tree("rws: 1\nzebra: 2\ncolumns: 3\ncolumns: 4\n");
  Diagnostics out;
  MapReader reader{root, "crossbar", out};
  CHECK_FALSE(reader.required_integer("rows", 1, 9).has_value());
  CHECK(reader.required_integer("columns", 1, 9) == 3);
  CHECK_FALSE(reader.required_duration("mvm_latency").has_value());
  CHECK_FALSE(reader.required_string("name").has_value());
  CHECK_FALSE(reader.required_choice("model", {"ideal", "mesh"}).has_value());
  CHECK(reader.required_node("sub", "a mapping with x") == nullptr);
  reader.finish();
  CHECK(texts(out) ==
        Lines{"t.yaml:1:1: error: missing key 'crossbar.rows': expected an integer in [1, 9]",
              "t.yaml:1:1: error: missing key 'crossbar.mvm_latency': expected a time such as \"1400 ns\"",
              "t.yaml:1:1: error: missing key 'crossbar.name': expected text",
              "t.yaml:1:1: error: missing key 'crossbar.model': expected one of: ideal, mesh",
              "t.yaml:1:1: error: missing key 'crossbar.sub': expected a mapping with x",
              "t.yaml:1:1: error: unknown key 'crossbar.rws', did you mean 'rows'?",
              "t.yaml:2:1: error: unknown key 'crossbar.zebra', expected one of: rows, columns, mvm_latency, "
              "name, model, sub",
              "t.yaml:4:1: error: duplicate key 'crossbar.columns', first given at t.yaml:3:1"});
}

TEST_CASE("a reader of something that is no mapping says so once") {
  const YamlNode root = tree("[1, 2]");
  Diagnostics out;
  MapReader reader{root, "", out};
  CHECK_FALSE(reader.required_integer("rows", 1, 9).has_value());
  CHECK(reader.required_node("sub") == nullptr);
  reader.finish();
  CHECK(texts(out) == Lines{"t.yaml:1:1: error: expected a mapping, got a list"});
}

TEST_CASE("an error is placed at its key, or at the mapping when the key is absent") {
  const YamlNode root = tree("\na:\n  b: 1\n");
  Diagnostics out;
  MapReader reader{*MapReader{root, "", out}.node("a"), "a", out};
  reader.error("b", "wrong");
  reader.error("c", "lacking");
  CHECK(texts(out) == Lines{"t.yaml:3:6: error: a.b: wrong", "t.yaml:3:3: error: a.c: lacking"});
}

TEST_CASE("an assignment replaces or creates a value, placed on the command line") {
  YamlNode root = tree("a: {b: 1}\nc:\n");
  REQUIRE_FALSE(apply_override(root, "a.b=2").has_value());
  REQUIRE_FALSE(apply_override(root, "a.n=[3, {x: 4}]").has_value());
  REQUIRE_FALSE(apply_override(root, "c.d.e=text=with=equals").has_value());
  REQUIRE_FALSE(apply_override(root, "f=").has_value());
  REQUIRE_FALSE(apply_override(root, "g='5'").has_value());
  const YamlNode& a = root.entries[0].value;
  CHECK(a.where == SourcePosition{"t.yaml", 1, 4});
  CHECK(a.entries[0].value.scalar == "2");
  CHECK(a.entries[0].value.where == SourcePosition{"<command line>", 0, 0});
  CHECK(a.entries[1].key == "n");
  CHECK(a.entries[1].value.items[1].entries[0].where == SourcePosition{"<command line>", 0, 0});
  CHECK(a.entries[1].value.items[1].entries[0].value.where == SourcePosition{"<command line>", 0, 0});
  CHECK(root.entries[1].value.entries[0].value.entries[0].value.scalar == "text=with=equals");
  CHECK(root.entries[2].value.kind == YamlNode::Kind::null);
  CHECK(root.entries[3].value.quoted);
  REQUIRE_FALSE(apply_override(root, "a=6").has_value());
  CHECK(root.entries[0].value.scalar == "6");
  CHECK(root.entries[0].value.entries.empty());
}

TEST_CASE("an assignment that cannot be made is refused and changes nothing above it") {
  const auto problem = [](const std::string& assignment) {
    YamlNode root = tree("a: {b: 1, s: [1]}\n");
    const std::optional<Diagnostic> diagnostic = apply_override(root, assignment);
    return diagnostic ? to_string(*diagnostic) : "accepted";
  };
  CHECK(problem("a.b") == "<command line>: error: --set a.b: expected KEY=VALUE");
  CHECK(problem("") == "<command line>: error: --set : expected KEY=VALUE");
  for (const char* assignment : {"=1", ".=1", "a.=1", ".a=1", "a..b=1"}) {
    CHECK_THAT(problem(assignment), Contains("expected a dotted key before '='"));
  }
  CHECK(problem("a.b.c=1") == "<command line>: error: --set a.b.c=1: 'a.b' is not a mapping but \"1\"");
  CHECK(problem("a.s.0=1") == "<command line>: error: --set a.s.0=1: 'a.s' is not a mapping but a list");
  CHECK_THAT(problem("a.b=[1"), Contains("invalid YAML"));
  CHECK_THAT(problem("a.b=*x"), StartsWith("<command line>: error: --set a.b=*x: "));
  CHECK_THAT(problem("a.b=\xFF"), Contains("not UTF-8"));
  std::string deep = "x";
  for (int i = 0; i < 100'000; ++i) {
    deep += ".x";
  }
  CHECK_THAT(problem(deep + "=1"), Contains("nested deeper than 64 levels"));
  YamlNode list = tree("[1]");
  CHECK_THAT(to_string(apply_override(list, "a=1").value()), Contains("the file is not a mapping but a list"));
}

TEST_CASE("an assignment to an unknown key is reported like one in a file") {
  YamlNode root = tree("rows: 1\n");
  REQUIRE_FALSE(apply_override(root, "rws=2").has_value());
  Diagnostics out;
  MapReader reader{root, "", out};
  CHECK(reader.integer("rows", 1, 9) == 1);
  reader.finish();
  CHECK(texts(out) == Lines{"<command line>: error: unknown key 'rws', did you mean 'rows'?"});
}

TEST_CASE("a string is written so that it reads back as the same string") {
  CHECK(yaml_string("paper") == "paper");
  CHECK(yaml_string("../networks/tiny-yolo_v4.yaml") == "../networks/tiny-yolo_v4.yaml");
  for (const std::string text :
       {"true", "No", "null", "none",      "~",           "12", "1e3", ".nan", ".INF", "-",   "---", "...",
        "",     " a", "a ",   "a: b",      "a #b",        "#a", "*a",  "&a",   "!a",   "a,b", "[a]", "{a}",
        "\"",   "'",  "\\",   "a\"b\\c'd", "caf\xC3\xA9", "%a", "@a",  "`a",   "?",    "=",   "<<",  "<command line>",
        "./1",  "2a"}) {
    CAPTURE(text);
    CHECK(tree("k: " + yaml_string(text)).entries[0].value.scalar == text);
    CHECK(tree("{k: [" + yaml_string(text) + "]}").entries[0].value.items[0].scalar == text);
  }
  CHECK(yaml_string("a\nb\x7F") == "\"a\\x0Ab\\x7F\"");
  CHECK(yaml_string("true") == "\"true\"");
  CHECK(yaml_string("...") == "\"...\"");
}
