#include "frontend/schema/file_kinds.h"

#include <array>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "arch/architecture_yaml.h"
#include "arch/banked_dram_yaml.h"
#include "frontend/import/network_file.h"
#include "frontend/run_config.h"
#include "frontend/schema/json_schema.h"
#include "frontend/sweep/sweep_file.h"

namespace crossweave {
namespace {

template <class Config>
KeyTree keys_of() {
  Config config;
  return key_tree([&config](Keys& keys) { list_keys(keys, config); });
}

using Json = nlohmann::ordered_json;

/// A mapping with these keys and no others.
Json closed(Json properties, const std::vector<std::string>& required) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", required},
          {"additionalProperties", false}};
}

/// What a sweep varies: values, ranges, zipped lists, named points (frontend/sweep/sweep_file.h).
void add_axes(Json& schema) {
  const Json number{{"type", {"integer", "string"}}};
  const Json list{{"type", "array"}, {"minItems", 1}};
  const Json by_step = closed({{"from", number}, {"to", number}, {"step", number}}, {"from", "to", "step"});
  const Json by_factor = closed({{"from", number}, {"to", number}, {"factor", {{"type", "integer"}, {"minimum", 2}}}},
                                {"from", "to", "factor"});
  const Json values{{"anyOf", {list, by_step, by_factor}}};
  const auto mapping_of = [](Json value) {
    return Json{{"type", "object"}, {"minProperties", 1}, {"additionalProperties", std::move(value)}};
  };
  const Json zip = closed({{"zip", mapping_of(values)}}, {"zip"});
  const Json points = closed({{"points", mapping_of({{"type", "object"}, {"minProperties", 1}})}}, {"points"});
  Json axes = mapping_of({{"anyOf", {list, by_step, by_factor, zip, points}}});
  axes["description"] = "what varies; every combination is a point, and the last axis varies fastest";
  schema["properties"]["axes"] = std::move(axes);
  schema["required"].push_back("axes");
}

}  // namespace

std::string FileKind::schema() const {
  Json json = Json::parse(json_schema(std::string{title}, keys()));
  if (add_to_schema != nullptr) {
    add_to_schema(json);
  }
  return json.dump(2) + "\n";
}

std::span<const FileKind> file_kinds() {
  static constexpr std::array kKinds{
      FileKind{"arch", "A chip for Crossweave", keys_of<Architecture>},
      FileKind{"dram", "A DRAM device for Crossweave", keys_of<DramDevice>},
      FileKind{"network", "A neural network for Crossweave", network_keys},
      FileKind{"run", "A run of Crossweave", keys_of<RunConfig>},
      FileKind{"sweep", "A sweep of Crossweave", sweep_keys, add_axes},
  };
  return kKinds;
}

}  // namespace crossweave
