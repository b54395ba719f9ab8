// Do schemas and tables say what the readers do, and are those in the checkout today's?
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "arch/architecture_yaml.h"
#include "frontend/run_config.h"
#include "frontend/schema/file_kinds.h"
#include "frontend/schema/json_schema.h"
#include "tests/support/generated_page.h"
#include "tests/support/key_table.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const FileKind& kind(std::string_view name) { return *std::ranges::find(file_kinds(), name, &FileKind::name); }

Json schema(std::string_view name) { return Json::parse(json_schema("A file", kind(name).keys())); }

/// The keys of a mapping while `model` has a value.
Json with_model(const Json& mapping, const std::string& model) {
  for (const Json& variant : mapping.at("allOf")) {
    if (variant["if"]["properties"]["model"] == Json({{"const", model}})) {
      return variant["then"];
    }
  }
  throw std::runtime_error{"no model " + model};
}

}  // namespace

// CROSSWEAVE_UPDATE_GOLDEN=1 writes these files and parts of pages anew.

TEST_CASE("the schemas in configs/schemas are today's", "[schema]") {
  for (const FileKind& file : file_kinds()) {
    const std::string name = "configs/schemas/" + std::string{file.name} + ".json";
    INFO(name);
    CHECK(is_up_to_date(name, file.schema()));
  }
}

TEST_CASE("the tables of docs/configuration.md are today's", "[schema]") {
  CHECK(is_up_to_date("docs/configuration.md", "run keys", key_table(kind("run").keys())));
  CHECK(is_up_to_date("docs/configuration.md", "architecture keys", key_table(kind("arch").keys())));
  CHECK(is_up_to_date("docs/configuration.md", "device keys", key_table(kind("dram").keys())));
}

TEST_CASE("each file that we ship names its schema", "[schema]") {
  const std::vector<std::pair<std::string, std::string>> folders{
      {"architectures", "arch"}, {"dram", "dram"}, {"networks", "network"}, {"runs", "run"}, {"sweeps", "sweep"}};
  for (const auto& [folder, name] : folders) {
    for (const fs::directory_entry& entry :
         fs::directory_iterator{fs::path{CROSSWEAVE_SOURCE_DIR} / "configs" / folder}) {
      INFO(entry.path());
      CHECK(text_of(entry.path()).starts_with("# yaml-language-server: $schema=../schemas/" + name + ".json\n"));
    }
  }
}

TEST_CASE("a schema has the types, ranges and words of the reader", "[schema]") {
  const Json arch = schema("arch");
  const Json& crossbar = arch["properties"]["crossbar"];
  CHECK(crossbar["required"] == Json({"rows", "columns", "mvm_latency"}));
  CHECK(crossbar["additionalProperties"] == false);
  CHECK(crossbar["properties"]["rows"]["type"] == "integer");
  CHECK(crossbar["properties"]["rows"]["maximum"] == 65536);
  CHECK(crossbar["properties"]["bits_per_cell"]["description"].get<std::string>().ends_with("in bits; default: 4"));
  const Json& latency = crossbar["properties"]["mvm_latency"]["anyOf"];
  CHECK(latency[0]["type"] == "string");
  CHECK(latency[1]["required"] == Json({"read", "dac_bits"}));
  CHECK(arch["properties"]["tile"]["properties"]["reduction"]["enum"] == Json({"chain", "tree"}));
  const Json run = schema("run");
  CHECK(run["properties"]["include_top"]["type"] == "boolean");
  CHECK(run["properties"]["input_shape"]["anyOf"].size() == 2);
  CHECK(run["properties"]["architecture"]["anyOf"][0]["type"] == "string");
  CHECK(run["properties"]["architecture"]["anyOf"][1]["properties"] == arch["properties"]);
}

TEST_CASE("which keys a mapping has depends on its model in a schema, too", "[schema]") {
  const Json noc = schema("arch")["properties"]["noc"];
  CHECK(noc["required"] == Json({"model"}));
  CHECK(noc["properties"].size() == 1);
  CHECK_FALSE(noc.contains("additionalProperties"));  // of an unknown model, no key is called unknown
  CHECK(with_model(noc, "ideal")["properties"] == Json({{"model", true}}));
  const Json packet = with_model(noc, "packet");
  CHECK(packet["properties"].contains("router_cycles"));
  CHECK_FALSE(packet["properties"].contains("virtual_channels"));
  CHECK(packet["required"] == Json({"clock", "flit"}));
  CHECK(packet["additionalProperties"] == false);
  CHECK(with_model(noc, "flit")["properties"].contains("virtual_channels"));
}

TEST_CASE("each layer of a network has the keys of its operation", "[schema]") {
  const Json layer = schema("network")["properties"]["layers"]["items"];
  CHECK(layer["required"] == Json({"op"}));
  std::size_t operations = 0;
  for (const Json& variant : layer["allOf"]) {
    const Json& op = variant["if"]["properties"]["op"];
    operations += op.contains("const") ? 1 : op["enum"].size();
    CHECK(variant["then"]["properties"].contains("output_bits"));
    if (op.value("const", "") == "conv") {
      CHECK(variant["then"]["required"] == Json({"filters", "kernel"}));
    }
  }
  CHECK(operations == layer["properties"]["op"]["enum"].size());
}

TEST_CASE("a key that is declared is read, written, and listed with its default", "[schema]") {
  struct Sample {
    int size{7};
    std::string whole{};
    std::optional<int> parts{};
    Duration span{Duration::nanoseconds(5)};
    std::optional<Duration> limit;
  };
  const auto list = [](Keys& keys, Sample& sample) {
    keys.required("size", integer(sample.size, 1, 9, "bits"), "how large");
    BoundValue whole = text(sample.whole);
    whole.write = [&sample] { return sample.parts ? std::nullopt : std::optional{sample.whole}; };
    keys.value_or_section("whole", whole, "or its parts", [&](Keys& inner) {
      inner.required("parts", integer(sample.parts ? *sample.parts : sample.parts.emplace(), 0, 9), "how many");
    });
    keys.optional("span", time(sample.span, Duration::nanoseconds(9)), "how long");
    keys.optional("limit", value_or("none", sample.limit, [](Duration& place) { return time(place); }), "how far");
  };
  const auto read = [&](const std::string& text, Sample& sample) {
    Diagnostics problems;
    const Result<YamlNode> root = parse_yaml(text, "t.yaml");
    REQUIRE(root);
    read_keys(MapReader{*root, "", problems}, [&](Keys& keys) { list(keys, sample); });
    std::vector<std::string> lines;
    std::ranges::transform(problems, std::back_inserter(lines), [](const Diagnostic& d) { return to_string(d); });
    return lines;
  };
  Sample sample;
  CHECK(read("{size: 3, whole: a, limit: 2 ns}", sample).empty());
  CHECK(sample.size == 3);
  CHECK(sample.span == Duration::nanoseconds(5));
  CHECK(sample.limit == Duration::nanoseconds(2));
  CHECK(write_keys([&](Keys& keys) { list(keys, sample); }, 2) ==
        "  size: 3\n  whole: a\n  span: 5 ns\n  limit: 2 ns\n");
  CHECK(read("{size: 4, whole: {parts: 2}, limit: none}", sample).empty());
  CHECK_FALSE(sample.limit);
  CHECK(write_keys([&](Keys& keys) { list(keys, sample); }, 0) ==
        "size: 4\nwhole:\n  parts: 2\nspan: 5 ns\nlimit: none\n");
  CHECK(read("{span: 1 us, whole: {}, limits: 3}", sample) ==
        std::vector<std::string>{"t.yaml:1:1: error: missing key 'size': expected an integer in [1, 9]",
                                 "t.yaml:1:21: error: missing key 'whole.parts': expected an integer in [0, 9]",
                                 "t.yaml:1:8: error: span: expected a time of at most 9 ns, got 1 us",
                                 "t.yaml:1:25: error: unknown key 'limits', did you mean 'limit'?"});
  Sample defaults;
  CHECK(key_table(key_tree([&](Keys& keys) { list(keys, defaults); })) ==
        "| key | value | default | meaning |\n|---|---|---|---|\n"
        "| `size` | bits, 1 to 9 | required | how large |\n"
        "| `whole` | text or mapping | required | or its parts |\n"
        "| `whole.parts` | 0 to 9 | required | how many |\n"
        "| `span` | time, at most 9 ns | `5 ns` | how long |\n"
        "| `limit` | time or `none` | `none` | how far |\n");
}

}  // namespace crossweave::test
