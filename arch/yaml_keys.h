// One declaration for each key of our YAML files. A `list_keys` function names the keys of a section, one a line, with
// what may stand there, where it is kept and what it means; whoever it is called with reads them, writes them, or makes
// the tree from which JSON Schemas and the tables in docs/ come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/strict_yaml.h"
#include "arch/units.h"

namespace crossweave {

/// One form of what may stand at a key.
struct ValueForm {
  enum class Kind {
    integer,
    truth,
    word,
    text,
    path,
    time,
    frequency,
    rate,
    size,
    energy,
    integers,
    shape,     ///< H, W, C, each of which may be '?'
    shapes,    ///< a mapping of names to shapes
    texts,     ///< a list
    sections,  ///< a list of mappings, each with the keys of the entry's section
  };

  Kind kind{Kind::text};
  std::int64_t least{0};  ///< of an integer, or of each of `integers`
  std::int64_t most{0};
  std::vector<std::string> words{};  ///< of which `word` is one
  std::size_t count{0};              ///< of `integers`
  std::string bounds{};              ///< of a quantity, in words: "at most 1 ms"
  std::string unit{};                ///< of an integer: "bits"
};

/// A value with its place in memory.
struct BoundValue {
  std::vector<ValueForm> forms;  ///< any of them
  /// Reads the key into the place and reports what is wrong; leaves the place alone when the key is absent.
  std::function<void(MapReader&, std::string_view key, bool required)> read;
  /// The place as YAML; nothing when the key is to be left out.
  std::function<std::optional<std::string>()> write;
  /// What holds where the key is absent, in words, when that is not what the place holds beforehand: "that of `a`".
  std::string otherwise{};
};

/// To whom a section lists its keys.
class Keys {
 public:
  using List = std::function<void(Keys&)>;

  Keys() = default;
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  virtual ~Keys() = default;

  /// A key that must be there, and one whose default is what its place holds beforehand.
  void required(std::string_view name, const BoundValue& value, std::string_view meaning) {
    value_key(name, true, value, meaning);
  }
  void optional(std::string_view name, const BoundValue& value, std::string_view meaning) {
    value_key(name, false, value, meaning);
  }

  /// A mapping; `expected` says what it holds, where it is missing: "a mapping with rows and columns".
  void required_section(std::string_view name, std::string_view expected, std::string_view meaning, const List& list) {
    section_key(name, expected, false, meaning, list);
  }
  void section(std::string_view name, std::string_view meaning, const List& list) {
    section_key(name, "", false, meaning, list);
  }
  /// A value that must be there, or a mapping. The mapping is written when the value is left out.
  void value_or_section(std::string_view name, const BoundValue& value, std::string_view meaning, const List& list) {
    value_or_section_key(name, true, value, meaning, list);
  }
  /// The same where both may be absent.
  void optional_value_or_section(std::string_view name, const BoundValue& value, std::string_view meaning,
                                 const List& list) {
    value_or_section_key(name, false, value, meaning, list);
  }
  /// A mapping that must be there, or the path of a file that holds it.
  void file_or_section(std::string_view name, std::string_view expected, std::string_view meaning, const List& list) {
    section_key(name, expected, true, meaning, list);
  }

  /// The required key `model`, which decides what other keys there are: `rest` lists them by the value of `model`.
  template <class Model, std::size_t kCount>
  void model(Model& model, const std::array<std::string_view, kCount>& names, std::string_view meaning,
             const std::function<void()>& rest) {
    model_key({{names.begin(), names.end()},
               [&model](std::size_t index) { model = static_cast<Model>(index); },
               static_cast<std::size_t>(model)},
              meaning, rest);
  }

  /// A rule across the keys above, behind the last of them: runs when a section has been read and each key by itself is
  /// right.
  virtual void rule(const std::function<void(MapReader&)>& check) = 0;

 protected:
  struct ModelKey {
    std::vector<std::string> names;
    std::function<void(std::size_t)> choose;
    std::size_t chosen{0};
  };

 private:
  virtual void value_key(std::string_view name, bool required, const BoundValue& value, std::string_view meaning) = 0;
  /// `expected` is empty for a section that may be absent.
  virtual void section_key(std::string_view name, std::string_view expected, bool may_be_file, std::string_view meaning,
                           const List& list) = 0;
  virtual void value_or_section_key(std::string_view name, bool required, const BoundValue& value,
                                    std::string_view meaning, const List& list) = 0;
  virtual void model_key(const ModelKey& model, std::string_view meaning, const std::function<void()>& rest) = 0;
};

/// Reads the keys of a mapping and refuses all others.
void read_keys(MapReader reader, const Keys::List& list);

/// Reads keys of a mapping that has others besides.
void read_some_keys(MapReader& reader, const Keys::List& list);

/// The keys as YAML in block style, each line indented by `indent` spaces: those with which they would be read back.
[[nodiscard]] std::string write_keys(const Keys::List& list, int indent);

struct KeyTree;

/// A key as schemas and pages show it.
struct KeyEntry {
  std::string name;
  bool required{false};
  std::string meaning{};
  std::vector<ValueForm> forms{};  ///< empty: only a section
  /// As YAML. Of a required key: what holds where the section that it stands in is absent.
  std::optional<std::string> default_value{};
  std::string otherwise{};                   ///< the default in words, where it has no one value
  std::shared_ptr<const KeyTree> section{};  ///< what a mapping there holds; null: none can stand there
};

/// The keys of a mapping.
struct KeyTree {
  /// The keys that there are for some values of the key `decider` only.
  struct Variant {
    std::vector<std::string> values;
    std::vector<KeyEntry> keys;
  };

  std::vector<KeyEntry> keys;
  std::string decider;  ///< empty: there are no variants
  std::vector<Variant> variants;
};

/// The places that `list` binds should hold defaults.
[[nodiscard]] KeyTree key_tree(const Keys::List& list);

// --- values ---

[[nodiscard]] BoundValue integer(int& place, std::int64_t least, std::int64_t most, std::string_view unit = "");
[[nodiscard]] BoundValue integer(std::int64_t& place, std::int64_t least, std::int64_t most,
                                 std::string_view unit = "");
[[nodiscard]] BoundValue truth(bool& place);
[[nodiscard]] BoundValue text(std::string& place);
[[nodiscard]] BoundValue time(Duration& place, std::optional<Duration> most = std::nullopt);
/// 1 MHz to 1 THz: a cycle of at least a picosecond, which is how finely time is counted.
[[nodiscard]] BoundValue clock(Frequency& place);
[[nodiscard]] BoundValue rate(Rate& place, Rate least);
[[nodiscard]] BoundValue size(Bytes& place, std::optional<Bytes> most = std::nullopt);
[[nodiscard]] BoundValue energy(Energy& place, Energy most);

/// One of some words, by its index.
[[nodiscard]] BoundValue word(std::vector<std::string> words, std::function<void(std::size_t)> choose,
                              std::size_t chosen);
template <class Enum, std::size_t kCount>
[[nodiscard]] BoundValue choice(Enum& place, const std::array<std::string_view, kCount>& names) {
  return word(
      {names.begin(), names.end()}, [&place](std::size_t index) { place = static_cast<Enum>(index); },
      static_cast<std::size_t>(place));
}

/// Whether a node is this word, unquoted.
[[nodiscard]] bool is_word(const YamlNode& node, std::string_view word);

/// A value, or a word where there is none. `bind` makes the BoundValue of a place for it.
template <class T, class Bind>
[[nodiscard]] BoundValue value_or(std::string word, std::optional<T>& place, Bind bind) {
  T probe = place.value_or(T{});
  std::vector<ValueForm> forms = bind(probe).forms;
  forms.push_back({.kind = ValueForm::Kind::word, .words = {word}});
  return {std::move(forms),
          [word, bind, &place](MapReader& reader, std::string_view key, bool required) {
            const YamlNode* const node = reader.node(key);
            if (node != nullptr && is_word(*node, word)) {
              place.reset();
              return;
            }
            if (node != nullptr && !did_you_mean(node->scalar, {word}).empty()) {
              reader.error(key, "expected " + word + " or a value, got \"" + node->scalar + "\"" +
                                    did_you_mean(node->scalar, {word}));
              return;
            }
            T value = place.value_or(T{});
            bind(value).read(reader, key, required);
            if (node != nullptr) {
              place = std::move(value);
            }
          },
          [word, bind, &place]() -> std::optional<std::string> {
            if (!place) {
              return word;
            }
            T value = *place;
            return bind(value).write();
          }};
}

}  // namespace crossweave
