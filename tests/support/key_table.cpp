#include "tests/support/key_table.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace crossweave::test {
namespace {

using Kind = ValueForm::Kind;

std::string code(const std::string& text) { return "`" + text + "`"; }

std::string code_list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + code(word);
  }
  return text;
}

std::string range(const ValueForm& form) { return std::to_string(form.least) + " to " + std::to_string(form.most); }

std::string form_text(const ValueForm& form) {
  const auto with_bounds = [&form](const std::string& noun) {
    return noun + (form.bounds.empty() ? "" : ", " + form.bounds);
  };
  switch (form.kind) {
    case Kind::integer:
      return with_bounds((form.unit.empty() ? "" : form.unit + ", ") + range(form));
    case Kind::truth:
      return code_list({"true", "false"});
    case Kind::word:
      return code_list(form.words);
    case Kind::text:
      return "text";
    case Kind::path:
      return "path";
    case Kind::time:
      return with_bounds("time");
    case Kind::frequency:
      return with_bounds("frequency");
    case Kind::rate:
      return with_bounds("rate");
    case Kind::size:
      return with_bounds("size");
    case Kind::energy:
      return with_bounds("energy");
    case Kind::integers:
      return with_bounds("list of " + std::to_string(form.count) + ", " + range(form));
    default:
      throw std::invalid_argument{"no table has such a value"};
  }
}

std::string value_text(const KeyEntry& entry) {
  std::string text;
  for (const ValueForm& form : entry.forms) {
    text += (text.empty() ? "" : " or ") + form_text(form);
  }
  return text + (entry.section ? " or mapping" : "");
}

std::string default_text(const KeyEntry& entry, bool section_required) {
  if (entry.required && (section_required || !entry.default_value)) {
    return "required";
  }
  if (!entry.otherwise.empty()) {
    return entry.otherwise;
  }
  return entry.default_value ? code(*entry.default_value) : "–";
}

class Table {
 public:
  void add(const KeyTree& tree, const std::string& path, bool required) {
    for (const KeyEntry& entry : tree.keys) {
      add(entry, path, required, "");
    }
    // A key of several variants stands once, where the first of them has it.
    std::vector<std::string> done;
    for (const KeyTree::Variant& variant : tree.variants) {
      for (const KeyEntry& entry : variant.keys) {
        if (std::ranges::find(done, entry.name) == done.end()) {
          done.push_back(entry.name);
          add(entry, path, required, code_list(values_with(tree, entry.name)));
        }
      }
    }
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  static std::vector<std::string> values_with(const KeyTree& tree, const std::string& name) {
    std::vector<std::string> values;
    for (const KeyTree::Variant& variant : tree.variants) {
      if (std::ranges::find(variant.keys, name, &KeyEntry::name) != variant.keys.end()) {
        values.insert(values.end(), variant.values.begin(), variant.values.end());
      }
    }
    return values;
  }

  /// `required`: whether the section is. `values`: those of its decider with which the key is there.
  void add(const KeyEntry& entry, const std::string& path, bool required, const std::string& values) {
    const std::string name = path + entry.name;
    if (entry.forms.empty()) {
      add(*entry.section, name + ".", entry.required);
      return;
    }
    text_ += "| " + code(name) + " | " + value_text(entry) + " | " + default_text(entry, required) +
             (values.empty() ? "" : " with " + values) + " | " + entry.meaning + " |\n";
    // What a file may hold has a table of its own.
    if (entry.section && std::ranges::find(entry.forms, Kind::path, &ValueForm::kind) == entry.forms.end()) {
      add(*entry.section, name + ".", true);
    }
  }

  std::string text_{"| key | value | default | meaning |\n|---|---|---|---|\n"};
};

}  // namespace

std::string key_table(const KeyTree& tree) {
  Table table;
  table.add(tree, "", true);
  return table.take();
}

}  // namespace crossweave::test
