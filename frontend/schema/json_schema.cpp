#include "frontend/schema/json_schema.h"

#include <nlohmann/json.hpp>

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ValueForm::Kind;

/// A number with one of these units, as parse_duration() and its like read it.
Json quantity(const std::vector<std::string_view>& units) {
  std::string alternatives;
  for (const std::string_view unit : units) {
    alternatives += (alternatives.empty() ? "" : "|") + std::string{unit};
  }
  return {{"type", "string"}, {"pattern", "^(0|[1-9][0-9]*)(\\.[0-9]+)? *(" + alternatives + ")$"}};
}

Json integer(std::int64_t least, std::int64_t most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json list_of(Json items, std::size_t count) {
  Json list = list_of(std::move(items));
  list["minItems"] = count;
  list["maxItems"] = count;
  return list;
}

/// Any scalar is a text, whatever YAML takes it for.
Json text() { return {{"type", {"string", "number", "boolean"}}}; }

Json shape() {
  constexpr std::size_t kExtents = 3;
  return list_of({{"anyOf", {Json{{"type", "integer"}, {"minimum", 1}}, Json{{"const", "?"}}}}}, kExtents);
}

Json form_schema(const ValueForm& form, const KeyTree* section) {
  switch (form.kind) {
    case Kind::integer:
      return integer(form.least, form.most);
    case Kind::truth:
      return {{"type", "boolean"}};
    case Kind::word:
      return {{"enum", form.words}};
    case Kind::text:
      return text();
    case Kind::path:
      return {{"type", "string"}};
    case Kind::time:
      return quantity(time_units());
    case Kind::frequency:
      return quantity(frequency_units());
    case Kind::rate:
      return quantity(rate_units());
    case Kind::size:
      return quantity(size_units());
    case Kind::energy:
      return quantity(energy_units());
    case Kind::integers:
      return list_of(integer(form.least, form.most), form.count);
    case Kind::shape:
      return shape();
    case Kind::shapes:
      return {{"type", "object"}, {"additionalProperties", shape()}};
    case Kind::texts:
      return list_of(text());
    case Kind::sections:
      return list_of(mapping_schema(*section));
  }
  throw InternalError{"json_schema: unknown form of a value"};
}

/// The meaning of a key, and what the schema itself cannot say of its value.
std::string description(const KeyEntry& entry) {
  std::string text = entry.meaning;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (const ValueForm& form : entry.forms) {
    if (!form.unit.empty()) {
      add("in " + form.unit);
    }
    if (!form.bounds.empty()) {
      add(form.bounds);
    }
  }
  if (!entry.otherwise.empty()) {
    add("default: " + entry.otherwise);
  } else if (entry.default_value && !entry.required) {
    add("default: " + *entry.default_value);
  }
  return text;
}

Json property(const KeyEntry& entry) {
  Json json = value_schema(entry.forms, entry.section.get());
  if (const std::string text = description(entry); !text.empty()) {
    json["description"] = text;
  }
  return json;
}

void add_keys(Json& mapping, const std::vector<KeyEntry>& keys) {
  for (const KeyEntry& entry : keys) {
    mapping["properties"][entry.name] = property(entry);
    if (entry.required) {
      mapping["required"].push_back(entry.name);
    }
  }
}

Json one_of(const std::vector<std::string>& values) {
  return values.size() == 1 ? Json{{"const", values.front()}} : Json{{"enum", values}};
}

}  // namespace

Json value_schema(const std::vector<ValueForm>& forms, const KeyTree* section) {
  std::vector<Json> alternatives;
  bool uses_section = false;
  for (const ValueForm& form : forms) {
    alternatives.push_back(form_schema(form, section));
    uses_section = uses_section || form.kind == Kind::sections;
  }
  if (section != nullptr && !uses_section) {
    alternatives.push_back(mapping_schema(*section));
  }
  return alternatives.size() == 1 ? alternatives.front() : Json{{"anyOf", alternatives}};
}

Json mapping_schema(const KeyTree& tree) {
  Json mapping{{"type", "object"}, {"properties", Json::object()}};
  add_keys(mapping, tree.keys);
  if (tree.decider.empty()) {
    mapping["additionalProperties"] = false;
    return mapping;
  }
  // Of a value that does not exist, no other key can be called unknown: what closes a mapping stands in its variants.
  for (const KeyTree::Variant& variant : tree.variants) {
    Json keys{{"properties", Json::object()}};
    for (const KeyEntry& entry : tree.keys) {
      keys["properties"][entry.name] = true;
    }
    add_keys(keys, variant.keys);
    keys["additionalProperties"] = false;
    mapping["allOf"].push_back(
        {{"if", {{"properties", {{tree.decider, one_of(variant.values)}}}, {"required", {tree.decider}}}},
         {"then", std::move(keys)}});
  }
  return mapping;
}

std::string json_schema(const std::string& title, const KeyTree& tree) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  schema.update(mapping_schema(tree));
  return schema.dump(2) + "\n";
}

}  // namespace crossweave
