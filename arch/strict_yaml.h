// Strict YAML: every value knows its place, every key must be known, every problem is reported at once.
// The one translation unit that knows yaml-cpp is strict_yaml.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/diagnostics.h"
#include "arch/units.h"

namespace crossweave {

/// Stands in for the file in the positions of `--set` assignments, with line 0.
inline constexpr std::string_view kCommandLine = "<command line>";

/// An immutable YAML value with its position. Scalars keep their text; nothing is converted before it is asked for.
struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };
  struct Entry;

  Kind kind{Kind::null};
  std::string scalar;
  /// Quoted scalars are strings, never numbers or booleans.
  bool quoted{false};
  /// An assignment put it here: its path is told from the root, whatever file it overrides.
  bool assigned{false};
  /// What is wrong with it has been reported: readers pass over it.
  bool reported{false};
  SourcePosition where;
  std::vector<YamlNode> items;  ///< of a sequence
  std::vector<Entry> entries;   ///< of a mapping, in file order, duplicates kept so that the reader can report them
};

struct YamlNode::Entry {
  std::string key;
  SourcePosition where;
  YamlNode value;
};

/// Why `file` cannot be read as a regular file; empty when it can.
[[nodiscard]] std::string why_not_readable(const std::filesystem::path& file);

/// `path` as seen from the place that names it: the folder of that file, or the working directory for an assignment.
[[nodiscard]] std::filesystem::path resolve(const std::filesystem::path& path, const SourcePosition& where);

/// Parses one YAML document. Fails on unreadable or empty files, syntax errors, several documents, aliases and merge
/// keys.
Result<YamlNode> load_yaml(const std::filesystem::path& file);

/// load_yaml(), or something that remembers what it gave.
using YamlLoader = std::function<Result<YamlNode>(const std::filesystem::path&)>;

/// The file that a scalar names, the value of the key `path`: problems without a line are placed there.
Result<YamlNode> load_named(const YamlNode& name, const std::string& path, const YamlLoader& load);

/// The same for text; `name` stands in for the file in positions.
Result<YamlNode> parse_yaml(std::string_view text, const std::string& name);

/// What stands at a node, for "expected ..., got ...": nothing, a list, a mapping, or the quoted text, shortened.
[[nodiscard]] std::string describe(const YamlNode& node);

/// `text` as a YAML scalar that reads back as the same string: plain where that is safe, otherwise double-quoted.
[[nodiscard]] std::string yaml_string(std::string_view text);

/// A value for a dotted path, from the command line or another file.
struct Assignment {
  std::vector<std::string> path;
  SourcePosition where;
  YamlNode value;
  /// How problems call it: "--set a.b=1".
  std::string name;
};

/// `a.b.c` as its steps; nothing when one of them is empty.
[[nodiscard]] std::optional<std::vector<std::string>> split_path(std::string_view path);

/// Reads `dotted.path=value`, where the value is YAML, from the command line. Fails without '=' or with an empty step.
Result<Assignment> parse_assignment(std::string_view text);

/// Overrides a key of a mapping. Creates it where the path ends in a mapping or in nothing: whether it is a known key
/// is for the reader to say. Fails when a step of the path is not a mapping.
std::optional<Diagnostic> assign(YamlNode& root, const Assignment& assignment);

/// Reads an assignment and makes it.
std::optional<Diagnostic> apply_override(YamlNode& root, std::string_view assignment);

/// The value of a mapping's key, the first of that name; nullptr when there is none.
[[nodiscard]] YamlNode* value_of(YamlNode& mapping, std::string_view key);

/// A table of names in the form that MapReader::choice takes.
[[nodiscard]] std::vector<std::string> to_strings(std::span<const std::string_view> names);

/// Reads one mapping key by key, then rejects what nobody asked for. All problems go to `out`; reading goes on.
/// A getter returns nullopt when the key is absent or its value is wrong; `required_*` report an absent key.
class MapReader {
 public:
  /// `path` is the dotted path of the mapping within its document, empty for the root; `document` is where that
  /// document stands in another one that names it.
  MapReader(const YamlNode& node, std::string path, Diagnostics& out, std::string document = "");

  /// A reader of the mapping `value` at a key. Its paths begin anew when it is the content of a file of its own.
  [[nodiscard]] MapReader nested(std::string_view key, const YamlNode& value) const;

  [[nodiscard]] bool has(std::string_view key);

  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> required_integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::string> string(std::string_view key);
  std::optional<std::string> required_string(std::string_view key);
  /// One of `names`; the result is its index.
  std::optional<std::size_t> choice(std::string_view key, const std::vector<std::string>& names);
  std::optional<std::size_t> required_choice(std::string_view key, const std::vector<std::string>& names);
  std::optional<Duration> required_duration(std::string_view key);
  std::optional<Frequency> required_frequency(std::string_view key);
  std::optional<Rate> required_rate(std::string_view key);
  std::optional<Bytes> required_bytes(std::string_view key);
  std::optional<Energy> required_energy(std::string_view key);
  /// A sequence of integers with a length in [min_size, max_size].
  std::optional<std::vector<std::int64_t>> integers(std::string_view key, std::size_t min_size, std::size_t max_size,
                                                    std::int64_t min, std::int64_t max);
  /// The raw node of a key, marked as known; nullptr when absent.
  const YamlNode* node(std::string_view key);
  /// `expected` says what belongs there: "a mapping with rows and columns".
  const YamlNode* required_node(std::string_view key, std::string_view expected = "a value");

  /// Adds a problem at a key's value (or at the mapping when absent): "path.key: message".
  void error(std::string_view key, const std::string& message);

  [[nodiscard]] const SourcePosition& where() const { return node_.where; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] Diagnostics& diagnostics() { return out_; }
  /// Whether nothing has been reported since this reader was made.
  [[nodiscard]] bool clean() const { return out_.size() == problems_before_; }

  /// Reports every key that no getter named, with the nearest known one. Call once, after the last getter.
  void finish();

 private:
  /// The path of a key for a problem at something that was assigned, or was not.
  [[nodiscard]] std::string shown_path(std::string_view key, bool assigned) const;
  const YamlNode* find(std::string_view key);
  const YamlNode* find_required(std::string_view key, std::string_view expected);
  void mismatch(std::string_view key, const YamlNode& value, std::string_view expected, std::string_view hint = {});
  std::optional<std::int64_t> to_integer(std::string_view key, const YamlNode& value, std::int64_t min,
                                         std::int64_t max);
  /// A number with its unit; `expected` says what it looks like.
  template <class Quantity>
  std::optional<Quantity> required_quantity(std::string_view key, std::string_view expected,
                                            Result<Quantity, Failure> (*parse)(std::string_view));

  const YamlNode& node_;
  std::string path_;
  std::string document_;
  Diagnostics& out_;
  std::size_t problems_before_;
  std::vector<std::string> known_;
};

}  // namespace crossweave
