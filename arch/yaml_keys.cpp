#include "arch/yaml_keys.h"

#include <algorithm>

namespace crossweave {
namespace {

using Kind = ValueForm::Kind;

class KeyReader final : public Keys {
 public:
  explicit KeyReader(MapReader& reader) : reader_{reader} {}

  void finish() {
    if (model_known_ && !finished_) {
      reader_.finish();
    }
    finished_ = true;
  }

  void rule(const std::function<void(MapReader&)>& check) override {
    finish();
    if (reader_.clean()) {
      check(reader_);
    }
  }

 private:
  void value_key(std::string_view name, bool required, const BoundValue& value, std::string_view /*meaning*/) override {
    value.read(reader_, name, required);
  }

  void section_key(std::string_view name, std::string_view expected, bool may_be_file, std::string_view /*meaning*/,
                   const List& list) override {
    const YamlNode* const node = expected.empty() ? reader_.node(name) : reader_.required_node(name, expected);
    if (node == nullptr || node->reported) {
      return;
    }
    // A scalar from another file is the whole content of a file that has been read.
    const bool names_file = may_be_file && node->kind == YamlNode::Kind::scalar && !node->scalar.empty() &&
                            (node->assigned || node->where.file == reader_.where().file);
    if (!names_file) {
      read_keys(reader_.nested(name, *node), list);
      return;
    }
    const Result<YamlNode> loaded = load_named(*node, reader_.path_of(name), load_yaml);
    if (loaded) {
      read_keys(reader_.nested(name, *loaded), list);
    } else {
      reader_.diagnostics().insert(reader_.diagnostics().end(), loaded.error().begin(), loaded.error().end());
    }
  }

  void value_or_section_key(std::string_view name, bool required, const BoundValue& value, std::string_view /*meaning*/,
                            const List& list) override {
    const YamlNode* const node = reader_.node(name);
    if (node != nullptr && node->kind == YamlNode::Kind::mapping) {
      read_keys(reader_.nested(name, *node), list);
    } else {
      value.read(reader_, name, required);
    }
  }

  void model_key(const ModelKey& model, std::string_view /*meaning*/, const std::function<void()>& rest) override {
    const std::optional<std::size_t> chosen = reader_.required_choice("model", model.names);
    model.choose(chosen.value_or(0));
    // Of a model that does not exist, no other key can be called unknown.
    model_known_ = chosen || !reader_.has("model");
    rest();
  }

  MapReader& reader_;
  bool model_known_{true};
  bool finished_{false};
};

class KeyWriter final : public Keys {
 public:
  explicit KeyWriter(int indent) : margin_(static_cast<std::size_t>(indent), ' ') {}

  [[nodiscard]] std::string take() { return std::move(text_); }

  void rule(const std::function<void(MapReader&)>& /*check*/) override {}

 private:
  void value_key(std::string_view name, bool /*required*/, const BoundValue& value,
                 std::string_view /*meaning*/) override {
    if (const std::optional<std::string> written = value.write()) {
      text_ += margin_ + std::string{name} + ": " + *written + "\n";
    }
  }

  void section_key(std::string_view name, std::string_view /*expected*/, bool /*may_be_file*/,
                   std::string_view /*meaning*/, const List& list) override {
    text_ += margin_ + std::string{name} + ":\n" + write_keys(list, static_cast<int>(margin_.size()) + 2);
  }

  void value_or_section_key(std::string_view name, bool required, const BoundValue& value, std::string_view meaning,
                            const List& list) override {
    if (value.write()) {
      value_key(name, required, value, meaning);
    } else {
      section_key(name, "", false, meaning, list);
    }
  }

  void model_key(const ModelKey& model, std::string_view /*meaning*/, const std::function<void()>& rest) override {
    text_ += margin_ + "model: " + model.names[model.chosen] + "\n";
    rest();
  }

  std::string margin_;
  std::string text_;
};

class KeyLister final : public Keys {
 public:
  [[nodiscard]] KeyTree take() { return std::move(tree_); }

  void rule(const std::function<void(MapReader&)>& /*check*/) override {}

 private:
  void value_key(std::string_view name, bool required, const BoundValue& value, std::string_view meaning) override {
    keys_->push_back({.name = std::string{name},
                      .required = required,
                      .meaning = std::string{meaning},
                      .forms = value.forms,
                      .default_value = required || !value.otherwise.empty() ? std::nullopt : value.write(),
                      .otherwise = value.otherwise});
  }

  void section_key(std::string_view name, std::string_view expected, bool may_be_file, std::string_view meaning,
                   const List& list) override {
    keys_->push_back({.name = std::string{name},
                      .required = !expected.empty(),
                      .meaning = std::string{meaning},
                      .forms = may_be_file ? std::vector{ValueForm{.kind = Kind::path}} : std::vector<ValueForm>{},
                      .section = std::make_shared<KeyTree>(key_tree(list))});
  }

  void value_or_section_key(std::string_view name, bool required, const BoundValue& value, std::string_view meaning,
                            const List& list) override {
    value_key(name, required, value, meaning);
    keys_->back().section = std::make_shared<KeyTree>(key_tree(list));
  }

  void model_key(const ModelKey& model, std::string_view meaning, const std::function<void()>& rest) override {
    keys_->push_back({.name = "model",
                      .required = true,
                      .meaning = std::string{meaning},
                      .forms = {{.kind = Kind::word, .words = model.names}},
                      .default_value = model.names[model.chosen]});
    tree_.decider = "model";
    for (std::size_t i = 0; i < model.names.size(); ++i) {
      KeyTree::Variant variant{{model.names[i]}, {}};
      keys_ = &variant.keys;
      model.choose(i);
      rest();
      tree_.variants.push_back(std::move(variant));
    }
    model.choose(model.chosen);
    keys_ = &tree_.keys;
  }

  KeyTree tree_;
  std::vector<KeyEntry>* keys_{&tree_.keys};
};

/// Whether there is nothing to read: the key is absent, and may be.
bool may_stay_absent(MapReader& reader, std::string_view key, bool required) {
  return reader.node(key) == nullptr && !required;
}

/// A number with its unit. `get` is the getter for a key that must be there, `complain` says what is wrong with a
/// value, if anything.
template <class Quantity, class Complaint>
BoundValue quantity(Quantity& place, ValueForm form, std::optional<Quantity> (MapReader::*get)(std::string_view),
                    Complaint complaint) {
  return {{std::move(form)},
          [&place, get, complaint](MapReader& reader, std::string_view key, bool required) {
            if (may_stay_absent(reader, key, required)) {
              return;
            }
            const std::optional<Quantity> value = (reader.*get)(key);
            if (!value) {
              return;
            }
            place = *value;
            if (const std::string expected = complaint(*value); !expected.empty()) {
              reader.error(key, "expected " + expected + ", got " + to_string(*value));
            }
          },
          [&place] { return to_string(place); }};
}

template <class Integer>
BoundValue whole_number(Integer& place, std::int64_t least, std::int64_t most, std::string_view unit) {
  return {{{.kind = Kind::integer, .least = least, .most = most, .unit = std::string{unit}}},
          [&place, least, most](MapReader& reader, std::string_view key, bool required) {
            const std::optional<std::int64_t> value =
                required ? reader.required_integer(key, least, most) : reader.integer(key, least, most);
            place = static_cast<Integer>(value.value_or(place));
          },
          [&place] { return std::to_string(place); }};
}

}  // namespace

void read_keys(MapReader reader, const Keys::List& list) {
  KeyReader keys{reader};
  list(keys);
  keys.finish();
}

void read_some_keys(MapReader& reader, const Keys::List& list) {
  KeyReader keys{reader};
  list(keys);
}

std::string write_keys(const Keys::List& list, int indent) {
  KeyWriter keys{indent};
  list(keys);
  return keys.take();
}

KeyTree key_tree(const Keys::List& list) {
  KeyLister keys;
  list(keys);
  return keys.take();
}

BoundValue integer(int& place, std::int64_t least, std::int64_t most, std::string_view unit) {
  return whole_number(place, least, most, unit);
}

BoundValue integer(std::int64_t& place, std::int64_t least, std::int64_t most, std::string_view unit) {
  return whole_number(place, least, most, unit);
}

BoundValue truth(bool& place) {
  return {{{.kind = Kind::truth}},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) {
            place = reader.boolean(key).value_or(place);
          },
          [&place] { return std::string{place ? "true" : "false"}; }};
}

BoundValue text(std::string& place) {
  return {{{.kind = Kind::text}},
          [&place](MapReader& reader, std::string_view key, bool required) {
            place = (required ? reader.required_string(key) : reader.string(key)).value_or(place);
          },
          [&place] { return yaml_string(place); }};
}

BoundValue time(Duration& place, std::optional<Duration> most) {
  const std::string bounds = most ? "at most " + to_string(*most) : "";
  return quantity<Duration>(
      place, {.kind = Kind::time, .bounds = bounds}, &MapReader::required_duration,
      [most, bounds](Duration value) { return most && value > *most ? "a time of " + bounds : ""; });
}

BoundValue clock(Frequency& place) {
  static constexpr Frequency kLeast = Frequency::hertz(1'000'000);
  static constexpr Frequency kMost = Frequency::hertz(1'000'000'000'000);
  const std::string bounds = to_string(kLeast) + " to " + to_string(kMost);
  return quantity<Frequency>(
      place, {.kind = Kind::frequency, .bounds = bounds}, &MapReader::required_frequency,
      [bounds](Frequency value) { return value < kLeast || value > kMost ? "a frequency of " + bounds : ""; });
}

BoundValue rate(Rate& place, Rate least) {
  const std::string bounds = "at least " + to_string(least);
  return quantity<Rate>(place, {.kind = Kind::rate, .bounds = bounds}, &MapReader::required_rate,
                        [least, bounds](Rate value) { return value < least ? "a rate of " + bounds : ""; });
}

BoundValue size(Bytes& place, std::optional<Bytes> most) {
  const std::string bounds = most ? "at most " + to_string(*most) : "";
  return quantity<Bytes>(place, {.kind = Kind::size, .bounds = bounds}, &MapReader::required_bytes,
                         [most, bounds](Bytes value) { return most && value > *most ? "a size of " + bounds : ""; });
}

BoundValue energy(Energy& place, Energy most) {
  const std::string bounds = "at most " + to_string(most);
  return quantity<Energy>(place, {.kind = Kind::energy, .bounds = bounds}, &MapReader::required_energy,
                          [most, bounds](Energy value) { return value > most ? "an energy of " + bounds : ""; });
}

BoundValue word(std::vector<std::string> words, std::function<void(std::size_t)> choose, std::size_t chosen) {
  std::string written = words[chosen];
  return {
      {{.kind = Kind::word, .words = words}},
      [words = std::move(words), choose = std::move(choose)](MapReader& reader, std::string_view key, bool required) {
        const std::optional<std::size_t> index =
            required ? reader.required_choice(key, words) : reader.choice(key, words);
        if (index) {
          choose(*index);
        }
      },
      [written] { return written; }};
}

bool is_word(const YamlNode& node, std::string_view word) {
  return node.kind == YamlNode::Kind::scalar && !node.quoted && node.scalar == word;
}

}  // namespace crossweave
