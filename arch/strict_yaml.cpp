#include "arch/strict_yaml.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace crossweave {
namespace {

namespace fs = std::filesystem;

/// Far beyond any real configuration; keeps every recursion over a tree, ours and yaml-cpp's, off the end of the stack.
constexpr std::size_t kMaxDepth = 64;

/// Texts longer than this are shortened in messages.
constexpr std::size_t kShownLength = 60;

/// Ends the parsing of a document; never leaves this file.
struct Rejected {
  Diagnostic diagnostic;
};

std::string shortened(std::string_view text) {
  if (text.size() <= kShownLength) {
    return std::string{text};
  }
  std::size_t end = kShownLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // not within a UTF-8 sequence
  }
  return std::string{text.substr(0, end)} + "...";
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

SourcePosition command_line() { return {std::string{kCommandLine}, 0, 0}; }

std::string hex(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'0', 'x', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
}

/// Bytes of the UTF-8 sequence at the front of `text`; 0 when it is none (RFC 3629: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : '\0'); };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

/// Rejects what yaml-cpp would misread in silence or report in riddles: bytes that are no text (0x04 ends its input)
/// and tabs. Tabs in comments are harmless.
void check_characters(std::string_view text, const std::string& name) {
  SourcePosition where{name, 1, 1};
  bool comment = false;
  char previous = '\n';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      throw Rejected{{where, "not UTF-8 text: byte " + hex(static_cast<unsigned char>(c))}};
    }
    if (is_control(c) && c != '\n' && c != '\r' && c != '\t') {
      throw Rejected{{where, "not a text file: control character " + hex(static_cast<unsigned char>(c))}};
    }
    comment = c != '\n' && (comment || (c == '#' && (previous == ' ' || previous == '\n')));
    if (c == '\t' && !comment) {
      throw Rejected{{where, "tab character: use spaces"}};
    }
    if (c == '\n') {
      ++where.line;
      where.column = 1;
    } else {
      where.column += static_cast<int>(length);
    }
    previous = c;
    i += length;
  }
}

/// Turns yaml-cpp's events into a YamlNode, and refuses what a configuration must not contain.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string name) : name_{std::move(name)} {}

  [[nodiscard]] YamlNode& root() { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_ == 1) {
      reject(mark, "a second document, or text after the end of the first one: only one YAML document is read");
    }
    ++documents_;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    YamlNode node = make(YamlNode::Kind::null, mark);
    // yaml-cpp places an absent value at whatever follows it.
    if (!frames_.empty() && frames_.back().pending) {
      node.where = frames_.back().pending->where;
    }
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { reject_reference(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string& /*anchor_name*/) override { reject_reference(mark); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    reject_tag(mark, tag);
    if (std::any_of(value.begin(), value.end(), is_control)) {
      reject(mark, "line breaks and control characters are not allowed in a value");
    }
    YamlNode node = make(YamlNode::Kind::scalar, mark);
    node.scalar = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::sequence, mark, tag);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::mapping, mark, tag);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    std::optional<YamlNode::Entry> pending;  ///< the key that waits for its value
  };

  [[nodiscard]] SourcePosition position(const YAML::Mark& mark) const {
    return {name_, mark.line + 1, mark.column + 1};
  }
  [[nodiscard]] YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) const {
    YamlNode node;
    node.kind = kind;
    node.where = position(mark);
    return node;
  }
  [[noreturn]] void reject(const YAML::Mark& mark, const std::string& message) const {
    throw Rejected{{position(mark), message}};
  }
  [[noreturn]] void reject_reference(const YAML::Mark& mark) const {
    reject(mark, "anchors and aliases are not supported: write the value out");
  }
  void reject_tag(const YAML::Mark& mark, const std::string& tag) const {
    // yaml-cpp marks untagged values "?" or "", quoted ones "!".
    if (!tag.empty() && tag != "?" && tag != "!") {
      reject(mark, "tags are not supported: " + shortened(tag));
    }
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    reject_tag(mark, tag);
    if (frames_.size() == kMaxDepth) {
      reject(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    frames_.push_back({make(kind, mark), std::nullopt});
  }

  void close() {
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = frames_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.pending) {
      parent.pending->value = std::move(node);
      parent.node.entries.push_back(*std::move(parent.pending));
      parent.pending.reset();
    } else if (node.kind != YamlNode::Kind::scalar) {
      throw Rejected{{node.where, "expected a word as the key, got " + describe(node)}};
    } else if (node.scalar == "<<" && !node.quoted) {
      throw Rejected{{node.where, "merge keys (<<) are not supported: write the keys out"}};
    } else {
      parent.pending = YamlNode::Entry{std::move(node.scalar), std::move(node.where), {}};
    }
  }

  std::string name_;
  YamlNode root_;
  std::vector<Frame> frames_;
  int documents_{0};
};

/// What to do about a syntax error; yaml-cpp's own words say little to somebody who does not know its grammar.
std::string_view syntax_hint(const std::string& message) {
  if (message == YAML::ErrorMsg::MAP_VALUE) {
    return ": a value cannot hold another 'key: value'; indent it on its own line, or quote a text with ': ' in it";
  }
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) {
    return ": a '{' is not closed by '}'";
  }
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
    return ": a '[' is not closed by ']'";
  }
  if (message == YAML::ErrorMsg::END_OF_MAP || message == YAML::ErrorMsg::END_OF_SEQ) {
    return ": check the indentation of this line";
  }
  return "";
}

/// Whether `text` is a decimal integer as we write them: no leading zeros, no sign but a minus before a number not
/// zero.
bool is_integer(std::string_view text) {
  if (text == "0") {
    return true;
  }
  if (!text.empty() && text.front() == '-') {
    text.remove_prefix(1);
  }
  return !text.empty() && text.front() != '0' && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What to do about a scalar that looks like a number but is none to us; empty for anything else.
std::string_view integer_hint(const YamlNode& value) {
  const std::string_view text = value.scalar;
  if (value.kind != YamlNode::Kind::scalar || text.empty()) {
    return "";
  }
  if (value.quoted) {
    return is_integer(text) ? " in quotes: remove them" : "";
  }
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    return text.front() == '0' && text.size() > 1 ? ": remove the leading zeros" : "";
  }
  const bool begins_a_number = std::string_view{"0123456789+-"}.find(text.front()) != std::string_view::npos;
  const bool foreign_form = text.find_first_not_of("0123456789abcdefABCDEFxXo_,+-") == std::string_view::npos;
  return begins_a_number && foreign_form && !is_integer(text) ? ": write decimal digits only" : "";
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

std::string range(std::int64_t min, std::int64_t max) {
  return "[" + std::to_string(min) + ", " + std::to_string(max) + "]";
}

std::string an_integer_in(std::int64_t min, std::int64_t max) { return "an integer in " + range(min, max); }

/// The path of `key` in the mapping at `path`.
std::string join(std::string_view path, std::string_view key) {
  return std::string{path} + (path.empty() || key.empty() ? "" : ".") + std::string{key};
}

std::string one_of(const std::vector<std::string>& names) { return "one of: " + list(names); }

/// Makes a tree one that an assignment on the command line put somewhere.
void place_on_command_line(YamlNode& node) {
  node.where = command_line();
  node.assigned = true;
  for (YamlNode& item : node.items) {
    place_on_command_line(item);
  }
  for (YamlNode::Entry& entry : node.entries) {
    entry.where = command_line();
    place_on_command_line(entry.value);
  }
}

}  // namespace

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "\"" + shortened(node.scalar) + "\"";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::mapping:
      return "a mapping";
  }
  throw InternalError{"describe: unknown kind of YAML node"};
}

std::string yaml_string(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_plain = [&is_letter](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  };
  // Words that this or another YAML reader would take for something else than text.
  constexpr std::array<std::string_view, 10> kReserved{"null", "true", "false", "yes", "no",
                                                       "on",   "off",  "none",  "y",   "n"};
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::size_t first = text.find_first_not_of("./");
  if (first != std::string_view::npos && is_letter(text[first]) && lower != ".nan" && lower != ".inf" &&
      std::all_of(text.begin(), text.end(), is_plain) &&
      std::find(kReserved.begin(), kReserved.end(), lower) == kReserved.end()) {
    return std::string{text};
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (is_control(c)) {
      quoted += "\\x" + hex(static_cast<unsigned char>(c)).substr(2);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

Result<YamlNode> parse_yaml(std::string_view text, const std::string& name) {
  try {
    check_characters(text, name);
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    TreeBuilder builder{name};
    while (parser.HandleNextDocument(builder)) {
    }
    if (builder.root().kind == YamlNode::Kind::null) {
      return Diagnostics{{{name, 0, 0}, "there is nothing in it: expected a YAML mapping"}};
    }
    return std::move(builder.root());
  } catch (const Rejected& rejected) {
    return Diagnostics{rejected.diagnostic};
  } catch (const YAML::Exception& exception) {
    SourcePosition where{name, 0, 0};
    if (!exception.mark.is_null()) {
      where.line = exception.mark.line + 1;
      where.column = exception.mark.column + 1;
    }
    return Diagnostics{{where, "invalid YAML: " + exception.msg + std::string{syntax_hint(exception.msg)}}};
  }
}

std::string why_not_readable(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (error) {
    return error.message();
  }
  if (fs::is_directory(status)) {
    return "it is a directory";
  }
  // A FIFO or a device could block or never end.
  if (!fs::is_regular_file(status)) {
    return "it is not a regular file";
  }
  errno = 0;
  return std::ifstream{file} ? "" : std::generic_category().message(errno);
}

fs::path resolve(const fs::path& path, const SourcePosition& where) {
  const fs::path base = where.file == kCommandLine ? fs::path{} : fs::path{where.file}.parent_path();
  fs::path raw = base / path;
  fs::path normal = raw.lexically_normal();
  // Behind a symbolic link, a/../b need not be b.
  std::error_code error;
  return !fs::exists(raw, error) || fs::equivalent(raw, normal, error) ? normal : raw;
}

Result<YamlNode> load_yaml(const fs::path& file) {
  if (const std::string reason = why_not_readable(file); !reason.empty()) {
    return Diagnostics{{{file.string(), 0, 0}, "cannot open: " + reason}};
  }
  std::ifstream stream{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  if (stream.bad()) {
    return Diagnostics{{{file.string(), 0, 0}, "cannot read"}};
  }
  return parse_yaml(text, file.string());
}

Result<YamlNode> load_named(const YamlNode& name, const std::string& path, const YamlLoader& load) {
  const fs::path file = resolve(name.scalar, name.where);
  Result<YamlNode> loaded = load(file);
  if (loaded) {
    return loaded;
  }
  Diagnostics problems = loaded.error();
  for (Diagnostic& problem : problems) {
    // Without a line, the place to mend is the one that names the file.
    if (problem.where.line == 0) {
      problem = {name.where, path + ": " + file.string() + ": " + problem.message};
    }
  }
  return problems;
}

std::optional<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> steps;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', begin)) {
    steps.emplace_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  steps.emplace_back(path.substr(begin));
  return std::ranges::any_of(steps, &std::string::empty) ? std::nullopt : std::optional{std::move(steps)};
}

Result<Assignment> parse_assignment(std::string_view text) {
  Assignment assignment{{}, command_line(), {}, "--set " + shortened(text)};
  const auto failure = [&assignment](const std::string& message) {
    return Diagnostics{{assignment.where, assignment.name + ": " + message}};
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return failure("expected KEY=VALUE");
  }
  std::optional<std::vector<std::string>> path = split_path(text.substr(0, equals));
  if (!path) {
    return failure("expected a dotted key before '=', such as mapping.extra_pes");
  }
  assignment.path = *std::move(path);
  if (const std::string_view value = text.substr(equals + 1); !value.empty()) {
    Result<YamlNode> parsed = parse_yaml(value, std::string{kCommandLine});
    if (!parsed) {
      return failure(parsed.error().front().message);
    }
    assignment.value = *std::move(parsed);
  }
  place_on_command_line(assignment.value);
  return assignment;
}

std::optional<Diagnostic> assign(YamlNode& root, const Assignment& assignment) {
  const auto failure = [&assignment](const std::string& message) {
    return Diagnostic{assignment.where, assignment.name + ": " + message};
  };
  if (assignment.path.size() > kMaxDepth) {
    return failure("nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  YamlNode* node = &root;
  std::string path;
  for (const std::string& step : assignment.path) {
    if (node->kind == YamlNode::Kind::null) {
      node->kind = YamlNode::Kind::mapping;
      node->where = assignment.where;
      node->assigned = true;
    }
    if (node->kind != YamlNode::Kind::mapping) {
      return failure((path.empty() ? "the file" : "'" + path + "'") + " is not a mapping but " + describe(*node));
    }
    auto entry = std::find_if(node->entries.begin(), node->entries.end(),
                              [&step](const YamlNode::Entry& candidate) { return candidate.key == step; });
    if (entry == node->entries.end()) {
      YamlNode nothing;
      nothing.where = assignment.where;
      entry = node->entries.insert(entry, {step, assignment.where, std::move(nothing)});
    }
    path += (path.empty() ? "" : ".") + step;
    node = &entry->value;
  }
  *node = assignment.value;
  return std::nullopt;
}

std::optional<Diagnostic> apply_override(YamlNode& root, std::string_view assignment) {
  const Result<Assignment> parsed = parse_assignment(assignment);
  return parsed ? assign(root, *parsed) : parsed.error().front();
}

YamlNode* value_of(YamlNode& mapping, std::string_view key) {
  const auto entry = std::find_if(mapping.entries.begin(), mapping.entries.end(),
                                  [key](const YamlNode::Entry& candidate) { return candidate.key == key; });
  return entry == mapping.entries.end() ? nullptr : &entry->value;
}

std::vector<std::string> to_strings(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

MapReader::MapReader(const YamlNode& node, std::string path, Diagnostics& out, std::string document)
    : node_{node}, path_{std::move(path)}, document_{std::move(document)}, out_{out}, problems_before_{out.size()} {
  if (node_.kind != YamlNode::Kind::mapping) {
    const std::string shown = node_.assigned && !document_.empty() ? join(document_, path_) : path_;
    out_.push_back({node_.where, (shown.empty() ? "" : shown + ": ") + "expected a mapping, got " + describe(node_)});
  }
}

MapReader MapReader::nested(std::string_view key, const YamlNode& value) const {
  const bool own_file = !value.assigned && value.where.file != node_.where.file;
  return own_file ? MapReader{value, "", out_, join(document_, path_of(key))}
                  : MapReader{value, path_of(key), out_, document_};
}

bool MapReader::has(std::string_view key) { return find(key) != nullptr; }

std::optional<std::int64_t> MapReader::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const YamlNode* value = find(key);
  return value == nullptr ? std::nullopt : to_integer(key, *value, min, max);
}

std::optional<std::int64_t> MapReader::required_integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const YamlNode* value = find_required(key, an_integer_in(min, max));
  return value == nullptr ? std::nullopt : to_integer(key, *value, min, max);
}

std::optional<bool> MapReader::boolean(std::string_view key) {
  const YamlNode* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind == YamlNode::Kind::scalar && !value->quoted &&
      (value->scalar == "true" || value->scalar == "false")) {
    return value->scalar == "true";
  }
  const bool quoted = value->quoted && (value->scalar == "true" || value->scalar == "false");
  mismatch(key, *value, "true or false", quoted ? " in quotes: remove them" : "");
  return std::nullopt;
}

std::optional<std::string> MapReader::string(std::string_view key) {
  const YamlNode* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != YamlNode::Kind::scalar || value->scalar.empty()) {
    mismatch(key, *value, "text");
    return std::nullopt;
  }
  return value->scalar;
}

std::optional<std::string> MapReader::required_string(std::string_view key) {
  return find_required(key, "text") == nullptr ? std::nullopt : string(key);
}

std::optional<std::size_t> MapReader::choice(std::string_view key, const std::vector<std::string>& names) {
  const YamlNode* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind == YamlNode::Kind::scalar) {
    const auto name = std::find(names.begin(), names.end(), value->scalar);
    if (name != names.end()) {
      return static_cast<std::size_t>(name - names.begin());
    }
  }
  mismatch(key, *value, one_of(names), did_you_mean(value->scalar, names));
  return std::nullopt;
}

std::optional<std::size_t> MapReader::required_choice(std::string_view key, const std::vector<std::string>& names) {
  return find_required(key, one_of(names)) == nullptr ? std::nullopt : choice(key, names);
}

template <class Quantity>
std::optional<Quantity> MapReader::required_quantity(std::string_view key, std::string_view expected,
                                                     Result<Quantity, Failure> (*parse)(std::string_view)) {
  const YamlNode* value = find_required(key, expected);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != YamlNode::Kind::scalar) {
    mismatch(key, *value, expected);
    return std::nullopt;
  }
  const Result<Quantity, Failure> parsed = parse(value->scalar);
  if (!parsed) {
    error(key, parsed.error().message);
    return std::nullopt;
  }
  return *parsed;
}

std::optional<Duration> MapReader::required_duration(std::string_view key) {
  return required_quantity(key, "a time such as \"1400 ns\"", parse_duration);
}

std::optional<Frequency> MapReader::required_frequency(std::string_view key) {
  return required_quantity(key, "a frequency such as \"1 GHz\"", parse_frequency);
}

std::optional<Rate> MapReader::required_rate(std::string_view key) {
  return required_quantity(key, "a rate such as \"32 GB/s\"", parse_rate);
}

std::optional<Bytes> MapReader::required_bytes(std::string_view key) {
  return required_quantity(key, "a size such as \"32 B\"", parse_bytes);
}

std::optional<Energy> MapReader::required_energy(std::string_view key) {
  return required_quantity(key, "an energy such as \"250 pJ\"", parse_energy);
}

std::optional<std::vector<std::int64_t>> MapReader::integers(std::string_view key, std::size_t min_size,
                                                             std::size_t max_size, std::int64_t min, std::int64_t max) {
  const YamlNode* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const std::string size =
      min_size == max_size ? std::to_string(min_size) : std::to_string(min_size) + " to " + std::to_string(max_size);
  const std::string expected = "a list of " + size + " integers in " + range(min, max);
  if (value->kind != YamlNode::Kind::sequence) {
    mismatch(key, *value, expected);
    return std::nullopt;
  }
  if (value->items.size() < min_size || value->items.size() > max_size) {
    error(key, "expected " + expected + ", got " + std::to_string(value->items.size()) + " values");
    return std::nullopt;
  }
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const std::string item = std::string{key} + "[" + std::to_string(i) + "]";
    if (const std::optional<std::int64_t> number = to_integer(item, value->items[i], min, max)) {
      numbers.push_back(*number);
    }
  }
  return numbers.size() == value->items.size() ? std::optional{std::move(numbers)} : std::nullopt;
}

const YamlNode* MapReader::node(std::string_view key) { return find(key); }

const YamlNode* MapReader::required_node(std::string_view key, std::string_view expected) {
  return find_required(key, expected);
}

void MapReader::error(std::string_view key, const std::string& message) {
  const YamlNode* const value = find(key);
  const YamlNode& node = value == nullptr ? node_ : *value;
  out_.push_back({node.where, shown_path(key, node.assigned) + ": " + message});
}

std::string MapReader::path_of(std::string_view key) const { return join(path_, key); }

std::string MapReader::shown_path(std::string_view key, bool assigned) const {
  return assigned ? join(document_, path_of(key)) : path_of(key);
}

void MapReader::finish() {
  for (auto entry = node_.entries.begin(); entry != node_.entries.end(); ++entry) {
    const auto first = std::find_if(node_.entries.begin(), entry,
                                    [&entry](const YamlNode::Entry& other) { return other.key == entry->key; });
    const std::string path = shown_path(shortened(entry->key), entry->value.assigned);
    if (first != entry) {
      out_.push_back({entry->where, "duplicate key '" + path + "', first given at " + first->where.file + ":" +
                                        std::to_string(first->where.line) + ":" + std::to_string(first->where.column)});
    } else if (std::find(known_.begin(), known_.end(), entry->key) == known_.end()) {
      const std::string suggestion = did_you_mean(entry->key, known_);
      out_.push_back({entry->where, "unknown key '" + path + "'" +
                                        (suggestion.empty() ? ", expected " + one_of(known_) : suggestion)});
    }
  }
}

const YamlNode* MapReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
    known_.emplace_back(key);
  }
  const auto entry = std::find_if(node_.entries.begin(), node_.entries.end(),
                                  [key](const YamlNode::Entry& candidate) { return candidate.key == key; });
  return entry == node_.entries.end() ? nullptr : &entry->value;
}

const YamlNode* MapReader::find_required(std::string_view key, std::string_view expected) {
  const YamlNode* value = find(key);
  // What is no mapping at all has been reported as such.
  if (value == nullptr && node_.kind == YamlNode::Kind::mapping) {
    out_.push_back(
        {node_.where, "missing key '" + shown_path(key, node_.assigned) + "': expected " + std::string{expected}});
  }
  return value;
}

void MapReader::mismatch(std::string_view key, const YamlNode& value, std::string_view expected,
                         std::string_view hint) {
  out_.push_back({value.where, shown_path(key, value.assigned) + ": expected " + std::string{expected} + ", got " +
                                   describe(value) + std::string{hint}});
}

std::optional<std::int64_t> MapReader::to_integer(std::string_view key, const YamlNode& value, std::int64_t min,
                                                  std::int64_t max) {
  if (value.kind == YamlNode::Kind::scalar && !value.quoted && is_integer(value.scalar)) {
    std::int64_t number = 0;
    const char* const end = value.scalar.data() + value.scalar.size();
    const auto [stop, problem] = std::from_chars(value.scalar.data(), end, number);
    if (problem == std::errc{} && stop == end && number >= min && number <= max) {
      return number;
    }
  }
  mismatch(key, value, an_integer_in(min, max), integer_hint(value));
  return std::nullopt;
}

}  // namespace crossweave
